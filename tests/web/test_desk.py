"""The desk as an agent meets it: who waits, the whole story, replying, and everything that can be done with it."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.conftest import Pages, bubbles, sign_in
from tests.web.fake_gateway import Conversation, FakeGateway
from tests.web.fake_pages import AGENT

pytestmark = pytest.mark.asyncio(loop_scope="session")

ME = {"id": AGENT["id"], "name": AGENT["name"]}
OTHER = {"id": "agent-2", "name": "Petr"}


async def waiting(gateway: FakeGateway, text: str, **handoff: object) -> Conversation:
    """Make a conversation that waits for a person."""
    talk = gateway.start_conversation()
    await gateway.customer_says(text, talk)
    await gateway.hand_off(talk, **handoff)
    return talk


async def mine(gateway: FakeGateway, text: str) -> Conversation:
    """Make a conversation the signed-in agent holds."""
    talk = await waiting(gateway, text)
    await gateway.own(talk, "agent", agent=ME, cause="claimed")
    return talk


def row(page: Page, text: str) -> Locator:
    """Return the row of the lists that shows `text`."""
    return page.get_by_role("navigation", name="Conversations").get_by_role("button").filter(has_text=text)


def turns(page: Page) -> Locator:
    """Return what has been said in the transcript."""
    return page.get_by_role("log", name="Transcript").locator(".turn .text")


async def reply(page: Page, text: str) -> None:
    """Write to the customer and send by keyboard."""
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await page.get_by_label("Reply to the customer").fill(text)
    await page.keyboard.press("Control+Enter")


async def test_signing_in_and_out(pages: Pages, gateway: FakeGateway) -> None:
    pages.expect("401")
    gateway.site.signed_in = False
    page = await pages.open("/desk")
    await sign_in(page, "wrong")
    await expect(page.get_by_role("alert")).to_have_text("Email or password is wrong.")
    await expect(page.get_by_label("Password")).to_be_focused()
    await sign_in(page)
    await gateway.connected()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "tok" not in await page.evaluate("JSON.stringify(localStorage) + document.cookie")


async def test_a_sign_in_that_ends_meanwhile_shows_the_form(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    gateway.site.signed_in = False
    await gateway.drop()
    await expect(page.get_by_role("alert")).to_contain_text("signed out")


async def test_an_empty_desk_says_so(pages: Pages) -> None:
    page = await pages.desk()
    for sentence in ("Nobody is waiting.", "You have no conversation.", "Choose a conversation on the left."):
        await expect(page.get_by_text(sentence)).to_be_visible()


async def test_the_queue_is_oldest_first_with_reason_and_waiting_time(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    await waiting(gateway, "first one", reason="frustration")
    await waiting(gateway, "second one", reason="low_confidence")
    rows = page.get_by_role("region", name="Waiting").get_by_role("button")
    await expect(rows).to_contain_text(["first one", "second one"])
    await expect(rows.first).to_contain_text("Frustrated")
    await expect(rows.last).to_contain_text("Bot was not sure")
    await expect(rows.first).to_contain_text("0:01")
    await expect(page).to_have_title(re.compile(r"^\(2\)"))


async def test_a_preview_tells_the_whole_story_before_the_claim(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    talk = gateway.start_conversation()
    await gateway.customer_says("Where is my parcel?", talk)
    await gateway.bot_says(
        "It takes 2 to 4 days.",
        talk,
        sources=[{"article_id": "x", "title": "Track my parcel", "url": "/help/x", "passage": ""}],
    )
    await gateway.customer_says("A HUMAN PLEASE", talk)
    await gateway.hand_off(
        talk,
        reason="frustration",
        tried=[{"article_id": "x", "title": "Track my parcel", "url": "/help/x"}],
        details={"order": "4711", "email": "anna@example.com"},
    )
    await row(page, "A HUMAN PLEASE").click()
    await expect(turns(page)).to_have_text(["Where is my parcel?", "It takes 2 to 4 days.", "A HUMAN PLEASE"])
    await expect(page.locator(".turn.bot")).to_contain_text("Track my parcel")
    card = page.get_by_role("article", name="Handoff")
    for words in (
        "Frustrated",
        "Wants to return boots bought in May.",
        "I'm calling a colleague",
        "asked for a person",
        "Track my parcel",
        "Order: 4711",
        "E-mail: anna@example.com",
    ):
        await expect(card).to_contain_text(words)
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    details = page.get_by_role("complementary", name="Customer")
    await expect(details).to_contain_text("Not verified")
    await expect(details).to_contain_text("English")


async def test_claim_reply_note_and_close(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    talk = await waiting(gateway, "help")
    await row(page, "help").click()
    await page.get_by_role("button", name="Claim").click()
    await expect(page.get_by_label("Reply to the customer")).to_be_focused()
    await reply(page, "Hello, what is it?")
    assert (await gateway.received("send"))["conversation_id"] == talk.id
    await expect(turns(page).last).to_have_text("Hello, what is it?")
    await page.get_by_role("button", name="Note", exact=True).click()
    await page.get_by_label("Note for agents").fill("sounds tired")
    await page.keyboard.press("Control+Enter")
    await gateway.received("note")
    await expect(page.locator(".turn.note .text")).to_have_text("sounds tired")
    await expect(page.locator(".pending")).to_have_count(0)
    await page.get_by_role("button", name="Close", exact=True).click()
    await gateway.received("close")
    await expect(page.get_by_text("Closed by the agent")).to_be_visible()
    await expect(page.get_by_text("You have no conversation.")).to_be_visible()


@pytest.mark.parametrize(
    ("button", "frame", "line"),
    [("Hand back to bot", "hand_back", "Back with the bot"), ("Return to queue", "transfer", "Back in the queue")],
)
async def test_giving_a_conversation_away(
    pages: Pages, gateway: FakeGateway, button: str, frame: str, line: str
) -> None:
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await page.get_by_role("button", name=button).click()
    assert (await gateway.received(frame))["conversation_id"] == talk.id
    await expect(page.get_by_text(line)).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()


async def test_a_colleague_was_quicker(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    await waiting(gateway, "help")
    await row(page, "help").click()
    gateway.refuse["claim"] = "already_claimed"
    await page.get_by_role("button", name="Claim").click()
    await expect(page.get_by_role("alert").filter(has_text="A colleague was quicker")).to_be_visible()


async def test_a_conversation_that_leaves_is_read_only(pages: Pages, gateway: FakeGateway) -> None:
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await page.get_by_label("Reply to the customer").fill("half a rep")
    await gateway.own(talk, "agent", agent=OTHER, cause="transferred")
    await expect(page.get_by_text("With Petr")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await expect(page.get_by_label("Reply to the customer")).to_have_value("half a rep")


async def test_drafts_stay_with_their_conversation(pages: Pages, gateway: FakeGateway) -> None:
    """A half-written reply must never end up with the wrong customer."""
    await mine(gateway, "first")
    await mine(gateway, "second")
    page = await pages.desk()
    await row(page, "first").click()
    await page.get_by_label("Reply to the customer").fill("for the first")
    await row(page, "second").click()
    await expect(page.get_by_label("Reply to the customer")).to_have_value("")
    await page.get_by_label("Reply to the customer").fill("for the second")
    await page.reload()
    await row(page, "first").click()
    await expect(page.get_by_label("Reply to the customer")).to_have_value("for the first")


async def test_presence_is_chosen_and_shown(pages: Pages, gateway: FakeGateway) -> None:
    await mine(gateway, "help")
    page = await pages.desk()
    presence = page.get_by_role("group", name="Your presence")
    await expect(presence.get_by_role("button", name="Away")).to_have_attribute("aria-pressed", "true")
    await presence.get_by_role("button", name="Online").click()
    assert (await gateway.received("presence"))["state"] == "online"
    await expect(presence.get_by_role("button", name="Online")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("1 of 5")).to_be_visible()
    await page.reload()
    await expect(presence.get_by_role("button", name="Online")).to_have_attribute("aria-pressed", "true")


async def test_unread_until_looked_at(pages: Pages, gateway: FakeGateway) -> None:
    first, second = await mine(gateway, "first"), await mine(gateway, "second")
    page = await pages.desk()
    await row(page, "first").click()
    await row(page, "second").click()
    await gateway.received("read", 2)
    await expect(page).to_have_title("Desk · Tandem")
    await gateway.customer_says("are you there?", first)
    await gateway.customer_says("seen at once", second)
    await expect(row(page, "are you there?")).to_contain_text("New")
    await expect(row(page, "seen at once")).not_to_contain_text("New")
    await expect(page).to_have_title("(1) Desk · Tandem")
    await row(page, "are you there?").click()
    await expect(page).to_have_title("Desk · Tandem")


async def test_what_comes_into_ones_hands_is_new_whoever_spoke_last(pages: Pages, gateway: FakeGateway) -> None:
    """What was taken from a silent colleague ends with the gateway's words, what was passed on with a colleague's."""
    page = await pages.desk()
    rescued, passed = await waiting(gateway, "rescued"), await waiting(gateway, "passed on")
    await gateway.append(rescued, "message", message={"role": "system", "text": "You are first in line."})
    await gateway.agent_says("One moment, my colleague knows", passed, name="Petr", agent_id="agent-2")
    for talk in (rescued, passed):
        await gateway.own(talk, "agent", agent=ME, cause="assigned")
    held = page.get_by_role("region", name="Mine").get_by_role("button")
    await expect(held).to_contain_text(["New", "New"])
    await expect(page).to_have_title("(2) Desk · Tandem")
    await expect(held.first).to_contain_text("Tandem: You are first in line.")
    await held.first.click()
    await expect(held.first).not_to_contain_text("New")
    await expect(held.last).to_contain_text("New")
    await expect(page).to_have_title("(1) Desk · Tandem")


async def test_typing_of_the_customer_is_shown(pages: Pages, gateway: FakeGateway) -> None:
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await expect(turns(page)).to_have_count(1)
    await gateway.deliver_raw({"type": "typing", "conversation_id": talk.id, "role": "customer", "on": True})
    await expect(page.get_by_text("The customer is typing…")).to_be_visible()
    await gateway.customer_says("there", talk)
    await expect(page.get_by_text("The customer is typing…")).to_be_hidden()


async def test_by_keyboard_alone(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    await waiting(gateway, "first")
    await waiting(gateway, "second")
    await row(page, "second").wait_for()
    for key in ("j", "j", "k", "ArrowDown"):
        await page.keyboard.press(key)
    await expect(row(page, "second")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Claim")).to_be_visible()
    await page.keyboard.press("c")
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.keyboard.type("jck?")  # letters in a field are letters
    await page.keyboard.press("Control+Enter")
    assert (await gateway.received("note"))["text"] == "jck?"
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await page.keyboard.type("hello")
    await page.keyboard.press("Meta+Enter")
    assert (await gateway.received("send"))["text"] == "hello"


async def test_markup_of_people_is_text(pages: Pages, gateway: FakeGateway) -> None:
    text = "<img src=x onerror=\"document.title='broken'\"><script>1</script>"
    page = await pages.desk()
    talk = await waiting(
        gateway, text, line=text, summary=text, reason=text, tried=[text], signals={text: {"score": 1, "words": text}}
    )
    await gateway.append(talk, "note", note={"agent": {"id": "x", "name": text}, "text": text})
    await row(page, "<img").click()
    await expect(turns(page)).to_have_text([text, text])
    await expect(page.get_by_role("article", name="Handoff")).to_contain_text(text)
    assert await page.locator(".talk img, .talk script").count() == 0


async def test_customer_and_agent_side_by_side(pages: Pages, gateway: FakeGateway) -> None:
    chat = await pages.chat()
    await chat.get_by_role("textbox").fill("I want a person")
    await chat.keyboard.press("Enter")
    await gateway.received("send")
    await chat.get_by_role("button", name="Talk to a person").click()
    desk = await pages.open("/desk")
    await row(desk, "I want a person").click()
    await desk.get_by_role("button", name="Claim").click()
    await expect(chat.get_by_role("heading", name=AGENT["name"])).to_be_visible()
    await reply(desk, "Here I am")
    await expect(bubbles(chat).last).to_have_text("Here I am")
    await desk.get_by_role("button", name="Note", exact=True).click()
    await desk.get_by_label("Note for agents").fill("nobody outside sees this")
    await desk.keyboard.press("Control+Enter")
    await expect(desk.locator(".turn.note .text")).to_have_text("nobody outside sees this")
    await chat.get_by_role("textbox").fill("Thank you")
    await chat.keyboard.press("Enter")
    await expect(turns(desk).last).to_have_text("Thank you")
    for page in (chat, desk):
        await page.reload()
    await expect(bubbles(chat)).to_have_text(["I want a person", "Here I am", "Thank you"])
    await row(desk, "Thank you").click()
    await expect(turns(desk)).to_have_text(["I want a person", "Here I am", "nobody outside sees this", "Thank you"])


async def test_a_supervisor_passes_on_what_another_holds(
    pages: Pages, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AGENT, "roles", ["supervisor"])
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await gateway.own(talk, "agent", agent=OTHER, cause="transferred")
    await expect(page.get_by_text("With Petr")).to_be_visible()
    await expect(page.get_by_role("button", name="Close", exact=True)).to_be_hidden()
    await page.get_by_role("button", name="Return to queue").click()
    assert (await gateway.received("transfer"))["conversation_id"] == talk.id
    await expect(page.get_by_text("Back in the queue")).to_be_visible()
    await expect(page.get_by_role("button", name="Claim")).to_be_hidden()  # that takes an agent
    await page.get_by_role("button", name="Pass on…").click()
    await expect(page.get_by_label("Pass on to")).to_be_visible()
