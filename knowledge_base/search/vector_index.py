"""The vector index: FAISS in memory with a file that is only a cache.

Everything here must run on the model thread: torch and FAISS each bring an OpenMP, and both crash when two threads
use them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from knowledge_base.search import faiss_layout
from knowledge_base.vectors import Ids, Vectors

logger = logging.getLogger(__name__)

LAYOUT = 2  # 1 was one flat index
DRAFT = ".new"
DRAFT_AGE_S = 600  # nobody takes this long to write one


class VectorIndex(Protocol):
    """Vectors by id, and the nearest of them."""

    @property
    def ids(self) -> frozenset[int]:
        """The ids it holds."""

    def __len__(self) -> int:
        """Return how many ids it holds."""

    def __contains__(self, unit_id: object) -> bool:
        """Return whether it holds an id."""

    def add(self, ids: Sequence[int], vectors: Vectors | Sequence[Vectors]) -> None:
        """Add vectors under new ids."""

    def remove(self, ids: Sequence[int]) -> None:
        """Forget ids; unknown ones are ignored."""

    def search(self, query: Vectors, limit: int) -> tuple[Ids, Vectors]:
        """Return ids and cosines of the nearest, best first; fewer than `limit` when it holds fewer."""

    def vectors_of(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors of these ids, in this order."""


@dataclass(frozen=True)
class IndexNote:
    """What the file of an index is of.

    Attributes:
        generation: the one of the base when it was written; its ids mean nothing to an earlier one.
        layout: raised with every change of how FAISS keeps the vectors.
    """

    model: str
    dimension: int
    generation: int = 0
    layout: int = LAYOUT


class FaissIndex:
    """Inner product over ids: on vectors of length 1 that is the cosine. Exact while that is the better choice.

    Attributes:
        edits: rises with every change, so that an unchanged index need not be written again.
    """

    def __init__(self, dimension: int, approximate_from: int = faiss_layout.APPROXIMATE_FROM) -> None:
        """Make an empty index.

        Args:
            approximate_from: how many vectors are no longer compared one by one.
        """
        self.dimension = dimension
        self.edits = 0
        self._approximate_from = approximate_from
        # No faiss.omp_set_num_threads: the setting is torch's too, and makes its forward pass ten times slower.
        self._index = faiss_layout.exact(dimension)
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

    def add(self, ids: Sequence[int], vectors: Vectors | Sequence[Vectors]) -> None:
        """Add vectors under new ids."""
        if not ids:
            return
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if faiss_layout.fits(self._index, len(self._ids) + len(ids), self._approximate_from):
            self._index.add_with_ids(rows, np.asarray(ids, dtype=np.int64))
            self._ids.update(ids)
        else:
            held = sorted(self._ids)
            self._lay_out([*held, *ids], np.concatenate([self.vectors_of(held), rows]))
        self.edits += 1

    def remove(self, ids: Sequence[int]) -> None:
        """Forget ids; unknown ones are ignored."""
        known = [unit_id for unit_id in ids if unit_id in self._ids]
        if known:
            faiss_layout.remove(self._index, np.asarray(known, dtype=np.int64))
            self._ids.difference_update(known)
            self._fit()
            self.edits += 1

    def search(self, query: Vectors, limit: int) -> tuple[Ids, Vectors]:
        """Return ids and cosines of the nearest, best first."""
        count = min(limit, len(self._ids))
        if count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, ids = self._index.search(query.reshape(1, -1), count)
        found = ids[0] >= 0  # an approximate search may come upon fewer
        return ids[0][found], scores[0][found]

    def vectors_of(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors of these ids, in this order."""
        return faiss_layout.vectors_of(self._index, np.asarray(ids, dtype=np.int64))

    def copied(self) -> FaissIndex:
        """Return another that holds the same."""
        other = FaissIndex(self.dimension, self._approximate_from)
        other.edits = self.edits
        other._index = faiss_layout.copied(self._index)
        other._ids = set(self._ids)
        return other

    def serialized(self) -> bytes:
        """Return the content of the file, for `write_index`."""
        return faiss_layout.serialized(self._index)

    @classmethod
    def load(cls, path: Path, model: str, dimension: int, generation: int | None = None) -> FaissIndex | None:
        """Return the saved index, or `None` when it is missing, damaged, or of another model, dimension or base.

        Args:
            generation: that of the base; a file of a later one is of a base that has been put back from a copy.
        """
        try:
            note = json.loads(_note(path).read_text(encoding="utf-8"))
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("The saved vector index cannot be read and is made anew", extra={"reason": str(error)})
            return None
        saved = note.get("generation") if isinstance(note, dict) else None
        if not isinstance(saved, int) or note != _signed(data, IndexNote(model, dimension, saved)):
            logger.warning("The saved vector index is damaged or of another encoder and is made anew")
            return None
        if generation is not None and saved > generation:
            logger.warning("The saved vector index is of a later state of the database and is made anew")
            return None
        loaded = cls(dimension)
        loaded._index = faiss_layout.restored(data)
        loaded._ids = set(faiss_layout.ids_of(loaded._index).tolist())
        loaded._fit()
        return loaded

    def _fit(self) -> None:
        if not faiss_layout.fits(self._index, len(self._ids), self._approximate_from):
            held = sorted(self._ids)
            self._lay_out(held, self.vectors_of(held))

    def _lay_out(self, ids: Sequence[int], rows: Vectors) -> None:
        """Begin anew with these vectors, in the layout that fits so many."""
        numbers = np.asarray(ids, dtype=np.int64)
        if len(ids) >= self._approximate_from:
            self._index = faiss_layout.approximate(numbers, rows)
        else:
            self._index = faiss_layout.exact(self.dimension)
            self._index.add_with_ids(rows, numbers)
        self._ids = set(ids)


def write_index(path: Path, data: bytes, note: IndexNote) -> None:
    """Write the file and, after it, the note that vouches for it; on any thread.

    A crash between the two leaves a file whose checksum does not match: it is then made anew.

    Raises:
        OSError: the disk is full or not writable.
    """
    _forget_drafts(path)
    _replace(path, data)
    _replace(_note(path), json.dumps(_signed(data, note)).encode())


def forget_file(path: Path) -> None:
    """Remove a saved index, so that the next start makes it anew."""
    _note(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _signed(data: bytes, note: IndexNote) -> dict[str, object]:
    return asdict(note) | {"sha256": hashlib.sha256(data).hexdigest()}


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}{DRAFT}")  # its own: other replicas may write at the same time
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _forget_drafts(path: Path) -> None:
    """Remove what a process that was killed while it wrote has left."""
    for draft in path.parent.glob(f"{path.name}*{DRAFT}"):
        with contextlib.suppress(FileNotFoundError):  # another replica was quicker
            if time.time() - draft.stat().st_mtime > DRAFT_AGE_S:
                draft.unlink()
