"""The database: opened, migrated, and reached through one thread, with a second for long reads.

A SQLite file, or a schema of its own in a PostgreSQL database. A transaction is one synchronous function, run on the
database thread, so a cancelled request cannot split it. Of all processes one writes at a time, in both.
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
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateSchema

from knowledge_base.errors import DatabaseUnusableError, NoSpaceError

MIGRATIONS = Path(__file__).parent.parent / "migrations"
BUSY_TIMEOUT_MS = 5_000  # a command beside the running service may hold the lock for a moment
# Of PostgreSQL. The gateway's tables may lie in the same database, under names that are also ours.
SCHEMA = "knowledge"
WRITERS = 7_083_610_259_321_480_563  # the advisory lock of whoever writes: any number that nobody else takes
CONNECT_DEADLINE_S = 5
STATEMENT_DEADLINE_MS = 600_000  # far above the dearest statement, the copy of an import of 50,000 articles
LOCK_DEADLINE_MS = 60_000  # several times what writing an import of many articles takes another process
IDLE_DEADLINE_MS = 60_000  # of a process that holds the write lock and has stopped: the server lets go of it then
UNHEARD_DEADLINE_MS = 30_000  # for the server's machine to take what was sent: a network that is gone says nothing
READ_ONLY = "tandem_read_only"  # the execution option of transactions that take no write lock

Result = TypeVar("Result")


class Database:
    """One database with a thread of its own."""

    def __init__(self, place: Path | URL) -> None:
        """Open and migrate the database, making what is missing.

        Args:
            place: a SQLite file, or the address of a PostgreSQL database.

        Raises:
            DatabaseUnusableError: it is damaged, cannot be reached, or is of a newer release.
            NoSpaceError: the disk is full or not writable.
        """
        self.place = place
        if isinstance(place, Path):
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise NoSpaceError(place.parent, os.strerror(error.errno or errno.EIO)) from error
        self._engine = _sqlite(place) if isinstance(place, Path) else _postgresql(place)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-reader")
        try:
            _check(self._engine)
            migrate(self._engine)
        except (DatabaseError, sqlite3.DatabaseError, CommandError) as error:
            self.close()
            raise explain(place, error) from error

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


def explain(place: Path | URL, error: Exception) -> DatabaseUnusableError | NoSpaceError:
    """Turn what the driver raised into the sentence an operator needs."""
    reason = str(getattr(error, "orig", None) or error)
    if isinstance(place, URL):
        remedy = "see that the server runs and that TANDEM_DATABASE_URL is right"
        return DatabaseUnusableError(place.render_as_string(hide_password=True), " ".join(reason.split()), remedy)
    if "disk is full" in reason or "disk I/O" in reason or "readonly" in reason or "unable to open" in reason:
        return NoSpaceError(place.parent, reason)
    return DatabaseUnusableError(str(place), reason)


def _sqlite(path: Path) -> Engine:
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


def _postgresql(url: URL) -> Engine:
    # Times come back in the zone of the connection; without a schema in the path tables would mix with others.
    options = (
        f"-c timezone=utc -c search_path={SCHEMA} -c statement_timeout={STATEMENT_DEADLINE_MS} "
        f"-c lock_timeout={LOCK_DEADLINE_MS} -c idle_in_transaction_session_timeout={IDLE_DEADLINE_MS}"
    )
    connecting = {
        "options": options,
        "connect_timeout": CONNECT_DEADLINE_S,
        "tcp_user_timeout": UNHEARD_DEADLINE_MS,
    }
    engine = create_engine(url, pool_pre_ping=True, connect_args=connecting)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(READ_ONLY):
            connection.exec_driver_sql("set transaction isolation level repeatable read read only")
        else:
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({WRITERS})")

    return engine


def _check(engine: Engine) -> None:
    """Refuse a file that is no database before anything is written; make the schema where there are schemas."""
    with engine.begin() as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
            return
        answer = connection.exec_driver_sql("pragma quick_check(1)").scalar()
        if answer != "ok":
            raise sqlite3.DatabaseError(str(answer))
