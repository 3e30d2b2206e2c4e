"""The database: one writing thread, one reading thread, one transaction a synchronous function.

A function handed to `write` or `read` runs wholly on its thread, so a cancelled request cannot split a transaction and
nothing blocks the loop. On SQLite a write transaction takes the lock at once (`BEGIN IMMEDIATE`).

Writes that wait while another commits are committed together: the disk is asked to keep them once. Each is whole or
not at all: when one fails, all are run again, each in a savepoint of its own. None is told of its write before all of
them are written. So a function may run twice, and must do nothing but work on the database.

On PostgreSQL other processes write too. Two batches that hold what the other wants would wait for each other, so none
waits long: it gives back what it holds, and its writes are made one by one, each of which takes its locks in the same
order (the conversation, then the agent). What another process has written in the same moment is seen the second time.

A commit may succeed although the connection breaks before it says so. Then nobody was told of what was written:
whoever keeps a view of it is to look anew (`observe_doubt`).

A transaction may have a function `together(connection, transactions)`, which runs several of its kind at less cost and
returns what each comes to: its result, or an error that concerns it alone and before which it has written nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool, StaticPool

from handoff_gateway.errors import StartupError, UnavailableError
from handoff_gateway.migrations import HEAD

T = TypeVar("T")
logger = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 5_000  # another process (accounts add) may hold the lock for a moment
MOST_TOGETHER = 128  # writes in one commit: the first of them waits for the last
RETRY_AFTER_S = 2.0  # a client waits this long before it sends again what could not be stored

# PostgreSQL only.
CONNECT_DEADLINE_S = 5
UNHEARD_DEADLINE_MS = 10_000  # for the server's machine to take what was sent: a network that is gone says nothing
STATEMENT_DEADLINE_MS = 15_000  # far above the dearest statement, the export of a customer of many years
BATCH_LOCK_MS = 50  # a batch waits so long for a lock of another process, which holds it for a commit
IDLE_DEADLINE_MS = 10_000  # of a process that holds locks and has stopped: the server lets go of them then
LOCK_MS = 5_000  # a write of its own may wait for the slowest commit
ATTEMPTS = 4  # of a write of its own; each loser of a race sees what the winner wrote
CONTENDED = frozenset({"55P03", "40P01", "40001"})  # SQLSTATE: lock not available, deadlock, not serializable
_LOCK_NUMBERS = {"migrations": 7_305_001, "first accounts": 7_305_002}


@dataclass(eq=False, slots=True)
class _Write:
    """One caller's transaction, and what came of it."""

    transaction: Callable[[Connection], Any]
    answer: asyncio.Future[Any]
    then: Callable[[Any], None] | None = None
    result: Any = None
    error: Exception | None = None

    def deliver(self) -> None:
        """Answer the caller and tell of the result, on the loop.

        Answers take a turn of the loop, so the caller goes on only once those who listen have heard.
        """
        if not self.answer.done():  # else the caller was cancelled
            if self.error is None:
                self.answer.set_result(self.result)
            else:
                self.answer.set_exception(self.error)
        if self.error is None and self.then is not None:
            try:
                self.then(self.result)
            except Exception:  # a defect of ours, which must not keep the next ones from being told
                logger.exception("what was written could not be told")


