"""Keeps what was asked without making a search wait for the disk: many searches, one transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from knowledge_base.store.database import Database, explain
from knowledge_base.store.query_log import AskedQuery, record_query

logger = logging.getLogger(__name__)

# While the disk is busy: beyond it the log loses searches rather than memory. (With a transaction for each search, an
# editor's publish would wait its turn behind all of them.)
MOST_WAITING = 5_000


class QueryKeeper:
    """Puts queries into the log, in order: what is submitted to the database later finds them there.

    Attributes:
        unkept: queries that could not be kept.
    """

    def __init__(self, database: Database, failed: Callable[[], None]) -> None:
        """Prepare.

        Args:
            failed: called on the loop when questions that found no answer were kept.
        """
        self._database = database
        self._failed = failed
        self._lock = threading.Lock()
        self._waiting: list[AskedQuery] = []
        self._taken: list[AskedQuery] = []  # by the transaction of now; on the database thread only
        self._submitted = False
        self.unkept = 0

    def keep(self, query: AskedQuery) -> None:
        """Keep a query soon; must be called on the loop."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._lose(1, f"{MOST_WAITING} are waiting for the database")
                return
            self._waiting.append(query)
            if self._submitted:
                return
            self._submitted = True
        loop = asyncio.get_running_loop()
        self._database.submit(self._write).add_done_callback(lambda done: self._written(loop, done))

    def _write(self, connection: Connection) -> bool:
        """Write all that wait, each for itself; return whether one of them found no answer."""
        failed, taken = False, self._take()
        for query in taken:
            failed |= self._record(connection, query)
        return failed

    def _record(self, connection: Connection, query: AskedQuery) -> bool:
        try:
            with connection.begin_nested():
                return record_query(connection, query)
        except (SQLAlchemyError, ValueError) as error:  # a ValueError: text that is no Unicode
            self._lose(1, str(explain(self._database.place, error)))
            return False

    def _written(self, loop: asyncio.AbstractEventLoop, done: Future[bool]) -> None:
        error = done.exception()
        if isinstance(error, Exception):  # nothing was written: what was taken is lost, or what was not taken even
            self._lose(len(self._taken or self._take()), str(explain(self._database.place, error)))
        elif error is None and done.result() and not loop.is_closed():
            loop.call_soon_threadsafe(self._failed)
        self._taken = []

    def _take(self) -> list[AskedQuery]:
        with self._lock:
            self._taken, self._waiting, self._submitted = self._waiting, [], False
        return self._taken

    def _lose(self, count: int, reason: str) -> None:
        logger.error("A query could not be kept", extra={"reason": reason})
        self.unkept += count
