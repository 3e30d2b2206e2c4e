"""What is published is found at once: here, in every other process over the database, and after a kill."""

# ruff: noqa: ASYNC110 - asked again and again, as anybody outside would

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from knowledge_base.articles.articles import NewArticle
from knowledge_base.encoder import multilingual_loader
from knowledge_base.search import indexer as indexer_module
from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.indexer import Indexer
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_index import FaissIndex, IndexNote, write_index
from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from knowledge_base.vectors import Vectors
from scripts.languages import LanguageWatch
from tests.support.hashing_process import hashing_process
from tests.support.knowledge_base import (
    ARTICLES,
    BOOTS,
    HOURS,
    HashingEncoder,
    RunningKnowledgeBase,
    an_article,
    fill,
    running_knowledge_base,
)

LIVE_S = 1.0  # what editors are promised
ROUNDS = 12  # at most, of which the fastest counts: what else the machine does is not what is measured
DEADLINE_S = 60
PUBLISHES = 200
READERS = 2


def text_of(number: int) -> dict[str, Any]:
    """Return an article that carries its number in every part of it."""
    return {
        "title": f"Zebra crossing n{number}",
        "body": f"The zebra crossing n{number} is striped.",
        "questions": [f"Which zebra crossing n{number}?"],
        "state": "published",
    }


def numbers_in(hit: dict[str, Any]) -> set[str]:
    """Return every number a hit of such an article carries: one, unless old and new are mixed."""
    return set(re.findall(r"\bn\d+", f"{hit['title']} {hit['passage']} {hit['html']}"))


async def create(client: httpx.AsyncClient, article_id: str, content: dict[str, Any]) -> int:
    """Publish a new article and return its version."""
    answer = await client.post("/v1/articles", json={"id": article_id, **content})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


async def edit(client: httpx.AsyncClient, article_id: str, version: int, content: dict[str, Any]) -> dict[str, Any]:
    """Publish a new version and return the article."""
    answer = await client.put(f"/v1/articles/{article_id}", json={"version": version, **content})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def first_hit(client: httpx.AsyncClient, query: str, *, trial: bool = False) -> dict[str, Any]:
    """Search, and return the first hit with the generation that answered."""
    answer = (await client.post("/v1/search", json={"query": query, "trial": trial})).raise_for_status().json()
    return {**answer["hits"][0], "generation": answer["generation"]} if answer["hits"] else {}


async def until_first(client: httpx.AsyncClient, query: str, met: Callable[[dict[str, Any]], bool]) -> float:
    """Search until the first hit is as wanted; return the seconds that took."""
    started = time.monotonic()
    async with asyncio.timeout(DEADLINE_S):
        while not met(await first_hit(client, query)):
            await asyncio.sleep(0.01)
    return time.monotonic() - started


async def until_found(client: httpx.AsyncClient, query: str, title: str) -> float:
    """Search until this is the first title found; return the seconds that took."""
    return await until_first(client, query, lambda hit: hit.get("title") == title)


async def until_ready(client: httpx.AsyncClient) -> dict[str, Any]:
    """Ask after the health until nothing is pending."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            answer = await client.get("/health")
            if answer.status_code == 200 and answer.json()["pending"] == 0:
                return dict(answer.json())
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def client_of(url: str, var: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that may call the process at this address."""
    token = ensure_service_token(Settings(var=var).service_token_file)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def test_publishing_editing_and_archiving_reach_another_process_within_a_second(
    kb: RunningKnowledgeBase, tmp_path: Path
) -> None:
    async with hashing_process(tmp_path) as replica, client_of(replica.url, tmp_path) as other:
        await until_ready(other)
        rounds: list[list[float]] = []
        for name in (f"zebra-{number}" for number in range(ROUNDS)):
            version = await create(kb.client, name, text_of(1))
            took = [await until_found(other, "zebra crossing n1", "Zebra crossing n1")]
            await edit(kb.client, name, version, text_of(2))
            took.append(await until_found(other, "zebra crossing n2", "Zebra crossing n2"))
            (await kb.client.post(f"/v1/articles/{name}/rollback", json={"version": 1})).raise_for_status()
            took.append(await until_found(other, "zebra crossing", "Zebra crossing n1"))
            done = (await kb.client.post(f"/v1/articles/{name}/archive", json={})).raise_for_status().json()
            took.append(
                await until_first(other, "zebra crossing", lambda hit, name=name: hit.get("article_id") != name)
            )
            assert (await first_hit(other, "when are you open"))["generation"] == done["generation"]
            rounds.append(took)
            if max(map(min, zip(*rounds, strict=True))) < LIVE_S:
                return
        raise AssertionError(rounds)


