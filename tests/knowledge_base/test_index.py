"""The vector index and its file, and the indexer that keeps them in step with the database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge_base.encoder import CachingEncoder
from knowledge_base.reindex import reindex
from knowledge_base.search.indexer import Indexer
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.question import Answer, Question
from knowledge_base.search.vector_index import FaissIndex, IndexNote, write_index
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from tests.support.knowledge_base import ARTICLES, BOOTS, HOURS, RETURNS, HashingEncoder, fill


def some_vectors(count: int, dimension: int = 8) -> np.ndarray:
    rows = np.random.default_rng(1).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, FaissIndex]:
    index = FaissIndex(8)
    index.add([5, 7, 9], some_vectors(3))
    write_index(tmp_path / "index", index.serialized(), IndexNote("model", 8))
    return tmp_path / "index", index


def test_the_nearest_come_first_and_removed_ones_are_gone(saved: tuple[Path, FaissIndex]) -> None:
    _, index = saved
    ids, scores = index.search(some_vectors(3)[1], 10)
    assert ids[0] == 7
    assert scores[0] == pytest.approx(1)
    assert list(scores) == sorted(scores, reverse=True)
    index.remove([7, 1234])
    assert index.ids == {5, 9}
    assert 7 not in index.search(some_vectors(3)[1], 10)[0]
    assert index.vectors_of([9]) == pytest.approx(some_vectors(3)[2:])


def test_a_saved_index_comes_back(saved: tuple[Path, FaissIndex]) -> None:
    path, index = saved
    loaded = FaissIndex.load(path, "model", 8)
    assert loaded is not None
    assert loaded.ids == index.ids
    assert loaded.search(some_vectors(3)[0], 3)[0].tolist() == index.search(some_vectors(3)[0], 3)[0].tolist()


@pytest.mark.parametrize("damage", ["cut", "flip", "no note", "wrong note", "no file", "empty"])
def test_a_damaged_index_is_not_trusted(saved: tuple[Path, FaissIndex], damage: str) -> None:
    path, _ = saved
    note = path.with_name("index.json")
    data = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(data[:-5])
        case "flip":
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "no note":
            note.unlink()
        case "wrong note":
            note.write_text("[]", encoding="utf-8")
        case "no file":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
    assert FaissIndex.load(path, "model", 8) is None


def test_an_index_of_another_encoder_is_not_taken(saved: tuple[Path, FaissIndex]) -> None:
    path, _ = saved
    assert FaissIndex.load(path, "another model", 8) is None
    assert FaissIndex.load(path, "model", 16) is None


def test_an_empty_index_finds_nothing() -> None:
    assert FaissIndex(8).search(some_vectors(1)[0], 5)[0].tolist() == []


class Machine:
    """A database and index file that outlive the indexers started on them."""

    def __init__(self, var: Path) -> None:
        self.file = var / "knowledge.faiss"
        self.database = Database(var / "knowledge.db")
        self.thread = ModelThread()
        self.encoder = HashingEncoder()

    async def start(self, encoder: HashingEncoder | None = None) -> Indexer:
        """Start as after a reboot, with an encoder that has encoded nothing yet."""
        self.encoder = encoder or HashingEncoder()
        indexer = Indexer(self.database, self.thread, self.encoder, self.file)
        await indexer.reconcile()
        return indexer

    async def ask(self, indexer: Indexer, text: str) -> Answer:
        assert indexer.current is not None
        index = indexer.current
        return await self.thread.run(lambda: index.search(Question(text, HashingEncoder().encode([text])[0])))

    def close(self) -> None:
        self.thread.close()
        self.database.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    yield machine
    machine.close()


async def test_a_restart_encodes_nothing(machine: Machine) -> None:
    fill(machine.database, ARTICLES)
    first = await machine.start()
    assert first.encoded == len(machine.encoder.encoded) > 0
    assert machine.file.exists()
    second = await machine.start()
    assert second.encoded == 0
    assert (await machine.ask(second, "send an item back")).hits[0].article.article_id == "return-an-item"


@pytest.mark.parametrize("damage", ["missing", "damaged"])
async def test_a_lost_index_file_is_made_anew_without_encoding(machine: Machine, damage: str) -> None:
    fill(machine.database, ARTICLES)
    before = await machine.ask(await machine.start(), "send an item back")
    if damage == "missing":
        machine.file.unlink()
    else:
        machine.file.write_bytes(b"garbage")
    indexer = await machine.start()
    assert indexer.encoded == 0
    assert (await machine.ask(indexer, "send an item back")).hits == before.hits
    assert FaissIndex.load(machine.file, "hashing", 64) is not None


async def test_another_model_encodes_everything_anew(machine: Machine) -> None:
    fill(machine.database, ARTICLES)
    count = (await machine.start()).encoded
    indexer = await machine.start(HashingEncoder(dimension=32, model="smaller"))
    assert indexer.encoded == count
    assert FaissIndex.load(machine.file, "smaller", 32) is not None
    assert (await machine.start(HashingEncoder(dimension=32, model="smaller"))).encoded == 0


async def test_new_articles_are_found_and_only_they_are_encoded(machine: Machine) -> None:
    fill(machine.database, [HOURS, BOOTS])
    indexer = await machine.start()
    assert indexer.current is not None
    assert indexer.current.generation == 1
    machine.encoder.encoded.clear()
    fill(machine.database, [RETURNS])
    assert (await indexer.reconcile()).generation == 2
    assert not any("wax" in text for text in machine.encoder.encoded)
    assert (await machine.ask(indexer, "send an item back")).hits[0].article.article_id == "return-an-item"


async def test_an_index_that_cannot_be_saved_still_serves(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    fill(machine.database, [HOURS])
    machine.file.mkdir()
    indexer = await machine.start()
    assert (await machine.ask(indexer, "when are you open")).hits
    assert "could not be saved" in caplog.text


async def test_reindex_makes_everything_anew(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, demo=False)
    database = Database(settings.database)
    fill(database, ARTICLES)
    database.close()
    first = await reindex(settings, HashingEncoder)
    assert first > 0
    assert await reindex(settings, HashingEncoder) == first
    assert FaissIndex.load(settings.index_file, "hashing", 64) is not None


def test_a_text_asked_again_is_not_encoded_again() -> None:
    inner = HashingEncoder()
    encoder = CachingEncoder(inner, size=2)
    first = encoder.encode(["a b", "c", "a b"])
    assert inner.encoded == ["a b", "c"]
    assert np.array_equal(encoder.encode(["c", "a b"]), first[[1, 0]])
    assert (encoder.hits, encoder.misses) == (3, 2)
    encoder.encode(["d"])
    encoder.encode(["a b", "c"])
    assert inner.encoded == ["a b", "c", "d", "c"], "the one longest unused is forgotten"
    assert encoder.encode([]).shape == (0, 64)