class Database:
    """Runs transactions. Build with `open_database`."""

    def __init__(self, url: URL) -> None:
        self._writer = _engine(url, "BEGIN IMMEDIATE")
        self._shared = url.get_backend_name() != "sqlite"
        self._reader = _engine(url, "BEGIN")
        self._write_thread = ThreadPoolExecutor(1, "database-write")
        self._read_thread = ThreadPoolExecutor(1, "database-read")
        # Only the loop touches these two: a lock shared with the thread makes each wait for the other's turn.
        self._waiting: deque[_Write] = deque()
        self._writing = False  # whether the thread is at work or about to be
        self._doubtful = False  # whether a commit failed, in the thread, since this was last looked at
        self._in_doubt: Callable[[], None] = lambda: None

    async def write(self, transaction: Callable[[Connection], T]) -> T:
        """Run `transaction` and commit. Raises UnavailableError when the database refuses (full disk, lock).

        Callers are answered in the order of their commits.
        """
        return await self.submit(transaction)

    def submit(
        self, transaction: Callable[[Connection], T], then: Callable[[T], None] | None = None
    ) -> asyncio.Future[T]:
        """Do as `write`, from now on and whether or not anybody waits for the answer.

        Args:
            then: called with the result, on the loop, before the answer and in the order of the commits.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Write(transaction, answer, then))
        if not self._writing:
            self._writing = True
            loop.call_soon(self._hand_over, loop)  # with what else comes in this turn of the loop
        return answer

    def observe_doubt(self, observer: Callable[[], None]) -> None:
        """Call `observer`, on the loop, after each failure in which something may have been written untold."""
        self._in_doubt = observer

    async def settle(self) -> None:
        """Wait until every write submitted so far has been told of."""
        with contextlib.suppress(UnavailableError):
            await self.write(lambda _tx: None)

    async def read(self, transaction: Callable[[Connection], T]) -> T:
        """Run `transaction`, which only reads, beside any write. Raises UnavailableError as `write`."""
        return await self._run(self._read_thread, self._reader, transaction)

    def write_now(self, transaction: Callable[[Connection], T]) -> T:
        """Run `transaction` on the calling thread: for commands without a loop."""
        with self._writer.begin() as connection:
            self._be_patient(connection)
            return transaction(connection)

    async def aclose(self) -> None:
        """Finish what has begun, then close."""
        await self.settle()
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """As `aclose`, without a loop."""
        for thread, engine in ((self._read_thread, self._reader), (self._write_thread, self._writer)):
            thread.submit(engine.dispose).result()
            thread.shutdown(wait=True)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the thread what waits; on the loop."""
        if not self._waiting:
            self._writing = False
            return
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        self._write_thread.submit(self._write_batch, loop, batch)

    def _write_batch(self, loop: asyncio.AbstractEventLoop, batch: list[_Write]) -> None:
        self._write_together(batch)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._deliver, loop, batch)

    def _deliver(self, loop: asyncio.AbstractEventLoop, batch: list[_Write]) -> None:
        self._hand_over(loop)  # first, so that the disk works meanwhile
        for write in batch:
            write.deliver()
        if self._doubtful:
            self._doubtful = False
            self._in_doubt()

    def _write_together(self, batch: list[_Write]) -> None:
        """Write a batch; when one of it fails, once more with a savepoint for each, which costs more."""
        try:
            with self._writer.begin() as connection:
                for write, came in _together(connection, batch):
                    if isinstance(came, Exception):
                        write.error = came
                    else:
                        write.result = came
        except Exception as error:  # noqa: BLE001 - theirs who wait
            if self._shared and _contended(error):
                self._write_alone(batch)
                return
            self._doubtful |= isinstance(error, DBAPIError)
            if len(batch) == 1:
                batch[0].error = _explained(error)
            else:
                self._write_each(batch)

    def _write_each(self, batch: list[_Write]) -> None:
        try:
            with self._writer.begin() as connection:
                for write in batch:
                    write.error = None  # of the first try, which is undone
                    _write_one(connection, write, shared=self._shared)
        except Exception as error:  # noqa: BLE001 - theirs who wait
            if self._shared and _contended(error):
                self._write_alone(batch)
                return
            self._doubtful |= isinstance(error, DBAPIError)
            refused = _explained(error)
            for write in batch:
                write.error = refused

    def _write_alone(self, batch: list[_Write]) -> None:
        """Write each in a transaction of its own: it waits for other processes, and none waits for it in a circle."""
        for write in batch:
            write.error = None
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    with self._writer.begin() as connection:
                        self._be_patient(connection)
                        write.result = write.transaction(connection)
                    break
                except Exception as error:  # noqa: BLE001 - the caller's own, and raised there
                    if attempt == ATTEMPTS or not _contended(error):
                        self._doubtful |= isinstance(error, DBAPIError)
                        write.error = _explained(error)
                        break

    def _be_patient(self, connection: Connection) -> None:
        if self._shared:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MS}")

    @staticmethod
    async def _run(thread: ThreadPoolExecutor, engine: Engine, transaction: Callable[[Connection], T]) -> T:
        def run() -> T:
            with engine.begin() as connection:
                return transaction(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(thread, run)
        except DBAPIError as error:
            raise _explained(error) from error


def _together(connection: Connection, batch: Sequence[_Write]) -> Iterator[tuple[_Write, Any]]:
    """Run a batch; those next to each other that know how to run together do. Yields what each came to."""
    for joint, writes in itertools.groupby(batch, lambda write: getattr(write.transaction, "together", None)):
        if joint is None:
            for write in writes:
                yield write, write.transaction(connection)
        else:
            group = list(writes)
            yield from zip(group, joint(connection, [write.transaction for write in group]), strict=True)


def _write_one(connection: Connection, write: _Write, *, shared: bool) -> None:
    """Run one transaction of a batch. What only concerns its caller undoes it alone; else the error ends the batch."""
    try:
        with connection.begin_nested():
            write.result = write.transaction(connection)
    except IntegrityError as error:
        if shared:
            raise  # another process wrote the same: it is looked at again
        write.error = _explained(error)
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - the caller's own, and raised there
        write.error = error


def _contended(error: Exception) -> bool:
    """Return whether another process was in the way, so that the same may succeed the next time."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in CONTENDED


def hold(tx: Connection, what: str) -> None:
    """Let no other process do `what` (a key of `_LOCK_NUMBERS`) until the transaction ends; a write on SQLite does."""
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBERS[what]})


def write_something(tx: Connection) -> None:
    """Write without changing anything, to see whether writing is possible: into the one row nobody else writes."""
    tx.execute(text("UPDATE alembic_version SET version_num = version_num"))


def _explained(error: Exception) -> Exception:
    if isinstance(error, DBAPIError):
        return UnavailableError(f"the database refused: {error.orig}", retry_after_s=RETRY_AFTER_S)
    return error


def open_database(url: str) -> Database:
    """Open the database at `url` and bring its tables up to date. Raises StartupError with one sentence."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).touch(mode=0o600)  # conversations are for their owner's eyes only
        _migrate(parsed)
        return Database(parsed)
    except (DBAPIError, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise StartupError(
            f"The database {_shown(url)} cannot be used ({reason}): free some disk space, or put back a backup."
        ) from error


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True).removeprefix("sqlite:///")


def _engine(url: URL, begin: str) -> Engine:
    if url.get_backend_name() != "sqlite":
        options = (
            f"-c statement_timeout={STATEMENT_DEADLINE_MS} -c lock_timeout={BATCH_LOCK_MS} "
            f"-c idle_in_transaction_session_timeout={IDLE_DEADLINE_MS}"
        )
        connecting = {
            "connect_timeout": CONNECT_DEADLINE_S,
            "tcp_user_timeout": UNHEARD_DEADLINE_MS,
            "options": options,
        }
        return create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=connecting)
    # Each engine is used by one thread only, so it keeps one connection; the check would merely forbid closing it.
    engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        _prepare_sqlite(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _prepare_sqlite(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN, not the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL syncs the WAL at each commit: what was acknowledged survives a power cut, not only a killed process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _migrate(url: URL) -> None:
    """Bring the tables to `HEAD`; Alembic is imported only when there is something to do (a third of a start)."""
    engine = create_engine(url, poolclass=NullPool)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: _prepare_sqlite(connection))
    try:
        with engine.connect() as connection:
            if _revision(connection) == HEAD:
                return
            hold(connection, "migrations")  # of several processes that start at once the first does it
            if _revision(connection) == HEAD:
                return
            from handoff_gateway.migrations.run import upgrade

            upgrade(connection)
            connection.commit()
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
