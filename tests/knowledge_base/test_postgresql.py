"""Two replicas over one PostgreSQL database: edits, imports, search, gaps, export, one writer at a time."""

# ruff: noqa: ASYNC110 - asked again and again, as anybody outside would

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, Connection

from knowledge_base.errors import DatabaseUnusableError
from knowledge_base.settings import Settings
from knowledge_base.store import store
from knowledge_base.store.database import Database
from tests.support import postgres
from tests.support.hashing_process import hashing_process
from tests.support.killed import client_of, until_ready
from tests.support.knowledge_base import ARTICLES, HOURS, RunningKnowledgeBase, caught_up, running_knowledge_base
from tests.support.knowledge_base import fill as fill_with

pytestmark = postgres.WITHOUT
DEADLINE_S = 60
LIVE_S = 1.0
ROUNDS = 12  # at most, of which the fastest counts: what else the machine does is not what is measured


@pytest.fixture
def url() -> URL:
    return postgres.empty_database()


@asynccontextmanager
async def replica(var: Path, url: URL) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(var, settings=Settings(var=var, demo=False, port=0, database_url=url)) as kb:
        yield kb


async def first_id(client: httpx.AsyncClient, query: str) -> str | None:
    hits = (await client.post("/v1/search", json={"query": query})).raise_for_status().json()["hits"]
    return str(hits[0]["article_id"]) if hits else None


async def seconds_until_first(client: httpx.AsyncClient, query: str, article_id: str) -> float:
    """Search until this article is the first hit; return the seconds that took."""
    started = time.monotonic()
    async with asyncio.timeout(DEADLINE_S):
        while await first_id(client, query) != article_id:
            await asyncio.sleep(0.01)
    return time.monotonic() - started


async def test_what_one_replica_publishes_the_other_finds_within_a_second(tmp_path: Path, url: URL) -> None:
    fill(url)
    address = url.render_as_string(hide_password=False)
    async with (
        replica(tmp_path / "one", url) as one,
        hashing_process(tmp_path / "other", database_url=address) as process,
        client_of(process, tmp_path / "other") as other,
    ):
        await until_ready(other)
        zebra = {"id": "zebra", "title": "Zebra crossing", "body": "Stripes.", "tags": ["roads"], "state": "published"}
        created = (await one.client.post("/v1/articles", json=zebra)).raise_for_status().json()
        took = [await seconds_until_first(other, "zebra crossing", "zebra")]
        while min(took) >= LIVE_S and (number := len(took)) < ROUNDS:
            lion = {"id": f"lion-{number}", "title": f"Lion n{number}", "body": "Roars.", "state": "published"}
            (await one.client.post("/v1/articles", json=lion)).raise_for_status()
            took.append(await seconds_until_first(other, f"lion n{number}", f"lion-{number}"))
        assert min(took) < LIVE_S, took
        assert created["updated_at"] == "2026-03-01T09:30:00.000Z", "times are kept in UTC"
        listed = (await other.get("/v1/articles", params={"tag": "roads"})).json()["articles"]
        assert [article["id"] for article in listed] == ["zebra"]
        edit = {"version": 1, "body": "Stripes, white and black."}
        both = (one.client, other)
        done = await asyncio.gather(*(client.put("/v1/articles/zebra", json=edit) for client in both))
        assert sorted(answer.status_code for answer in done) == [200, 409], "two editors overwrote each other"
    async with replica(tmp_path / "one", url) as again:
        assert await first_id(again.client, "zebra crossing") == "zebra"


async def test_an_import_feedback_gaps_and_export(tmp_path: Path, url: URL) -> None:
    fill(url)
    async with replica(tmp_path, url) as kb:
        rows = [{"external_id": f"wax-{n}", "title": f"Wax {n}", "body": f"Rub wax {n} in.\n"} for n in range(90)]
        rows.append({"external_id": "opening-hours", "title": "Opening hours", "body": "From ten.\n"})
        file = "".join(json.dumps(row) + "\n" for row in rows).encode()
        report = (await kb.client.post("/v1/import", files={"file": ("a.jsonl", file)})).raise_for_status().json()
        assert (report["created"], report["changed"], report["refused"]) == (90, 1, [])
        await caught_up(kb)
        assert await first_id(kb.client, "wax 42") == "wax-42"
        again = (await kb.client.post("/v1/import", files={"file": ("a.jsonl", file)})).json()
        assert again["unchanged"] == 91
        asked = (await kb.client.post("/v1/search", json={"query": "Do you sell unicorns?"})).json()
        verdict = {"query_id": asked["query_id"], "helpful": False}
        assert (await kb.client.post("/v1/feedback", json=verdict)).status_code == 200
        async with asyncio.timeout(DEADLINE_S):
            while not (gaps := (await kb.client.get("/v1/gaps")).raise_for_status().json()["gaps"]):
                await asyncio.sleep(0.02)
        assert gaps[0]["question"] == "Do you sell unicorns?"
        exported = (await kb.client.get("/v1/export")).raise_for_status().text.splitlines()
        assert len(exported) == 90 + len(ARTICLES)


async def test_processes_write_one_after_the_other_and_read_beside_a_writer(url: URL) -> None:
    one, other = Database(url), Database(url)
    begun, finish = threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        store.note_change(connection, ["boot-care"])
        begun.set()
        assert finish.wait(DEADLINE_S)

    try:
        fill_with(one, [HOURS])
        writing = one.submit(write)
        assert await asyncio.to_thread(begun.wait, DEADLINE_S)
        waiting = other.submit(lambda connection: store.note_change(connection, ["opening-hours"]))
        assert await other.read(store.generation) == 1
        assert not waiting.done()
        finish.set()
        await asyncio.wrap_future(writing)
        assert await asyncio.wrap_future(waiting) == 3
    finally:
        finish.set()
        one.close()
        other.close()


def test_a_server_that_is_not_there_is_said_in_a_sentence_without_the_password(url: URL) -> None:
    nowhere = url.set(host="127.0.0.1", port=1, username="tandem", password="hunter2", query={})
    with pytest.raises(DatabaseUnusableError, match="cannot be used") as refused:
        Database(nowhere)
    assert "hunter2" not in str(refused.value)


def fill(url: URL) -> None:
    database = Database(url)
    fill_with(database, ARTICLES)
    database.close()
