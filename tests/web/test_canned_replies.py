"""Canned replies: written at /manage, put into a reply at the desk, against the real gateway."""

import pytest
from playwright.async_api import Page, expect

from tests.web.test_desk_find import Desks, desks  # noqa: F401 - a fixture
from tests.web.test_manage import Managing, managing  # noqa: F401 - a fixture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_supervisor_writes_changes_and_removes_one(managing: Managing) -> None:  # noqa: F811
    managing.tabs.expect("400 (Bad Request)")
    page = await managing.open("sam", "supervisor", section="canned")
    await expect(page.get_by_text("There are none yet.")).to_be_visible()
    await page.get_by_role("button", name="New reply").click()
    await expect(page.get_by_label("Title")).to_be_focused()
    await page.get_by_label("Title").fill("Parcel is late")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.locator("[data-field=text] .field-error")).to_have_text("Must be a text of 1 to 4000 characters.")
    await page.get_by_label("Text").fill("I am sorry.\nWe are looking.")
    await page.get_by_role("button", name="Add it").click()
    change = page.get_by_role("button", name="Change Parcel is late")
    await expect(change).to_be_focused()
    await change.click()
    await page.get_by_label("Language").fill("EN")
    await page.get_by_role("button", name="Save").click()
    await expect(change).to_be_focused()
    await expect(page.locator("li", has=change)).to_contain_text("English")
    await page.get_by_role("button", name="Remove Parcel is late").click()
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    await page.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_text("There are none yet.")).to_be_visible()
    await expect(page.get_by_role("button", name="New reply")).to_be_focused()


async def test_an_agent_reads_them_and_changes_nothing(managing: Managing) -> None:  # noqa: F811
    await managing.gateway.canned_reply("Greeting", "Hello!")
    page = await managing.open("ada", "agent", section="canned")
    await expect(page.get_by_role("heading", name="Greeting")).to_be_visible()
    await expect(page.get_by_role("button", name="New reply")).to_have_count(0)
    await expect(page.get_by_role("button", name="Change Greeting")).to_have_count(0)


async def test_one_is_found_by_a_word_and_goes_into_the_reply_with_the_names(desks: Desks) -> None:  # noqa: F811
    gateway = desks.gateway
    await gateway.canned_reply("Abschied", "Auf Wiedersehen", "de")
    await gateway.canned_reply("Late", "I am sorry, {customer}.\n\n{agent}")
    await gateway.canned_reply("Thanks", "Thank you for writing", "en")
    async with gateway.customer(language="en") as customer:
        await customer.request_agent()
        page = await desks.of("ada", "agent")
        await page.get_by_role("region", name="Waiting").get_by_role("button").click()
        await page.get_by_role("button", name="Claim", exact=True).click()
        reply = page.get_by_label("Reply to the customer")
        await expect(reply).to_be_focused()
        await page.keyboard.type("Hello.")
        await page.get_by_role("button", name="Canned replies").click()
        choice = page.get_by_role("dialog")
        await expect(choice.get_by_role("listitem")).to_contain_text(["Thanks", "Late", "Abschied"])
        await page.keyboard.type("sorr")
        await expect(choice.get_by_role("listitem")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(choice).to_be_hidden()
        await expect(reply).to_have_value("Hello.\nI am sorry.\n\nAda")
        await expect(reply).to_be_focused()
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await page.keyboard.type("nothing like this")
        await expect(choice.get_by_text("None has all these words.")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(choice).to_be_hidden()
        await expect(reply).to_have_value("Hello.\nI am sorry.\n\nAda")


@pytest.mark.parametrize(
    ("text", "customer", "filled"),
    [
        ("Hello {customer}, I am {agent}.", "Ann $& Lee", "Hello Ann $& Lee, I am Ada."),
        ("Hello {customer}, I am {agent}.", None, "Hello, I am Ada."),
        ("{customer}, hello\n{customer}! Hello\nSorry, {customer}.", None, "hello\nHello\nSorry."),
        ("{other} and {customer}", "{agent}", "{other} and {agent}"),
    ],
)
async def test_names_are_filled_in_or_left_out(blank: Page, text: str, customer: str | None, filled: str) -> None:
    run = """([text, customer]) => import("/static/desk/js/canned_view.js")
             .then(({ filledIn }) => filledIn(text, { agent: "Ada", customer }))"""
    assert await blank.evaluate(run, [text, customer]) == filled


async def test_a_desk_without_any_says_where_they_are_written(desks: Desks) -> None:  # noqa: F811
    async with desks.gateway.customer() as customer:
        await customer.request_agent()
        page = await desks.of("ada", "agent")
        await page.get_by_role("region", name="Waiting").get_by_role("button").click()
        await page.get_by_role("button", name="Canned replies").click()
        await expect(page.get_by_text("There are none yet. Supervisors write them at “Manage”")).to_be_visible()
