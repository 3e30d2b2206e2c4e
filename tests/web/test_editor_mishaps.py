"""What goes wrong in an editor's day: nonsense in forms, slow and broken lines, two hands on one article."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Route, expect

from tests.web.editing import Editing, command, publish

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOOTS = "**/knowledge/v1/articles/boot-care"


def only(method: str, handle: Callable[[Route], Awaitable[None]]) -> Callable[[Route], Awaitable[None]]:
    """Let a handler see the requests of one method; the others pass."""

    async def chosen(route: Route) -> None:
        await (handle(route) if route.request.method == method else route.continue_())

    return chosen


async def lose_the_answer(route: Route) -> None:
    """The knowledge base does what it is asked; the page never hears of it."""
    await route.fetch()
    await route.abort()


async def cut_the_answer_off(route: Route) -> None:
    """The knowledge base does what it is asked; the page hears that it is well, and then the line breaks."""
    await route.fulfill(response=await route.fetch(), body='{"id": "boot')


async def boots(editing: Editing) -> Page:
    page = await editing.signed_in("#/articles/boot-care")
    await expect(page.get_by_label("Title")).to_have_value("Care for leather boots")
    return page


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Title", "", "An article needs a title."),
        ("Title", "  \u3000 ", "An article needs a title."),
        ("Title", "x" * 10_000, "This has 10000 characters, the limit is 300."),
        ("Text", "\n \n", "An article needs a text."),
        ("Text", "x" * 200_001, "This has 200001 characters, the limit is 200000."),
        (
            "Other ways to ask",
            f"short\n{'🥾' * 1_001}",
            f"Number 2, “{'🥾' * 40}…”, has 1001 characters, the limit is 1000.",
        ),
        ("Tags", ", ".join(f"tag {number}" for number in range(51)), "This has 51 entries, the limit is 50."),
        ("Language", "", "Say which language this is written in."),
        ("Language", "Klingon", "This must be a language code such as 'en'."),
    ],
)
async def test_what_cannot_be_saved_is_said_at_its_field(editing: Editing, label: str, value: str, said: str) -> None:
    editing.expect("400", "413")
    page = await boots(editing)
    field = page.get_by_label(label, exact=True)
    await field.fill(value)
    await command(page, "Save draft").click()
    problem = page.get_by_role("alert").filter(has_text=said)
    await expect(problem).to_be_visible()
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    assert await problem.get_attribute("id") in str(await field.get_attribute("aria-describedby")).split()
    assert (await editing.base.client.get("/v1/articles/boot-care")).json()["version"] == 1
    await field.fill("en")
    await expect(problem).to_be_hidden()


async def test_any_script_any_direction_and_pasted_pages_come_back_as_they_were(editing: Editing) -> None:
    page = await boots(editing)
    title = "🥾👩🏽‍🚀 העגלה שלי ‮evil‬ <b>bold</b> " + "Ω̷̢" * 20
    body = (
        "<!doctype html><table><tr><td onclick='x()'>a</td></tr></table>\r\n\n# عنوان\n\nשלום 👋 {{title}} ${x}\u0000\n"
    )
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Text").fill(body)
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    preview = page.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("<td onclick='x()'>a</td>")
    await expect(preview.get_by_role("heading", name="عنوان")).to_be_visible()
    kept = (await editing.base.client.get("/v1/articles/boot-care")).json()
    assert kept["title"] == title
    assert kept["body"] == body.replace("\r\n", "\n").replace("\x00", "\ufffd")
    await page.reload()
    await expect(page.get_by_label("Title")).to_have_value(title)
    await expect(page.get_by_text("Version 2 saved")).to_be_visible()
    await expect(page.get_by_text("Your unsaved changes")).to_be_hidden()


async def test_what_is_typed_while_a_draft_is_being_saved_stays(editing: Editing) -> None:
    page = await boots(editing)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        asked.set()
        await go_on.wait()
        await route.continue_()

    await page.route(BOOTS, only("PUT", slowly))
    body = page.get_by_label("Text")
    await body.fill("First words.")
    await command(page, "Save draft").click()
    await asked.wait()
    await body.press("Control+End")
    await body.press_sequentially(" And more.")
    go_on.set()
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    await expect(body).to_have_value("First words. And more.")
    await expect(page.get_by_text("Unsaved changes, kept in this browser")).to_be_visible()
    assert (await editing.base.client.get("/v1/articles/boot-care")).json()["body"] == "First words."
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    assert (await editing.base.client.get("/v1/articles/boot-care")).json()["body"] == "First words. And more."


async def test_saving_keeps_the_place_of_the_cursor(editing: Editing) -> None:
    page = await boots(editing)
    body = page.get_by_label("Text")
    await body.press("Control+Home")
    await body.press_sequentially("Now: ")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    await page.keyboard.type("and then ")
    await expect(body).to_have_value("Now: and then Brush the boots, then rub wax into the leather.\n")


async def test_offline_in_the_middle_of_a_save_loses_nothing(editing: Editing) -> None:
    editing.expect("ERR_INTERNET_DISCONNECTED", "a call failed")
    page = await boots(editing)
    await page.get_by_label("Text").fill("Written on a train.")
    await editing.context.set_offline(True)
    await command(page, "Save draft").click()
    await expect(page.get_by_text("No connection. Nothing was lost; try again.").first).to_be_visible()
    await expect(page.get_by_text("Unsaved changes, kept in this browser")).to_be_visible()
    await editing.context.set_offline(False)
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    assert (await editing.base.client.get("/v1/articles/boot-care")).json()["body"] == "Written on a train."


@pytest.mark.parametrize("breaks", [lose_the_answer, cut_the_answer_off])
async def test_a_save_whose_answer_is_lost_is_not_made_twice(
    editing: Editing, breaks: Callable[[Route], Awaitable[None]]
) -> None:
    editing.expect("ERR_FAILED", "409", "a call failed")
    page = await boots(editing)
    await page.route(BOOTS, only("PUT", breaks), times=1)
    await page.get_by_label("Text").fill("Once only.")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("No connection.").first).to_be_visible()
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_new_article_whose_answer_is_lost_is_not_made_twice(editing: Editing) -> None:
    editing.expect("ERR_FAILED", "a call failed")
    page = await editing.signed_in("#/articles/new")
    await page.route("**/knowledge/v1/articles", only("POST", lose_the_answer), times=1)
    await page.get_by_label("Title").fill("Rent a kayak")
    await page.get_by_label("Text").fill("At the lake.")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("No connection.").first).to_be_visible()
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    found = (await editing.base.client.get("/v1/articles", params={"q": "kayak"})).json()["articles"]
    assert [one["id"] for one in found] == [page.url.rpartition("/")[2]]


async def test_leaving_while_a_new_article_is_being_saved_leads_nowhere_else(editing: Editing) -> None:
    page = await editing.signed_in("#/articles/new")
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        asked.set()
        await go_on.wait()
        await route.continue_()

    await page.route("**/knowledge/v1/articles", only("POST", slowly))
    await page.get_by_label("Title").fill("Rent a kayak")
    await page.get_by_label("Text").fill("At the lake.")
    await command(page, "Save draft").click()
    await asked.wait()
    await page.get_by_role("link", name="History").click()
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    go_on.set()
    await expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    assert page.url.endswith("#/audit")


async def test_publishing_what_somebody_else_has_changed_shows_it_first(editing: Editing) -> None:
    editing.expect("409")
    mine = await boots(editing)
    await mine.get_by_label("Title").fill("Boots")
    await command(mine, "Save draft").click()
    await expect(mine.get_by_text("Saved as version 2.")).to_be_visible()
    theirs = await editing.open("#/articles/boot-care")
    await expect(theirs.get_by_label("Title")).to_have_value("Boots")
    await theirs.get_by_label("Title").fill("Old boots")
    await command(theirs, "Save draft").click()
    await expect(theirs.get_by_text("Saved as version 3.")).to_be_visible()
    await command(mine, "Publish…").click()
    await mine.get_by_role("dialog").get_by_role("button", name="Publish").click()
    await expect(mine.get_by_text("Eda saved version 3 meanwhile.")).to_be_visible()
    await expect(mine.get_by_label("Title")).to_have_value("Old boots")
    await publish(mine)


async def test_one_tab_saving_does_not_throw_away_what_another_keeps(editing: Editing) -> None:
    first = await boots(editing)
    second = await editing.open("#/articles/boot-care")
    await expect(second.get_by_label("Title")).to_have_value("Care for leather boots")
    await first.get_by_label("Title").fill("Saved in the first tab")
    await second.get_by_label("Text").fill("Half a sentence in the second tab")
    await command(first, "Save draft").click()
    await expect(first.get_by_text("Saved as version 2.")).to_be_visible()
    await second.close()  # as when the browser dies: nobody is asked
    third = await editing.open("#/articles/boot-care")
    await expect(third.get_by_text("Somebody has saved a newer version since.")).to_be_visible()
    await expect(third.get_by_label("Text")).to_have_value("Half a sentence in the second tab")


async def test_the_way_back_closes_a_question_about_what_one_leaves(editing: Editing) -> None:
    page = await editing.signed_in("#/articles")
    await page.get_by_role("link", name="Care for leather boots").click()
    await command(page, "Archive…").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Articles")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await editing.base.client.get("/v1/articles/boot-care")).json()["state"] == "published"


async def test_an_article_that_is_gone_is_no_empty_form_and_the_text_is_rescued(editing: Editing) -> None:
    editing.expect("404")
    page = await boots(editing)
    await page.get_by_label("Text").fill("Too good to lose.")
    await editing.base.client.delete("/v1/articles/boot-care")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("There is no article 'boot-care'.")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.reload()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await expect(page.get_by_label("Title")).to_be_hidden()
    await command(page, "Make a new article of it").click()
    await expect(page.get_by_label("Text")).to_have_value("Too good to lose.")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 1.")).to_be_visible()


async def test_a_list_that_cannot_be_had_says_so_and_comes_with_another_try(editing: Editing) -> None:
    editing.expect("503")
    page = await editing.signed_in("#/golden")
    body = '{"error": "The knowledge base is starting."}'
    await page.route("**/knowledge/v1/articles*", lambda route: route.fulfill(status=503, body=body))
    await page.get_by_role("link", name="Articles", exact=True).click()
    notice = page.get_by_role("alert").filter(has_text="The knowledge base is starting.")
    await expect(notice).to_be_visible()
    await page.unroute("**/knowledge/v1/articles*")
    await command(page, "Try again").click()
    await expect(page.get_by_role("link", name="Opening hours")).to_be_visible()
    await expect(notice).to_be_hidden()


async def test_going_back_to_a_version_does_not_swallow_what_is_not_saved(editing: Editing) -> None:
    page = await boots(editing)
    await page.get_by_label("Title").fill("Boots")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    await page.get_by_text("Versions", exact=True).click()
    await page.get_by_label("Text").fill("Not saved yet.")
    await command(page, "Go back to version 1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    await expect(page.get_by_text("Save what you wrote first")).to_be_visible()
    await expect(page.get_by_label("Text")).to_have_value("Not saved yet.")


async def test_on_a_phone_the_place_one_is_at_can_be_seen_and_versions_be_read(editing: Editing) -> None:
    page = await editing.signed_in("#/articles/boot-care")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.get_by_label("Title").fill("Boots")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    await page.get_by_text("Versions", exact=True).click()
    version = page.locator(".versions").get_by_text("Version 1", exact=True)
    box = await version.bounding_box()
    assert box is not None
    assert box["height"] < 30, "in one line"
    await page.goto(f"{editing.gateway.origin}/editor#/audit")
    here = page.get_by_role("link", name="History")
    await expect(here).to_have_attribute("aria-current", "page")
    await expect(here).to_be_in_viewport(ratio=1)
