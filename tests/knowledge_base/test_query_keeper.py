"""Searches are kept together, in order, and at nobody's cost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from knowledge_base.store import query_keeper
from knowledge_base.store.database import Database
from knowledge_base.store.query_keeper import QueryKeeper
from knowledge_base.store.query_log import AskedQuery
from tests.support.knowledge_base import NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "knowledge.db")
    yield database
    database.close()


def a_query(number: int, asked: str = "How do I send my boots back?", *, answerable: bool = True) -> AskedQuery:
    """Return a search."""
    return AskedQuery(f"q{number}", NOW, asked, "en", None, 0.5, answerable, 1)


async def kept(database: Database) -> list[str]:
    """Return the ids in the log, in order of writing, once all that was submitted is done."""
    return list(
        await database.run(
            lambda connection: connection.execute(text("select id from queries order by rowid")).scalars()
        )
    )


async def test_many_searches_are_one_transaction(database: Database) -> None:
    commits: list[int] = []
    event.listen(database._engine, "commit", lambda _connection: commits.append(1))
    busy = threading.Event()
    holding = database.submit(lambda _connection: busy.wait(60))
    keeper = QueryKeeper(database, lambda: None)
    for number in range(100):
        keeper.keep(a_query(number))
    busy.set()
    assert await kept(database) == [f"q{number}" for number in range(100)]
    assert (holding.result(), len(commits)) == (True, 3), "the one before, the hundred, the reading"


async def test_a_failed_search_is_told_on_the_loop(database: Database) -> None:
    told = asyncio.Event()
    keeper = QueryKeeper(database, told.set)
    keeper.keep(a_query(1))
    assert await kept(database) == ["q1"]
    assert not told.is_set()
    keeper.keep(a_query(2, answerable=False))
    async with asyncio.timeout(60):
        await told.wait()


async def test_one_that_cannot_be_kept_takes_no_other_down(database: Database) -> None:
    keeper = QueryKeeper(database, lambda: None)
    for number in (1, 2, 2, 3):
        keeper.keep(a_query(number))
    assert await kept(database) == ["q1", "q2", "q3"]
    assert keeper.unkept == 1


async def test_a_transaction_that_fails_is_counted_and_the_next_goes_on(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(connection: Connection) -> None:
        raise OSError("the disk is full")

    keeper = QueryKeeper(database, lambda: None)
    for moment in ("begin", "commit"):
        event.listen(database._engine, moment, refuse)
        busy = threading.Event()
        database._thread.submit(busy.wait, 60)
        for number in range(3):
            keeper.keep(a_query(number))
        busy.set()
        await asyncio.to_thread(database._thread.submit(lambda: None).result)
        event.remove(database._engine, moment, refuse)
    assert keeper.unkept == 6
    assert caplog.text.count("A query could not be kept") == 2
    keeper.keep(a_query(7))
    assert await kept(database) == ["q7"]


async def test_there_is_a_bound_to_what_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_keeper, "MOST_WAITING", 2)
    busy = threading.Event()
    database.submit(lambda _connection: busy.wait(60))
    keeper = QueryKeeper(database, lambda: None)
    for number in range(5):
        keeper.keep(a_query(number))
    busy.set()
    assert await kept(database) == ["q0", "q1"]
    assert keeper.unkept == 3
