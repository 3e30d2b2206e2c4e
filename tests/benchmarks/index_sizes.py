"""The vector index at a thousand to a million units: exact, in lists, and as a graph (HNSW).

    python -m tests.benchmarks.index_sizes [UNITS …]

Beyond the demo base's own sentences vectors are made: a mixture of two real ones, with the difference of two others
added at half its length. So they keep the directions in which real sentences differ, and lie in crowds of unlike
size, as real ones do; uniform noise would make every index look better than it is. Questions are the real ones of the
shop's dev split.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge_base.articles.markdown_files import read_folder
from knowledge_base.encoder import load_encoder
from knowledge_base.search import faiss_layout
from knowledge_base.search.unit_scores import NEAREST_UNITS
from knowledge_base.service import split
from knowledge_base.settings import DEMO_FOLDER, Settings
from knowledge_base.vectors import Vectors
from tests.benchmarks.timing import milliseconds
from tests.e2e.acceptance import SHOP_QUESTIONS, rows

SIZES = (1_000, 10_000, 50_000, 100_000, 200_000, 1_000_000)
QUESTIONS = 150
NEAREST = 10
MADE_AT_ONCE = 50_000
DIFFERENCE = 0.5  # as far from the mixture as sentences of one article are from each other
GRAPH_LINKS, GRAPH_BUILD, GRAPH_SEARCH = 16, 80, 1_000  # HNSW's M, efConstruction, efSearch: we ask for 1,000
LARGEST_GRAPH = 100_000  # beyond it takes minutes to build
SEED = 5
HEAD = "| units | index | built in | bytes a unit | search | recall@10 |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Row:
    """One index at one size."""

    units: int
    name: str
    built_s: float
    bytes_a_unit: float
    seconds: Sequence[float]
    recall: float

    def __str__(self) -> str:
        """Return a row of a table."""
        return (
            f"| {self.units:,} | {self.name} | {self.built_s:.1f} s | {self.bytes_a_unit:,.0f} B "
            f"| {milliseconds(self.seconds, 1)} | {self.recall:.3f} |"
        )


def real_vectors() -> tuple[Vectors, Vectors]:
    """The vectors of the demo base's units and sentences, and of questions."""
    encoder = load_encoder(Settings.from_env())
    units = [unit for article in read_folder(DEMO_FOLDER) for unit in split(article.content)]
    texts = [unit.encoder_text for unit in units] + [unit.text[a:b] for unit in units for a, b in unit.sentences]
    asked = [row["text"] for row in rows(SHOP_QUESTIONS) if row["split"] == "dev"][:QUESTIONS]
    return encoder.encode_passages(list(dict.fromkeys(texts))), encoder.encode(asked)


def made_vectors(real: Vectors, count: int) -> Vectors:
    """So many vectors that lie as real ones do."""
    chance = np.random.default_rng(SEED)
    made = np.empty((count, real.shape[1]), np.float32)
    for first in range(0, count, MADE_AT_ONCE):
        here = min(MADE_AT_ONCE, count - first)
        one, other, plus, minus = chance.integers(0, len(real), (4, here))
        weight = chance.beta(2, 2, (here, 1)).astype(np.float32)
        rows_made = weight * real[one] + (1 - weight) * real[other]
        rows_made += np.float32(DIFFERENCE) * (real[plus] - real[minus])
        made[first : first + here] = rows_made / np.linalg.norm(rows_made, axis=1, keepdims=True)
    return made


def flat(vectors: Vectors) -> Any:
    """What FAISS has for exact search."""
    import faiss

    index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors, np.arange(len(vectors)))
    return index


def exact(vectors: Vectors) -> Any:
    """Our index while units are few."""
    index = faiss_layout.exact(vectors.shape[1])
    index.add_with_ids(vectors, np.arange(len(vectors)))
    return index


def lists(vectors: Vectors) -> Any:
    """Our index once they are many."""
    return faiss_layout.approximate(np.arange(len(vectors)), vectors)


def graph(vectors: Vectors) -> Any:
    """The layout we did not take."""
    import faiss

    index: Any = faiss.IndexHNSWFlat(vectors.shape[1], GRAPH_LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = GRAPH_BUILD, GRAPH_SEARCH
    index.add(vectors)
    return index


def measure_one(
    name: str, make: Callable[[Vectors], Any], vectors: Vectors, asked: Vectors, truth: list[set[int]]
) -> Row:
    """Build an index and search it as search does, for the nearest thousand units; fills `truth` when it is empty."""
    gc.collect()
    began = time.perf_counter()
    index = make(vectors)
    built = time.perf_counter() - began
    size = len(faiss_layout.serialized(index))
    index.search(asked[:1], NEAREST_UNITS)
    taken, found = [], []
    for vector in asked:
        began = time.perf_counter()
        _, ids = index.search(vector.reshape(1, -1), min(NEAREST_UNITS, len(vectors)))
        taken.append(time.perf_counter() - began)
        found.append(set(ids[0, :NEAREST].tolist()))
    if not truth:
        truth += found
    recall = float(np.mean([len(one & right) / len(right) for one, right in zip(found, truth, strict=True)]))
    return Row(len(vectors), name, built, size / len(vectors), taken, recall)


def measure(sizes: Sequence[int] = SIZES) -> list[Row]:
    """Every index at every size."""
    real, asked = real_vectors()
    table = []
    for size in sizes:
        vectors = made_vectors(real, size)
        truth: list[set[int]] = []
        makers: list[tuple[str, Callable[[Vectors], Any]]] = [
            ("one list, exact (ours below the limit)", exact),
            ("lists (ours from the limit on)", lists),
            ("`IndexFlatIP`, exact", flat),
        ]
        if size <= LARGEST_GRAPH:
            makers.append(("HNSW", graph))
        for name, make in makers:
            row = measure_one(name, make, vectors, asked, truth)
            print(row, flush=True)
            table.append(row)
    return table


if __name__ == "__main__":
    print(HEAD)
    measure([int(argument) for argument in sys.argv[1:]] or SIZES)
