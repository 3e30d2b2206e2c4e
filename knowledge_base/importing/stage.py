"""Lays out a large import before it is committed, and has every process make its search ready for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from knowledge_base.articles.articles import Author, Content, LiveArticle, StoredUnit, Unit
from knowledge_base.editing.editing import Writing
from knowledge_base.importing.plan import Plan, PlannedRow, Regroup
from knowledge_base.importing.writes import Written, written
from knowledge_base.store import staging
from knowledge_base.store.database import Database
from knowledge_base.store.live import MAX_CHANGES
from knowledge_base.store.staged_articles import StagedArticles
from knowledge_base.store.staged_writes import AT_COMMIT, commit_writes, drop_writes, note_staged, stage_writes
from knowledge_base.store.sweeping import sweep
from knowledge_base.store.unit_store import edition, insert_units, numbered

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

SLICE = 50  # articles kept in one transaction, some ten milliseconds: editors write in between
# Processes look ten times a second whether an import is staged; one that is busy may be late. From the beginning on, so
# that who encodes meanwhile does not wait at all.
ANNOUNCED_S = 2.0
SILENT_S = 15.0  # a process that makes ready says so several times a second; one that does not is gone
ASK_AGAIN_S = 0.05
SAY_EVERY_S = 1.0  # that this process is still at it
OTHERS_SILENT_S = 5.0  # another process that imports says every second that it is at it; one that does not is gone


@dataclass(frozen=True)
class Staged:
    """An import that is laid out.

    Attributes:
        rows: of the plan, those that are staged, by article.
    """

    import_id: int
    rows: Mapping[str, PlannedRow]

    def others(self, plan: Plan) -> tuple[list[PlannedRow], set[str]]:
        """Return the rows of a plan that are not staged as they are now, and the articles staged otherwise."""
        same = {row.article_id for row in plan.rows if self.rows.get(row.article_id or "") == row}
        return [row for row in plan.rows if row.article_id not in same], self.rows.keys() - same

    def commit(self, connection: Connection, writing: Writing, without: Collection[str]) -> None:
        """Write what is staged, but for some articles."""
        drop_writes(connection, self.import_id, without)
        commit_writes(connection, self.import_id, writing.author, writing.now)

    def release(self, connection: Connection, others: Collection[str]) -> None:
        """Note as one generation what was changed, and tell who has made ready that it is committed.

        Args:
            others: articles that search must look at again, for they were not staged, or otherwise.
        """
        note_staged(connection, self.import_id, others)
        staging.release(connection, self.import_id, others)


class Stage:
    """Where one import waits until search is ready for it.

    Attributes:
        staged: what is laid out, once it is.
    """

    def __init__(self, database: Database) -> None:
        """Prepare."""
        self._database = database
        self._import_id: int | None = None
        self._begun = 0.0
        self.staged: Staged | None = None

    async def begin(self) -> None:
        """Begin, once no other process is at an import."""
        now = asyncio.get_running_loop().time
        heard: tuple[int, int] | None = None
        since = now()
        while (other := await self._database.read(staging.under_way)) is not None:
            if other != heard:
                heard, since = other, now()
            elif now() - since > OTHERS_SILENT_S:
                break
            await asyncio.sleep(ASK_AGAIN_S)
        self.staged, self._begun = None, now()
        self._import_id = await self._database.run(staging.begin)
        await sweep(self._database)

    async def say_again(self) -> None:
        """Say, until cancelled, that this process is at it."""
        while True:
            await asyncio.sleep(SAY_EVERY_S)
            try:
                await self._run(staging.go_on)
            except DatabaseError:
                logger.exception("An import could not say that it is still staged; it tries again")

    async def lay_out(self, plan: Plan, units: Mapping[Content, Sequence[Unit]], author: Author) -> bool:
        """Lay out what a plan writes, if that is not done, and wait until search is ready for it.

        Returns:
            whether it is; not, if another process has taken this one for dead. The next attempt begins anew.
        """
        if not await self._run(staging.is_staged):
            await self.begin()
        if self.staged is not None:
            return True
        made = await asyncio.to_thread(_staged_writes, plan, author)
        live = {_id(each): units[each.searched] for _, each in made if each.searched is not None}
        total = sum(map(len, live.values()))
        ids = numbered(live, await self._run(partial(staging.reserve, count=total)) if total else 0)
        for number, start in enumerate(range(0, len(made), SLICE)):
            part = [each for _, each in made[start : start + SLICE]]
            if not await self._run(partial(_lay_out, number=number, part=part, units=live, ids=ids)):
                return False
        await self._run(staging.complete)
        await self._until_ready()
        self.staged = Staged(self._id, {_id(each): row for row, each in made})
        return True

    def abandon(self) -> Future[None]:
        """Drop what is staged, unless it is committed."""
        return self._database.submit(partial(staging.abandon, import_id=self._id))

    @property
    def _id(self) -> int:
        assert self._import_id is not None  # noqa: S101 - `staging_in` begins first
        return self._import_id

    async def _run(self, work: Callable[..., Result]) -> Result:
        return await self._database.run(partial(work, import_id=self._id))

    async def _until_ready(self) -> None:
        """Wait for the processes that make ready, as long as they are at it."""
        now = asyncio.get_running_loop().time
        heard: dict[str, tuple[int, float]] = {}  # beats, and when they rose last
        while True:
            readers = await self._database.read(partial(staging.readers, import_id=self._id))
            for reader in readers:
                if reader.name not in heard or heard[reader.name][0] != reader.beats:
                    heard[reader.name] = reader.beats, now()
            waiting = [each for each in readers if not each.prepared and now() - heard[each.name][1] < SILENT_S]
            if not waiting and now() - self._begun >= ANNOUNCED_S:
                break
            await asyncio.sleep(ASK_AGAIN_S)
        late = [each.name for each in readers if not each.prepared]
        if late:
            logger.warning("An import does not wait for a process that fell silent", extra={"processes": len(late)})


def is_large(plan: Plan) -> bool:
    """Return whether a plan is more than search takes over, and an editor waits for, in one go."""
    return sum(bool(row.steps) for row in plan.rows) > MAX_CHANGES


@asynccontextmanager
async def staging_in(database: Database) -> AsyncIterator[Stage]:
    """Begin to stage an import, and say so until the block ends; what is not committed then is dropped."""
    stage = Stage(database)
    await stage.begin()
    saying = asyncio.create_task(stage.say_again(), name="say that an import is staged")
    try:
        yield stage
    finally:
        saying.cancel()
        dropped = stage.abandon()  # done even if this task is cancelled once more
        await asyncio.gather(saying, return_exceptions=True)
        await asyncio.wrap_future(dropped)


def _staged_writes(plan: Plan, author: Author) -> list[tuple[PlannedRow, Written]]:
    return [(row, each) for row in plan.rows if (each := _staged_write(row, author)) is not None]


def _staged_write(row: PlannedRow, author: Author) -> Written | None:
    """Return what a row writes; `None` for one that changes its group, which may change others in it."""
    if any(isinstance(step, Regroup) for step in row.steps):
        return None
    return written(row, Writing(author, AT_COMMIT))


def _lay_out(
    connection: Connection,
    import_id: int,
    number: int,
    part: Sequence[Written],
    units: Mapping[str, Sequence[Unit]],
    ids: Mapping[str, Sequence[int]],
) -> bool:
    """Keep some articles of an import: their units, what is to be written, and what search is to know.

    Returns:
        whether the import is staged still.
    """
    if not staging.is_staged(connection, import_id):
        return False
    live = {_id(each): units[_id(each)] for each in part if each.searched is not None}
    insert_units(connection, live, ids)
    writes = [
        replace(each.write, row=replace(each.write.row, edition=edition(ids.get(_id(each), ())))) for each in part
    ]
    stage_writes(connection, import_id, writes)
    known = tuple(
        _live(each, each.searched, live[_id(each)], ids[_id(each)]) for each in part if each.searched is not None
    )
    gone = frozenset(_id(each) for each in part if each.searched is None and each.write.touched)
    staging.add_slice(connection, import_id, number, StagedArticles(known, gone))
    return True


def _id(each: Written) -> str:
    return each.write.row.article_id


def _live(each: Written, content: Content, units: Sequence[Unit], ids: Sequence[int]) -> LiveArticle:
    row = each.write.row
    return LiveArticle(
        article_id=row.article_id,
        external_id=row.external_id,
        group=row.group,
        title=content.title,
        language=content.language,
        tags=content.tags,
        units=tuple(StoredUnit(unit_id, row.article_id, unit) for unit_id, unit in zip(ids, units, strict=True)),
    )
