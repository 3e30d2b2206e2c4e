"""A vector index seen through a change that was not made: some ids hidden, some of its own, the one below untouched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from knowledge_base.search.vector_index import VectorIndex
from knowledge_base.vectors import Ids, Vectors


class OverlayVectors:
    """Reads the index below, which must stay as it is meanwhile; must run on the model thread like it."""

    def __init__(self, below: VectorIndex, hidden: Collection[int], own: Mapping[int, Vectors]) -> None:
        """Hide ids of `below` and add vectors under ids it does not hold."""
        self._below = below
        self._hidden = {unit_id for unit_id in hidden if unit_id in below}
        self._own = dict(own)

    @property
    def ids(self) -> frozenset[int]:
        """The ids it holds."""
        return (self._below.ids - self._hidden) | self._own.keys()

    def __len__(self) -> int:
        """Return how many ids it holds."""
        return len(self._below) - len(self._hidden) + len(self._own)

    def __contains__(self, unit_id: object) -> bool:
        """Return whether it holds an id."""
        return unit_id in self._own or (unit_id not in self._hidden and unit_id in self._below)

    def add(self, ids: Sequence[int], vectors: Vectors | Sequence[Vectors]) -> None:
        """Add vectors under new ids, here only."""
        self._own.update(zip(ids, vectors, strict=True))

    def remove(self, ids: Sequence[int]) -> None:
        """Forget ids, here only."""
        for unit_id in ids:
            if self._own.pop(unit_id, None) is None and unit_id in self._below:
                self._hidden.add(unit_id)

    def search(self, query: Vectors, limit: int) -> tuple[Ids, Vectors]:
        """Return ids and cosines of the nearest, best first."""
        ids, cosines = self._below.search(query, limit + len(self._hidden))
        kept = np.array([unit_id not in self._hidden for unit_id in ids.tolist()], dtype=bool)
        own = np.fromiter(self._own, dtype=np.int64, count=len(self._own))
        rows = np.stack(list(self._own.values())) if self._own else np.empty((0, query.shape[-1]), np.float32)
        every = np.concatenate([ids[kept], own])
        scores = np.concatenate([cosines[kept], rows @ query.reshape(-1)]).astype(np.float32)
        order = np.argsort(-scores, kind="stable")[:limit]
        return every[order], scores[order]

    def vectors_of(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors of these ids, in this order."""
        below = [unit_id for unit_id in ids if unit_id not in self._own]
        found = dict(zip(below, self._below.vectors_of(below), strict=True)) | self._own
        if not len(ids):
            return self._below.vectors_of([])
        rows: Vectors = np.stack([found[unit_id] for unit_id in ids])
        return rows
