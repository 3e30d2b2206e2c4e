"""One encoder's vectors of the units: its index with the file, and where vectors that it lacks come from.

The truth is the database: texts by what they say, vectors by what was encoded and by which model. Index and file are
caches of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from knowledge_base.articles.articles import Unit, UnitKind
from knowledge_base.encoder import Encoder
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.vector_index import FaissIndex, IndexNote, write_index
from knowledge_base.store.database import Database
from knowledge_base.store.vector_store import VectorKey, load_vectors, save_vectors
from knowledge_base.vectors import Vectors

logger = logging.getLogger(__name__)

SAVED_TOGETHER = 16  # vectors kept in one transaction: what a crash loses of the work


class VectorSpace:
    """The vectors of one encoder.

    Attributes:
        index: touched on the model thread only, once `load` is done.
        encoded: units encoded since the start, for tests and metrics.
    """

    def __init__(self, database: Database, thread: ModelThread, encoder: Encoder, file: Path, batch: int) -> None:
        """Prepare.

        Args:
            batch: texts encoded in one job of the model thread: searches get their turn between two jobs.
        """
        self._database = database
        self._thread = thread
        self._encoder = encoder
        self._file = file
        self._batch = batch
        self._saved_edits: int | None = None
        self.index: FaissIndex = FaissIndex(encoder.dimension)
        self.encoded = 0

    @property
    def model(self) -> str:
        """The encoder's name."""
        return self._encoder.model

    async def load(self, generation: int) -> None:
        """Take the saved index, unless it is damaged, of another encoder, or of a later state of the base.

        That happens when the database is put back from a copy: its unit ids may by now stand for other texts.
        """
        read = partial(FaissIndex.load, self._file, self.model, self._encoder.dimension, generation)
        loaded = await self._thread.run(read)
        if loaded is None:
            await self.forget()
        else:
            self.index, self._saved_edits = loaded, loaded.edits

    def replace(self, index: FaissIndex) -> None:
        """Use another index from now on; on the model thread."""
        self.index, self._saved_edits = index, None

    async def forget(self) -> None:
        """Begin with an empty index."""
        self._saved_edits = None
        self.index = await self._thread.run(partial(FaissIndex, self._encoder.dimension))

    async def known(self, units: Sequence[Unit]) -> dict[VectorKey, Vectors]:
        """Return the vectors the database holds for these units."""
        keys = sorted({self.key(unit) for unit in units})
        return await self._database.read(
            partial(load_vectors, model=self.model, dimension=self._encoder.dimension, keys=keys)
        )

    async def vectors_of(self, units: Sequence[Unit]) -> dict[VectorKey, Vectors]:
        """Return a vector for each unit, encoding the texts whose vector the database does not hold."""
        known = await self.known(units)
        missing = {self.key(unit): unit for unit in units if self.key(unit) not in known}
        # By role, since each has its own call; by length, since a batch is padded to its longest text.
        waiting = sorted(missing, key=lambda key: (key.is_passage, len(missing[key].encoder_text)))
        made: dict[VectorKey, Vectors] = {}
        while waiting:
            batch = [key for key in waiting[: self._batch] if key.is_passage == waiting[0].is_passage]
            del waiting[: len(batch)]
            encode = self._encoder.encode_passages if batch[0].is_passage else self._encoder.encode
            rows = await self._thread.run(partial(encode, [missing[key].encoder_text for key in batch]))
            made |= zip(batch, rows, strict=True)
            self.encoded += len(batch)
            if len(made) >= SAVED_TOGETHER or not waiting:
                await self._database.run(partial(save_vectors, model=self.model, made=made))
                known |= made
                made = {}
        return known

    @staticmethod
    def key(unit: Unit) -> VectorKey:
        """Return under what the vector of a unit is kept."""
        return VectorKey(unit.content_hash, unit.kind is UnitKind.PASSAGE)

    async def save(self, generation: Callable[[], int]) -> None:
        """Write the file when the index changed since it was written last.

        Args:
            generation: of the index, asked on the model thread.
        """

        def take() -> tuple[int, int, bytes] | None:
            edits = self.index.edits
            return None if edits == self._saved_edits else (edits, generation(), self.index.serialized())

        taken = await self._thread.run(take)
        if taken is None:
            return
        edits, current, data = taken
        note = IndexNote(self.model, self._encoder.dimension, current)
        try:
            await asyncio.to_thread(write_index, self._file, data, note)
            self._saved_edits = edits
        except OSError as error:  # only a cache: the next start makes it anew from the database
            logger.warning("The vector index could not be saved", extra={"reason": str(error)})


def by_unit(keyed: Mapping[VectorKey, Vectors], units: Mapping[int, Unit]) -> dict[int, Vectors]:
    """Return vectors by unit id, of those units that have one."""
    return {unit_id: keyed[VectorSpace.key(unit)] for unit_id, unit in units.items() if VectorSpace.key(unit) in keyed}
