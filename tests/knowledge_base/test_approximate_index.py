"""The index of many vectors: found nearly like one by one, and edited, saved and read back like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.search import faiss_layout
from knowledge_base.search.vector_index import FaissIndex, IndexNote, write_index
from knowledge_base.vectors import Vectors

DIMENSION = 16
LIMIT = 40  # vectors from which the indexes of these tests are approximate


def around_topics(count: int, topics: int = 20, seed: int = 1) -> Vectors:
    """Return vectors of length 1 in crowds, as texts are."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(topics, DIMENSION))
    rows = middles[chance.integers(0, topics, count)] + 0.5 * chance.normal(size=(count, DIMENSION))
    made: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


VECTORS = around_topics(600)


def filled(count: int, approximate_from: int = LIMIT) -> FaissIndex:
    index = FaissIndex(DIMENSION, approximate_from)
    index.add(list(range(count)), VECTORS[:count])
    return index


def layout(index: FaissIndex) -> str:
    return "approximate" if faiss_layout.is_approximate(index._index) else "exact"


def test_it_changes_its_layout_where_it_should_and_not_to_and_fro() -> None:
    index = filled(LIMIT - 1)
    assert layout(index) == "exact"
    index.add([LIMIT - 1], VECTORS[LIMIT - 1 : LIMIT])
    assert layout(index) == "approximate"
    index.remove(list(range(LIMIT // 2)))
    assert layout(index) == "approximate"
    index.remove([LIMIT - 1])
    assert layout(index) == "exact"
    assert index.ids == set(range(LIMIT // 2, LIMIT - 1))
    assert index.vectors_of([25]) == pytest.approx(VECTORS[25:26])


def test_it_sorts_anew_once_it_has_outgrown_its_lists() -> None:
    index = filled(LIMIT)
    few = index._index.nlist
    for number in range(LIMIT, len(VECTORS)):
        index.add([number], VECTORS[number : number + 1])
    assert index._index.nlist >= 4 * few
    assert len(index) == len(VECTORS)


@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 119), max_size=60)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_after_any_edits_it_holds_what_it_should(edits: list[tuple[bool, set[int]]]) -> None:
    index = FaissIndex(DIMENSION, LIMIT)
    held: set[int] = set()
    for adds, ids in edits:
        chosen = sorted(ids - held) if adds else sorted(ids)
        if adds:
            index.add(chosen, VECTORS[chosen])
            held |= ids
        else:
            index.remove(chosen)
            held -= ids
        assert index.ids == held
        assert len(index) == len(held)
        wanted = sorted(held)
        assert index.vectors_of(wanted) == pytest.approx(VECTORS[wanted])
        found, cosines = index.search(VECTORS[0], 200)
        # so few lists are all looked into: an approximate index that small finds everything
        assert set(found.tolist()) == held
        assert cosines == pytest.approx(np.sort(VECTORS[wanted] @ VECTORS[0])[::-1], abs=1e-5)


def test_where_not_every_list_is_looked_into_it_still_finds_nearly_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faiss_layout, "PROBED_LISTS", 8)
    rows = around_topics(5_000, seed=2)
    index, whole = FaissIndex(DIMENSION, 1_000), FaissIndex(DIMENSION)
    for one in (index, whole):
        one.add(list(range(len(rows))), rows)
    assert (layout(index), layout(whole)) == ("approximate", "exact")
    assert index._index.nlist > 8
    shared = [
        len(set(index.search(asked, 10)[0].tolist()) & set(whole.search(asked, 10)[0].tolist()))
        for asked in around_topics(100, seed=2)
    ]
    assert np.mean(shared) > 9
    index.remove([int(index.search(rows[3], 1)[0][0])])
    assert 3 not in index.search(rows[3], 10)[0]


def test_it_comes_back_from_its_file_and_can_be_edited_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_index(tmp_path / "index", filled(300).serialized(), IndexNote("model", DIMENSION))
    monkeypatch.setattr(FaissIndex.__init__, "__defaults__", (LIMIT,))
    loaded = FaissIndex.load(tmp_path / "index", "model", DIMENSION)
    assert loaded is not None
    assert layout(loaded) == "approximate"
    assert loaded.ids == set(range(300))
    loaded.remove([0, 7])
    loaded.add([7, 400], VECTORS[[7, 400]])
    assert loaded.vectors_of([400, 7]) == pytest.approx(VECTORS[[400, 7]])
    assert loaded.search(VECTORS[400], 1)[0].tolist() == [400]
    assert 0 not in loaded


def test_a_file_of_another_layout_is_taken_and_laid_out_as_it_should_be(tmp_path: Path) -> None:
    write_index(tmp_path / "index", filled(300).serialized(), IndexNote("model", DIMENSION))
    loaded = FaissIndex.load(tmp_path / "index", "model", DIMENSION)
    assert loaded is not None
    assert layout(loaded) == "exact", "300 are few for the limit of the product"
    assert loaded.search(VECTORS[8], 1)[0].tolist() == [8]


def test_an_index_that_becomes_empty_begins_again() -> None:
    index = filled(LIMIT)
    index.remove(list(range(LIMIT)))
    assert index.search(VECTORS[0], 5)[0].size == 0
    index.add([3], VECTORS[3:4])
    assert index.search(VECTORS[3], 5)[0].tolist() == [3]
