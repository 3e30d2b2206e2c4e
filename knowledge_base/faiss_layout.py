"""How FAISS keeps the vectors: compared one by one while there are few, in lists around centroids once there are many.

Both layouts keep vectors whole, under ids of ours, and let them be removed and read back. HNSW, the other layout of
FAISS for many vectors, finds a little more in the same time but takes twenty times as long to build and cannot
remove. docs/performance.md has the figures.

Everything here must run on the model thread.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# From here on comparing one by one costs more than everything else in a search, the encoder included (8 ms against 7).
APPROXIMATE_FROM = 50_000
# Lists looked into: finds 98 of 100 of the ten nearest up to a million units, in 3 to 8 ms. Fewer would be quicker, but
# what is not found here is found by its words at most.
PROBED_LISTS = 128
TRAINED_ON = 40  # vectors a list that the centroids are fitted to: fewer than 39 make FAISS warn, more change nothing
OUTGROWN = 4  # times the lists there should be: then everything is sorted into new ones
SEED = 7

Layout: TypeAlias = Any
"""An index of FAISS, which has no types."""
Ids: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.float32]


def exact(dimension: int) -> Layout:
    """Return an empty index that compares with every vector."""
    import faiss  # here, not above: 0.3 s that a command without vectors need not pay

    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def approximate(ids: Ids, vectors: Rows) -> Layout:
    """Return an index of these vectors that compares with those in the nearest lists.

    Takes 0.2 s at 50,000 vectors and 12 s at a million.
    """
    import faiss

    count, dimension = vectors.shape
    lists = lists_for(count)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1
    sample = np.random.default_rng(SEED).choice(count, min(count, TRAINED_ON * lists), replace=False)
    index.train(np.ascontiguousarray(vectors[sample]))
    index.set_direct_map_type(faiss.DirectMap.Hashtable)  # type: ignore[attr-defined]  # it is there; the package says otherwise
    index.add_with_ids(np.ascontiguousarray(vectors), ids)
    index.nprobe = PROBED_LISTS
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


def is_approximate(index: Layout) -> bool:
    """Return which of the two it is."""
    return hasattr(index, "nprobe")


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

    if not is_approximate(index):
        held: Ids = faiss.vector_to_array(index.id_map)
        return held
    lists = index.invlists
    sizes = [lists.list_size(number) for number in range(index.nlist)]
    parts = [
        faiss.rev_swig_ptr(lists.get_ids(number), size).copy() for number, size in enumerate(sizes) if size
    ]  # copied: the pointer dies with the list
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def remove(index: Layout, ids: Ids) -> None:
    """Forget ids, all of which it must hold."""
    import faiss

    index.remove_ids(faiss.IDSelectorArray(ids) if is_approximate(index) else ids)
