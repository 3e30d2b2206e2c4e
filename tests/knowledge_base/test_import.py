"""Imports over the wire: what becomes of every row, what is refused, and that nothing goes in by halves."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from knowledge_base.http import uploads
from knowledge_base.importing import importer
from tests.support.accounts import account_header
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, caught_up, running_knowledge_base

HOURS = {"external_id": "opening-hours", "title": "Opening hours", "body": "Open from nine to seven.\n"}
NEW = {"external_id": "guides/gift cards", "title": "Gift cards", "body": "Gift cards never expire.\n", "tags": ["x"]}


@pytest.fixture
async def kb(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[RunningKnowledgeBase]:
    caplog.set_level(logging.INFO, "knowledge_base")  # as it runs: what is logged must be loggable
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


def jsonl(*rows: Mapping[str, object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


async def send(kb: RunningKnowledgeBase, data: bytes, name: str = "a.jsonl", **query: str) -> httpx.Response:
    return await kb.client.post("/v1/import", params=query, files={"file": (name, data)})


async def imported(kb: RunningKnowledgeBase, *rows: Mapping[str, object], **query: str) -> dict[str, Any]:
    answer = await send(kb, jsonl(*rows), **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def article(kb: RunningKnowledgeBase, article_id: str) -> dict[str, Any]:
    return dict((await kb.client.get(f"/v1/articles/{article_id}")).json())


async def first_hit(kb: RunningKnowledgeBase, query: str) -> dict[str, Any]:
    await caught_up(kb)
    return dict((await kb.client.post("/v1/search", json={"query": query})).json()["hits"][0])


async def test_a_file_is_reported_row_by_row_and_searched_at_once(kb: RunningKnowledgeBase) -> None:
    before = (await article(kb, "boot-care"))["body"]
    same = {"external_id": "boot-care", "title": "Care for leather boots", "body": before}
    report = await imported(kb, NEW, HOURS, same, {"external_id": "bad", "title": "No body"})
    assert {name: report[name] for name in ("created", "changed", "unchanged", "dry_run", "written")} == {
        "created": 1,
        "changed": 1,
        "unchanged": 1,
        "dry_run": False,
        "written": True,
    }
    assert report["refused"] == [{"row": 4, "external_id": "bad", "error": "body is missing"}]
    assert report["rows"] == [
        {"row": 1, "external_id": "guides/gift cards", "outcome": "created", "id": "guides-gift-cards"},
        {"row": 2, "external_id": "opening-hours", "outcome": "changed", "id": "opening-hours", "why": "body"},
        {"row": 3, "external_id": "boot-care", "outcome": "same", "id": "boot-care"},
        {"row": 4, "external_id": "bad", "outcome": "refused", "id": None, "why": "body is missing"},
    ]
    hit = await first_hit(kb, "do gift cards expire")
    assert (hit["article_id"], hit["external_id"]) == ("guides-gift-cards", "guides/gift cards")
    assert "seven" in (await first_hit(kb, "opening hours nine seven"))["passage"]
    changed = await article(kb, "opening-hours")
    assert (changed["version"], changed["live_version"]) == (2, 2)
    assert changed["questions"] == ["When are you open?"]  # what the row does not name stays


async def test_the_same_file_again_changes_nothing(kb: RunningKnowledgeBase) -> None:
    first = await imported(kb, NEW, HOURS)
    again = await imported(kb, NEW, HOURS)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert again["generation"] == first["generation"]
    assert (await article(kb, "opening-hours"))["version"] == 2


async def test_a_dry_run_tells_the_same_and_does_nothing(kb: RunningKnowledgeBase) -> None:
    before = (await kb.client.get("/v1/export")).content
    dry = await imported(kb, NEW, HOURS, {"title": "x"}, dry_run="1")
    assert (dry["dry_run"], dry["written"]) == (True, False)
    assert (await kb.client.get("/v1/export")).content == before
    real = await imported(kb, NEW, HOURS, {"title": "x"})
    assert real["rows"] == dry["rows"]
    assert real["generation"] > dry["generation"]


async def test_a_strict_import_takes_all_or_nothing(kb: RunningKnowledgeBase) -> None:
    before = (await kb.client.get("/v1/export")).content
    answer = await send(kb, jsonl(NEW, {"title": "No body"}), strict="1")
    assert answer.status_code == 400
    assert answer.json()["field"] == "file"
    assert answer.json()["refused"] == [{"row": 2, "external_id": "no-body", "error": "body is missing"}]
    assert (await kb.client.get("/v1/export")).content == before
    assert (await send(kb, jsonl(NEW), strict="1")).json()["created"] == 1


async def test_states_of_rows(kb: RunningKnowledgeBase) -> None:
    draft = await imported(kb, HOURS | {"state": "draft"})
    assert draft["changed"] == 1
    hours = await article(kb, "opening-hours")
    assert (hours["state"], hours["has_draft"], hours["live_version"]) == ("published", True, 1)
    assert (await imported(kb, HOURS | {"state": "draft"}))["unchanged"] == 1
    live = {"external_id": "opening-hours", "title": "Opening hours", "body": hours["live"]["body"]}
    assert (await imported(kb, live))["unchanged"] == 1  # the draft somebody has begun stays
    published = await imported(kb, HOURS | {"state": "published"})
    assert published["rows"][0]["outcome"] == "changed"
    assert (await article(kb, "opening-hours"))["live_version"] == 2
    archived = await imported(kb, HOURS | {"state": "archived"})
    assert archived["rows"][0]["why"] == "state"
    assert (await article(kb, "opening-hours"))["state"] == "archived"
    assert (await imported(kb, HOURS))["unchanged"] == 1  # without a state a row does not bring it back
    assert (await imported(kb, HOURS | {"body": "New."}))["changed"] == 1
    assert (await article(kb, "opening-hours"))["state"] == "archived"
    secret = {"external_id": "secret-sale", "title": "Secret sale", "body": "Zebra sale on Monday.\n"}
    assert (await imported(kb, secret))["changed"] == 1
    assert (await article(kb, "secret-sale"))["state"] == "draft"
    assert (await imported(kb, NEW, state="draft"))["created"] == 1
    assert (await article(kb, "guides-gift-cards"))["state"] == "draft"


async def test_translations_find_their_original(kb: RunningKnowledgeBase) -> None:
    german = {"title": "Geschenkkarten", "body": "Sie verfallen nie.\n", "language": "de"}
    report = await imported(
        kb,
        german | {"external_id": "guides/gift cards.de", "translation_of": "gift cards"},  # beside it, like a file
        german | {"external_id": "x.fr", "language": "fr", "translation_of": "guides/gift cards.de"},
        german | {"external_id": "orphan", "translation_of": "nothing"},
        german | {"external_id": "loop-a", "translation_of": "loop-b"},
        german | {"external_id": "loop-b", "translation_of": "loop-a"},
        german | {"external_id": "stunden", "translation_of": "opening-hours"},
        NEW,
    )
    outcomes = {row["external_id"]: row["outcome"] for row in report["rows"]}
    assert [key for key, outcome in outcomes.items() if outcome == "refused"] == ["orphan", "loop-a", "loop-b"]
    group = {(await article(kb, name))["group"] for name in ("guides-gift-cards", "guides-gift-cards.de", "x.fr")}
    assert group == {"guides-gift-cards"}
    assert (await article(kb, "stunden"))["translation_of"] == "opening-hours"
    moved = german | {"external_id": "stunden", "language": "lt", "translation_of": "guides/gift cards"}
    assert (await imported(kb, moved))["rows"][0]["why"] == "translation_of, language"
    assert (await article(kb, "stunden"))["group"] == "guides-gift-cards"
    assert (await imported(kb, moved))["unchanged"] == 1


async def test_a_second_translation_in_one_language_is_refused(kb: RunningKnowledgeBase) -> None:
    czech = {"title": "Otevírací doba", "body": "Od devíti.\n", "language": "cs"}
    report = await imported(
        kb,
        czech | {"external_id": "hours.cs", "translation_of": "opening-hours"},
        czech | {"external_id": "hours-again.cs", "translation_of": "opening-hours"},
        czech | {"external_id": "return-again.cs", "translation_of": "return-an-item"},
        {"external_id": "boot-care", "title": "Boots", "body": "x", "translation_of": "opening-hours"},
    )
    wanted = "change that one, or give this one another language or no translation_of"
    assert [(row["row"], row["error"]) for row in report["refused"]] == [
        (2, f"translation_of: 'hours.cs' is the article of its group in 'cs' already; {wanted}"),
        (3, f"translation_of: 'return-an-item.cs' is the article of its group in 'cs' already; {wanted}"),
        (4, f"translation_of: 'opening-hours' is the article of its group in 'en' already; {wanted}"),
    ]
    assert (await article(kb, "boot-care"))["version"] == 1
    assert (await kb.client.get("/v1/articles/return-again.cs")).status_code == 404


async def test_translations_may_change_places_within_a_file(kb: RunningKnowledgeBase) -> None:
    swapped = [
        {"external_id": "return-an-item", "title": "Vrácení", "body": "Do 30 dnů.\n", "language": "cs"},
        {"external_id": "return-an-item.cs", "title": "Return", "body": "Within 30 days.\n", "language": "en"},
    ]
    assert (await imported(kb, *swapped))["changed"] == 2
    assert (await imported(kb, swapped[0] | {"language": "en"}))["refused"][0]["row"] == 1
    # One that is refused stays where it was, which the other wanted.
    chain = [swapped[1] | {"language": "cs"}, swapped[0] | {"language": "de", "translation_of": "opening-hours"}]
    german = {"external_id": "hours.de", "title": "Stunden", "body": "x", "language": "de"}
    assert (await imported(kb, german | {"translation_of": "opening-hours"}))["created"] == 1
    assert [row["row"] for row in (await imported(kb, *chain))["refused"]] == [1, 2]


async def test_two_rows_about_one_article_are_refused(kb: RunningKnowledgeBase) -> None:
    by_id = {"id": "opening-hours", "title": "Opening hours", "body": "x"}
    report = await imported(
        kb, NEW, NEW, HOURS, by_id, {"id": "boot-care", "external_id": "other", "title": "T", "body": "B"}
    )
    assert [(row["row"], row["error"]) for row in report["refused"]] == [
        (2, "external_id 'guides/gift cards' is in row 1 already"),
        (4, "id 'opening-hours' is in row 3 already"),
        (5, "id 'boot-care' belongs to another article of the base"),
    ]


async def test_ids_of_new_articles_never_collide(kb: RunningKnowledgeBase) -> None:
    rows = [{"external_id": key, "title": "T", "body": "B"} for key in ("a b", "a-b", "a/b", "退货", "换货")]
    report = await imported(kb, *rows)
    ids = [row["id"] for row in report["rows"]]
    assert len(set(ids)) == 5
    assert "a-b" in ids
    assert [row["id"] for row in (await imported(kb, *rows))["rows"]] == ids


async def test_a_zip_of_files_of_every_kind(kb: RunningKnowledgeBase) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("shop/laces.md", "# Laces\n\nWaxed laces last longer.\n")
        made.writestr("shop/soles.html", "<title>Soles</title><p>Rubber soles grip better.</p>")
        made.writestr("shop/bad.md", "[x](javascript:alert(1))")
        made.writestr("shop/style.css", "x")
    answer = (await send(kb, buffer.getvalue(), "shop.zip")).json()
    assert [row["external_id"] for row in answer["rows"]] == ["shop/bad", "shop/laces", "shop/soles"]
    assert answer["refused"][0]["file"] == "shop/bad.md"
    assert "runs code" in answer["refused"][0]["error"]
    assert answer["ignored"] == ["shop/style.css"]
    assert (await first_hit(kb, "do rubber soles grip"))["article_id"] == "shop-soles"


async def test_an_import_is_in_the_audit_under_its_author(kb: RunningKnowledgeBase) -> None:
    person = account_header(kb.token, ["editor"], name="Erika Editor")
    files = {"file": ("a.jsonl", jsonl(NEW, HOURS))}
    assert (await kb.client.post("/v1/import", files=files, headers=person)).status_code == 200
    entries = (await kb.client.get("/v1/audit", params={"limit": "4"})).json()["entries"]
    assert "Erika Editor" in json.dumps(entries[0])
    assert (await article(kb, "opening-hours"))["updated_by"] == "Erika Editor"
    for roles in (["agent"], ["supervisor"], []):
        person = account_header(kb.token, roles)
        assert (await kb.client.post("/v1/import", files=files, headers=person)).status_code == 403
        assert (await kb.client.get("/v1/export", headers=person)).status_code == 403
    assert (await kb.client.get("/v1/export", headers=account_header(kb.token, ["admin"]))).status_code == 200


async def test_a_request_that_is_no_upload_is_refused(
    kb: RunningKnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    boundary = {"content-type": "multipart/form-data; boundary=xyz"}
    post = kb.client.post
    monkeypatch.setattr(uploads, "MAX_FILE", 1_000)
    monkeypatch.setattr(uploads, "AROUND_BYTES", 1_000)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    for answer, status, field in [
        (await post("/v1/import", json={}), 400, "body"),
        (await post("/v1/import", files={"other": ("a.jsonl", b"x")}), 400, "file"),
        (await post("/v1/import", files=[("file", ("a.md", b"x")), ("file", ("b.md", b"x"))]), 400, "file"),
        (await post("/v1/import", content=b"nothing", headers=boundary), 400, "file"),
        (await post("/v1/import", content=b"--xyz\r\nrubbish\r\n\r\nx\r\n--xyz--\r\n", headers=boundary), 400, "body"),
        (await post("/v1/import", content=b"xyz" * 100, headers=boundary), 400, "body"),
        (await post("/v1/import", files={"file": ("a.jsonl", b"x" * 1_500)}), 413, "file"),
        (await post("/v1/import", files={"file": ("a.jsonl", b"x" * 15_000)}), 413, "file"),
        (await post("/v1/import", content=endless(), headers=boundary), 413, "file"),
        (await send(kb, b"x", "a.exe"), 400, "file"),
        (await send(kb, b"", "a.jsonl"), 400, "file"),
        (await send(kb, jsonl(NEW), dry_run="perhaps"), 400, "dry_run"),
        (await send(kb, jsonl(NEW), state="secret"), 400, "state"),
        (await send(kb, jsonl(NEW), language="klingon"), 400, "language"),
    ]:
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert (await send(kb, jsonl(NEW), "C:\\Users\\me\\a.jsonl")).status_code == 200


async def test_imports_take_turns(kb: RunningKnowledgeBase) -> None:
    rows = [{"external_id": f"a{n}", "title": f"Title {n}", "body": "Body.\n"} for n in range(30)]
    answers = await asyncio.gather(*(imported(kb, *rows) for _ in range(4)))
    assert sorted(answer["created"] for answer in answers) == [0, 0, 0, 30]


async def test_an_edit_made_meanwhile_is_not_overlooked(
    kb: RunningKnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An article changes between the plan and the transaction: the import plans again on what is there."""
    split_all = importer.Importer._split_all
    edited = []

    async def and_edit(self: importer.Importer, contents: Any, units: Any) -> None:
        await split_all(self, contents, units)
        if not edited:
            edited.append(await kb.client.put("/v1/articles/opening-hours", json={"version": 1, "tags": ["new"]}))

    monkeypatch.setattr(importer.Importer, "_split_all", and_edit)
    report = await imported(kb, HOURS)
    assert edited[0].status_code == 200
    assert report["changed"] == 1
    hours = await article(kb, "opening-hours")
    assert (hours["version"], hours["tags"], hours["live"]["body"]) == (3, ["new"], HOURS["body"])


async def test_a_caller_that_goes_away_leaves_the_base_whole(
    kb: RunningKnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_all = importer.Importer._split_all
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def and_wait(self: importer.Importer, contents: Any, units: Any) -> None:
        await split_all(self, contents, units)
        begun.set()
        await go_on.wait()

    monkeypatch.setattr(importer.Importer, "_split_all", and_wait)
    rows = [{"external_id": f"a{n}", "title": f"Title {n}", "body": "Body.\n"} for n in range(300)]
    caller = asyncio.create_task(send(kb, jsonl(*rows)))
    async with asyncio.timeout(60):
        await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    go_on.set()
    again = await imported(kb, *rows)
    assert (again["created"], again["unchanged"]) in {(300, 0), (0, 300)}