async def test_searches_during_publishes_see_one_version_whole_and_never_none(kb: RunningKnowledgeBase) -> None:
    version = await create(kb.client, "zebra", text_of(0))
    await until_found(kb.client, "zebra crossing", "Zebra crossing n0")
    published = asyncio.Event()
    seen: list[list[tuple[int, int]]] = [[] for _ in range(READERS)]

    async def read(into: list[tuple[int, int]]) -> None:
        async with httpx.AsyncClient(base_url=kb.url, headers=dict(kb.client.headers), timeout=60) as reader:
            while not published.is_set():
                hit = await first_hit(reader, f"which zebra crossing is striped {len(into)}")
                assert hit["article_id"] == "zebra", "a moment without the article"
                numbers = numbers_in(hit)
                assert len(numbers) == 1, f"old and new mixed: {hit}"
                into.append((hit["generation"], int(numbers.pop()[1:])))

    readers = [asyncio.create_task(read(into)) for into in seen]
    try:
        for number in range(1, PUBLISHES + 1):
            version = (await edit(kb.client, "zebra", version, text_of(number)))["version"]
        await until_found(kb.client, "zebra crossing", f"Zebra crossing n{PUBLISHES}")
    finally:
        published.set()
        await asyncio.gather(*readers)
    by_generation: dict[int, set[int]] = {}
    for answers in seen:
        assert answers == sorted(answers), "an older state came back"
        for generation, number in answers:
            by_generation.setdefault(generation, set()).add(number)
    assert all(len(numbers) == 1 for numbers in by_generation.values()), "one generation, two answers"
    assert len(by_generation) > 20, "the searches hardly met a publish"


