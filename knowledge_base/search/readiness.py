"""Makes search ready for an import that is staged, so that its commit only has to put a copy of the index in place."""

from __future__ import annotations

import asyncio
import logging
import uuid
from functools import partial
from itertools import count
from typing import Protocol

from sqlalchemy.exc import DatabaseError

from knowledge_base.search.beside import APPLIED_TOGETHER, Ahead, Beside
from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.search import SearchIndex
from knowledge_base.store import staging
from knowledge_base.store.database import Database
from knowledge_base.store.live import LiveChanges, Sight
from knowledge_base.store.sweeping import sweep

logger = logging.getLogger(__name__)

BEAT_S = 1.0  # how often an importer is told that search is still being made ready; it waits 15 s for it
ABANDONED_S = 60  # of an importer that was killed: it says every second that it is at it, and then commits


class Owner(Protocol):
    """Who leads the index from generation to generation; `lock` is held by whoever does."""

    current: SearchIndex | None
    lock: asyncio.Lock

    async def copy(self, index: SearchIndex) -> Beside:
        """Copy an index with its vectors."""

    async def prepared(self, changes: LiveChanges) -> IndexChange:
        """Return changes with all that putting them into an index takes."""

    def wake(self) -> None:
        """Look for changes at once."""


class Readiness:
    """What one process does about imports that are staged.

    Attributes:
        ahead: the copy that is made ready; `None` when there is nothing to make ready for.
    """

    def __init__(self, database: Database, thread: ModelThread, owner: Owner) -> None:
        """Prepare."""
        self._database = database
        self._thread = thread
        self._owner = owner
        self._name = uuid.uuid4().hex  # of this process, among those that make ready
        self._task: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._seen: int | None = None  # the import seen last
        self._announced: int | None = None  # the one whose importer may wait for this process
        self._begun: int | None = None  # the one that was made ready for last
        self._heard: tuple[Sight, float] | None = None  # what was seen last, and since when it stands still
        self.ahead: Ahead | None = None

    async def see(self, sight: Sight) -> None:
        """Do what an import that is staged now asks for, and forget one that is no more."""
        await self._drop_abandoned(sight)
        current = self._owner.current
        taken = sight.committed is not None and current is not None and current.generation >= sight.committed
        if self.ahead is not None and (self.ahead.import_id != sight.staged or taken):
            self.drop()
        if self._announced is not None and self._is_done(sight, taken=taken):
            await self._database.run(partial(staging.leave, import_id=self._announced, reader=self._name))
            self._announced = None
            self._sweep_up()
        if sight.staged is None:
            return
        if sight.staged != self._seen:
            self._seen = sight.staged
            if await self._database.run(partial(staging.announce, import_id=sight.staged, reader=self._name)):
                self._announced = sight.staged
        if sight.complete and self._announced == sight.staged != self._begun:
            self._begun = sight.staged
            self._task = asyncio.create_task(self._make_ready(sight.staged), name="make ready for an import")

    def drop(self) -> None:
        """Give up what is made ready."""
        if self._task is not None:
            self._task.cancel()
        self.ahead = None

    async def close(self) -> None:
        """Give up, and wait until that is done."""
        self.drop()
        if self._sweeping is not None:
            self._sweeping.cancel()
        tasks = [task for task in (self._task, self._sweeping) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _sweep_up(self) -> None:
        """Drop what the import leaves behind, beside everything else; the last process to leave finds it."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep(), name="sweep up after an import")

    async def _sweep(self) -> None:
        try:
            await sweep(self._database)
        except DatabaseError:
            logger.exception("What an import left behind could not be dropped; the next start or import drops it")

    def _is_done(self, sight: Sight, *, taken: bool) -> bool:
        """Return whether the importer need not wait for this process, nor keep anything for it."""
        if self._announced != sight.staged or taken:
            return True
        made = self._begun == self._announced and (self._task is None or self._task.done())
        return made and self.ahead is None

    async def _drop_abandoned(self, sight: Sight) -> None:
        """Drop an import whose importer is gone, or what is left of one that is committed: a reader may be gone too."""
        now = asyncio.get_running_loop().time()
        seen = Sight(0, sight.staged, sight.beats, sight.complete, sight.committed)  # whatever editors do meanwhile
        if self._heard is None or self._heard[0] != seen:
            self._heard = seen, now
        elif sight.staged is not None and now - self._heard[1] > ABANDONED_S:
            await self._database.run(partial(staging.give_up, import_id=sight.staged))
            self.drop()
            self._sweep_up()

    async def _make_ready(self, import_id: int) -> None:
        """Put an import that is staged into a copy of the index; where that fails, it is taken over once committed."""
        saying = asyncio.create_task(self._say_again(import_id), name="say that search is being made ready")
        try:
            async with self._owner.lock:
                index = self._owner.current
                if index is None or await self._is_taken_over(import_id, index):
                    return
                self.ahead = ahead = Ahead(import_id, await self._owner.copy(index))
            for number in count():
                read = partial(staging.read_slice, import_id=import_id, number=number)
                staged = await self._database.read(read)
                if staged is None:
                    break
                change = await self._owner.prepared(LiveChanges(0, staged.articles, staged.gone))
                for part in change.parts(APPLIED_TOGETHER):
                    async with self._owner.lock:
                        await ahead.copy.put(self._thread, part)
            await self._database.run(partial(staging.beat, import_id=import_id, reader=self._name, prepared=True))
            ahead.complete = True
            self._owner.wake()
        except Exception:
            logger.exception("Search could not make ready for an import; it takes it over once it is committed")
            self.ahead = None
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    async def _is_taken_over(self, import_id: int, index: SearchIndex) -> bool:
        """Return whether an index knows an import: it may be committed before anybody makes ready for it."""
        released = await self._database.read(partial(staging.released, import_id=import_id, after=0))
        return released is not None and released.generation <= index.generation

    async def _say_again(self, import_id: int) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._database.run(partial(staging.beat, import_id=import_id, reader=self._name))
            except DatabaseError:
                logger.exception("An importer could not be told that search is being made ready; it is told again")
