"""One import from beginning to end: read, plan, split, encode, have search make ready, write in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from knowledge_base.articles.articles import SERVICE, ArticleState, Author, Content, Unit
from knowledge_base.editing.editing import Writing
from knowledge_base.errors import ImportBusyError, InvalidRequestError
from knowledge_base.importing import base
from knowledge_base.importing.plan import BaseView, Outcome, Plan, make_plan
from knowledge_base.importing.reading import read_file
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.related import Standing, concerns
from knowledge_base.importing.rows import FileError, Reading
from knowledge_base.importing.stage import Stage, Staged, is_large, staging_in
from knowledge_base.importing.translations import refuse_doubles
from knowledge_base.store import staging, store
from knowledge_base.store.database import Database
from knowledge_base.store.sweeping import sweep

logger = logging.getLogger(__name__)

ATTEMPTS = 5  # editors may change what an import is about while it prepares; then it looks again
SPLIT_AT_ONCE = 25  # articles split in one go, about 0.1 s: an import that is given up ends soon
RETRY_AFTER_S = 5


@dataclass(frozen=True)
class Order:
    """What is to be imported, and how.

    Attributes:
        path: the file, or a folder of files; absolute.
        name: what it was called where it came from; its ending tells the kind.
        dry_run: report, but change nothing.
        strict: change nothing if any row is refused.
        defaults: for rows that do not say.
    """

    path: Path
    name: str
    dry_run: bool = False
    strict: bool = False
    defaults: Defaults = field(default_factory=Defaults)
    author: Author = SERVICE


@dataclass(frozen=True)
class Report:
    """What an import did, or, with `dry_run`, would do.

    Attributes:
        written: whether the base is as the report says.
        generation: of the base after it.
    """

    plan: Plan
    ignored: tuple[str, ...]
    dry_run: bool
    written: bool
    generation: int


class Importer:
    """Imports files, one at a time."""

    def __init__(
        self,
        database: Database,
        split: Callable[[Content], Sequence[Unit]],
        clock: Callable[[], datetime],
        live: Callable[[int], Awaitable[None]] | None = None,
        encode_ahead: Callable[[Mapping[Content, Sequence[Unit]]], Awaitable[None]] | None = None,
    ) -> None:
        """Prepare.

        Args:
            live: told the generation of an import that has been committed; returns once search knows it;
                `None` where nobody searches.
            encode_ahead: has the vectors of contents ready before they are committed, so that search takes over the
                file at once, and what editors publish meanwhile and afterwards does not wait for it; `None` leaves
                that to whoever follows the database.
        """
        self._database = database
        self._split = split
        self._clock = clock
        self._live = live
        self._encode_ahead = encode_ahead
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Report]] = set()
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def turn(self) -> asyncio.Lock:
        """Held by the import under way, from its upload on: one at a time bounds memory and time."""
        return self._turn

    async def run(self, order: Order) -> Report:
        """Import a file; the caller holds `turn`.

        A caller that goes away does not stop what has begun: the base is with the whole file then, or without it.

        Raises:
            InvalidRequestError: the file as a whole cannot be used.
            ImportBusyError: others kept changing the same articles.
        """
        task = asyncio.create_task(self._import(order), name="import")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up imports that are still being read; one that is being written is finished."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def swept(self) -> None:
        """Wait until what the last import left behind is dropped."""
        if self._sweeping is not None:
            await self._sweeping

    async def _sweep(self) -> None:
        try:
            await sweep(self._database)
        except DatabaseError:
            logger.exception("What an import left behind could not be dropped; the next start or import drops it")

    async def _import(self, order: Order) -> Report:
        try:
            reading = await read_file(order.path, order.name, order.defaults)
        except FileError as error:
            raise InvalidRequestError("file", error.error, error.status) from error
        seen = await self._look(reading, order)
        if order.dry_run or (order.strict and seen.plan.count(Outcome.REFUSED)):
            return Report(seen.plan, reading.ignored, order.dry_run, False, seen.generation)
        if not any(row.steps for row in seen.plan.rows):
            return Report(seen.plan, reading.ignored, False, True, seen.generation)
        if not is_large(seen.plan):
            return await self._carry_out(reading, order, seen, None)
        try:
            async with staging_in(self._database) as stage:
                return await self._carry_out(reading, order, seen, stage)
        finally:
            self._sweeping = asyncio.create_task(self._sweep(), name="sweep up after an import")

    async def _carry_out(self, reading: Reading, order: Order, seen: _Seen, stage: Stage | None) -> Report:
        """Prepare what a plan needs and write it; where the base is another meanwhile, plan and prepare again."""
        units: dict[Content, Sequence[Unit]] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                seen = await self._look(reading, order)
                if order.strict and seen.plan.count(Outcome.REFUSED):
                    return Report(seen.plan, reading.ignored, False, False, seen.generation)
            new = seen.plan.live_contents - units.keys()
            await self._split_all(new, units)
            if self._encode_ahead is not None:
                await self._encode_ahead({content: units[content] for content in new})
            if stage is not None and not await stage.lay_out(seen.plan, units, order.author):
                continue
            last = attempt == ATTEMPTS - 1
            written = await self._write(reading, order, units, seen, None if stage is None else stage.staged, last)
            if written is not None:
                return written
        raise ImportBusyError(RETRY_AFTER_S)

    async def _look(self, reading: Reading, order: Order) -> _Seen:
        """Plan over the base as it is; beside its readers, since planning ten thousand articles takes a second."""
        snapshot = await self._database.read(partial(_read, reading=reading))
        return await asyncio.to_thread(_plan, snapshot, reading, order.defaults.state)

    async def _split_all(self, contents: set[Content], units: dict[Content, Sequence[Unit]]) -> None:
        waiting = list(contents)
        for first in range(0, len(waiting), SPLIT_AT_ONCE):
            batch = waiting[first : first + SPLIT_AT_ONCE]
            made = await asyncio.to_thread(self._split_batch, batch)
            units.update(zip(batch, made, strict=True))

    def _split_batch(self, batch: Sequence[Content]) -> list[Sequence[Unit]]:
        return [self._split(content) for content in batch]

    async def _write(
        self,
        reading: Reading,
        order: Order,
        units: dict[Content, Sequence[Unit]],
        seen: _Seen,
        staged: Staged | None,
        last: bool,
    ) -> Report | None:
        """Do what was planned, if the base is still as it was; `None` when the plan may be another now.

        Args:
            last: plan again now that nobody else can write, however long that takes.
        """

        def work(connection: Connection) -> Report | None:
            plan = seen.plan
            if concerns(base.standing(connection) ^ seen.standing, plan):
                if not last:
                    return None
                plan = _plan(_read(connection, reading), reading, order.defaults.state).plan
                if plan.live_contents - units.keys() or (order.strict and plan.count(Outcome.REFUSED)):
                    return None
            writing = Writing(order.author, self._clock())
            if staged is None:
                base.write(connection, plan, units, writing)
            else:
                if not staging.is_staged(connection, staged.import_id):
                    return None
                rows, otherwise = staged.others(plan)
                staged.commit(connection, writing, otherwise)
                staged.release(connection, otherwise.union(base.write_rows(connection, rows, units, writing)))
            return Report(plan, reading.ignored, False, True, store.generation(connection))

        report = await self._database.run(work)
        if report is not None:
            if self._live is not None:
                await self._live(report.generation)
            counts = {f"rows_{outcome.value}": report.plan.count(outcome) for outcome in Outcome}
            logger.info("A file is imported", extra={"generation": report.generation, **counts})
        return report


@dataclass(frozen=True)
class _Seen:
    """A plan, and the base it was made for."""

    plan: Plan
    standing: frozenset[Standing]
    generation: int


@dataclass(frozen=True)
class _Snapshot:
    """The base, as far as an import must know it."""

    view: BaseView
    standing: frozenset[Standing]
    generation: int


def _read(connection: Connection, reading: Reading) -> _Snapshot:
    return _Snapshot(base.view(connection, reading.rows), base.standing(connection), store.generation(connection))


def _plan(snapshot: _Snapshot, reading: Reading, state: ArticleState) -> _Seen:
    plan = make_plan(reading.rows, reading.refused, snapshot.view, state)
    rows = tuple(refuse_doubles(plan.rows, snapshot.view))
    return _Seen(Plan(rows), snapshot.standing, snapshot.generation)
