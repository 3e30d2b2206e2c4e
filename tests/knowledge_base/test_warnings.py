"""What editors are warned of, over a real socket, and what counts as a contradiction."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from knowledge_base.articles.articles import ArticleState
from knowledge_base.articles.facts import differences, quantities
from knowledge_base.store.neglect import ENOUGH_ASKED, LOOKED_BACK_DAYS
from tests.support.knowledge_base import (
    ARTICLES,
    NOW,
    RunningKnowledgeBase,
    an_article,
    caught_up,
    running_knowledge_base,
)

PROMISE = an_article("promise", "Sending goods back", "You have 30 days to send an item back to us by post.")
RIVAL = an_article("rival", "Our promise", "You have 14 days to send an item back to us by post.")
TWIN = an_article("twin", "When are you open?", "See the door.")


async def warnings(kb: RunningKnowledgeBase, state: str = "open") -> dict[str, list[dict[str, Any]]]:
    """Return the warnings by kind."""
    answer = await kb.client.get(f"/v1/warnings?state={state}")
    assert answer.status_code == 200, answer.text
    found: dict[str, list[dict[str, Any]]] = {}
    for one in answer.json()["warnings"]:
        assert one["advice"]
        found.setdefault(one["kind"], []).append(one)
    return found


def ids(warning: dict[str, Any]) -> set[str]:
    return {article["id"] for article in warning["articles"]}


async def test_the_same_question_in_two_articles_and_what_contradicts_are_found(tmp_path: Path) -> None:
    async with running_knowledge_base(tmp_path, [*ARTICLES, PROMISE, RIVAL, TWIN]) as kb:
        found = await warnings(kb)
        (same,) = found["same_question"]
        assert (ids(same), same["similarity"]) == ({"opening-hours", "twin"}, 1.0)
        (against,) = found["contradiction"]
        assert ids(against) == {"promise", "rival"}
        assert against["evidence"] == ["day: 30 against 14"] or against["evidence"] == ["day: 14 against 30"]
        change = {"version": 1, "body": RIVAL.content.body.replace("14", "30"), "state": "published"}
        assert (await kb.client.put("/v1/articles/rival", json=change)).status_code == 200
        await caught_up(kb)
        assert "contradiction" not in await warnings(kb)


async def test_a_draft_is_checked_before_it_is_published(tmp_path: Path) -> None:
    draft = an_article("draft", "How can I send something back?", RIVAL.content.body, state=ArticleState.DRAFT)
    async with running_knowledge_base(tmp_path, [*ARTICLES, PROMISE, draft]) as kb:
        assert await warnings(kb) == {}
        answer = (await kb.client.post("/v1/articles/draft/check")).json()
        kinds = {one["kind"]: ids(one) for one in answer["warnings"]}
        assert kinds == {"same_question": {"draft", "return-an-item"}, "contradiction": {"draft", "promise"}}
        assert (await kb.client.post("/v1/articles/nothing/check")).status_code == 404


async def test_a_dismissed_warning_stays_away_until_a_text_is_changed(tmp_path: Path) -> None:
    async with running_knowledge_base(tmp_path, [*ARTICLES, PROMISE, RIVAL, TWIN]) as kb:
        (against,) = (await warnings(kb))["contradiction"]
        address = f"/v1/warnings/{against['id']}"
        assert (await kb.client.post(f"{address}/dismiss")).json() == {"id": against["id"], "state": "dismissed"}
        assert set(await warnings(kb)) == {"same_question"}
        assert (await kb.client.post(f"{address}/dismiss")).status_code == 200, "twice is the same as once"
        (kept,) = (await warnings(kb, "dismissed"))["contradiction"]
        assert (ids(kept), kept["dismissed"]["by"]) == ({"promise", "rival"}, "service")
        checked = (await kb.client.post("/v1/articles/rival/check")).json()["warnings"]
        assert "contradiction" not in {one["kind"] for one in checked}, "an article's own page keeps silent too"
        change = {"version": 1, "body": RIVAL.content.body.replace("14", "20"), "state": "published"}
        assert (await kb.client.put("/v1/articles/rival", json=change)).status_code == 200
        await caught_up(kb)
        (again,) = (await warnings(kb))["contradiction"]
        assert again["id"] != against["id"]
        assert (await kb.client.post(f"{address}/dismiss")).status_code == 404, "nobody is warned of this any more"


async def test_a_dismissed_warning_is_taken_up_again(tmp_path: Path) -> None:
    async with running_knowledge_base(tmp_path, [*ARTICLES, TWIN]) as kb:
        (same,) = (await warnings(kb))["same_question"]
        await kb.client.post(f"/v1/warnings/{same['id']}/dismiss")
        assert await warnings(kb) == {}
        assert (await kb.client.post(f"/v1/warnings/{same['id']}/reopen")).json()["state"] == "open"
        assert [one["id"] for one in (await warnings(kb))["same_question"]] == [same["id"]]
        assert await warnings(kb, "dismissed") == {}
        for verb in ("dismiss", "reopen"):
            assert (await kb.client.post(f"/v1/warnings/nothing/{verb}")).status_code == 404
        assert (await kb.client.get("/v1/warnings?state=lost")).status_code == 400


async def test_two_articles_may_have_another_contradiction_behind_a_dismissed_one(tmp_path: Path) -> None:
    price = "## Price\n\nSending a parcel of boots to Norway costs {} € with us."
    rivals = [
        an_article(one.article_id, one.content.title, f"{one.content.body}\n\n{price.format(number)}")
        for one, number in ((PROMISE, 5), (RIVAL, 7))
    ]
    async with running_knowledge_base(tmp_path, [*ARTICLES, *rivals]) as kb:
        found = set()
        for _ in range(2):
            (against,) = (await warnings(kb))["contradiction"]
            found |= {*against["evidence"][0].split(":")[:1]}
            await kb.client.post(f"/v1/warnings/{against['id']}/dismiss")
        assert found == {"day", "€"}
        assert "contradiction" not in await warnings(kb)


async def test_articles_nobody_looks_after_are_named(tmp_path: Path) -> None:
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        assert await warnings(kb) == {}
        await kb.client.put("/v1/articles/boot-care", json={"version": 1, "review_on": NOW.date().isoformat()})
        for _ in range(3):
            asked = await kb.client.post("/v1/search", json={"query": "When are you open?"})
            told = {"query_id": asked.json()["query_id"], "helpful": False}
            await kb.client.post("/v1/feedback", json=told)
        old = NOW - timedelta(days=LOOKED_BACK_DAYS + 1)
        change = text("update articles set created_at = :old, updated_at = :old").bindparams(old=old)
        await kb.database.run(lambda connection: connection.execute(change))
        found = await warnings(kb)
        assert [ids(one) for one in found["review_due"]] == [{"boot-care"}]
        assert [ids(one) for one in found["thumbs_down"]] == [{"opening-hours"}]
        assert {article for one in found["old_draft"] for article in ids(one)} == {"secret-sale", "boot-care"}
        assert "never_shown" not in found, "three questions say nothing about what is never shown"
        more = text(
            "insert into queries (id, at, text, article_id, confidence, answerable, generation) "
            "values (:id, :at, 'x', 'opening-hours', 1, 1, 1)"
        )
        rows = [{"id": f"x{number}", "at": NOW} for number in range(ENOUGH_ASKED)]
        await kb.database.run(lambda connection: connection.execute(more, rows))
        never = {article for one in (await warnings(kb))["never_shown"] for article in ids(one)}
        assert never == {"boot-care", "return-an-item", "return-an-item.cs"}


CONTRADICTIONS = [
    ("Returns take 30 days from delivery.", "Returns take 14 days from delivery.", "en", "day: 30 against 14"),
    ("Express delivery costs €5 per parcel.", "Express delivery costs €7 per parcel.", "en", "€: 5 against 7"),
    ("The shop closes on Sunday all year.", "The shop closes on Monday all year.", "en", "sunday against monday"),
    ("Zboží můžete vrátit do 30 dnů.", "Zboží můžete vrátit do 14 dnů.", "cs", None),
    ("Zboží lze vrátit do 30 dnů.", "Do 14 dnů lze zboží vrátit poštou.", "cs", None),
    ("Stiefel können Sie 30 Tage lang zurückgeben.", "Sie können Stiefel 14 Tage lang zurückgeben.", "de", None),
    ("Gutscheine können umgetauscht werden.", "Gutscheine können nicht umgetauscht werden.", "de", None),
    ("Prekę galite grąžinti per 30 dienų.", "Prekę galite grąžinti per 14 dienų.", "lt", None),
    ("Refunds: 5 working days.", "Refunds: 14 working days.", "en", "work: 5 against 14"),
    ("Peníze vracíme do 5 pracovních dnů.", "Peníze vracíme do 14 pracovních dnů.", "cs", None),
    ("Das Geld erstatten wir in 5 Werktagen.", "Wir erstatten das Geld in 14 Werktagen.", "de", None),
    ("Pinigus grąžiname per 5 darbo dienas.", "Pinigus grąžiname per 14 darbo dienų.", "lt", None),
    ("We ship abroad, but not to Norway.", "We ship abroad, to Norway too.", "en", None),
]
AGREEMENTS = [
    ("Bank transfer · after 1 to 2 working days", "The way back takes 3 to 6 working days.", "en"),
    ("The parcel takes 3 to 6 working days to us.", "We refund 5 working days after the parcel has come to us.", "en"),
    ("Převod trvá 1 až 2 pracovní dny.", "Zpáteční cesta je na 3 až 6 pracovních dnů.", "cs"),
    ("Überweisung: 1 bis 2 Arbeitstage.", "Der Rückweg dauert 3 bis 6 Arbeitstage.", "de"),
    ("Pavedimas: 2 darbo dienos.", "Kelias atgal trunka 6 darbo dienas.", "lt"),
    (
        "For boots see New soles for boots, which the workshop does not do itself.",
        "For soles there is a page of its own: New soles for boots.",
        "en",
    ),
    ("Returns take 30 days from delivery.", "Returns take 30 days from delivery, always.", "en"),
    ("Returns take 30 days from delivery.", "Boots are waxed in 14 days.", "en"),
    ("Ring order 4711 up.", "Ring order 4712 up.", "en"),
    ("The shop closes on Sunday.", "The shop closes early.", "en"),
    ("We deliver from Monday to Friday.", "We do not deliver on Saturday or Sunday.", "en"),
    ("Zkuste své další e-maily.", "Pokud jste nakoupili bez registrace, zkuste číslo objednávky a své e-maily.", "cs"),
    (
        "Po vrácení zboží pošleme peníze do 5 dnů.",
        "Balík se zbožím k nám jde 6 dnů a peníze pak čekají na účetní, která zboží převezme.",
        "cs",
    ),
    ("Parašykite mums pokalbių lange.", "Jei būsena dar ne „Apmokėta“, parašykite pokalbių lange numerį.", "lt"),
    (
        "Schreiben Sie uns im Chat.",
        "Wenn das Paket nicht ankommt, schreiben Sie uns bitte mit der Nummer im Chat.",
        "de",
    ),
]


@pytest.mark.parametrize(("one", "other", "language", "said"), CONTRADICTIONS)
def test_other_numbers_prices_and_days_contradict(one: str, other: str, language: str, said: str | None) -> None:
    found = differences([one], [other], language)
    assert found == [said] if said is not None else len(found) == 1


@pytest.mark.parametrize(("one", "other", "language"), AGREEMENTS)
def test_what_says_the_same_or_speaks_of_something_else_does_not(one: str, other: str, language: str) -> None:
    assert differences([one], [other], language) == []


def test_a_negation_in_one_of_two_like_sentences_contradicts() -> None:
    assert differences(["Gift cards can be returned."], ["Gift cards cannot be returned."], "en")


def test_numbers_are_known_by_what_they_count() -> None:
    assert quantities("5 % off, €12.50, 30 days or 4 711", "en") == {"%": {"5"}, "€": {"12.50"}, "day": {"30"}}
