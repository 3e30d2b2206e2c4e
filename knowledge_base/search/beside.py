"""A copy of the search index that is led on while the index itself goes on answering, to be put in its place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_index import FaissIndex
from knowledge_base.store.live import StagedImport

APPLIED_TOGETHER = 50  # articles taken over at once: 50 ms, in which a publish may have to wait


@dataclass
class Beside:
    """The copy, with vectors of its own.

    Attributes:
        multilingual: `None` where the index has none.
    """

    index: SearchIndex
    english: FaissIndex
    multilingual: FaissIndex | None

    @classmethod
    async def of(
        cls, thread: ModelThread, index: SearchIndex, english: FaissIndex, multilingual: FaissIndex | None
    ) -> Beside:
        """Copy an index, to which nothing may be applied meanwhile.

        Args:
            english: the vectors it uses.
        """
        other = await asyncio.to_thread(index.copied_words)

        def vectors() -> Beside:
            made = cls(other, english.copied(), None if multilingual is None else multilingual.copied())
            other.use_vectors(made.english, made.multilingual)
            return made

        return await thread.run(vectors)

    async def prepare(self, thread: ModelThread, change: IndexChange) -> None:
        """Put a change into the copy, a little at a time; its generation stays what it was."""
        for part in change.parts(APPLIED_TOGETHER):
            await self.put(thread, part)

    async def put(self, thread: ModelThread, part: IndexChange) -> None:
        """Do as `prepare`, in one go."""
        gone = await asyncio.to_thread(self.index.prepare_words, part)
        await thread.run(partial(self.index.prepare_vectors, part, gone))


@dataclass
class Ahead:
    """An import that is staged, and the copy of the index that is made ready for it.

    Attributes:
        complete: whether all of the import is in it.
        released: whether the import was committed before that.
        changed: articles that were changed otherwise since the copy was made, and are changed so in it.
    """

    import_id: int
    copy: Beside
    complete: bool = False
    released: bool = False
    changed: set[str] = field(default_factory=set)

    @property
    def staged(self) -> StagedImport:
        """What to read the changes of the base with."""
        return StagedImport(self.import_id, frozenset(self.changed))
