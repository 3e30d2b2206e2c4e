"""An editor's day in a real browser, with the real gateway and the real knowledge base behind it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.support.gateway import PASSWORD, PATIENCE_S
from tests.web.editing import Editing, command, publish

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_signing_in_comes_first(editing: Editing) -> None:
    editing.expected.append("401")
    await editing.gateway.account("eda", "editor")
    page = await editing.open()
    await expect(page.get_by_role("heading", name="Tandem editor")).to_be_visible()
    await page.get_by_label("Email").fill("eda@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await command(page, "Sign in").click()
    await expect(page.get_by_role("heading", name="Articles")).to_be_focused()
    await expect(page.get_by_role("link", name="Secret sale")).to_be_visible()
    await command(page, "Sign out").click()
    await expect(page.get_by_label("Password")).to_be_visible()


async def test_from_an_empty_form_to_an_answer(editing: Editing) -> None:
    page = await editing.signed_in()
    await page.get_by_role("link", name="New article").click()
    await page.get_by_label("Title").fill("Rent a kayak")
    await page.get_by_label("Text").fill("## Kayaks\n\nA kayak costs **30 euros** a day.")
    await page.get_by_label("Other ways to ask").fill("Can I hire a kayak?\n\nCan I hire a kayak?\nkayak price")
    await page.get_by_label("Tags").fill("rental, boats")
    preview = page.get_by_role("region", name="Preview")
    await expect(preview.get_by_role("heading", name="Kayaks")).to_be_visible()
    await expect(preview.locator("strong")).to_have_text("30 euros")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Rent a kayak")
    article_id = page.url.rpartition("/")[2]
    assert article_id not in await editing.search("Can I hire a kayak?")

    await publish(page)
    assert (await editing.search("Can I hire a kayak?"))[0] == article_id
    await page.get_by_role("link", name="Try a question").click()
    await page.get_by_label("Question").fill("kayak price")
    await command(page, "Ask").click()
    await expect(page.locator(".verdict")).to_contain_text("generation")
    first = page.get_by_role("listitem").first
    await expect(first.get_by_role("link", name="Rent a kayak")).to_be_visible()
    await expect(first).to_contain_text("by meaning")
    answer = await editing.base.client.get(f"/v1/articles/{article_id}")
    assert answer.json()["questions"] == ["Can I hire a kayak?", "kayak price"]
    assert answer.json()["tags"] == ["rental", "boats"]
    assert answer.json()["updated_by"] == "Eda"


async def test_a_draft_beside_the_live_text_then_the_difference_and_the_way_back(editing: Editing) -> None:
    page = await editing.signed_in("#/articles/return-an-item")
    body = page.get_by_label("Text")
    await expect(page.get_by_text("Version 1 saved")).to_be_visible()
    await body.fill((await body.input_value()).replace("30 days", "60 days"))
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Version 1 is live")).to_be_visible()
    await expect(page.get_by_text("Newer draft")).to_be_visible()
    assert "30 days" in await editing.passages("How can I send something back?")

    await publish(page)
    assert "60 days" in await editing.passages("How can I send something back?")
    await page.get_by_text("Versions", exact=True).click()
    await command(page, "Compare version 1 with the newest").click()
    difference = page.locator(".difference")
    await expect(difference.locator("del")).to_contain_text("30 days")
    await expect(difference.locator("ins")).to_contain_text("60 days")

    await command(page, "Go back to version 1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    await expect(page.get_by_text("Version 3 has the text of version 1.")).to_be_visible()
    assert "30 days" in await editing.passages("How can I send something back?")
    await page.get_by_text("What was done").click()
    await expect(page.get_by_role("listitem").filter(has_text="Eda went back in")).to_be_visible()


async def test_two_tabs_and_both_texts(editing: Editing) -> None:
    editing.expected.append("409")
    mine = await editing.signed_in("#/articles/opening-hours")
    theirs = await editing.open("#/articles/opening-hours")
    for page in (mine, theirs):
        await expect(page.get_by_label("Title")).to_have_value("Opening hours")
    await theirs.get_by_label("Title").fill("When we are open")
    await command(theirs, "Save draft").click()
    await expect(theirs.get_by_text("Saved as version 2.")).to_be_visible()

    await mine.get_by_label("Title").fill("Our hours")
    await mine.get_by_label("Text").fill("From nine to five.")
    await command(mine, "Save draft").click()
    dialog = mine.get_by_role("dialog")
    await expect(dialog).to_contain_text("Eda saved version 2")
    title = dialog.get_by_role("group", name="Title")
    await expect(title).to_contain_text("When we are open")
    await expect(title).to_contain_text("Our hours")
    await title.get_by_label("Theirs").check()
    await command(mine, "Go on with these").click()
    await expect(mine.get_by_label("Title")).to_have_value("When we are open")
    await expect(mine.get_by_label("Text")).to_have_value("From nine to five.")
    await command(mine, "Save draft").click()
    await expect(mine.get_by_text("Saved as version 3.")).to_be_visible()
    saved = (await editing.base.client.get("/v1/articles/opening-hours")).json()
    assert (saved["title"], saved["body"]) == ("When we are open", "From nine to five.")


async def test_what_is_not_saved_is_still_there(editing: Editing) -> None:
    page = await editing.signed_in("#/articles/boot-care")
    await expect(page.get_by_label("Title")).to_have_value("Care for leather boots")
    await page.get_by_label("Text").fill("Half a sentence")
    await expect(page.get_by_text("Unsaved changes, kept in this browser")).to_be_visible()
    await page.get_by_role("link", name="History").click()
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_text("Your unsaved changes of")).to_be_visible()
    await expect(page.get_by_label("Text")).to_have_value("Half a sentence")

    asked: list[str] = []

    async def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", answer)
    await page.get_by_label("Text").press("End")
    await page.reload()
    assert asked == ["beforeunload"]
    await command(page, "Discard them").click()
    await expect(page.get_by_label("Text")).to_have_value("Brush the boots, then rub wax into the leather.\n")
    await expect(command(page, "Save draft")).to_be_disabled()


async def test_scripts_in_articles_are_text(editing: Editing) -> None:
    bad = '<script>document.title = "x"</script><img src=x onerror="document.title = 1">'
    page = await editing.signed_in("#/articles/new")
    await page.get_by_label("Title").fill(f"Title {bad}")
    await page.get_by_label("Text").fill(f"Words {bad} and [a link](javascript:alert(1)).\n\n# {bad}")
    preview = page.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("<script>document.title")
    assert await preview.locator("script, img, a[href^=javascript]").count() == 0
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    await publish(page)
    await page.get_by_role("link", name="Articles", exact=True).click()
    await expect(page.get_by_text(f"Title {bad}")).to_be_visible()
    await page.goto(f"{editing.gateway.origin}/editor#/search?q=words+title")
    await expect(page.locator(".passage").first).to_be_visible()
    assert await page.locator("main script, main img").count() == 0
    assert await page.title() == "Try a question · Tandem editor"


async def test_an_import_is_tried_first(editing: Editing, tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text(
        '{"external_id": "tents", "title": "Pitch a tent", "body": "Start with the poles.", "state": "published"}\n'
        '{"external_id": "empty", "title": "Nothing", "body": ""}\n'
    )
    page = await editing.signed_in("#/import")
    await page.get_by_label("File").set_input_files(file)
    await command(page, "Try it first").click()
    await expect(page.locator(".summary")).to_have_text("Would be 1 new, 0 changed, 0 the same, 1 refused.")
    refused = page.get_by_role("row").nth(1)
    await expect(refused).to_contain_text("empty")
    await expect(refused).to_contain_text("Refused")
    assert "tents" not in await editing.search("pitch a tent")
    await command(page, "Import 1 article").click()
    await expect(page.locator(".summary")).to_have_text("Done: 1 new, 0 changed, 0 the same, 1 refused.")
    assert len(await editing.search("pitch a tent")) > 0
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export everything").click()
    await (await download.value).save_as(tmp_path / "export.jsonl")
    assert "Pitch a tent" in (tmp_path / "export.jsonl").read_text()


async def test_the_list_is_found_through(editing: Editing) -> None:
    page = await editing.signed_in()
    cards = page.locator(".card-title")
    await expect(cards).to_have_count(5)
    await expect(page.get_by_text("5 articles")).to_be_visible()
    await page.get_by_label("Language").select_option("cs")
    await expect(cards).to_have_text(["Vrácení zboží"])
    await page.reload()  # the filters are in the address
    await expect(cards).to_have_text(["Vrácení zboží"])
    await page.get_by_label("Language").select_option("")
    await page.get_by_label("Title").fill("leather")
    await expect(cards).to_have_text(["Care for leather boots"])
    await page.get_by_label("Title").fill("nothing like this")
    await expect(page.get_by_text("No article fits.")).to_be_visible()


async def test_a_list_that_goes_on_says_so(editing: Editing) -> None:
    articles = [
        {"title": f"Care for boot {n}", "body": "Wax it.", "language": "en", "state": "draft"} for n in range(46)
    ]
    for article in articles:
        (await editing.base.client.post("/v1/articles", json=article)).raise_for_status()
    page = await editing.signed_in()
    await expect(page.get_by_text("The first 50; there are more.")).to_be_visible()
    await command(page, "Show more").click()
    await expect(page.get_by_text("51 articles")).to_be_visible()
    await expect(command(page, "Show more")).to_be_hidden()


async def test_a_translation_belongs_to_its_article(editing: Editing) -> None:
    page = await editing.signed_in("#/articles/opening-hours")
    await page.get_by_text("Translations").click()
    await page.get_by_role("link", name="Add translation").click()
    await expect(page.get_by_role("link", name="Opening hours")).to_be_visible()
    await page.get_by_label("Title").fill("Otevírací doba")
    await page.get_by_label("Text").fill("Otevřeno od devíti do šesti.")
    await command(page, "Save draft").click()
    await expect(page.get_by_label("Language")).to_be_focused()  # a translation needs its language
    await page.get_by_label("Language").fill("cs")
    await command(page, "Save draft").click()
    await expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    await page.get_by_text("Translations").click()
    await page.get_by_role("link", name="Opening hours").click()
    await page.get_by_text("Translations").click()
    await expect(page.get_by_role("link", name="Otevírací doba")).to_be_visible()


async def test_archived_and_deleted_only_when_asked_twice(editing: Editing) -> None:
    editing.expected.append("404")  # what the page was still reading about the article when it went
    page = await editing.signed_in("#/articles/boot-care")
    await command(page, "Archive…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert "boot-care" in await editing.search("care for leather boots")
    await command(page, "Archive…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    await expect(page.get_by_text("Archived: customers")).to_be_visible()
    assert "boot-care" not in await editing.search("care for leather boots")
    await command(page, "Delete…").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await command(page, "Delete…").click()
    await command(page, "Delete for good").click()
    await expect(page.get_by_role("heading", name="Articles")).to_be_visible()
    assert (await editing.base.client.get("/v1/articles/boot-care")).status_code == 404


async def test_a_gap_becomes_a_draft(editing: Editing) -> None:
    for _ in range(2):
        await editing.base.client.post("/v1/search", json={"query": "rent a kayak"})
    await editing.base.base.gaps.settled()
    page = await editing.signed_in("#/gaps")
    gap = page.get_by_role("article").filter(has_text="rent a kayak")
    await expect(gap).to_contain_text("asked 2×")
    await command(page, "Make a draft").click()
    await expect(page.get_by_text("Version 1 saved")).to_be_visible()
    await expect(page.get_by_label("Title")).to_have_value("rent a kayak")
    await page.goto(f"{editing.gateway.origin}/editor#/gaps?state=drafted")
    await expect(page.get_by_role("link", name="Open the article")).to_be_visible()
    await command(page, "Dismiss").click()
    await expect(page.get_by_text("Nothing here.")).to_be_visible()


async def test_a_proposal_becomes_a_draft(editing: Editing) -> None:
    proposal = {"question": "Is there a kayak rental?", "answer": "Yes, at the lake.\nFrom May."}
    await editing.base.client.post("/v1/proposals", json=proposal)
    page = await editing.signed_in("#/proposals")
    await expect(page.get_by_role("article")).to_contain_text("Yes, at the lake.")
    await command(page, "Make a draft").click()
    await expect(page.get_by_label("Title")).to_have_value("Is there a kayak rental?")


async def test_agents_read_and_ask_and_change_nothing(editing: Editing) -> None:
    page = await editing.signed_in("#/articles/return-an-item", "agent")
    await expect(page.get_by_label("Title")).to_have_value("Return an item")
    await expect(page.get_by_label("Title")).not_to_be_editable()
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("30 days")
    assert await page.get_by_role("navigation", name="Editor").get_by_role("link").all_inner_texts() == [
        "Articles",
        "Try a question",
    ]
    assert await page.get_by_role("button").all_inner_texts() == ["Sign out"]
    headers = {"Authorization": f"Bearer {await editing.gateway.account('agent')}"}
    async with httpx.AsyncClient(base_url=editing.gateway.origin, headers=headers, timeout=PATIENCE_S) as client:
        assert (await client.post("/knowledge/v1/articles/return-an-item/archive", json={})).status_code == 403


async def test_a_sign_in_that_ends_keeps_what_was_written(editing: Editing) -> None:
    editing.expected.append("401")
    page = await editing.signed_in("#/articles/boot-care")
    await expect(page.get_by_label("Title")).to_have_value("Care for leather boots")
    await page.get_by_label("Title").fill("Boots")
    await editing.context.clear_cookies()
    await page.keyboard.press("Control+s")  # a button may be gone: what the page still loads says it, too
    await expect(page.get_by_text("You have been signed out.")).to_be_visible()
    await page.get_by_label("Email").fill("eda@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await command(page, "Sign in").click()
    await expect(page.get_by_label("Title")).to_have_value("Boots")
