"""How long a search takes beside its encoding, and how soon a publish is found, at so many articles.

    python -m tests.benchmarks.live_index [ARTICLES …]

Texts are made of words as frequent as words are (Zipf), English stop words among them; vectors lie around topics, a
tenth of the articles in each of ten, so that neighbourhoods are crowded. No real encoder is asked: its time is another
matter.
"""

# ruff: noqa: ASYNC110 - asked again and again, as anybody outside would

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from pathlib import Path

import httpx
import numpy as np
import psutil

from knowledge_base.articles.articles import Content, LiveArticle, NewArticle, StoredUnit, Unit, UnitKind
from knowledge_base.articles.passages import content_hash
from knowledge_base.search.confidence import load_confidence
from knowledge_base.search.indexer import Indexer
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.question import Question
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_index import FaissIndex, forget_file
from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from knowledge_base.store.live import LiveBase
from knowledge_base.store.store import add_articles
from knowledge_base.vectors import Vectors
from tests.support.hashing_process import hashing_process
from tests.support.knowledge_base import HashingEncoder

DIMENSION = 384  # of the packaged encoder
UNITS = 10  # an article: a title, an alternative question, eight passages
PASSAGE_WORDS = 80
VOCABULARY = 20_000
STOP_WORDS = ("the", "to", "a", "and", "of", "is", "in", "you", "for", "how", "can", "on", "with", "it", "my")
TOPICS = 10
SEARCHES = 200
PUBLISHES = 20


@dataclass(frozen=True)
class Timing:
    """Seconds of many runs of one thing."""

    seconds: tuple[float, ...]

    @property
    def p50(self) -> float:
        """Median."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """Nearest rank."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(0.95 * len(self.seconds)))]

    def __str__(self) -> str:
        """Return both in milliseconds."""
        return f"p50 {self.p50 * 1000:.1f} ms · p95 {self.p95 * 1000:.1f} ms"


class Words:
    """Made-up texts."""

    def __init__(self, seed: int = 7) -> None:
        """Make the vocabulary, most frequent word first."""
        self._chance = random.Random(seed)  # noqa: S311 - made-up texts, the same each time
        made = (self._chance.choices("bcdfglmnprst", k=3) for _ in range(VOCABULARY))
        self._words = [*STOP_WORDS, *(f"{a}a{b}o{c}{number}" for number, (a, b, c) in enumerate(made))]
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))

    def text(self, count: int) -> str:
        """Return a sentence of so many words."""
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=count)) + "."


def units_of(words: Words) -> list[Unit]:
    """Return the units of one article."""
    kinds = [UnitKind.TITLE, UnitKind.QUESTION] + [UnitKind.PASSAGE] * (UNITS - 2)
    made = []
    for kind in kinds:
        text = words.text(PASSAGE_WORDS if kind is UnitKind.PASSAGE else 7)
        made.append(Unit(kind, text, text, content_hash(text), sentences=((0, len(text)),)))
    return made


def around_topics(count: int, seed: int = 3) -> Vectors:
    """Return vectors of length 1, crowded around a few topics."""
    chance = np.random.default_rng(seed)
    topics = chance.normal(size=(TOPICS, DIMENSION)).astype(np.float32)
    rows = topics[np.arange(count) * TOPICS // count] + chance.normal(size=(count, DIMENSION)).astype(np.float32)
    made: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


def time_search(articles: int) -> tuple[float, Timing]:
    """Return the seconds to build the index, and those of a search without its encoding."""
    words, live, vectors = Words(), [], FaissIndex(DIMENSION)
    for number in range(articles):
        units = tuple(
            StoredUnit(number * UNITS + place, f"a{number}", unit) for place, unit in enumerate(units_of(words))
        )
        live.append(LiveArticle(f"a{number}", None, f"a{number}", units[0].unit.text, "en", (), units))
    rows = around_topics(articles * UNITS)
    vectors.add(list(range(len(rows))), rows)
    began = time.perf_counter()
    index = SearchIndex(LiveBase(1, tuple(live)), vectors, load_confidence())
    built = time.perf_counter() - began
    asked = [Question(words.text(12), vector) for vector in around_topics(SEARCHES, seed=4)]
    index.search(asked[0])
    return built, Timing(tuple(_seconds(partial(index.search, question)) for question in asked))


@dataclass(frozen=True)
class LiveTimes:
    """Of processes over a base.

    Attributes:
        start_s: a start from the saved index.
        start_without_file_s: a start that makes the index anew from the vectors in the database.
        publish: from a publish's call until it is found.
    """

    start_s: float
    start_without_file_s: float
    publish: Timing


async def time_processes(articles: int) -> LiveTimes:
    """Start processes and publish, over HTTP, as the editor of one replica and the customer of another."""
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        await _fill(var, articles)
        async with replica(var):
            pass  # reads from disk what later starts find in memory
        began = time.perf_counter()
        async with replica(var) as editor:
            started = time.perf_counter() - began
            async with replica(var) as customer:
                seconds = [await _publish(editor, customer, number) for number in range(PUBLISHES + 1)]
        forget_file(Settings(var=var).index_file)
        began = time.perf_counter()
        async with replica(var):
            anew = time.perf_counter() - began
    return LiveTimes(started, anew, Timing(tuple(seconds[1:])))  # the first pays for loading the sentence rules


async def _publish(editor: httpx.AsyncClient, customer: httpx.AsyncClient, number: int) -> float:
    name = f"zebra{number}"
    content = {"id": name, "title": f"The {name}", "body": f"Stripes of the {name}.\n\n" + "More of it. " * 200}
    began = time.perf_counter()
    (await editor.post("/v1/articles", json={**content, "state": "published"})).raise_for_status()
    while True:
        hits = (await customer.post("/v1/search", json={"query": name, "limit": 1})).json()["hits"]
        if hits and hits[0]["article_id"] == name:
            return time.perf_counter() - began
        await asyncio.sleep(0.005)


@asynccontextmanager
async def replica(var: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run a process over the base and return a client of it, once it serves."""
    headers = {"Authorization": f"Bearer {ensure_service_token(Settings(var=var).service_token_file)}"}
    async with (
        hashing_process(var, dimension=DIMENSION) as process,
        httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60) as client,
    ):
        while (await client.get("/health")).status_code != 200:
            await asyncio.sleep(0.05)
        yield client


async def _fill(var: Path, articles: int) -> None:
    """Put articles into a base and save its index."""
    words, now = Words(), datetime.now(UTC)
    database, thread = Database(Settings(var=var).database), ModelThread()
    new = [
        NewArticle(f"a{number}", Content(words.text(7), words.text(PASSAGE_WORDS)), f"a{number}")
        for number in range(articles)
    ]
    database.write_now(lambda connection: add_articles(connection, new, lambda _: units_of(words), now))
    indexer = Indexer(database, thread, HashingEncoder(DIMENSION), Settings(var=var).index_file)
    await indexer.reconcile()
    await indexer.close()
    thread.close()
    database.close()


def _seconds(run: partial[object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main(sizes: Sequence[int]) -> None:
    """Print everything at each size."""
    for size in sizes:
        before = psutil.Process().memory_info().rss
        built, search = time_search(size)
        memory = (psutil.Process().memory_info().rss - before) / 2**20
        print(f"{size} articles: built in {built:.1f} s, {memory:.0f} MB, search {search}", flush=True)
        times = asyncio.run(time_processes(size))
        print(f"{size} articles: start {times.start_s:.1f} s, without its file {times.start_without_file_s:.1f} s")
        print(f"{size} articles: publish to found {times.publish}", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [1_000, 10_000])
