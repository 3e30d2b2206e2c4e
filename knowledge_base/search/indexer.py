"""Keeps search in step with the database, which is the truth: vector indexes and their files are caches of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from knowledge_base.articles.articles import Content, LiveArticle, Unit
from knowledge_base.encoder import Encoder
from knowledge_base.errors import ConflictError, NotReadyError
from knowledge_base.search.beside import Beside
from knowledge_base.search.confidence import load_confidence
from knowledge_base.search.encoding_ahead import encode_ahead
from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.overlay_vectors import OverlayVectors
from knowledge_base.search.readiness import Readiness
from knowledge_base.search.reranking import Reranker
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_space import VectorSpace, by_unit
from knowledge_base.store import live
from knowledge_base.store.database import Database
from knowledge_base.store.live import LiveBase, LiveChanges
from knowledge_base.store.vector_store import forget_vectors
from knowledge_base.text.languages import ENGLISH
from knowledge_base.vectors import Vectors

logger = logging.getLogger(__name__)

ENCODE_BATCH = 16  # units encoded in one job, about 0.3 s: searches get their turn between two jobs
# The multilingual encoder takes 40 ms a passage, and what it makes is waited for by nobody: smaller jobs.
MULTILINGUAL_BATCH = 2
FILLED_TOGETHER = 32  # units that enter the multilingual space together: those published meanwhile come next
POLL_S = 0.1  # how soon a process notices what another committed; one read of a row, 0.3 ms
LONGEST_PAUSE_S = 10  # between attempts while the database or the encoder fails
SAVE_EVERY_S = 20  # of the index file: 0.2 s of the model thread at 100,000 units, and only a cache
LAST_SAVE_S = 1.5  # for the file at the end: the whole stop must stay under 3 s


class Indexer:
    """Builds the search index and leads it from generation to generation.

    A search sees one generation whole: vectors, words and articles change places in one job of the model thread.

    Attributes:
        current: what answers searches; `None` until the first `reconcile` is done.
        lock: held by whoever leads it on.
    """

    def __init__(
        self,
        database: Database,
        thread: ModelThread,
        encoder: Encoder,
        file: Path,
        reranker: Reranker | None = None,
    ) -> None:
        """Prepare; nothing is read before `reconcile`."""
        self._database = database
        self._thread = thread
        self._model = load_confidence()
        self._reranker = reranker
        self._english = VectorSpace(database, thread, encoder, file, ENCODE_BATCH)
        self._multilingual: VectorSpace | None = None
        self._wake = asyncio.Event()
        self._lacking = asyncio.Event()
        self._advanced = asyncio.Event()  # set, and replaced, whenever search has come to another generation
        self._tasks: list[asyncio.Task[None]] = []
        self._readiness = Readiness(database, thread, self)
        self.lock = asyncio.Lock()
        self.current: SearchIndex | None = None

    @property
    def encoded(self) -> int:
        """Units encoded since the start, for tests and metrics."""
        return self._english.encoded + (0 if self._multilingual is None else self._multilingual.encoded)

    @property
    def lacking(self) -> int:
        """How many units wait for their vector in the multilingual space."""
        return 0 if self.current is None else self.current.lacking

    async def reconcile(self) -> SearchIndex:
        """Bring search up to the database's generation, save the index file, and return the index."""
        index = await self.catch_up()
        await self.save()
        return index

    async def catch_up(self) -> SearchIndex:
        """Bring search up to the database's generation and return the index.

        What changed is put into the index in place or, when that is much, into a copy that takes its place; it is built
        anew when nobody knows what changed, or when that is nearly all. One at a time: an earlier generation never
        takes the place of a later one.
        """
        async with self.lock:
            index = await self._caught_up()
        self._advanced.set()
        self._advanced = asyncio.Event()
        return index

    async def knows(self, generation: int, within_s: float) -> bool:
        """Wait until search has come to a generation; return whether it did in time."""
        try:
            async with asyncio.timeout(within_s):
                while self.current is None or self.current.generation < generation:
                    await self._advanced.wait()
        except TimeoutError:
            return False
        return True

    def start(self) -> None:
        """Follow the database from now on, until `close`; `reconcile` must have been done."""
        self._tasks = [
            asyncio.create_task(self._follow(), name="follow the database"),
            asyncio.create_task(self._fill(), name="fill the multilingual space"),
            asyncio.create_task(self._save_now_and_then(), name="save the index"),
        ]

    def wake(self) -> None:
        """Look for changes at once."""
        self._wake.set()

    async def add_multilingual(self, encoder: Encoder, file: Path) -> None:
        """Give questions in other languages a space of their own, which is then filled in the background."""
        space = VectorSpace(self._database, self._thread, encoder, file, MULTILINGUAL_BATCH)
        async with self.lock:
            index = self.current
            if index is None:
                raise NotReadyError(1)
            await space.load(index.generation)
            units = await self._thread.run(index.units)
            held = by_unit(await space.known(list(units.values())), units)

            def attach() -> None:
                space.index.remove(sorted(space.index.ids - units.keys()))
                index.attach(space.index)
                index.fill(held)

            await self._thread.run(partial(self._swap, attach))
            self._multilingual = space
            self._readiness.drop()  # its copy lacks the space
        await self.forget_other_encoders()
        self._lacking.set()

    async def forget_other_encoders(self) -> None:
        """Drop the vectors of encoders that are not used any more; to be called once all that are used are here."""
        models = [space.model for space in (self._english, self._multilingual) if space is not None]
        await self._database.run(partial(forget_vectors, models=models))

    async def encode_ahead(self, made: Mapping[Content, Sequence[Unit]]) -> None:
        """Have vectors ready of contents about to be committed."""
        await encode_ahead(self._english, self._multilingual, made)

    async def as_if(self, article_id: str, changed: LiveArticle | None) -> tuple[LiveBase, SearchIndex]:
        """Return the base, and an index of its own that answers as search would if an article were `changed`.

        The index reads the vectors of the one that answers now: both must be of one generation when it is asked.

        Args:
            changed: `None` for an article that is not there.
        """
        base = await self._database.read(live.live_base)
        hidden = [s.unit_id for a in base.articles if a.article_id == article_id for s in a.units]
        units = {} if changed is None else _units([changed])
        english = by_unit(await self._english.vectors_of(list(units.values())), units)
        others = [article for article in base.articles if article.article_id != article_id]
        articles = tuple(others if changed is None else [*others, changed])
        vectors = await self._thread.run(partial(OverlayVectors, self._english.index, hidden, english))
        index = await asyncio.to_thread(
            SearchIndex, LiveBase(base.generation, articles), vectors, self._model, self._reranker
        )
        if (space := self._multilingual) is not None:
            made = by_unit(await space.vectors_of(list(units.values())), units)
            await self._thread.run(lambda: index.attach(OverlayVectors(space.index, hidden, made)))
        return base, index

    def vectors_of(self, unit_ids: Sequence[int]) -> Vectors:
        """Return the vectors of units in the English space, on the model thread.

        Raises:
            ConflictError: one of them is gone.
        """
        if any(unit_id not in self._english.index for unit_id in unit_ids):
            raise ConflictError("generation", "articles were changed meanwhile; ask again")
        return self._english.index.vectors_of(unit_ids)

    async def save(self) -> None:
        """Write the index files that are behind."""
        for space in (self._english, self._multilingual):
            if space is not None:
                await space.save(lambda: 0 if self.current is None else self.current.generation)

    async def close(self) -> None:
        """Stop following, and save what there is time for."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._readiness.close()
        if self.current is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_SAVE_S):
                    await self.save()

    async def _caught_up(self) -> SearchIndex:
        """Do the work of `catch_up`, under the lock."""
        current, ahead = self.current, self._readiness.ahead
        if current is None:
            return await self._rebuild()
        staged = None if ahead is None else ahead.staged
        changes = await self._database.read(partial(live.changes_since, known=current.generation, staged=staged))
        if changes is None:
            return await self._rebuild()
        if ahead is not None and changes.released and not ahead.complete:
            ahead.released = True  # committed too soon: all that follows has to wait until it is ready
            return current
        if changes.generation > current.generation:
            await self._take_over(current, changes)
        return self.current or current

    async def _take_over(self, index: SearchIndex, changes: LiveChanges) -> None:
        """Lead search on by changes; searches see none of them before they see all."""
        ahead = self._readiness.ahead
        change = await self.prepared(changes)
        if changes.released and ahead is not None:
            await self._put_in_place(ahead.copy, change)
            self._readiness.drop()
        elif changes.count > live.MAX_CHANGES:
            self._readiness.drop()
            copy = await self.copy(index)
            await copy.prepare(self._thread, change)
            await self._put_in_place(copy, replace(change, articles=(), gone=frozenset(), vectors={}, multilingual={}))
        else:
            await self._thread.run(partial(self._swap, partial(index.apply, change)))
            if ahead is not None:
                ahead.changed |= change.ids
                await ahead.copy.prepare(self._thread, change)
        self._lacking.set()

    async def prepared(self, changes: LiveChanges) -> IndexChange:
        """Return changes with all that putting them into an index takes."""
        units = _units(changes.articles)
        english = by_unit(await self._english.vectors_of(list(units.values())), units)
        multilingual = {} if self._multilingual is None else await self._of_changed(self._multilingual, changes)
        return await asyncio.to_thread(IndexChange.of, changes, english, multilingual)

    async def copy(self, index: SearchIndex) -> Beside:
        """Copy an index with its vectors; the caller holds `lock`."""
        multilingual = None if self._multilingual is None else self._multilingual.index
        return await Beside.of(self._thread, index, self._english.index, multilingual)

    async def _put_in_place(self, copy: Beside, change: IndexChange) -> None:
        """Put a last change into a copy, and have it answer from now on."""

        def swap() -> None:
            copy.index.apply(change)
            self._english.replace(copy.english)
            if self._multilingual is not None and copy.multilingual is not None:
                self._multilingual.replace(copy.multilingual)
            self.current = copy.index

        await self._thread.run(partial(self._swap, swap))

    @staticmethod
    async def _of_changed(space: VectorSpace, changes: LiveChanges) -> dict[int, Vectors]:
        """Return the multilingual vectors of changed articles: of all that are not in English, of others if known.

        An article in another language is found by these first, so that it should not appear without them.
        """
        units = _units(changes.articles)
        foreign = _units([article for article in changes.articles if article.language != ENGLISH])
        known = by_unit(await space.known(list(units.values())), units)
        return known | by_unit(await space.vectors_of(list(foreign.values())), foreign)

    async def _rebuild(self) -> SearchIndex:
        self._readiness.drop()
        base = await self._database.read(live.live_base)
        if self.current is None:
            await self._english.load(base.generation)
            if self._multilingual is not None:
                await self._multilingual.load(base.generation)
        elif base.generation < self.current.generation:  # the database was put back from a copy while we ran
            await self._english.forget()
            if self._multilingual is not None:
                await self._multilingual.forget()
        units = _units(base.articles)
        english, multilingual = self._english, self._multilingual
        new = await self._missing(english, units)
        made = by_unit(await english.vectors_of(list(new.values())), new)
        known: dict[int, Vectors] = {}
        if multilingual is not None:
            wanted = await self._missing(multilingual, units)
            known = by_unit(await multilingual.known(list(wanted.values())), wanted)
        index = await asyncio.to_thread(SearchIndex, base, english.index, self._model, self._reranker)

        def swap() -> None:
            _replace(english, units, made)
            if multilingual is not None:
                _replace(multilingual, units, known)
                index.attach(multilingual.index)
            self.current = index

        await self._thread.run(partial(self._swap, swap))
        await self._database.run(forget_vectors)
        self._lacking.set()
        return index

    async def _missing(self, space: VectorSpace, units: Mapping[int, Unit]) -> dict[int, Unit]:
        held = await self._thread.run(lambda: space.index.ids)
        return {unit_id: unit for unit_id, unit in units.items() if unit_id not in held}

    def _swap(self, job: Callable[[], object]) -> None:
        """Change what searches see, on the model thread."""
        try:
            job()
        except BaseException:
            self.current = None  # half changed: no search may see it, and the next attempt builds it anew
            raise

    async def _follow(self) -> None:
        """Take over what is committed, here or by another process, and go on after every failure."""
        pause = POLL_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()
            try:
                sight = await self._database.read(live.look)
                if self.current is None or sight.generation != self.current.generation:
                    await self.catch_up()
                await self._readiness.see(sight)
                pause = POLL_S
            except Exception:
                logger.exception("Search could not take over a change; it goes on with what it knows")
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _fill(self) -> None:
        """Encode, a little at a time, what the multilingual space lacks."""
        pause = 0.0
        while True:
            await self._lacking.wait()
            self._lacking.clear()
            try:
                while await self._fill_some():
                    pass
                pause = POLL_S
            except Exception:
                logger.exception("Passages could not be encoded for questions in other languages")
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                self._lacking.set()

    async def _fill_some(self) -> bool:
        """Encode some units that are waiting; return whether there were any."""
        space, index = self._multilingual, self.current
        if space is None or index is None:
            return False
        units = {
            stored.unit_id: stored.unit
            for stored in await self._thread.run(partial(index.next_lacking, FILLED_TOGETHER))
        }
        if not units:
            return False
        made = by_unit(await space.vectors_of(list(units.values())), units)

        def put() -> None:
            if self.current is not None:
                self.current.fill(made)  # not `index`: it may have been replaced by one over the same space

        await self._thread.run(put)
        return True

    async def _save_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await self.save()


def _replace(space: VectorSpace, units: Mapping[int, Unit], vectors: Mapping[int, Vectors]) -> None:
    """Leave exactly these units in the index of a space, as far as there are vectors."""
    space.index.remove(sorted(space.index.ids - units.keys()))
    if vectors:
        space.index.add(list(vectors), list(vectors.values()))


def _units(articles: Sequence[LiveArticle]) -> dict[int, Unit]:
    return {stored.unit_id: stored.unit for article in articles for stored in article.units}
