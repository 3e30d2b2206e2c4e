"""Finding a conversation again at the desk, and what the desk says of who said what, against the real gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.bot import FakeBot
from tests.support.gateway import Gateway, running_gateway
from tests.web.tabs import Tabs, new_profile

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Desks:
    """Desks of a real gateway, in one browser profile."""

    def __init__(self, tabs: Tabs, gateway: Gateway) -> None:
        self.tabs = tabs
        self.gateway = gateway

    async def of(self, name: str, *roles: str) -> Page:
        """Sign in as `name` and open the desk."""
        token = await self.gateway.account(name, *roles)
        cookie = {"name": "tandem_session", "value": token, "url": self.gateway.origin}
        await self.tabs.context.add_cookies([cookie])  # type: ignore[list-item]
        page = await self.tabs.open_tab(f"{self.gateway.origin}/desk")
        await page.get_by_role("group", name="Your presence").wait_for()
        return page


@pytest_asyncio.fixture(loop_scope="session")
async def desks(browser: Browser, tmp_path: Path) -> AsyncIterator[Desks]:
    async with FakeBot() as bot, running_gateway(tmp_path, bot_port=bot.port) as gateway:
        async with new_profile(browser) as context:
            tabs = Tabs(context)
            yield Desks(tabs, gateway)
        assert tabs.surprises() == []


async def test_a_closed_conversation_is_found_by_what_was_said_and_read_again(desks: Desks) -> None:
    gateway = desks.gateway
    async with gateway.customer() as customer, gateway.online("ada") as ada:
        await customer.say("My tent leaks at the seam")
        await customer.request_agent()
        await customer.owner("agent")
        await ada.do("close", conversation_id=customer.conversation_id)
        await customer.event("closed")
    page = await desks.of("sam", "supervisor")
    rows = page.get_by_role("region", name="Found").get_by_role("button")
    await expect(rows).to_have_count(0)
    await page.get_by_label("Words that were said").fill("LEAKS at the")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Closed")
    await rows.click()
    await expect(page.get_by_role("log", name="Transcript")).to_contain_text("My tent leaks at the seam")
    await page.get_by_role("button", name="Clear").click()
    await expect(rows).to_have_count(0)
    await expect(page.get_by_label("Words that were said")).to_be_focused()


async def test_a_supervisor_sees_what_agents_hold_and_whose_words_are_whose(desks: Desks) -> None:
    gateway = desks.gateway
    async with gateway.customer() as customer, gateway.online("ada") as ada:
        await customer.say("Where is my parcel?")
        await customer.request_agent()
        await customer.owner("agent")
        await ada.do("send", conversation_id=customer.conversation_id, client_message_id="a-1", text="I am looking")
        await customer.said("agent")
        page = await desks.of("sam", "supervisor")
        await page.get_by_label("Where it stands").select_option("With agents")
        rows = page.get_by_role("region", name="Found").get_by_role("button")
        await expect(rows).to_contain_text("With Ada")
        await expect(rows).to_contain_text("Agent: I am looking")
        await page.get_by_label("Where it stands").select_option("Closed")
        await expect(page.get_by_text("No conversation fits.")).to_be_visible()
        await expect(rows).to_have_count(0)


async def test_letters_in_a_choice_of_teams_give_no_commands(desks: Desks) -> None:
    """C claims and R goes to the reply, but not while a letter looks for an entry of a list."""
    gateway = desks.gateway
    async with gateway.customer() as customer:
        await customer.request_agent()
        page = await desks.of("ada", "agent")
        await page.get_by_role("region", name="Waiting").get_by_role("button").click()
        await page.get_by_label("Where it stands").focus()
        await page.keyboard.press("c")
        await expect(page.get_by_label("Where it stands")).to_have_value("nobody")
        await expect(page.get_by_role("button", name="Claim", exact=True)).to_be_visible()
        assert len(await gateway.owned_by("queue")) == 1


async def test_signing_out_without_a_gateway_is_said_not_pretended(desks: Desks) -> None:
    desks.tabs.expect("Failed to load", "ERR_FAILED", "signing out failed")
    page = await desks.of("ada", "agent")
    await page.route("**/v1/logout", lambda route: route.abort())
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("alert").filter(has_text="You are still signed in")).to_be_visible()
    await page.unroute("**/v1/logout")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_the_own_account_is_one_press_away(desks: Desks) -> None:
    page = await desks.of("ada", "agent")
    await page.get_by_role("link", name="Ada").click()
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()


async def test_nothing_of_an_erased_customer_stays_at_an_open_desk(desks: Desks) -> None:
    gateway = desks.gateway
    headers = await gateway.admin()
    page = await desks.of("ada", "agent")
    await page.get_by_role("button", name="Online").click()
    transcript = page.get_by_role("log", name="Transcript")
    async with gateway.customer() as customer, gateway.customer() as other:
        for one in (customer, other):
            await one.say("My canary is called Hansi")
            await one.request_agent()
            await one.owner("agent")
        mine = page.get_by_role("region", name="Mine").get_by_role("button")
        await expect(mine).to_have_count(2)
        await mine.first.click()
        await expect(transcript).to_contain_text("Hansi")
        await page.get_by_label("Reply to the customer").fill("Dear Hansi's owner")
        assert (await gateway.http.delete(f"/v1/customers/{customer.conversation_id}", headers=headers)).is_success
        await expect(page.get_by_text("This conversation does not exist any more.")).to_be_visible()
        await expect(mine).to_have_count(1)
        await expect(transcript).to_be_hidden()
        kept = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        assert "Dear Hansi" not in kept
        assert customer.conversation_id not in kept
