"""How FAISS keeps the vectors: in one list while there are few, in many around centroids once there are many.

One list is compared whole: exact. `IndexFlatIP` would be, too, but asks two threads for every single question and waits
for both: on two cores that others use as well that took 24 ms at 10,000 vectors, one list takes 1 ms. HNSW, the other
layout of FAISS for many vectors, takes twenty times as long to build and cannot remove. docs/performance.md has the
figures.

Everything here must run on the model thread.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# From here on comparing one by one takes longer than the rest of a search, the encoder included, and twice as long
# with every doubling.
APPROXIMATE_FROM = 100_000
# Lists looked into: finds 98 of 100 of the ten nearest up to a million units, in 3 to 8 ms. Fewer would be quicker, but
# what is not found here is found by its words at most.
PROBED_LISTS = 128
TRAINED_ON = 40  # vectors a list that the centroids are fitted to: fewer than 39 make FAISS warn, more change nothing
OUTGROWN = 4  # times the lists there should be: then everything is sorted into new ones
SEED = 7
# Vectors read back in one call. From 1,001 on FAISS asks two threads and waits for both: that took most of a search.
READ_TOGETHER = 1_000

Layout: TypeAlias = Any
"""An `IndexIVFFlat` of FAISS, which has no types."""
Ids: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.float32]


def exact(dimension: int) -> Layout:
    """Return an empty index of one list, which is compared whole."""
    index = _in_lists(dimension, 1)
    index.quantizer.add(np.zeros((1, dimension), np.float32))
    index.is_trained = True
    return _with_ids(index)


def approximate(ids: Ids, vectors: Rows) -> Layout:
    """Return an index of these vectors that compares with those in the nearest lists.

    Takes half a second at 100,000 vectors and ten at a million.
    """
    count, dimension = vectors.shape
    index = _in_lists(dimension, lists_for(count))
    index.cp.min_points_per_centroid = 1
    sample = np.random.default_rng(SEED).choice(count, min(count, TRAINED_ON * index.nlist), replace=False)
    index.train(np.ascontiguousarray(vectors[sample]))
    _with_ids(index).add_with_ids(np.ascontiguousarray(vectors), ids)
    return index


def serialized(index: Layout) -> bytes:
    """Return the index as bytes."""
    import faiss

    data: bytes = faiss.serialize_index(index).tobytes()
    return data


def restored(data: bytes) -> Layout:
    """Return the index that was serialized."""
    import faiss

    return faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))  # of the right class already


def copied(index: Layout) -> Layout:
    """Return another index with the same vectors; takes 0.1 s at 100,000 of them."""
    import faiss

    return faiss.clone_index(index)


def is_approximate(index: Layout) -> bool:
    """Return whether some vectors may not be looked at."""
    return int(index.nlist) > 1


def lists_for(count: int) -> int:
    """Return into how many lists so many vectors are sorted: the power of two next to the square root."""
    return int(2 ** round(math.log2(max(count, 1)) / 2))


def fits(index: Layout, count: int, approximate_from: int) -> bool:
    """Return whether this layout serves so many vectors well; it is not changed to and fro around the limit."""
    if not is_approximate(index):
        return count < approximate_from
    return count >= approximate_from // 2 and lists_for(count) < OUTGROWN * int(index.nlist)


def ids_of(index: Layout) -> Ids:
    """Return the ids it holds."""
    import faiss

    lists = index.invlists
    parts = [
        faiss.rev_swig_ptr(lists.get_ids(number), size).copy()  # copied: it is memory of the list
        for number in range(index.nlist)
        if (size := lists.list_size(number))
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def vectors_of(index: Layout, ids: Ids) -> Rows:
    """Return the vectors of these ids, all of which it must hold, in this order."""
    found = np.empty((len(ids), int(index.d)), np.float32)
    for first in range(0, len(ids), READ_TOGETHER):
        part = ids[first : first + READ_TOGETHER]
        index.reconstruct_batch(part, found[first : first + len(part)])
    return found


def remove(index: Layout, ids: Ids) -> None:
    """Forget ids, all of which it must hold."""
    import faiss

    index.remove_ids(faiss.IDSelectorArray(ids))  # the only selector that finds by the table of ids


def _in_lists(dimension: int, lists: int) -> Layout:
    import faiss  # here, not above: 0.3 s that a command without vectors need not pay

    index: Layout = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = PROBED_LISTS
    return index


def _with_ids(index: Layout) -> Layout:
    """Keep a table of where each id is, for removing and reading back."""
    import faiss

    index.set_direct_map_type(faiss.DirectMap.Hashtable)  # type: ignore[attr-defined]  # it is there all the same
    return index
