"""An import is encoded before it is committed: nobody waits for it, and it appears whole."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, func, select

from knowledge_base.store.database import Database
from knowledge_base.store.store import note_change
from knowledge_base.store.tables import vectors as vectors_table
from knowledge_base.store.vector_store import KEPT_AHEAD, VectorKey, forget_vectors, load_vectors, save_vectors
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import (
    ARTICLES,
    HashingEncoder,
    RunningKnowledgeBase,
    caught_up,
    fill,
    running_knowledge_base,
)

MANY = 120  # articles of three units each, so that there are many batches
DEADLINE_S = 60


class PermittedEncoder(HashingEncoder):
    """Encodes a batch that holds a word only with a permit, one for each batch."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word
        self.batches = 0
        self.reached = threading.Event()
        self.permits = threading.Semaphore(0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, once permitted."""
        if any(self.word in text for text in texts):
            self.batches += 1
            self.reached.set()
            assert self.permits.acquire(timeout=DEADLINE_S)
        return super().encode(texts)


def wax(count: int) -> bytes:
    rows = [
        {"external_id": f"wax-{n}", "title": f"Wax {n}", "body": f"Rub wax {n} in.\n", "questions": [f"Which wax {n}?"]}
        for n in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


async def send(kb: RunningKnowledgeBase, count: int) -> dict[str, Any]:
    answer = await kb.client.post("/v1/import", files={"file": ("wax.jsonl", wax(count))}, timeout=60)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def first_title(kb: RunningKnowledgeBase, query: str) -> str:
    hits = (await kb.client.post("/v1/search", json={"query": query})).raise_for_status().json()["hits"]
    return str(hits[0]["title"]) if hits else ""


async def test_a_publish_during_a_large_import_does_not_wait_for_it(tmp_path: Path) -> None:
    encoder = PermittedEncoder("ax")  # in "Wax" and "wax"
    async with running_knowledge_base(tmp_path, ARTICLES[2:3], lambda: encoder, live_s=0.01) as kb:
        generation = (await kb.base.health()).generation
        importing = asyncio.create_task(send(kb, MANY))
        assert await asyncio.to_thread(encoder.reached.wait, DEADLINE_S)
        zebra = {"id": "zebra", "title": "Zebra crossing", "body": "Stripes.", "state": "published"}
        published = (await kb.client.post("/v1/articles", json=zebra)).raise_for_status().json()
        assert published["generation"] == generation + 1
        found = ""
        while found != "Zebra crossing":  # a permit lets one batch of the import through, then others get their turn
            encoder.permits.release()
            found = await first_title(kb, "zebra crossing")
        assert not importing.done(), "the publish waited for the whole import"
        assert encoder.batches * 16 < MANY, "the publish waited for a good part of the import"
        assert (await kb.client.get("/v1/articles/wax-1")).status_code == 404, "half an import is in the base"
        encoder.permits.release(1_000)
        report = await importing
        assert (report["created"], report["generation"]) == (MANY, generation + 2)
        encoded = len(encoder.encoded)
        await caught_up(kb)
        assert [text for text in encoder.encoded[encoded:] if "ax" in text] == [], "encoded again after the commit"
        assert await first_title(kb, "which wax 7") == "Wax 7"


async def test_passages_that_cannot_be_encoded_ahead_are_encoded_afterwards(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([RuntimeError("no memory")])

    class FailingEncoder(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if any("ax" in text for text in texts):
                for failure in failures:
                    raise failure
            return super().encode(texts)

    async with running_knowledge_base(tmp_path, ARTICLES[2:3], FailingEncoder) as kb:
        assert (await send(kb, 3))["created"] == 3
        await caught_up(kb)
        assert await first_title(kb, "which wax 2") == "Wax 2"
        assert "could not be encoded before they were committed" in caplog.text


async def test_an_import_during_the_start_is_there_once_it_is_ready(tmp_path: Path) -> None:
    encoder = PermittedEncoder("Opening")
    async with running_knowledge_base(tmp_path, ARTICLES[2:3], lambda: encoder, wait=False) as kb:
        assert await asyncio.to_thread(encoder.reached.wait, DEADLINE_S)
        importing = asyncio.create_task(send(kb, 3))
        encoder.permits.release(1_000)
        assert (await importing)["created"] == 3
        await caught_up(kb)
        assert await first_title(kb, "which wax 2") == "Wax 2"


def test_vectors_made_ahead_outlast_what_others_do_meanwhile_but_not_for_ever(tmp_path: Path) -> None:
    database = Database(tmp_path / "knowledge.db")
    fill(database, ARTICLES)
    key = VectorKey("0" * 64, is_passage=True)

    def known(connection: Connection) -> bool:
        return key in load_vectors(connection, "hashing", 64, [key])

    made = {key: np.ones(64, np.float32)}
    database.write_now(lambda connection: save_vectors(connection, "hashing", made))
    for _ in range(KEPT_AHEAD):
        database.write_now(lambda connection: note_change(connection, ["boot-care"]))
    database.write_now(forget_vectors)
    assert database.write_now(known)
    database.write_now(lambda connection: note_change(connection, ["boot-care"]))
    database.write_now(forget_vectors)
    assert not database.write_now(known)
    rows = database.write_now(
        lambda connection: connection.execute(select(func.count()).select_from(vectors_table)).scalar_one()
    )
    assert rows == 0
    database.close()
