"""Keeps search in step with the database: the database is the truth, the vector index and its file are caches of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from knowledge_base import store
from knowledge_base.articles import StoredUnit
from knowledge_base.confidence import ConfidenceModel
from knowledge_base.database import Database
from knowledge_base.encoder import Encoder
from knowledge_base.model_thread import ModelThread
from knowledge_base.search import SearchIndex
from knowledge_base.vector_index import FaissIndex, Vectors
from knowledge_base.vector_store import forget_vectors, load_vectors, save_vectors

logger = logging.getLogger(__name__)

ENCODE_BATCH = 16  # units encoded in one job, about 0.3 s: searches get their turn between two jobs


class Indexer:
    """Builds the search index of a generation and puts it in place of the last.

    Attributes:
        current: what answers searches; `None` until the first `reconcile` is done.
        encoded: units encoded since the start, for tests and metrics.
    """

    def __init__(self, database: Database, thread: ModelThread, encoder: Encoder, file: Path) -> None:
        """Prepare; nothing is read before `reconcile`."""
        self._database = database
        self._thread = thread
        self._encoder = encoder
        self._file = file
        self._model = ConfidenceModel.load()
        self._vectors: FaissIndex | None = None
        self.current: SearchIndex | None = None
        self.encoded = 0

    async def reconcile(self) -> SearchIndex:
        """Bring search up to the database's generation and return the new index.

        A search running meanwhile sees the old generation whole or the new one whole: vectors and articles change
        places in one job of the model thread.
        """
        base = await self._database.run(store.live_base)
        vectors = self._vectors
        if vectors is None:
            vectors = await self._thread.run(self._load)
        units = {unit.unit_id: unit for article in base.articles for unit in article.units}
        held = await self._thread.run(lambda: vectors.ids)
        gone = sorted(held - units.keys())
        new = [units[unit_id] for unit_id in sorted(units.keys() - held)]
        made = await self._vectors_of(new)
        index = await asyncio.to_thread(SearchIndex, base, vectors, self._model)
        await self._thread.run(partial(self._swap, index, vectors, gone, new, made))
        if gone or new or not self._file.exists():
            await self._save(vectors)
        return index

    def _load(self) -> FaissIndex:
        loaded = FaissIndex.load(self._file, self._encoder.model, self._encoder.dimension)
        return loaded or FaissIndex(self._encoder.dimension)

    def _swap(
        self, index: SearchIndex, vectors: FaissIndex, gone: Sequence[int], new: Sequence[StoredUnit], made: Vectors
    ) -> None:
        vectors.remove(gone)
        vectors.add([unit.unit_id for unit in new], made)
        self._vectors = vectors
        self.current = index

    async def _vectors_of(self, units: Sequence[StoredUnit]) -> Vectors:
        """Return one row a unit, encoding only texts whose vector the database does not hold."""
        texts = {unit.unit.content_hash: unit.unit.encoder_text for unit in units}
        model = self._encoder.model
        known = await self._database.run(partial(load_vectors, model=model, hashes=list(texts)))
        # By length, since a batch is padded to its longest text.
        missing = sorted((key for key in texts if key not in known), key=lambda key: len(texts[key]))
        for first in range(0, len(missing), ENCODE_BATCH):
            keys = missing[first : first + ENCODE_BATCH]
            rows = await self._thread.run(partial(self._encoder.encode, [texts[key] for key in keys]))
            made = dict(zip(keys, rows, strict=True))
            await self._database.run(partial(save_vectors, model=model, made=made))
            known |= made
            self.encoded += len(keys)
        if missing:
            await self._database.run(partial(forget_vectors, model=model))
        if not units:
            return np.empty((0, self._encoder.dimension), np.float32)
        return np.stack([known[unit.unit.content_hash] for unit in units])

    async def _save(self, vectors: FaissIndex) -> None:
        try:
            await self._thread.run(partial(vectors.save, self._file, self._encoder.model))
        except OSError as error:  # only a cache: the next start makes it anew from the database
            logger.warning("The vector index could not be saved", extra={"reason": str(error)})
