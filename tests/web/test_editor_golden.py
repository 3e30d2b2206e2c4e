"""The golden set in a real browser: written down, asked, kept from two editors, and shown before a click."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.web.editing import Editing, command

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOURS = "When are you open?"


async def add(page: Page, question: str, answer: str) -> None:
    await page.get_by_label("Question").fill(question)
    await page.get_by_role("radio", name=answer).check()
    await command(page, "Add to the golden set").click()
    await expect(page.get_by_role("heading", name=question, exact=True)).to_be_visible()


async def test_questions_are_added_asked_and_removed(editing: Editing) -> None:
    page = await editing.signed_in("#/golden")
    await expect(page.get_by_text("None yet.")).to_be_visible()
    await command(page, "Add to the golden set").click()
    await expect(page.get_by_label("Question")).to_be_focused()
    await expect(page.get_by_text("Write the question.")).to_be_visible()
    await page.get_by_label("Question").fill("Do you rent kayaks?")
    await command(page, "Add to the golden set").click()
    await expect(page.get_by_text("Choose the article, or that there is none.")).to_be_visible()
    await add(page, "Do you rent kayaks?", "No article")
    await add(page, HOURS, "Opening hours")  # search suggests it
    await page.get_by_label("Another article").fill("sale")
    await add(page, "Is there a sale?", "Secret sale")  # found by its title
    cards = page.get_by_role("article")
    await expect(cards).to_have_count(3)
    await expect(cards.filter(has_text="Is there a sale?")).to_contain_text("Draft: customers do not find it")

    await command(page, "Ask them all now").click()
    await expect(cards.filter(has_text="kayaks")).to_contain_text("Not answered, as it should be")
    await expect(cards.filter(has_text=HOURS)).to_contain_text("Answered with it")
    await expect(cards.filter(has_text="Is there a sale?").locator(".badge.bad")).to_be_visible()

    await page.get_by_label("Question").fill("is THERE a sale?")  # the same question again: it takes the place
    await page.get_by_role("radio", name="No article").check()
    await command(page, "Add to the golden set").click()
    await expect(cards.filter(has_text="is THERE a sale?")).to_contain_text("must not answer")
    await expect(cards).to_have_count(3)
    await page.get_by_role("button", name="Remove “is THERE a sale?”").click()
    await expect(cards).to_have_count(2)
    kept = (await editing.base.client.get("/v1/golden")).json()["golden"]
    assert [(one["question"], one["article_id"]) for one in kept] == [
        ("Do you rent kayaks?", None),
        (HOURS, "opening-hours"),
    ]


async def test_suggestions_that_come_late_take_nothing_from_under_a_finger(editing: Editing) -> None:
    page = await editing.signed_in("#/golden")
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        asked.set()
        await go_on.wait()
        await route.continue_()

    await page.route("**/knowledge/v1/search", slowly)
    await page.get_by_label("Question").fill(HOURS)
    await asked.wait()
    none = page.get_by_role("radio", name="No article")
    await none.focus()
    go_on.set()
    await expect(page.get_by_role("radio", name="Opening hours")).to_be_visible()
    await expect(none).to_be_focused()
    await page.keyboard.press("Space")
    await expect(none).to_be_checked()


async def test_two_editors_add_at_once_and_nothing_is_lost(editing: Editing) -> None:
    mine = await editing.signed_in("#/golden")
    theirs = await editing.open("#/golden")
    await add(theirs, "Do you rent kayaks?", "No article")
    await add(mine, HOURS, "Opening hours")
    await expect(mine.get_by_role("article")).to_have_count(2)


async def test_a_found_answer_is_kept_and_losing_it_is_said_before_the_click(editing: Editing) -> None:
    page = await editing.signed_in("#/search?q=When+are+you+open%3F")
    await page.get_by_role("link", name="This is the right answer").first.click()
    await expect(page.get_by_label("Question")).to_have_value(HOURS)
    await expect(page.get_by_role("radio", name="Opening hours")).to_be_checked()
    await command(page, "Add to the golden set").click()
    await page.get_by_role("article").get_by_role("link", name="Opening hours").click()
    await expect(command(page, "Publish…")).to_be_disabled()
    await command(page, "Archive…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Golden set: 0 of 1 answered as written down, 1 now.")
    await expect(dialog.get_by_role("row").filter(has_text=HOURS)).to_contain_text("Against the golden set")
    await page.keyboard.press("Escape")
    await page.get_by_label("Text").fill("We open at nine in the morning and close at six, Monday to Saturday.")
    await command(page, "Publish…").click()
    await expect(dialog).to_contain_text("Golden set: 1 of 1 answered as written down, as now.")
