"""A PostgreSQL that says nothing, or a process that stopped while it held the write lock, holds nobody up for ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from knowledge_base.errors import DatabaseUnusableError
from knowledge_base.store import database
from knowledge_base.store.database import Database
from tests.support import postgres

PATIENCE_S = 60.0


@pytest.fixture
def silent() -> Iterator[URL]:
    """The address of a server that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        yield URL.create("postgresql+psycopg", "tandem", host="127.0.0.1", port=port, database="tandem")


@pytest.mark.timeout(PATIENCE_S)
def test_a_server_that_says_nothing_ends_the_start(silent: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECT_DEADLINE_S", 2)  # the least that the driver knows
    with pytest.raises(DatabaseUnusableError, match="TANDEM_DATABASE_URL"):
        Database(silent)


@postgres.WITHOUT
@pytest.mark.timeout(PATIENCE_S)
def test_a_process_that_stopped_in_the_middle_of_a_write_lets_others_write(monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.empty_database()
    other = Database(url)
    monkeypatch.setattr(database, "IDLE_DEADLINE_MS", 2_000)  # a busy machine's own pauses are shorter
    stopped = Database(url)
    writing, go_on = threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        connection.execute(text("select 1"))
        writing.set()
        go_on.wait(PATIENCE_S)

    try:
        begun = stopped.submit(write)
        assert writing.wait(PATIENCE_S)
        assert other.write_now(lambda connection: connection.execute(text("select 7")).scalar_one()) == 7
        go_on.set()
        with pytest.raises(DBAPIError):
            begun.result(PATIENCE_S)
        assert stopped.write_now(lambda connection: connection.execute(text("select 8")).scalar_one()) == 8
    finally:
        go_on.set()
        stopped.close()
        other.close()
