"""The vector index: FAISS in memory with a file that is only a cache.

Everything here must run on the model thread: torch and FAISS each bring an OpenMP, and both crash when two threads
use them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Vectors: TypeAlias = NDArray[np.float32]
"""One vector (d,) or several (n, d), each of length 1."""
Ids: TypeAlias = NDArray[np.int64]


class VectorIndex(Protocol):
    """Vectors by id, and the nearest of them."""

    @property
    def ids(self) -> frozenset[int]:
        """The ids it holds."""

    def __len__(self) -> int:
        """Return how many ids it holds."""

    def __contains__(self, unit_id: object) -> bool:
        """Return whether it holds an id."""

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors under new ids."""

    def remove(self, ids: Sequence[int]) -> None:
        """Forget ids; unknown ones are ignored."""

    def search(self, query: Vectors, limit: int) -> tuple[Ids, Vectors]:
        """Return ids and cosines of the nearest, best first; fewer than `limit` when it holds fewer."""

    def vectors_of(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors of these ids, in this order."""


class FaissIndex:
    """Exact inner product over ids: on vectors of length 1 that is the cosine."""

    def __init__(self, dimension: int) -> None:
        """Make an empty index."""
        faiss = _faiss()
        self.dimension = dimension
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._ids: set[int] = set()

    @property
    def ids(self) -> frozenset[int]:
        """The ids it holds."""
        return frozenset(self._ids)

    def __len__(self) -> int:
        """Return how many ids it holds."""
        return len(self._ids)

    def __contains__(self, unit_id: object) -> bool:
        """Return whether it holds an id."""
        return unit_id in self._ids

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors under new ids."""
        if not ids:
            return
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(ids, dtype=np.int64))
        self._ids.update(ids)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget ids; unknown ones are ignored."""
        known = [unit_id for unit_id in ids if unit_id in self._ids]
        if known:
            self._index.remove_ids(np.asarray(known, dtype=np.int64))
            self._ids.difference_update(known)

    def search(self, query: Vectors, limit: int) -> tuple[Ids, Vectors]:
        """Return ids and cosines of the nearest, best first."""
        count = min(limit, len(self._ids))
        if count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, ids = self._index.search(query.reshape(1, -1), count)
        return ids[0], scores[0]

    def vectors_of(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors of these ids, in this order."""
        if len(ids) == 0:
            return np.empty((0, self.dimension), np.float32)
        found: Vectors = self._index.reconstruct_batch(np.asarray(ids, dtype=np.int64))
        return found

    def save(self, path: Path, model: str) -> None:
        """Write the file and, after it, the note that vouches for it.

        A crash between the two leaves a file whose checksum does not match: it is then made anew.

        Raises:
            OSError: the disk is full or not writable.
        """
        data = _faiss().serialize_index(self._index).tobytes()
        _replace(path, data)
        note = {"model": model, "dimension": self.dimension, "sha256": hashlib.sha256(data).hexdigest()}
        _replace(_note(path), json.dumps(note).encode())

    @classmethod
    def load(cls, path: Path, model: str, dimension: int) -> FaissIndex | None:
        """Return the saved index, or `None` when it is missing, damaged, or of another model or dimension."""
        try:
            note = json.loads(_note(path).read_text(encoding="utf-8"))
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("The saved vector index cannot be read and is made anew", extra={"reason": str(error)})
            return None
        wanted = {"model": model, "dimension": dimension, "sha256": hashlib.sha256(data).hexdigest()}
        if note != wanted:
            logger.warning("The saved vector index is damaged or of another encoder and is made anew")
            return None
        faiss = _faiss()
        loaded = cls(dimension)
        loaded._index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        loaded._ids = set(faiss.vector_to_array(loaded._index.id_map).tolist())
        return loaded


def forget_file(path: Path) -> None:
    """Remove a saved index, so that the next start makes it anew."""
    _note(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _faiss() -> Any:
    import faiss  # here, not above: 0.3 s that a command without vectors need not pay

    # No faiss.omp_set_num_threads here: the setting is torch's too, and makes its forward pass ten times slower.
    return faiss


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
