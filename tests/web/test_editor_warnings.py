"""What looks wrong, in a real browser: each kind of warning, and the way from it to the article."""

from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import text

from knowledge_base.store.neglect import ENOUGH_ASKED, FEW_VERDICTS, LOOKED_BACK_DAYS
from tests.support.knowledge_base import NOW, caught_up
from tests.web.editing import Editing

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIVE = {"state": "published"}
PROMISE = {
    "id": "promise",
    "title": "Sending goods back",
    "body": "You have 30 days to send an item back to us by post.",
}
RIVAL = {"id": "rival", "title": "Our promise", "body": "You have 14 days to send an item back to us by post."}
TWIN = {"id": "twin", "title": "When are you open?", "body": "See the door."}


async def neglect(editing: Editing) -> None:
    """Let every article be old, one unread, one thumbed down, one past its review, and one draft forgotten."""
    client, database = editing.base.client, editing.base.database
    for article in (PROMISE, RIVAL, TWIN):
        assert (await client.post("/v1/articles", json=article | LIVE)).status_code == 201
    change = {"version": 1, "review_on": "2026-02-01", **LIVE}
    assert (await client.put("/v1/articles/return-an-item", json=change)).status_code == 200
    await caught_up(editing.base)
    for _ in range(FEW_VERDICTS):
        await client.post("/v1/feedback", json={"article_id": "opening-hours", "helpful": False})
    old = NOW - timedelta(days=LOOKED_BACK_DAYS + 1)
    age = text("update articles set created_at = :old, updated_at = :old").bindparams(old=old)
    asked = text(
        "insert into queries (id, at, text, article_id, confidence, answerable, generation) "
        "values (:id, :at, 'x', 'opening-hours', 1, 1, 1)"
    )
    rows = [{"id": f"x{number}", "at": NOW} for number in range(ENOUGH_ASKED)]
    await database.run(lambda connection: (connection.execute(age), connection.execute(asked, rows)))


def warning(page: Page, kind: str) -> Locator:
    return page.locator(".card").filter(has=page.get_by_text(kind, exact=True))


async def test_every_kind_of_warning_leads_to_its_articles(editing: Editing) -> None:
    page = await editing.signed_in("#/warnings")
    await expect(page.get_by_text("Nothing looks wrong.")).to_be_visible()
    await neglect(editing)
    await page.reload()
    twins = warning(page, "The same question twice").filter(has_text="When are you open?")
    await expect(twins.get_by_role("link", name="When are you open?")).to_have_attribute("href", "#/articles/twin")
    await expect(twins.get_by_role("link", name="Opening hours")).to_be_visible()
    against = warning(page, "Perhaps a contradiction").filter(has_text="Our promise").filter(has_text="Sending goods")
    await expect(against).to_contain_text("against")
    due = warning(page, "Review due")
    await expect(due).to_contain_text("2026-02-01")
    await expect(due.get_by_role("link", name="Return an item")).to_be_visible()
    await expect(warning(page, "Often thumbed down")).to_contain_text("3 of 3 verdicts say it did not help")
    await expect(warning(page, "Draft left lying")).to_contain_text("Secret sale")
    never = warning(page, "Never shown").filter(has_text="Care for leather boots")
    await expect(never).to_contain_text("answered nothing in 90 days")
    await never.get_by_role("link").click()
    await expect(page.get_by_label("Title")).to_have_value("Care for leather boots")


async def test_an_articles_own_page_says_what_it_repeats_until_that_is_mended(editing: Editing) -> None:
    await editing.base.client.post("/v1/articles", json=TWIN | {"state": "draft"})
    page = await editing.signed_in("#/articles/twin")
    looks = page.locator(".more")
    await expect(looks.get_by_role("heading", name="Worth a look")).to_be_visible()
    await expect(looks.get_by_role("link", name="Opening hours")).to_be_visible()
    await page.get_by_label("Title").fill("Doors and their colours")
    await page.get_by_label("Text").fill("Every door of ours is green.")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    await expect(looks.get_by_role("heading", name="Worth a look")).to_be_hidden()


async def test_a_warning_is_dismissed_and_taken_up_again(editing: Editing) -> None:
    assert (await editing.base.client.post("/v1/articles", json=TWIN | LIVE)).status_code == 201
    await caught_up(editing.base)
    page = await editing.signed_in("#/warnings")
    await warning(page, "The same question twice").get_by_role("button", name="Nothing to mend").click()
    await expect(page.get_by_text("Nothing looks wrong.")).to_be_visible()
    await page.get_by_label("State").select_option("Dismissed")
    put_aside = warning(page, "The same question twice")
    await expect(put_aside).to_contain_text("Dismissed by")
    await put_aside.get_by_role("button", name="Warn again").click()
    await expect(page.get_by_text("Nothing has been dismissed.")).to_be_visible()
    await page.get_by_label("State").select_option("Open")
    await expect(warning(page, "The same question twice")).to_be_visible()
