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

from knowledge_base.articles.articles import SERVICE, ArticleState, Author, Content, Unit
from knowledge_base.editing.editing import Writing
from knowledge_base.errors import ImportBusyError, InvalidRequestError
from knowledge_base.importing import base
from knowledge_base.importing.plan import Outcome, Plan, make_plan
from knowledge_base.importing.reading import read_file
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.rows import FileError, Reading
from knowledge_base.importing.stage import Stage, Staged
from knowledge_base.importing.translations import refuse_doubles
from knowledge_base.store import store
from knowledge_base.store.database import Database

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
        changed: Callable[[], None],
        encode_ahead: Callable[[Mapping[Content, Sequence[Unit]]], Awaitable[None]] | None = None,
    ) -> None:
        """Prepare.

        Args:
            encode_ahead: has the vectors of contents ready before they are committed, so that search takes over the
                file at once, and what editors publish meanwhile and afterwards does not wait for it; `None` leaves
                that to whoever follows the database.
            changed: called after an import has been committed; must not block.
        """
        self._database = database
        self._split = split
        self._clock = clock
        self._changed = changed
        self._encode_ahead = encode_ahead
        self._stage = Stage(database)
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Report]] = set()

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

    async def _import(self, order: Order) -> Report:
        try:
            reading = await read_file(order.path, order.name, order.defaults)
        except FileError as error:
            raise InvalidRequestError("file", error.error, error.status) from error
        units: dict[Content, Sequence[Unit]] = {}
        for _ in range(ATTEMPTS):
            plan, generation = await self._database.read(partial(_plan, reading=reading, state=order.defaults.state))
            report = Report(plan, reading.ignored, order.dry_run, False, generation)
            if order.dry_run or (order.strict and plan.count(Outcome.REFUSED)):
                return report
            if not any(row.steps for row in plan.rows):
                return Report(plan, reading.ignored, False, True, generation)
            new = plan.live_contents - units.keys()
            await self._split_all(new, units)
            if self._encode_ahead is not None:
                await self._encode_ahead({content: units[content] for content in new})
            staged = await self._stage.prepare(plan, units)
            written = await self._write(reading, order, units, staged)
            if written is not None:
                return written
        raise ImportBusyError(RETRY_AFTER_S)

    async def _split_all(self, contents: set[Content], units: dict[Content, Sequence[Unit]]) -> None:
        waiting = list(contents)
        for first in range(0, len(waiting), SPLIT_AT_ONCE):
            batch = waiting[first : first + SPLIT_AT_ONCE]
            made = await asyncio.to_thread(self._split_batch, batch)
            units.update(zip(batch, made, strict=True))

    def _split_batch(self, batch: Sequence[Content]) -> list[Sequence[Unit]]:
        return [self._split(content) for content in batch]

    async def _write(
        self, reading: Reading, order: Order, units: dict[Content, Sequence[Unit]], staged: Staged | None
    ) -> Report | None:
        """Plan again, now that nobody else can write, and do it; `None` when the plan is another now."""

        def work(connection: Connection) -> Report | None:
            plan, _ = _plan(connection, reading, order.defaults.state)
            if plan.live_contents - units.keys():
                return None
            writing = Writing(order.author, self._clock())
            if staged is None:
                base.write(connection, plan, units, writing)
            else:
                ids, other = staged.now(plan)
                staged.release(connection, base.write(connection, plan, units, writing, ids), other)
            return Report(plan, reading.ignored, False, True, store.generation(connection))

        report = await self._database.run(work)
        if report is not None:
            self._changed()
            counts = {f"rows_{outcome.value}": report.plan.count(outcome) for outcome in Outcome}
            logger.info("A file is imported", extra={"generation": report.generation, **counts})
        return report


def _plan(connection: Connection, reading: Reading, state: ArticleState) -> tuple[Plan, int]:
    seen = base.view(connection, reading.rows)
    plan = make_plan(reading.rows, reading.refused, seen, state)
    return Plan(tuple(refuse_doubles(plan.rows, seen))), store.generation(connection)
