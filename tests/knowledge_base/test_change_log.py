"""The change log: whoever stands at some generation learns which articles changed since, or that it cannot tell."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from knowledge_base.service import split
from knowledge_base.store import change_log, live, store
from knowledge_base.store.database import Database
from tests.support import postgres
from tests.support.knowledge_base import BOOTS, HOURS, NOW, RETURNS, SECRET_DRAFT, fill


@pytest.fixture(params=postgres.BOTH)
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    on_postgres = request.param == "postgresql"
    database = Database(postgres.empty_database() if on_postgres else tmp_path / "knowledge.db")
    yield database
    database.close()


def test_changes_are_told_with_the_articles_as_they_are_now(database: Database) -> None:
    fill(database, [HOURS, BOOTS])
    fill(database, [RETURNS, SECRET_DRAFT])
    changes = database.write_now(lambda connection: live.changes_since(connection, 1))
    assert changes is not None
    assert (changes.generation, changes.gone) == (2, frozenset()), "a draft is nothing search should know"
    base = database.write_now(live.live_base)
    assert changes.articles == tuple(article for article in base.articles if article.article_id == "return-an-item")


def test_nothing_new_is_an_empty_change(database: Database) -> None:
    fill(database, [HOURS])
    changes = database.write_now(lambda connection: live.changes_since(connection, 1))
    assert changes == live.LiveChanges(1, (), frozenset())


def test_a_change_undone_leaves_no_entry(database: Database) -> None:
    def fail(connection: Connection) -> None:
        store.note_change(connection, ["a"])
        raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError):
        database.write_now(fail)
    assert database.write_now(store.generation) == 0
    assert database.write_now(lambda connection: change_log.changed_since(connection, 0)) == frozenset()


def test_a_replica_further_behind_than_the_log_must_read_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_log, "KEPT_GENERATIONS", 3)
    for number in range(6):
        database.write_now(lambda connection, number=number: store.note_change(connection, [f"a{number}"]))
    known = {
        since: database.write_now(lambda connection, since=since: change_log.changed_since(connection, since))
        for since in range(8)
    }
    assert known == {
        **dict.fromkeys((0, 1, 2, 7)),
        3: {"a3", "a4", "a5"},
        4: {"a4", "a5"},
        5: {"a5"},
        6: frozenset(),
    }
    rows = database.write_now(lambda connection: connection.execute(text("select count(*) from changes")).scalar_one())
    assert rows == 3


@given(st.lists(st.one_of(st.none(), st.sets(st.sampled_from("abcdef"), max_size=4)), max_size=12))
@settings(max_examples=25, deadline=None)
def test_what_the_log_says_is_what_changed(
    tmp_path_factory: pytest.TempPathFactory, edits: list[set[str] | None]
) -> None:
    database = Database(tmp_path_factory.mktemp("log") / "knowledge.db")
    for edit in edits:
        database.write_now(lambda connection, edit=edit: store.note_change(connection, edit))
    for known in range(len(edits) + 1):
        since = edits[known:]
        wanted = None if None in since else frozenset().union(*since)
        assert database.write_now(lambda connection, known=known: change_log.changed_since(connection, known)) == wanted
    database.close()


def test_many_changes_at_once_are_not_noted_one_by_one(database: Database) -> None:
    database.write_now(
        lambda connection: store.note_change(connection, [f"a{n}" for n in range(change_log.MAX_NOTED + 1)])
    )
    assert database.write_now(lambda connection: change_log.changed_since(connection, 0)) is None
    assert database.write_now(lambda connection: change_log.changed_since(connection, 1)) == frozenset()


async def test_a_read_neither_waits_for_a_writer_nor_sees_half_of_its_work(database: Database) -> None:
    fill(database, [HOURS])
    begun, finish = threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        store.add_articles(connection, [BOOTS], split, NOW)
        begun.set()
        assert finish.wait(60)

    writing = database.submit(write)
    assert begun.wait(60)
    try:
        base = await database.read(live.live_base)
        assert (base.generation, [article.article_id for article in base.articles]) == (1, ["opening-hours"])
    finally:
        finish.set()
    writing.result(60)
    assert (await database.read(store.generation)) == 2
