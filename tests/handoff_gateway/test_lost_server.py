"""A gateway process that stopped while it held locks in PostgreSQL holds the others up for some seconds only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection

from handoff_gateway.errors import UnavailableError
from handoff_gateway.store import database
from handoff_gateway.store.database import Database, open_database, write_something
from tests.support import postgres
from tests.support.gateway import PATIENCE_S


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    found = open_database(url)
    try:
        yield found
    finally:
        await found.aclose()


@postgres.WITHOUT
async def test_what_a_stopped_process_had_locked_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "IDLE_DEADLINE_MS", 500)
    url = postgres.empty_database().render_as_string(hide_password=False)
    writing, go_on = threading.Event(), threading.Event()

    def stop(tx: Connection) -> None:
        write_something(tx)
        writing.set()
        go_on.wait(PATIENCE_S)

    async with opened(url) as stopped, opened(url) as other, asyncio.timeout(PATIENCE_S):
        begun = stopped.submit(stop)
        try:
            assert await asyncio.to_thread(writing.wait, PATIENCE_S)
            await other.write(write_something)
        finally:
            go_on.set()
        with pytest.raises(UnavailableError):
            await begun
        await stopped.write(write_something)
