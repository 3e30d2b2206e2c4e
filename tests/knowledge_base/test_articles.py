"""An editor's day over a real socket: articles made, changed, published, archived, brought back, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from knowledge_base.articles import articles as limits
from tests.support.accounts import account_header
from tests.support.knowledge_base import ARTICLES, PATIENCE_S, RunningKnowledgeBase, caught_up, running_knowledge_base

Json = dict[str, Any]
BOOTS = "/v1/articles/boot-care"


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def get(kb: RunningKnowledgeBase, path: str, **query: str) -> Json:
    answer = await kb.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(kb: RunningKnowledgeBase, path: str, body: Json | None = None, status: int = 200) -> Json:
    answer = await kb.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def put(kb: RunningKnowledgeBase, path: str, body: Json, status: int = 200) -> Json:
    answer = await kb.client.put(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def found(kb: RunningKnowledgeBase, query: str) -> str:
    """Return everything search answers to a question, in one text."""
    await caught_up(kb)
    answer = await post(kb, "/v1/search", {"query": query, "limit": 50})
    return " ".join(f"{hit['article_id']} {hit['title']} {hit['passage']}" for hit in answer["hits"])


async def test_a_new_article_is_a_draft_unless_told_otherwise(kb: RunningKnowledgeBase) -> None:
    sent = {
        "title": "  Gift\ncards ",
        "body": "Cards hold for **ten** years.\r\nAll of them.",
        "questions": ["How long do gift cards hold?", " How long do gift cards hold? "],
        "language": "en-GB",
        "tags": ["gifts"],
        "review_on": "2026-12-31",
        "external_id": "X-7",
    }
    made = await post(kb, "/v1/articles", sent, 201)
    wanted = {
        "id": "gift-cards",
        "external_id": "X-7",
        "title": "Gift cards",
        "body": "Cards hold for **ten** years.\nAll of them.",
        "questions": ["How long do gift cards hold?"],
        "language": "en",
        "tags": ["gifts"],
        "review_on": "2026-12-31",
        "state": "draft",
        "version": 1,
        "live_version": None,
        "has_draft": False,
        "translation_of": None,
        "translations": [],
        "live": None,
        "updated_by": "service",
    }
    assert {name: made[name] for name in wanted} == wanted
    assert "<strong>ten</strong>" in made["html"]
    assert await get(kb, "/v1/articles/gift-cards") == {name: made[name] for name in made if name != "generation"}
    assert "gift-cards" not in await found(kb, "How long do gift cards hold?")


async def test_an_article_made_published_is_found_at_once(kb: RunningKnowledgeBase) -> None:
    made = await post(kb, "/v1/articles", {"title": "Gift cards", "body": "Ten years.", "state": "published"}, 201)
    assert made["live"]["version"] == made["version"] == 1
    assert "gift-cards" in await found(kb, "gift cards")
    assert (await get(kb, "/health"))["generation"] == made["generation"]


async def test_ids_are_made_from_titles_and_never_given_twice(kb: RunningKnowledgeBase) -> None:
    first = await post(kb, "/v1/articles", {"title": "Dárkové karty!", "body": "x"}, 201)
    second = await post(kb, "/v1/articles", {"title": "Darkove karty", "body": "x"}, 201)
    assert first["id"] == "darkove-karty"
    assert second["id"].startswith("darkove-karty-")
    assert (await kb.client.delete("/v1/articles/darkove-karty")).status_code == 204
    third = await post(kb, "/v1/articles", {"title": "Darkove karty", "body": "x"}, 201)
    assert third["id"] not in {first["id"], second["id"]}
    assert (await post(kb, "/v1/articles", {"title": "礼品卡", "body": "x"}, 201))["id"]


async def test_an_id_that_is_taken_is_refused(kb: RunningKnowledgeBase) -> None:
    for field in ("id", "external_id"):
        refused = await post(kb, "/v1/articles", {"title": "x", "body": "x", field: "boot-care"}, 409)
        assert refused["field"] == field
    assert (await get(kb, "/v1/audit", article_id="boot-care"))["entries"][0]["action"] == "published"


async def test_a_draft_stands_beside_the_live_version(kb: RunningKnowledgeBase) -> None:
    draft = await put(kb, BOOTS, {"version": 1, "body": "Use axolotl balm.", "review_on": "2027-01-01"})
    assert (draft["version"], draft["live_version"], draft["has_draft"], draft["state"]) == (2, 1, True, "published")
    assert (draft["body"], draft["title"]) == ("Use axolotl balm.", "Care for leather boots")
    assert draft["live"]["body"].startswith("Brush the boots")
    assert draft["live"]["html"].startswith("<p>Brush the boots")
    assert draft["live"]["review_on"] is None
    assert "axolotl" not in await found(kb, "axolotl balm for boots")
    live = await post(kb, f"{BOOTS}/publish", {"version": 2})
    assert (live["live_version"], live["has_draft"], live["live"]["body"]) == (2, False, "Use axolotl balm.")
    assert "axolotl" in await found(kb, "axolotl balm for boots")
    assert "Brush" not in await found(kb, "brush the boots")


async def test_what_was_sent_back_unchanged_makes_no_version(kb: RunningKnowledgeBase) -> None:
    article = await get(kb, BOOTS)
    generation = (await get(kb, "/health"))["generation"]
    same = await put(kb, BOOTS, article)
    assert (same["version"], same["generation"]) == (1, generation)
    assert (await post(kb, f"{BOOTS}/publish"))["generation"] == generation, "it was live already"


async def test_null_empties_what_may_be_empty(kb: RunningKnowledgeBase) -> None:
    article = "/v1/articles/return-an-item"
    await put(kb, article, {"version": 1, "review_on": "2027-01-01"})
    emptied = await put(kb, article, {"version": 2, "questions": None, "tags": None, "review_on": None})
    assert (emptied["questions"], emptied["tags"], emptied["review_on"]) == ([], [], None)
    for field in ("title", "body", "language"):
        assert (await put(kb, article, {"version": 3, field: None}, 400))["field"] == field


async def test_the_second_of_two_editors_is_shown_both_texts(kb: RunningKnowledgeBase) -> None:
    await put(kb, BOOTS, {"version": 1, "title": "Boots", "state": "published"})
    refused = await put(kb, BOOTS, {"version": 1, "body": "Mine.", "tags": ["mine"], "review_on": "2027-01-01"}, 409)
    assert refused["field"] == "version"
    assert refused["yours"] == {"version": 1, "body": "Mine.", "tags": ["mine"], "review_on": "2027-01-01"}
    assert (refused["current"]["title"], refused["current"]["version"]) == ("Boots", 2)
    assert (await get(kb, BOOTS))["body"].startswith("Brush")
    for way in ("publish", "archive"):
        stale = await post(kb, f"{BOOTS}/{way}", {"version": 1}, 409)
        assert stale["current"]["version"] == 2
    assert (await kb.client.delete(BOOTS, params={"version": "1"})).status_code == 409


async def test_of_many_editors_at_once_one_wins(kb: RunningKnowledgeBase) -> None:
    answers = await asyncio.gather(
        *(kb.client.put(BOOTS, json={"version": 1, "body": f"Text {n}.", "state": "published"}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await get(kb, BOOTS))["live"]["body"] == won["body"]
    assert won["body"] in await found(kb, won["body"])


async def test_archived_articles_are_not_found_and_come_back(kb: RunningKnowledgeBase) -> None:
    archived = await post(kb, f"{BOOTS}/archive")
    assert (archived["state"], archived["live"], archived["version"]) == ("archived", None, 1)
    assert "boot-care" not in await found(kb, "boots")
    assert (await post(kb, f"{BOOTS}/archive"))["generation"] == archived["generation"]
    assert (await put(kb, BOOTS, {"version": 1, "title": "Boots"}))["state"] == "archived"
    assert (await put(kb, BOOTS, {"version": 2, "state": "draft"}))["state"] == "draft"
    assert (await post(kb, f"{BOOTS}/publish"))["state"] == "published"
    assert "boot-care" in await found(kb, "boots")
    assert (await put(kb, BOOTS, {"version": 2, "state": "archived"}))["state"] == "archived"
    assert "boot-care" not in await found(kb, "boots")


async def test_a_deleted_article_is_gone_but_for_the_audit(kb: RunningKnowledgeBase) -> None:
    assert (await kb.client.delete(BOOTS, params={"version": "1"})).status_code == 204
    assert "boot-care" not in await found(kb, "boots")
    for path in ("", "/versions", "/versions/1", "/diff"):
        assert (await kb.client.get(BOOTS + path)).status_code == 404, path
    for way in ("publish", "archive"):
        await post(kb, f"{BOOTS}/{way}", None, 404)
    await post(kb, f"{BOOTS}/rollback", {"version": 1}, 404)
    await put(kb, BOOTS, {"version": 1}, 404)
    assert (await kb.client.delete(BOOTS)).status_code == 404
    entries = (await get(kb, "/v1/audit", article_id="boot-care"))["entries"]
    assert [entry["action"] for entry in entries] == ["deleted", "published", "created"]


async def test_versions_are_listed_shown_and_compared(kb: RunningKnowledgeBase) -> None:
    await put(kb, BOOTS, {"version": 1, "body": "Brush.\n\nWax.\n", "tags": ["shoes"]})
    await put(kb, BOOTS, {"version": 2, "body": "Brush.\n\nWax well.\n"})
    page = await get(kb, f"{BOOTS}/versions", limit="2")
    assert [version["version"] for version in page["versions"]] == [3, 2]
    rest = await get(kb, f"{BOOTS}/versions", cursor=page["next_cursor"])
    assert ([version["version"] for version in rest["versions"]], rest["next_cursor"]) == ([1], None)
    second = await get(kb, f"{BOOTS}/versions/2")
    assert (second["body"], second["tags"], second["created_by"]) == ("Brush.\n\nWax.\n", ["shoes"], "service")
    assert (await kb.client.get(f"{BOOTS}/versions/9")).status_code == 404
    diff = await get(kb, f"{BOOTS}/diff", **{"from": "2", "to": "3"})
    assert (diff["from"], diff["to"], diff["fields"]) == (2, 3, [])
    assert diff["body"] == [
        {"operation": "equal", "lines": ["Brush.", ""]},
        {"operation": "delete", "lines": ["Wax."]},
        {"operation": "insert", "lines": ["Wax well."]},
        {"operation": "equal", "lines": [""]},
    ]
    against_live = await get(kb, f"{BOOTS}/diff")
    assert (against_live["from"], against_live["to"]) == (1, 3)
    assert against_live["fields"] == [{"field": "tags", "from": [], "to": ["shoes"]}]


async def test_a_rollback_is_a_new_version(kb: RunningKnowledgeBase) -> None:
    await put(kb, BOOTS, {"version": 1, "body": "Wrong.", "state": "published"})
    back = await post(kb, f"{BOOTS}/rollback", {"version": 1})
    assert (back["version"], back["live_version"], back["state"]) == (3, 3, "published")
    assert back["body"].startswith("Brush the boots")
    assert "Brush" in await found(kb, "brush the boots")
    await post(kb, f"{BOOTS}/archive")
    draft = await post(kb, f"{BOOTS}/rollback", {"version": 2})
    assert (draft["version"], draft["live"], draft["body"]) == (4, None, "Wrong.")
    assert "Wrong" not in await found(kb, "wrong")
    assert (await kb.client.post(f"{BOOTS}/rollback", json={})).json()["field"] == "version"
    await post(kb, f"{BOOTS}/rollback", {"version": 9}, 404)


async def test_a_second_translation_in_one_language_is_refused(kb: RunningKnowledgeBase) -> None:
    new = {"title": "Jiné vrácení", "body": "x", "language": "cs"}
    refused = await post(kb, "/v1/articles", new | {"translation_of": "return-an-item"}, 409)
    assert refused["field"] == "translation_of"
    assert "'return-an-item.cs' is the article of this group in 'cs' already; change that one" in refused["error"]
    alone = await post(kb, "/v1/articles", new, 201)
    path = f"/v1/articles/{alone['id']}"
    assert (await put(kb, path, {"version": 1, "translation_of": "return-an-item"}, 409))["field"] == "translation_of"
    german = {"version": 1, "language": "de", "translation_of": "return-an-item"}
    assert (await put(kb, path, german))["group"] == "return-an-item"
    assert (await put(kb, path, {"version": 2, "language": "cs"}, 409))["field"] == "language"
    assert (await post(kb, f"{path}/rollback", {"version": 1}, 409))["field"] == "language"
    leaving = {"version": 2, "language": "cs", "translation_of": None}
    assert (await put(kb, path, leaving))["translations"] == []


async def test_translations_know_each_other(kb: RunningKnowledgeBase) -> None:
    new = {"title": "Grąžinimas", "body": "x", "language": "lt", "translation_of": "return-an-item.cs"}
    lithuanian = await post(kb, "/v1/articles", new, 201)
    assert lithuanian["group"] == lithuanian["translation_of"] == "return-an-item"
    assert [other["id"] for other in lithuanian["translations"]] == ["return-an-item", "return-an-item.cs"]
    assert (await kb.client.delete("/v1/articles/return-an-item")).status_code == 204
    czech = "/v1/articles/return-an-item.cs"
    left = await get(kb, czech)
    assert left["group"] == left["translation_of"] == "grazinimas", "named anew after one that is left"
    assert [(other["id"], other["language"], other["state"]) for other in left["translations"]] == [
        ("grazinimas", "lt", "draft")
    ]
    alone = await put(kb, czech, {"version": 1, "translation_of": None})
    assert (alone["translations"], alone["group"], alone["version"]) == ([], "return-an-item.cs", 1)
    again = await put(kb, "/v1/articles/grazinimas", {"version": 1, "translation_of": "return-an-item.cs"})
    assert again["group"] == again["translation_of"] == "return-an-item.cs"
    refused = await put(kb, "/v1/articles/grazinimas", {"version": 1, "translation_of": "nothing"}, 400)
    assert refused["field"] == "translation_of"
    assert (await post(kb, "/v1/articles", new | {"translation_of": "nothing"}, 400))["field"] == "translation_of"


async def test_the_audit_says_who_did_what(kb: RunningKnowledgeBase) -> None:
    headers = dict(kb.client.headers) | account_header(kb.token, ["editor"])
    async with httpx.AsyncClient(base_url=kb.url, headers=headers, timeout=PATIENCE_S) as editor:
        assert (await editor.put(BOOTS, json={"version": 1, "title": "Boots"})).status_code == 200
        shown = (await editor.post(f"{BOOTS}/publish")).json()
        assert shown["updated_by"] == "Erika Editor"
        assert (await editor.post(f"{BOOTS}/rollback", json={"version": 1})).status_code == 200
        assert (await editor.post(f"{BOOTS}/archive")).status_code == 200
    entries = (await get(kb, "/v1/audit", article_id="boot-care"))["entries"]
    assert [(e["action"], e["from_version"], e["to_version"]) for e in reversed(entries)] == [
        ("created", None, 1),
        ("published", None, 1),
        ("edited", 1, 2),
        ("published", 1, 2),
        ("rolled_back", 1, 3),
        ("published", 2, 3),
        ("archived", 3, None),
    ]
    assert [entry["by"]["id"] for entry in reversed(entries)] == ["service"] * 2 + ["a1"] * 5
    assert [entry["title"] for entry in entries[3:5]] == ["Boots", "Boots"]
    assert (await get(kb, f"{BOOTS}/versions/2"))["created_by"] == "Erika Editor"
    first = await get(kb, "/v1/audit", limit="4")
    second = await get(kb, "/v1/audit", cursor=first["next_cursor"], limit="200")
    numbers = [entry["id"] for entry in first["entries"] + second["entries"]]
    assert numbers == sorted(numbers, reverse=True)
    assert second["next_cursor"] is None
    assert (await get(kb, "/v1/audit", article_id="nothing"))["entries"] == []


async def test_lists_are_filtered_by_the_newest_version(kb: RunningKnowledgeBase) -> None:
    await put(kb, BOOTS, {"version": 1, "title": "Péče o boty 100%", "tags": ["shoes"], "language": "cs"})
    for query in ({"q": "pece"}, {"q": "0%"}, {"tag": "shoes"}, {"q": "PÉČE", "language": "cs"}):
        page = await get(kb, "/v1/articles", **query)
        assert [article["id"] for article in page["articles"]] == ["boot-care"], query
    (article,) = page["articles"]
    assert (article["has_draft"], article["live_version"], article["version"]) == (True, 1, 2)
    assert "body" not in article
    for query in ({"q": "nothing"}, {"q": "_"}, {"tag": "shoe"}, {"language": "lt"}):
        assert (await get(kb, "/v1/articles", **query))["articles"] == [], query


async def test_scripts_in_markdown_come_out_as_text(kb: RunningKnowledgeBase) -> None:
    body = "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](data:text/html,z) <b onclick=alert(1)>b</b>"
    shown = (await post(kb, "/v1/preview", {"body": body}))["html"]
    made = await post(kb, "/v1/articles", {"title": "<script>x</script>", "body": body, "state": "published"}, 201)
    assert shown == made["html"] == made["live"]["html"]
    for html in (shown, made["html"]):
        assert "<script" not in html
        assert "<b" not in html.replace("<br", "")
        assert 'href="javascript' not in html
        assert 'src="data' not in html
    assert made["title"] == "<script>x</script>", "a title is a text; pages show it as one"


REFUSED: list[tuple[Json, int, str]] = [
    ({}, 400, "title"),
    ({"title": " ", "body": "x"}, 400, "title"),
    ({"title": "x"}, 400, "body"),
    ({"title": "x", "body": "\n"}, 400, "body"),
    ({"title": 1, "body": "x"}, 400, "title"),
    ({"title": "x" * (limits.MAX_TITLE + 1), "body": "x"}, 413, "title"),
    ({"title": "x", "body": "x" * (limits.MAX_BODY + 1)}, 413, "body"),
    ({"title": "x", "body": "x", "id": "a/b"}, 400, "id"),
    ({"title": "x", "body": "x", "id": "-a"}, 400, "id"),
    ({"title": "x", "body": "x", "external_id": " "}, 400, "external_id"),
    ({"title": "x", "body": "x", "external_id": "x" * 201}, 413, "external_id"),
    ({"title": "x", "body": "x", "language": "klingon"}, 400, "language"),
    ({"title": "x", "body": "x", "questions": "How?"}, 400, "questions"),
    ({"title": "x", "body": "x", "questions": ["How?", ""]}, 400, "questions[1]"),
    ({"title": "x", "body": "x", "questions": [None]}, 400, "questions[0]"),
    ({"title": "x", "body": "x", "questions": ["x"] * (limits.MAX_QUESTIONS + 1)}, 413, "questions"),
    ({"title": "x", "body": "x", "questions": ["x" * (limits.MAX_QUESTION + 1)]}, 413, "questions[0]"),
    ({"title": "x", "body": "x", "tags": [1]}, 400, "tags[0]"),
    ({"title": "x", "body": "x", "tags": ["x" * (limits.MAX_TAG + 1)]}, 413, "tags[0]"),
    ({"title": "x", "body": "x", "state": "gone"}, 400, "state"),
    ({"title": "x", "body": "x", "state": []}, 400, "state"),
    ({"title": "x", "body": "x", "review_on": "tomorrow"}, 400, "review_on"),
    ({"title": "x", "body": "x", "review_on": "2026-02-30"}, 400, "review_on"),
    ({"title": "x", "body": "x", "review_on": 20260101}, 400, "review_on"),
]


async def test_a_wrong_article_is_refused_by_field(kb: RunningKnowledgeBase) -> None:
    for body, status, field in REFUSED:
        refused = await post(kb, "/v1/articles", body, status)
        assert refused["field"] == field, str(body)[:80]
        assert refused["error"].startswith(field)
    for body, field in [
        ({"title": "x"}, "version"),
        ({"version": "1"}, "version"),
        ({"version": 0}, "version"),
        ({"version": 10**40}, "version"),
        ({"version": True}, "version"),
        ({"version": 1, "id": "other"}, "id"),
    ]:
        assert (await put(kb, BOOTS, body, 400))["field"] == field
    assert (await get(kb, "/v1/audit"))["entries"][0]["action"] == "created", "nothing was changed"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/articles", {"q": "x" * 301}),
        ("/v1/articles", {"limit": "9" * 5000}),
        (f"{BOOTS}/versions", {"cursor": "x"}),
        (f"{BOOTS}/versions/x", {"number": ""}),
        (f"{BOOTS}/versions/99999999999999999999", {"number": ""}),
        (f"{BOOTS}/diff", {"from": "-1"}),
        ("/v1/audit", {"cursor": "²"}),
    ],
)
async def test_a_wrong_address_is_refused_by_field(kb: RunningKnowledgeBase, path: str, query: dict[str, str]) -> None:
    answer = await kb.client.get(path, params=query)
    assert (answer.status_code, answer.json()["field"]) == (400, next(iter(query)))


async def test_what_no_database_can_keep_is_replaced(kb: RunningKnowledgeBase) -> None:
    raw = b'{"title": "a\\ud800b", "body": "c\\u0000d", "tags": ["e\\udfff"]}'
    answer = await kb.client.post("/v1/articles", content=raw)
    assert answer.status_code == 201
    assert (answer.json()["title"], answer.json()["body"], answer.json()["tags"]) == ("a?b", "c\ufffdd", ["e?"])