class GatedEncoder(HashingEncoder):
    """Waits for permission before it encodes a text that holds a word."""

    def __init__(self, word: str, **given: Any) -> None:
        super().__init__(**given)
        self.word = word
        self.reached, self.go = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, once told to go on."""
        if any(self.word in text for text in texts):
            self.reached.set()
            assert self.go.wait(DEADLINE_S)
        return super().encode(texts)


async def test_a_change_is_answered_once_it_is_found(tmp_path: Path) -> None:
    encoder = GatedEncoder("zebra")
    async with running_knowledge_base(tmp_path, ARTICLES, make_encoder=lambda: encoder) as kb:
        publishing = asyncio.create_task(create(kb.client, "zebra", text_of(1)))
        assert await asyncio.to_thread(encoder.reached.wait, DEADLINE_S)
        assert not publishing.done(), "nobody finds it yet"
        encoder.go.set()
        version = await publishing
        assert (await first_hit(kb.client, "zebra crossing"))["article_id"] == "zebra"
        for number in range(2, 30):
            version = (await edit(kb.client, "zebra", version, text_of(number)))["version"]
            assert numbers_in(await first_hit(kb.client, "zebra crossing")) == {f"n{number}"}
        (await kb.client.post("/v1/articles/zebra/rollback", json={"version": 1})).raise_for_status()
        assert numbers_in(await first_hit(kb.client, "zebra crossing")) == {"n1"}
        (await kb.client.delete("/v1/articles/zebra")).raise_for_status()
        assert (await first_hit(kb.client, "zebra crossing")).get("article_id") != "zebra"


async def test_a_change_is_answered_even_if_search_does_not_come_to_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = GatedEncoder("zebra")
    async with running_knowledge_base(tmp_path, ARTICLES, make_encoder=lambda: encoder, live_s=0.01) as kb:
        await create(kb.client, "zebra", text_of(1))
        assert "search does not know it yet" in caplog.text
        encoder.go.set()
        await until_found(kb.client, "zebra crossing", "Zebra crossing n1")


async def test_a_slow_old_job_never_overwrites_a_newer_state(tmp_path: Path) -> None:
    database, thread = Database(tmp_path / "knowledge.db"), ModelThread()
    fill(database, [HOURS])
    encoder = GatedEncoder("slow")
    indexer = Indexer(database, thread, encoder, tmp_path / "knowledge.faiss")
    index = await indexer.reconcile()
    try:
        fill(database, [an_article("slow", "A slow one", "This is slow.")])
        old = asyncio.create_task(indexer.catch_up())
        assert await asyncio.to_thread(encoder.reached.wait, DEADLINE_S)
        fill(database, [BOOTS])
        new = asyncio.create_task(indexer.catch_up())
        assert index.generation == 1
        encoder.go.set()
        await new
        await old
        assert indexer.current is not None
        assert (indexer.current.generation, indexer.current.article_count) == (3, 3)
    finally:
        thread.close()
        database.close()


async def test_the_last_generation_wins_whatever_was_going_on(
    kb: RunningKnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "knowledge_base.store.live.MAX_CHANGES", 2
    )  # some are taken over in place, some by building anew
    versions = {name: await create(kb.client, name, text_of(0)) for name in ("a", "b", "c", "d")}
    for number in range(1, 9):
        done = await asyncio.gather(*(edit(kb.client, name, versions[name], text_of(number)) for name in versions))
        versions = {article["id"]: article["version"] for article in done}
    health = await until_ready(kb.client)
    assert health["generation"] == max(article["generation"] for article in done)
    answer = (await kb.client.post("/v1/search", json={"query": "zebra crossing", "limit": 50})).json()
    found = {hit["article_id"]: numbers_in(hit) for hit in answer["hits"] if hit["article_id"] in versions}
    assert found == {name: {"n8"} for name in versions}


async def test_a_change_that_cannot_be_taken_over_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([RuntimeError("no memory"), RuntimeError("still none")])

    class FailingEncoder(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if any("striped" in text for text in texts):
                for failure in failures:
                    raise failure
            return super().encode(texts)

    async with running_knowledge_base(tmp_path, ARTICLES, FailingEncoder) as kb:
        await create(kb.client, "zebra", text_of(1))
        await until_found(kb.client, "zebra crossing", "Zebra crossing n1")
        assert caplog.text.count("Search could not take over a change") == 2
        assert (await kb.client.get("/health")).json()["pending"] == 0


async def test_an_index_left_half_changed_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FaissIndex.add
    failing = threading.Event()
    failing.set()

    def add(self: FaissIndex, ids: Sequence[int], vectors: Vectors) -> None:
        if failing.is_set():
            raise MemoryError
        real(self, ids, vectors)

    async with running_knowledge_base(tmp_path, ARTICLES, live_s=0.01) as kb:
        monkeypatch.setattr(FaissIndex, "add", add)
        await create(kb.client, "zebra", text_of(1))
        async with asyncio.timeout(DEADLINE_S):
            while (answer := await kb.client.post("/v1/search", json={"query": "zebra crossing"})).status_code == 200:
                assert "zebra" not in [hit["article_id"] for hit in answer.json()["hits"]]
        assert (answer.status_code, answer.json()["retry_after_s"]) == (503, 2)
        failing.clear()
        await until_ready(kb.client)
        assert (await first_hit(kb.client, "zebra crossing"))["title"] == "Zebra crossing n1"


async def test_a_replica_that_slept_reads_the_whole_base(
    kb: RunningKnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held up by its own loop, it wakes up when the log does not reach back any more."""
    monkeypatch.setattr("knowledge_base.store.change_log.KEPT_GENERATIONS", 2)
    elsewhere = Database(tmp_path / "knowledge.db")
    try:  # the loop of `kb` does not run meanwhile
        for number in range(6):
            fill(elsewhere, [an_article(f"new-{number}", f"Zebra n{number}", "Striped.")])
    finally:
        elsewhere.close()
    health = await until_ready(kb.client)
    assert (health["generation"], health["articles"]) == (8, 10)


