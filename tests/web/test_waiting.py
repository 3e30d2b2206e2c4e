"""What waits to be done: call-backs, follow-ups, alerts and passing on at the desk; leaving word in the widget."""

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import Pages
from tests.web.fake_gateway import Conversation, FakeGateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

DUE = "2026-03-02T08:00:00Z"


async def queued(pages: Pages, gateway: FakeGateway, language: str = "en") -> Page:
    page = await pages.chat()
    await gateway.received("hello")
    await gateway.hand_off(gateway.conversation)
    return page


async def told(gateway: FakeGateway, name: str, talk: Conversation, **fields: object) -> None:
    """Tell desks that a conversation is on one of their lists."""
    talk.extras = dict(fields)
    gateway.kept[name] = [talk.summary_frame()]
    await gateway.deliver_to_desks({"type": "queue", "waiting": [], **gateway.kept})


async def test_hello_says_the_time_zone(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    zone = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert (await gateway.received("hello"))["time_zone"] == zone


async def test_a_customer_leaves_word_instead_of_waiting(pages: Pages, gateway: FakeGateway) -> None:
    page = await queued(pages, gateway)
    await page.get_by_role("button", name="Call me back").click()
    await expect(page.get_by_label("Telephone or e-mail")).to_be_focused()
    await page.keyboard.type("+420 777 123 456")
    await page.get_by_label("What is it about?").fill("My parcel")
    await page.get_by_role("button", name="Ask for a call-back").click()
    asked = await gateway.received("call_back")
    assert (asked["contact"], asked["note"]) == ("+420 777 123 456", "My parcel")
    await expect(page.get_by_text("Noted: a colleague will get back.")).to_be_visible()
    await expect(page.get_by_role("button", name="Call me back")).to_be_hidden()
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    await expect(page.locator(".pending")).to_have_count(0)


async def test_word_left_without_a_connection_is_sent_afterwards(pages: Pages, gateway: FakeGateway) -> None:
    page = await queued(pages, gateway)
    await page.get_by_role("button", name="Call me back").click()
    gateway.down = True
    await gateway.drop()
    await gateway.connected(0)
    await page.get_by_role("button", name="Ask for a call-back").click()
    gateway.down = False
    asked = await gateway.received("call_back")
    assert "contact" not in asked
    await expect(page.get_by_text("Noted: a colleague will get back.")).to_be_visible()


async def test_nobody_is_offered_a_call_back_before_waiting(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    await expect(page.get_by_role("button", name="Call me back")).to_be_hidden()


async def test_who_was_promised_an_answer_after_hours_can_say_where(pages: Pages, gateway: FakeGateway) -> None:
    """Complaint 18: what is promised outside the opening hours can be kept only if somebody can be reached."""
    page = await pages.chat()
    await gateway.customer_says("Is anybody there?")
    await gateway.append(None, "call_back", call_back={"standing": "opened", "team": "g", "due_at": DUE})
    leave = page.get_by_role("button", name="Leave your telephone or e-mail")
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    await leave.click()
    await expect(page.get_by_label("Telephone or e-mail", exact=True)).to_be_focused()
    await page.keyboard.type("anna@example.com")
    await page.keyboard.press("Enter")
    assert (await gateway.received("call_back"))["contact"] == "anna@example.com"
    await expect(leave).to_be_hidden()
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_focused()
    await page.reload()
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    await expect(page.get_by_text("Noted: a colleague will get back.")).to_be_visible()
    await expect(leave).to_be_hidden()


async def test_call_backs_stay_on_the_desk_until_they_are_done(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    await expect(page.get_by_role("region", name="Call-backs")).to_be_hidden()
    talk = gateway.start_conversation()
    await gateway.customer_says("Call me, please", talk)
    due = {"team": "general", "due_at": DUE, "contact": "+420 777 123 456", "note": None, "alerted": True}
    await told(gateway, "call_backs", talk, call_back=due)
    row = page.get_by_role("region", name="Call-backs").get_by_role("button")
    await expect(row).to_contain_text("+420 777 123 456")
    await expect(row).to_contain_text("2 March, 08:00")
    await row.click()
    await page.get_by_role("button", name="Called back").click()
    assert (await gateway.received("call_back_done"))["conversation_id"] == talk.id
    gateway.kept = {}
    await gateway.deliver_to_desks({"type": "queue", "waiting": []})
    await expect(page.get_by_role("region", name="Call-backs")).to_be_hidden()


async def test_a_follow_up_tells_how_it_ended(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    talk = gateway.start_conversation()
    await gateway.customer_says("Wrong size", talk)
    await told(gateway, "follow_ups", talk, follow_up={"to": "Returns", "outcome": None})
    row = page.get_by_role("region", name="Follow-ups").get_by_role("button")
    await expect(row).to_contain_text("With Returns")
    ended = {"type": "alert", "about": "follow_up", "standing": "ended", "outcome": "closed by Petr: refunded"}
    await gateway.deliver_to_desks({**ended, "conversation": talk.summary_frame()})
    await expect(page.get_by_role("alert").filter(has_text="closed by Petr: refunded")).to_be_visible()
    await told(gateway, "follow_ups", talk, follow_up={"to": "Returns", "outcome": "closed by Petr: refunded"})
    await expect(row).to_contain_text("closed by Petr: refunded")
    await row.click()
    await page.get_by_role("button", name="Follow-up done").click()
    assert (await gateway.received("follow_up_done"))["conversation_id"] == talk.id


async def test_alerts_are_said_and_listed(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    talk = gateway.start_conversation()
    await gateway.customer_says("Hello?", talk)
    alert = {"type": "alert", "about": "first_response", "level": "breach", "conversation": talk.summary_frame()}
    await gateway.deliver_to_desks(alert)
    await expect(page.get_by_role("alert").filter(has_text="First answer is late")).to_be_visible()
    await told(gateway, "alerts", talk, alerts=["unclaimed", "first_response.warning"])
    row = page.get_by_role("region", name="Alerts").get_by_role("button")
    await expect(row).to_contain_text("Nobody takes it")
    await expect(row).to_contain_text("First answer is due soon")


async def test_passing_on_to_a_team_or_an_agent(pages: Pages, gateway: FakeGateway) -> None:
    talk = gateway.start_conversation()
    await gateway.customer_says("help", talk)
    await gateway.own(talk, "agent", agent={"id": "agent-1", "name": "Ona Petrauskė"}, cause="claimed")
    page = await pages.desk()
    await page.get_by_role("region", name="Mine").get_by_role("button").click()
    await page.get_by_role("button", name="Pass on…").click()
    choice = page.get_by_label("Pass on to")
    await expect(choice.locator("option")).to_have_text(["General", "Returns (closed)", "Petr (away)"])
    await choice.select_option("Petr (away)")
    await page.get_by_label("Note for colleagues").fill("Knows the warehouse.")
    await page.get_by_role("button", name="Pass on", exact=True).click()
    sent = await gateway.received("transfer")
    assert (sent["agent_id"], sent.get("team"), sent["note"]) == ("agent-2", None, "Knows the warehouse.")
    await expect(choice).to_be_hidden()


async def test_a_refusal_keeps_what_was_written(pages: Pages, gateway: FakeGateway) -> None:
    talk = gateway.start_conversation()
    await gateway.customer_says("help", talk)
    await gateway.own(talk, "agent", agent={"id": "agent-1", "name": "Ona Petrauskė"}, cause="claimed")
    gateway.refuse["transfer"] = "unavailable"
    page = await pages.desk()
    await page.get_by_role("region", name="Mine").get_by_role("button").click()
    await page.get_by_role("button", name="Pass on…").click()
    await page.get_by_label("Pass on to").select_option("Returns (closed)")
    await page.get_by_label("Note for colleagues").fill("Wrong size.")
    await page.get_by_role("button", name="Pass on", exact=True).click()
    await expect(page.get_by_text("The gateway cannot do this right now.")).to_be_visible()
    await expect(page.get_by_label("Note for colleagues")).to_have_value("Wrong size.")
