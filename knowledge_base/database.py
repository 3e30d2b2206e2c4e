"""The SQLite file: opened, migrated, and reached through one thread, with a second for long reads.

A transaction is one synchronous function, run on the database thread, so a cancelled request cannot split it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from knowledge_base.errors import DatabaseUnusableError, NoSpaceError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 5_000  # a command beside the running service may hold the lock for a moment
READ_ONLY = "tandem_read_only"  # the execution option of transactions that take no write lock

Result = TypeVar("Result")


class Database:
    """One SQLite database with a thread of its own."""

    def __init__(self, path: Path) -> None:
        """Open and migrate the database, making file and folder when missing.

        Raises:
            DatabaseUnusableError: the file is damaged or of a newer release.
            NoSpaceError: the disk is full or not writable.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NoSpaceError(path.parent, os.strerror(error.errno or errno.EIO)) from error
        self._engine = _engine(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-reader")
        try:
            _check(self._engine)
            migrate(self._engine)
        except (DatabaseError, sqlite3.DatabaseError, CommandError) as error:
            self.close()
            raise explain(path, error) from error

    def write_now(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction on the calling thread; for commands and start-up."""
        with self._engine.begin() as connection:
            return work(connection)

    def submit(self, work: Callable[[Connection], Result]) -> Future[Result]:
        """Run `work` in a transaction on the database thread, in order of submission."""
        return self._thread.submit(self.write_now, work)

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction on the database thread and wait for its result."""
        return await asyncio.wrap_future(self.submit(work))

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` over one snapshot of the database, beside writers: it must not write.

        A thread of its own, so that search reading the whole base holds up no request, and takes no lock.
        """
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._read_now, work)

    def _read_now(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.connect().execution_options(**{READ_ONLY: True}) as connection, connection.begin():
            return work(connection)

    def close(self) -> None:
        """Finish what was submitted, then close the file."""
        self._reader.shutdown(wait=True)
        self._thread.shutdown(wait=True)
        self._engine.dispose()


def migrate(engine: Engine) -> None:
    """Bring the tables up to this release; a failed step leaves the database as it was."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def explain(path: Path, error: Exception) -> DatabaseUnusableError | NoSpaceError:
    """Turn what the driver raised into the sentence an operator needs."""
    reason = str(getattr(error, "orig", None) or error)
    if "disk is full" in reason or "disk I/O" in reason or "readonly" in reason or "unable to open" in reason:
        return NoSpaceError(path.parent, reason)
    return DatabaseUnusableError(path, reason)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and too weak; see `begin`
        connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")  # what was acknowledged survives a power cut
        connection.execute("pragma foreign_keys = on")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(READ_ONLY):
            connection.exec_driver_sql("begin")  # a snapshot from the first read on
        else:
            connection.exec_driver_sql("begin immediate")  # one that reads first must not fail when it writes

    return engine


def _check(engine: Engine) -> None:
    """Refuse a file that is no database before anything is written."""
    with engine.begin() as connection:
        answer = connection.exec_driver_sql("pragma quick_check(1)").scalar()
        if answer != "ok":
            raise sqlite3.DatabaseError(str(answer))