class Polyglot(HashingEncoder):
    """An encoder of all languages that reads a passage differently from a question."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        return self.encode([f"passage {text}" for text in texts])


@contextlib.asynccontextmanager
async def with_two_encoders(
    var: Path, polyglot: HashingEncoder, articles: Sequence[NewArticle] = ARTICLES
) -> AsyncIterator[RunningKnowledgeBase]:
    """Serve with a second encoder."""
    async with running_knowledge_base(var, articles, make_multilingual=lambda: polyglot) as kb:
        yield kb


async def test_foreign_questions_are_compared_in_a_space_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer_module, "LAST_SAVE_S", DEADLINE_S)  # the file is looked for
    polyglot = Polyglot(dimension=32, model="polyglot")
    async with with_two_encoders(tmp_path, polyglot) as kb:
        await until_ready(kb.client)
        assert any(text.startswith("passage ") for text in polyglot.encoded)
        assert "Opening hours" in polyglot.encoded, "titles are read as questions are"
        polyglot.encoded.clear()
        # As trials: a customer's question without an answer is encoded once more, to find its gap.
        czech, english = "Jak můžu vrátit zboží zpátky?", "How can I return this thing?"
        assert (await first_hit(kb.client, czech, trial=True))["article_id"] == "return-an-item.cs"
        assert polyglot.encoded == [czech]
        assert (await first_hit(kb.client, english, trial=True))["article_id"] == "return-an-item"
        assert polyglot.encoded == [czech], "English needs no second vector"
    again = Polyglot(dimension=32, model="polyglot")
    async with with_two_encoders(tmp_path, again, ()) as kb:
        await until_ready(kb.client)
        assert again.encoded == ["warm up"], "a restart encodes no article"
        assert Settings(var=tmp_path).multilingual_index_file.exists()


async def test_health_tells_that_search_serves_and_that_the_second_space_is_not_filled_yet(tmp_path: Path) -> None:
    polyglot = GatedEncoder("Opening", dimension=32, model="polyglot")
    async with with_two_encoders(tmp_path, polyglot) as kb:
        assert await asyncio.to_thread(polyglot.reached.wait, DEADLINE_S)
        health = (await kb.client.get("/health")).json()
        assert (health["status"], health["pending"] > 0) == ("ok", True)
        polyglot.go.set()
        await until_ready(kb.client)


async def test_an_article_in_another_language_appears_with_both_its_vectors_an_english_one_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_over: dict[str, int] = {}
    real = SearchIndex.apply

    def apply(self: SearchIndex, change: IndexChange) -> bool:
        done = real(self, change)
        taken_over[change.articles[0].article.article_id] = self.lacking
        return done

    monkeypatch.setattr(SearchIndex, "apply", apply)
    async with with_two_encoders(tmp_path, Polyglot(dimension=32, model="polyglot")) as kb:
        await until_ready(kb.client)
        czech = {"title": "Přechod", "body": "Zebra je pruhovaná.", "language": "cs", "state": "published"}
        await create(kb.client, "zebra.cs", czech)
        await until_ready(kb.client)
        await create(kb.client, "zebra", text_of(1))
        await until_ready(kb.client)
        assert taken_over == {"zebra.cs": 0, "zebra": 3}


async def test_a_second_encoder_that_cannot_be_loaded_takes_nothing_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> HashingEncoder:
        raise RuntimeError("no such model")

    async with running_knowledge_base(tmp_path, ARTICLES, make_multilingual=broken) as kb:
        await until_ready(kb.client)
        async with asyncio.timeout(DEADLINE_S):
            while "by their words alone" not in caplog.text:
                await asyncio.sleep(0.01)
        found = (await kb.client.post("/v1/search", json={"query": "Jak můžu vrátit zboží zpátky?"})).json()
        assert (found["hits"][0]["article_id"], found["way"]) == ("return-an-item.cs", "words")
        health = (await kb.client.get("/health")).json()
        assert (health["status"], health["multilingual"]) == ("ok", None)
        assert "no such model" in health["multilingual_problem"]
        watch = LanguageWatch(f"{kb.url}/health")
        assert await asyncio.to_thread(watch.look) == health["multilingual_problem"], "make run says it"
        assert await asyncio.to_thread(watch.look) is None, "and once"


async def test_a_second_encoder_set_by_a_name_that_is_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, demo=False, multilingual=str(tmp_path / "nothing-here"))
    async with running_knowledge_base(
        tmp_path, ARTICLES, settings=settings, make_multilingual=multilingual_loader(settings)
    ) as kb:
        async with asyncio.timeout(DEADLINE_S):
            while (health := (await kb.client.get("/health")).json())["multilingual_problem"] is None:
                await asyncio.sleep(0.01)
        assert "nothing-here" in health["multilingual_problem"]
        assert "set TANDEM_ENCODER_MULTILINGUAL to" in health["multilingual_problem"]
        assert health["status"] == "ok"


async def test_the_index_file_is_not_written_for_every_publish_but_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    real = write_index

    def write(path: Path, data: bytes, note: IndexNote) -> None:
        written.append(note.generation)
        real(path, data, note)

    monkeypatch.setattr("knowledge_base.search.vector_space.write_index", write)
    monkeypatch.setattr(indexer_module, "LAST_SAVE_S", DEADLINE_S)
    monkeypatch.setattr(indexer_module, "SAVE_EVERY_S", DEADLINE_S)
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        version = await create(kb.client, "zebra", text_of(0))
        for number in range(1, 6):
            version = (await edit(kb.client, "zebra", version, text_of(number)))["version"]
        await until_ready(kb.client)
    assert written == [2, 8]
    saved = FaissIndex.load(Settings(var=tmp_path).index_file, "hashing", 64, generation=8)
    assert saved is not None
    monkeypatch.setattr(indexer_module, "SAVE_EVERY_S", 0.01)
    async with running_knowledge_base(tmp_path) as kb:
        await edit(kb.client, "zebra", version, text_of(9))
        async with asyncio.timeout(DEADLINE_S):
            while written[-1] != 9:
                await asyncio.sleep(0.01)


async def test_a_database_put_back_from_a_copy_takes_no_vector_of_the_future(tmp_path: Path) -> None:
    """Unit ids are given again then, to other texts."""
    var = tmp_path / "var"
    settings = Settings(var=var)
    database = Database(settings.database)
    fill(database, [HOURS])
    database.close()
    copy = settings.database.read_bytes()
    async with running_knowledge_base(var) as kb:
        await create(kb.client, "zebra", text_of(1))
        await until_ready(kb.client)
    for name in ("knowledge.db", "knowledge.db-wal", "knowledge.db-shm"):
        (var / name).unlink(missing_ok=True)
    settings.database.write_bytes(copy)
    async with running_knowledge_base(var) as kb:
        await create(kb.client, "lion", {"title": "Lions", "body": "Lions roar.", "state": "published"})
        await until_ready(kb.client)
        hit = await first_hit(kb.client, "lions roar")
        assert hit["article_id"] == "lion"
        assert hit["dense"] > 0.7, "compared with its own vector, not with a zebra's"


async def test_killed_while_it_reconciles_or_saves_it_comes_back_right(tmp_path: Path) -> None:
    """Five kills, at moments nobody chose, of a process that encodes slowly and saves all the time."""
    database = Database(Settings(var=tmp_path).database)
    fill(database, ARTICLES)
    database.close()
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    allowed: dict[str, set[str | None]] = {f"zebra-{number}": {None} for number in range(3)}
    number = 0

    async def check(client: httpx.AsyncClient) -> None:
        for name in allowed:
            seen = await number_of(client, name)
            assert seen in allowed[name], "neither what was acknowledged nor what was asked for since"
            allowed[name] = {seen}

    for _ in range(5):
        async with hashing_process(tmp_path, 0.02, 0.001) as process, client_of(process.url, tmp_path) as client:
            await until_ready(client)
            await check(client)
            kill_at = number + chance.randint(1, 8)
            killing: asyncio.Task[None] | None = None
            with contextlib.suppress(httpx.TransportError):
                while True:
                    number += 1
                    name = f"zebra-{number % 3}"
                    allowed[name].add(f"n{number}")
                    await publish(client, name, number)
                    allowed[name] = {f"n{number}"}
                    if number >= kill_at and killing is None:
                        killing = asyncio.create_task(kill_after(process.kill, chance.uniform(0, 0.15)))
            assert killing is not None
            await killing
    async with running_knowledge_base(tmp_path) as kb:
        await until_ready(kb.client)
        await check(kb.client)
    assert all(None not in seen for seen in allowed.values())


async def kill_after(kill: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Kill at a moment that has nothing to do with what the process does."""
    await asyncio.sleep(seconds)
    await kill()


async def publish(client: httpx.AsyncClient, name: str, number: int) -> None:
    """Publish a number in an article, new or not."""
    content = text_of(number)
    content["title"] += f" {name}"
    known = await client.get(f"/v1/articles/{name}")
    if known.status_code == 404:
        await create(client, name, content)
    else:
        await edit(client, name, known.json()["version"], content)


async def number_of(client: httpx.AsyncClient, name: str) -> str | None:
    """Return the number the hit of an article carries, `None` when it is not found."""
    answer = (await client.post("/v1/search", json={"query": f"zebra crossing {name}", "limit": 50})).json()
    hits = [numbers_in(hit) for hit in answer["hits"] if hit["article_id"] == name]
    assert all(len(numbers) == 1 for numbers in hits)
    return hits[0].pop() if hits else None
