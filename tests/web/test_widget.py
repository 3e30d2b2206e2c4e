"""The widget as a customer meets it: asking, sources, choices, waiting, a person, the end."""

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import Pages, bubbles
from tests.web.fake_gateway import FakeGateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONA = {"id": "agent-1", "name": "Ona Petrauskė"}
SOURCE = {"article_id": "return-an-item", "title": "Return an item", "url": "/help/return-an-item", "passage": "…"}


async def test_nothing_is_loaded_before_the_first_press(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.open()
    await page.get_by_role("button", name="Chat with us").wait_for()
    names = await page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    loaded = [name for name in names if "/static/widget" in name or "/static/shared" in name]
    assert loaded == []
    assert gateway.frames == []


async def test_hello_says_where_and_in_what_language(pages: Pages, gateway: FakeGateway) -> None:
    await pages.chat()
    hello = await gateway.received("hello")
    assert hello["version"] == 1
    assert hello["after_seq"] == 0
    assert hello["language"] == "en"
    assert hello["page"] == {"url": gateway.origin + "/", "title": "Brindlefell Outdoor"}
    assert "token" not in hello


async def test_a_question_and_its_answer_with_source(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await page.get_by_role("textbox", name="Your message").fill("How do I return boots?")
    await page.keyboard.press("Enter")
    sent = await gateway.received("send")
    assert sent["text"] == "How do I return boots?"
    await expect(page.locator(".pending")).to_have_count(0)
    await gateway.bot_says("Within 60 days.", html="<p>Within <strong>60 days</strong>.</p>", sources=[SOURCE])
    await expect(bubbles(page)).to_have_text(["How do I return boots?", "Within 60 days."])
    source = page.get_by_role("link", name="Return an item").last
    await expect(source).to_have_attribute("href", gateway.origin + "/help/return-an-item")
    await expect(source).to_have_attribute("rel", "noopener noreferrer")
    await expect(page.locator(".bubble strong")).to_have_text("60 days")


async def test_shift_enter_breaks_the_line_and_an_empty_message_is_not_sent(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    field = page.get_by_role("textbox", name="Your message")
    await field.press("Enter")
    await field.press_sequentially("one")
    await field.press("Shift+Enter")
    await field.press_sequentially("two")
    await field.press("Enter")
    assert (await gateway.received("send"))["text"] == "one\ntwo"
    assert len(gateway.sent("send")) == 1


async def test_a_choice_is_sent_with_its_payload_and_closes(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    payload = '/choose_article{"article_id":"boot-size"}'
    await gateway.bot_says(
        "Which one?",
        buttons=[{"title": "Boots", "payload": payload}, {"title": "A person", "payload": "/request_agent"}],
    )
    await page.get_by_role("group", name="Choices").get_by_role("button", name="Boots").click()
    sent = await gateway.received("send")
    assert (sent["text"], sent["payload"]) == ("Boots", payload)
    await expect(page.get_by_role("group", name="Choices")).to_have_count(0)


async def test_choices_close_when_the_customer_writes_instead(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.bot_says("Which one?", buttons=[{"title": "Boots", "payload": "/x"}])
    await page.get_by_role("button", name="Boots").wait_for()
    await gateway.customer_says("neither")
    await expect(page.get_by_role("button", name="Boots")).to_have_count(0)


async def test_a_thumb_is_told_to_the_gateway(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    answer = await gateway.bot_says("Within 60 days.", sources=[SOURCE])
    await page.get_by_role("group", name="Was this helpful?").get_by_role("button", name="No").click()
    assert await gateway.received("feedback") == {"type": "feedback", "seq": answer["seq"], "helpful": False}
    await expect(page.get_by_role("button", name="No")).to_have_attribute("aria-pressed", "true")


async def test_to_a_person_and_back(pages: Pages, gateway: FakeGateway) -> None:
    """Always one press away; place and wait are shown, follow the queue, and one can leave it."""
    page = await pages.chat()
    earlier = gateway.start_conversation()
    await gateway.customer_says("first", earlier)
    await gateway.hand_off(earlier)
    await page.get_by_role("button", name="Talk to a person").click()
    request = await gateway.received("request_agent")
    assert request["client_message_id"]
    await expect(page.get_by_role("heading", name="Waiting for a person")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="number 2 in the queue")).to_contain_text("about 3 min")
    await expect(page.get_by_text("I'm calling a colleague for you.")).to_have_count(1)
    await page.get_by_text("What I passed on").click()
    await expect(page.get_by_text("Wants to return boots bought in May.")).to_be_visible()
    await gateway.own(earlier, "agent", agent=ONA, cause="claimed")
    await expect(page.get_by_role("status").filter(has_text="You are next")).to_be_visible()
    await page.get_by_role("button", name="Leave the queue").click()
    await gateway.received("leave_queue")
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    await expect(page.get_by_text("You left the queue.")).to_be_visible()


async def test_joined_left_and_back_with_the_assistant(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.hand_off()
    talk = gateway.conversation
    await gateway.own(talk, "agent", agent=ONA, cause="claimed")
    await expect(page.get_by_role("heading", name="Ona Petrauskė")).to_be_visible()
    await gateway.agent_says("Which boots?")
    await gateway.own(talk, "bot", cause="handed_back")
    await expect(page.locator(".between")).to_have_text(
        ["Ona Petrauskė has joined", "Ona Petrauskė has left", "You are back with the assistant"]
    )
    await expect(page.get_by_role("heading", name="Assistant")).to_be_visible()


async def test_typing_ends_with_the_message_and_with_the_owner(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    sign = page.get_by_text("is typing")
    await gateway.deliver_raw({"type": "typing", "role": "bot", "on": True})
    await expect(sign).to_have_text("Assistant is typing")
    await gateway.bot_says("Here.")
    await expect(sign).to_be_hidden()
    await gateway.deliver_raw({"type": "typing", "role": "bot", "on": True})
    await expect(sign).to_be_visible()
    await gateway.own(gateway.conversation, "agent", agent=ONA, cause="claimed")
    await expect(sign).to_be_hidden()


async def test_the_customers_typing_is_told_and_ends_with_sending(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await page.get_by_role("textbox", name="Your message").press_sequentially("hello")
    assert (await gateway.received("typing"))["on"] is True
    await page.keyboard.press("Enter")
    await gateway.received("send")
    assert [frame["on"] for frame in gateway.sent("typing")] == [True, False]


async def test_the_end_and_a_new_beginning(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.bot_says("Anything else?")
    await page.get_by_role("button", name="End the conversation").click()
    await page.get_by_role("button", name="Keep talking").click()
    assert gateway.sent("end") == []
    await page.get_by_role("button", name="End the conversation").click()
    await page.get_by_role("button", name="End it").click()
    await gateway.received("end")
    await expect(page.get_by_text("Write again whenever you like.")).to_be_visible()
    await page.get_by_role("textbox", name="Your message").fill("One more thing")
    await page.keyboard.press("Enter")
    await gateway.received("send")
    await expect(bubbles(page).last).to_have_text("One more thing")
    assert gateway.conversation.episode == 2


async def test_a_closed_panel_counts_what_comes(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await page.get_by_role("textbox", name="Your message").press("Escape")
    await gateway.bot_says("one")
    await gateway.agent_says("two")
    await expect(page.get_by_role("button", name="Chat with us, 2 unread")).to_be_visible()
    await page.get_by_role("button", name="Chat with us").click()
    await expect(page.locator(".badge")).to_be_hidden()


XSS = [
    "<img src=x onerror=\"document.title='broken'\">",
    "<script>document.title='broken'</script>",
    "javascript:alert(1) <a href='javascript:alert(1)'>x</a>",
    "{{constructor.constructor('alert(1)')()}}",
]


async def test_markup_of_people_is_text(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    title = await page.title()
    for text in XSS:
        await gateway.customer_says(text)
        await gateway.agent_says(text, name=text)
        source = {**SOURCE, "title": text, "url": "javascript:alert(1)"}
        await gateway.bot_says(text, buttons=[{"title": text, "payload": "/x"}], sources=[source])
        await gateway.hand_off(line=text, summary=text)
    await expect(bubbles(page)).to_have_text([text for text in XSS for _ in range(3)])
    await expect(page.locator(".handoff .line")).to_have_text(XSS)
    assert await page.locator(".log img, .log script, .log a").count() == 0
    assert await page.title() == title


async def test_strange_text_arrives_as_it_was_written(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    texts = (
        "🧗🏽‍♀️🥾" * 50,
        "أين طردي؟ مرّ أسبوع",
        "x" * 10_000,
        "ŽLUŤOUČKÝ kůň\n\n\tąčęėįšųūž",
        "/restart",
        "\\n \u202e gnirts",
    )
    for number, text in enumerate(texts, 1):
        await page.get_by_role("textbox", name="Your message").fill(text)
        await page.keyboard.press("Enter")
        assert (await gateway.received("send", number))["text"] == text
        await expect(bubbles(page).last).to_have_text(text)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator(".scroll").evaluate("(box) => box.scrollWidth <= box.clientWidth")


async def test_too_long_a_message_is_said_so_and_kept(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    field = page.get_by_role("textbox", name="Your message")
    await field.fill("x" * 16_001)
    await field.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("under 16000")
    assert gateway.sent("send") == []
    assert len(await field.input_value()) == 16_001


@pytest.mark.parametrize(
    ("language", "words"),
    [("cs", "Mluvit s člověkem"), ("lt", "Kalbėti su žmogumi"), ("de", "Mit einem Menschen sprechen")],
)
async def test_it_speaks_the_page_s_language(pages: Pages, gateway: FakeGateway, language: str, words: str) -> None:
    page = await pages.open("/blank")
    await page.evaluate(
        """(language) => { document.documentElement.lang = language + "-XX";
        const script = document.createElement("script"); script.src = "/widget.js"; document.head.append(script); }""",
        language,
    )
    await page.locator("button.launcher").click()
    await expect(page.get_by_role("button", name=words)).to_be_visible()
    assert (await gateway.received("hello"))["language"] == language


async def test_all_languages_say_the_same_things(blank: Page) -> None:
    keys = await blank.evaluate(
        """import("/static/widget/js/strings.js")
           .then(({ STRINGS }) => Object.values(STRINGS).map((words) => Object.keys(words).join()))"""
    )
    assert len(keys) == 4
    assert len(set(keys)) == 1


async def test_another_site_embeds_it_and_cannot_break_it(pages: Pages, gateway: FakeGateway) -> None:
    """Loaded across origins by the one line, under a style sheet that hides and colours everything it reaches."""
    gateway.site.widget_origin = gateway.origin.replace("127.0.0.1", "localhost")
    pages.expect("Permissions policy")
    page = await pages.open("/host")
    launcher = page.get_by_role("button", name="Napište nám")
    box = await launcher.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (60, 60)
    await launcher.click()
    await gateway.connected()
    await gateway.bot_says("Dobrý den")
    await expect(bubbles(page)).to_have_text(["Dobrý den"])
    style = await bubbles(page).evaluate("(b) => [getComputedStyle(b).fontSize, getComputedStyle(b).color]")
    assert style[0] == "15px"
    assert style[1] != "rgb(255, 0, 0)"
