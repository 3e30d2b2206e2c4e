"""Teams, agents, the own account and the audit log at /manage, against the real gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from handoff_gateway.times import utc_now
from tests.support.gateway import PASSWORD, Gateway, running_gateway
from tests.web.tabs import Tabs, new_profile
from tests.web.test_accessibility import CONTRAST

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROW = {"width": 360, "height": 740}
SECTIONS = {
    "teams": "Teams",
    "agents": "Agents",
    "canned": "Canned replies",
    "accounts": "Accounts",
    "account": "Your account",
    "customers": "Customers",
    "audit": "Audit log",
}


class Managing:
    """The page in a fresh profile, with a gateway behind it."""

    def __init__(self, tabs: Tabs, gateway: Gateway) -> None:
        self.tabs = tabs
        self.gateway = gateway

    async def open(self, name: str, *roles: str, section: str = "") -> Page:
        """Sign in as `name` and open a section."""
        await self.gateway.account(name, *roles)
        page = await self.tabs.open_tab(f"{self.gateway.origin}/manage{section and '#' + section}")
        await page.get_by_label("Email").fill(f"{name}@example.org")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("navigation", name="Sections").wait_for()
        return page


@pytest_asyncio.fixture(loop_scope="session")
async def managing(browser: Browser, tmp_path: Path) -> AsyncIterator[Managing]:
    async with running_gateway(tmp_path) as gateway:
        async with new_profile(browser) as context:
            tabs = Tabs(context)
            tabs.expect("401 (Unauthorized)")  # before signing in, and for a wrong password
            yield Managing(tabs, gateway)
        assert tabs.surprises() == []


async def test_a_team_is_made_changed_and_removed(managing: Managing) -> None:
    await managing.gateway.account("hana", "agent")
    page = await managing.open("sam", "supervisor")
    await page.get_by_role("button", name="New team").click()
    await page.get_by_label("Name").fill("Returns")
    await page.get_by_label("Hana").check()
    await page.get_by_label("Languages").fill("cs, en")
    await page.get_by_label("By claiming").check()
    await page.get_by_label("Helped out by").select_option("General")
    await page.get_by_label("Opening hours").check()
    await page.get_by_label("Time zone").fill("Europe/Prague")
    await page.get_by_label("Friday").fill("09:00-12:00, 13:00-15:00")
    await page.get_by_label("Public holidays of").fill("cz")
    await page.get_by_role("button", name="Add a day").click()
    await page.get_by_label("Day", exact=True).fill("2030-12-31")
    await page.get_by_label("First answer within").fill("1.5")
    await page.get_by_role("button", name="Make the team").click()
    change = page.get_by_role("button", name="Change Returns")
    await expect(change).to_be_focused()
    card = page.locator("li", has=change)
    await expect(card).to_contain_text("Hana")
    await expect(card).to_contain_text("Fri 09:00-12:00 and 13:00-15:00")
    await expect(card).to_contain_text("Europe/Prague · holidays of CZ · one day that is different")
    await expect(card).to_contain_text("first answer within 1.5 min")
    teams = (await managing.gateway.http.get("/v1/teams", headers=await managing.gateway.admin())).json()["teams"]
    stored = next(team for team in teams if team["name"] == "Returns")
    assert (stored["mode"], stored["fallback"], stored["languages"]) == ("manual", "general", ["cs", "en"])
    assert stored["hours"]["special"] == {"2030-12-31": []}
    assert stored["targets"] == {"first_response_s": 90.0, "next_response_s": None, "resolution_s": None}
    await change.click()
    await expect(page.get_by_label("Friday")).to_have_value("09:00-12:00, 13:00-15:00")
    await page.get_by_label("Always open").check()
    await page.get_by_role("button", name="Save").click()
    await expect(card).to_contain_text("Always")
    await page.get_by_role("button", name="Remove Returns").click()
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    await page.get_by_role("button", name="Remove it").click()
    await expect(change).to_have_count(0)
    await expect(page.get_by_role("button", name="Remove General")).to_have_count(0)


async def test_what_is_wrong_is_said_beside_its_field(managing: Managing) -> None:
    managing.tabs.expect("400 (Bad Request)")
    page = await managing.open("sam", "supervisor")
    await page.get_by_role("button", name="New team").click()
    save = page.get_by_role("button", name="Make the team")
    await save.click()
    name = page.get_by_label("Name")
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("[data-field=name] .field-error")).to_have_text("Must be a text of 1 to 60 characters.")
    await name.fill("Returns")
    await page.get_by_label("Opening hours").check()
    await page.get_by_label("Monday").fill("nine to five")
    await save.click()
    await expect(page.get_by_label("Monday")).to_be_focused()
    await expect(page.locator("[data-field='hours.weekly.mon'] .field-error")).to_contain_text('"09:00-17:00"')
    await expect(page.locator("[data-field=name] .field-error")).to_be_empty()
    await page.get_by_label("Monday").fill("")
    await page.get_by_label("First answer within").fill("0")
    await save.click()
    await expect(page.get_by_label("First answer within")).to_be_focused()


async def test_a_team_others_lean_on_says_why_it_stays(managing: Managing) -> None:
    managing.tabs.expect("403 (Forbidden)")
    helpers = await managing.gateway.team("Helpers")
    await managing.gateway.team("Returns", fallback=helpers["id"])
    page = await managing.open("root", "admin")
    await page.get_by_role("button", name="Remove Helpers").click()
    await page.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_role("alert").filter(has_text="Returns falls back on this team")).to_be_visible()
    await expect(page.get_by_role("button", name="Remove Helpers")).to_be_focused()


async def test_agents_are_given_what_they_can_do(managing: Managing) -> None:
    managing.tabs.expect("400 (Bad Request)")
    await managing.gateway.account("hana", "agent")
    page = await managing.open("sam", "supervisor", section="agents")
    await page.get_by_role("button", name="Change Hana").click()
    await page.get_by_label("Conversations at once").fill("200")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("[data-field=capacity] .field-error")).to_contain_text("from 1 to 100")
    await page.get_by_label("Conversations at once").fill("3")
    await page.get_by_label("Languages").fill("cs, lt")
    await page.get_by_label("Skills").fill("Refunds")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Change Hana")).to_be_focused()
    await expect(page.locator("li", has_text="Hana")).to_contain_text("refunds")


async def test_an_agent_reads_teams_and_changes_nothing(managing: Managing) -> None:
    page = await managing.open("ada", "agent")
    await expect(page.get_by_role("heading", name="General")).to_be_visible()
    await expect(page.get_by_role("button", name="New team")).to_have_count(0)
    await expect(page.get_by_role("button", name="Change General")).to_have_count(0)
    await expect(page.get_by_role("link", name="Audit log")).to_have_count(0)


async def test_an_editor_has_their_account_alone(managing: Managing) -> None:
    page = await managing.open("eva", "editor")
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(page.get_by_role("link", name="Teams")).to_have_count(0)


async def test_a_second_factor_is_set_up_used_and_left(managing: Managing) -> None:
    page = await managing.open("ada", "agent", section="account")
    await page.get_by_label("Your password").fill("wrong")
    await page.get_by_role("button", name="Set it up").click()
    line = page.locator("[data-field=password]", has=page.get_by_label("Your password"))
    await expect(line.locator(".field-error")).to_have_text("Wrong.")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    picture = page.get_by_role("img", name="QR code for your app")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.naturalWidth > 100")
    secret = (await page.locator(".secret").inner_text()).replace(" ", "")
    await page.get_by_label("Code of your app").fill("000000")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-field=code] .field-error")).to_contain_text("phone's clock")
    await page.get_by_label("Code of your app").fill(pyotp.TOTP(secret).at(utc_now()))
    await page.keyboard.press("Enter")
    await expect(page.locator(".codes code")).to_have_count(10)
    codes = await page.locator(".codes code").all_inner_texts()
    await page.get_by_role("button", name="I have kept them").click()
    await expect(page.get_by_text("Signing in asks for a code")).to_be_visible()
    await page.reload()
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_label("Code of your app, or a recovery code").fill(codes[0])
    await page.get_by_role("button", name="Switch it off").click()
    await expect(page.get_by_role("button", name="Set it up")).to_be_visible()


async def test_a_sign_in_elsewhere_is_seen_and_ended(managing: Managing) -> None:
    page = await managing.open("ada", "agent", section="account")
    await expect(page.get_by_text("This one")).to_be_visible()
    end = page.get_by_role("button", name="End the sign-in of")
    await end.click()
    await expect(end).to_have_count(0)
    await expect(page.get_by_role("heading", name="Where you are signed in")).to_be_focused()
    headers = {"Authorization": f"Bearer {await managing.gateway.account('ada')}"}
    assert (await managing.gateway.http.get("/v1/me", headers=headers)).status_code == 401


async def test_an_account_is_made_changed_closed_and_opened_again(managing: Managing) -> None:
    managing.tabs.expect("400 (Bad Request)")
    page = await managing.open("root", "admin", section="accounts")
    await page.get_by_role("button", name="New account").click()
    await page.get_by_label("Name").fill("Hana Nová")
    make = page.get_by_role("button", name="Make the account")
    await make.click()
    await expect(page.locator("[data-field=password] .field-error")).to_contain_text("Must be a text of 1 to 1024")
    await page.get_by_role("button", name="Suggest one").click()
    password = await page.get_by_label("Password").input_value()
    assert len(password) == 16
    await page.get_by_label("Email").fill("no address")
    await make.click()
    await expect(page.get_by_label("Email")).to_be_focused()
    await page.get_by_label("Email").fill("hana@example.org")
    await page.get_by_label("Supervisor").check()
    await make.click()
    change = page.get_by_role("button", name="Change Hana Nová")
    await expect(change).to_be_focused()
    card = page.locator("li", has=page.get_by_role("heading", name="Hana Nová"))
    await expect(card).to_contain_text("Agent, Supervisor")
    body = {"email": "hana@example.org", "password": password}
    assert (await managing.gateway.http.post("/v1/login", json=body)).status_code == 200
    managing.gateway.http.cookies.clear()
    await change.click()
    await page.get_by_label("Agent").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(card.locator("dd").nth(1)).to_have_text("Supervisor")
    await page.get_by_role("button", name="Close the account of Hana Nová").click()
    await expect(page.get_by_role("button", name="Keep it open")).to_be_focused()
    await page.get_by_role("button", name="Close it: Hana Nová").click()
    again = page.get_by_role("button", name="Open the account of Hana Nová again")
    await expect(again).to_be_focused()
    assert (await managing.gateway.http.post("/v1/login", json=body)).status_code == 401
    await again.click()
    await expect(change).to_be_focused()
    assert (await managing.gateway.http.post("/v1/login", json=body)).status_code == 200


async def test_an_admin_neither_closes_nor_locks_out_themselves(managing: Managing) -> None:
    page = await managing.open("root", "admin", section="accounts")
    own = page.locator("li", has=page.get_by_role("button", name="Change Root"))
    await expect(own).to_contain_text("You")
    await expect(own.get_by_role("button")).to_have_count(1)
    await own.get_by_role("button").click()
    await expect(page.get_by_label("Password")).to_have_count(0)


async def test_the_own_password_is_changed(managing: Managing) -> None:
    page = await managing.open("ada", "agent", section="account")
    fresh = "neither storm nor calm"
    await page.get_by_label("Present password").fill("wrong")
    await page.get_by_label("New password", exact=True).fill(fresh)
    await page.get_by_label("New password again").fill("something else")
    await page.get_by_role("button", name="Change it").click()
    await expect(page.locator("[data-field=again] .field-error")).to_have_text("Is not the same.")
    await page.get_by_label("New password again").fill(fresh)
    await page.keyboard.press("Enter")
    present = page.locator("[data-field=password]", has=page.get_by_label("Present password"))
    await expect(present.locator(".field-error")).to_have_text("Wrong.")
    await page.get_by_label("Present password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    await expect(page.get_by_role("button", name="End the sign-in of")).to_have_count(0)
    body = {"email": "ada@example.org", "password": fresh}
    assert (await managing.gateway.http.post("/v1/login", json=body)).status_code == 200


async def test_an_administrator_reads_what_was_done(managing: Managing) -> None:
    managing.tabs.expect("403 (Forbidden)")
    page = await managing.open("root", "admin", section="audit")
    await expect(page.get_by_text("Nothing has been done yet.")).to_be_visible()
    team = await managing.gateway.team("Returns")
    await managing.gateway.team("Exchange", fallback=team["id"])
    await managing.gateway.http.delete(f"/v1/teams/{team['id']}", headers=await managing.gateway.admin())
    await page.reload()
    log = page.locator(".rows")
    await expect(log).to_contain_text("Root · Made a team")
    await expect(log).to_contain_text("Root · Removed the team Returns")
    await expect(log).to_contain_text("Refused: forbidden")


async def test_a_sign_out_elsewhere_leads_back_to_the_form(managing: Managing) -> None:
    page = await managing.open("ada", "agent")
    await page.get_by_role("heading", name="General").wait_for()
    headers = {"Authorization": f"Bearer {await managing.gateway.account('ada')}"}
    await managing.gateway.http.delete("/v1/sign-ins", headers=headers)
    await page.get_by_role("link", name="Agents").click()
    await expect(page.get_by_role("alert")).to_have_text("You have been signed out. Sign in again to go on.")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_section_can_be_read_on_any_screen(managing: Managing, theme: str) -> None:
    """Contrast in both themes, and nothing wider than a narrow phone, with words of any length."""
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauuntera"[:60]
    await managing.gateway.team(long, "hana", skills=["x" * 40])
    page = await managing.open("root", "admin", "supervisor", "agent")
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for section, title in SECTIONS.items():
        await page.goto(f"{managing.gateway.origin}/manage#{section}")
        await page.get_by_role("heading", name=title, exact=True).wait_for()
        for size in (NARROW, {"width": 1280, "height": 800}):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (section, size)
            assert await page.evaluate(f"({CONTRAST})(document.body)") == [], section
    await page.get_by_role("link", name="Teams").click()
    await page.get_by_role("button", name="New team").click()
    await page.get_by_label("Opening hours").check()
    await page.get_by_role("button", name="Add a day").click()
    await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert await page.evaluate(f"({CONTRAST})(document.body)") == []
    unnamed = "[...document.querySelectorAll('input, select')].filter((one) => !one.labels.length && !one.ariaLabel)"
    assert await page.evaluate(f"{unnamed}.length") == 0
