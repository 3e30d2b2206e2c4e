"""Search is ready for a large import before it is committed: nothing waits for it, and it appears whole."""

# ruff: noqa: ASYNC110 - asked again and again, as anybody outside would

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from knowledge_base.articles.articles import LiveArticle
from knowledge_base.importing import stage
from knowledge_base.importing.importer import Importer, Order
from knowledge_base.importing.plan import Outcome
from knowledge_base.search import beside, index_change, readiness
from knowledge_base.search.lexicon import ArticleTerms, article_terms
from knowledge_base.service import split
from knowledge_base.store import live, staging, store, unit_store
from knowledge_base.store.database import Database
from knowledge_base.store.live import live_base
from knowledge_base.store.staged_articles import StagedArticles, pack, unpack
from knowledge_base.store.staged_writes import STAGED_WRITES
from knowledge_base.store.sweeping import sweep
from knowledge_base.store.tables import staged_imports, staged_readers, staged_slices, units
from tests.support import postgres
from tests.support.hashing_process import hashing_process
from tests.support.killed import answers, client_of, copied, until_ready
from tests.support.knowledge_base import (
    ARTICLES,
    HOURS,
    NOW,
    RunningKnowledgeBase,
    an_article,
    caught_up,
    fill,
    running_knowledge_base,
)

NOTHING = [0] * 6
MANY = 90  # articles, more than search takes over in one go
DEADLINE_S = 60
QUERIES = ("which wax 7", "which wax 80", "opening hours", "zebra crossing")


@pytest.fixture(params=postgres.BOTH)
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    on_postgres = request.param == "postgresql"
    database = Database(postgres.empty_database() if on_postgres else tmp_path / "knowledge.db")
    yield database
    database.close()


def wax(text: str = "Rub it in", **others: str) -> bytes:
    rows: list[dict[str, Any]] = [
        {"external_id": f"wax-{n}", "title": f"Wax {n}", "body": f"{text} {n}.\n", "questions": [f"Which wax {n}?"]}
        for n in range(MANY)
    ]
    rows += [{"external_id": name, "title": title, "body": f"{title}.\n"} for name, title in others.items()]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


async def send(kb: RunningKnowledgeBase, file: bytes) -> dict[str, Any]:
    answer = await kb.client.post("/v1/import", files={"file": ("wax.jsonl", file)}, timeout=DEADLINE_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def first_title(kb: RunningKnowledgeBase, query: str) -> str:
    hits = (await kb.client.post("/v1/search", json={"query": query})).raise_for_status().json()["hits"]
    return str(hits[0]["title"]) if hits else ""


async def until_found(kb: RunningKnowledgeBase, query: str, title: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while await first_title(kb, query) != title:
            await asyncio.sleep(0.01)


async def searched(kb: RunningKnowledgeBase) -> list[dict[str, Any]]:
    """What search says, once it knows everything."""
    await caught_up(kb)
    return await answers(kb.client, QUERIES)


async def assert_anew_says(said: list[dict[str, Any]], var: Path) -> None:
    """Compare with search built from the database alone."""
    copied(var, var / "copy")
    async with running_knowledge_base(var / "copy") as anew:
        assert await answers(anew.client, QUERIES) == said


def left(connection: Connection) -> list[int]:
    tables = (staged_imports, staged_slices, staged_readers, *STAGED_WRITES)
    return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


async def nothing_left(database: Database) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while await database.read(left) != NOTHING:
            await asyncio.sleep(0.01)


class Waiting:
    """Keeps an import waiting, with everybody ready for it, until `go`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.ready, self.go = asyncio.Event(), asyncio.Event()
        real = stage.Stage._until_ready
        waiting = self

        async def until_ready(self: stage.Stage) -> None:
            await real(self)
            waiting.ready.set()
            await waiting.go.wait()

        patch.setattr(stage.Stage, "_until_ready", until_ready)


async def test_what_an_import_costs_search_is_paid_before_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, read = Waiting(monkeypatch), list[str]()

    def terms(article: LiveArticle) -> ArticleTerms:
        read.append(article.article_id)
        return article_terms(article)

    monkeypatch.setattr(index_change, "article_terms", terms)
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        importing = asyncio.create_task(send(kb, wax()))
        async with asyncio.timeout(DEADLINE_S):
            await waiting.ready.wait()
        assert len(read) == MANY
        assert await first_title(kb, "which wax 7") != "Wax 7", "it is not committed"
        read.clear()
        waiting.go.set()
        report = await importing
        await until_found(kb, "which wax 80", "Wax 80")
        assert (report["created"], read) == (MANY, [])
        await nothing_left(kb.database)
        said = await searched(kb)
    await assert_anew_says(said, tmp_path)


async def test_what_editors_do_while_an_import_waits_is_found_at_once_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting(monkeypatch)
    hours = an_article("wax-7", "Old wax 7", "Old text.\n")
    async with running_knowledge_base(tmp_path, [*ARTICLES, hours]) as kb:
        importing = asyncio.create_task(send(kb, wax()))
        async with asyncio.timeout(DEADLINE_S):
            await waiting.ready.wait()
        generation = (await kb.base.health()).generation
        zebra = {"id": "zebra", "title": "Zebra crossing", "body": "Stripes.", "state": "published"}
        (await kb.client.post("/v1/articles", json=zebra)).raise_for_status()
        await until_found(kb, "zebra crossing", "Zebra crossing")
        changed = {"version": 1, "title": "Zebra wax", "body": "Which wax 7? This one.", "state": "published"}
        (await kb.client.put("/v1/articles/wax-7", json=changed)).raise_for_status()
        await until_found(kb, "which wax 7", "Zebra wax")
        new = {"id": "wax-8", "title": "Zebra polish", "body": "Which wax 8? This one.", "state": "published"}
        (await kb.client.post("/v1/articles", json=new)).raise_for_status()
        await until_found(kb, "zebra polish", "Zebra polish")
        (await kb.client.post(f"/v1/articles/{HOURS.article_id}/archive", json={})).raise_for_status()
        waiting.go.set()
        report = await importing
        await until_found(kb, "which wax 80", "Wax 80")
        assert report["generation"] == generation + 5
        assert await first_title(kb, "which wax 7") == "Wax 7", "the file came last"
        said = await searched(kb)
    await assert_anew_says(said, tmp_path)


async def test_another_process_makes_ready_too_and_finds_all_of_it_or_none(tmp_path: Path) -> None:
    async with (
        running_knowledge_base(tmp_path, ARTICLES) as kb,
        hashing_process(tmp_path) as process,
        client_of(process, tmp_path) as other,
    ):
        await until_ready(other)
        importing = asyncio.create_task(send(kb, wax("Rub it in", **{"opening-hours": "New hours"})))
        seen: dict[int, set[tuple[bool, bool]]] = {}
        async with asyncio.timeout(DEADLINE_S):
            while (True, True) not in {each for found in seen.values() for each in found}:
                answer = (await other.post("/v1/search", json={"query": "opening hours wax 80", "limit": 50})).json()
                titles = {hit["title"] for hit in answer["hits"]}
                found = ("New hours" in titles, "Wax 80" in titles)
                seen.setdefault(answer["generation"], set()).add(found)
        generation = (await importing)["generation"]
        assert seen == {generation: {(True, True)}, generation - 1: {(False, False)}}
        await nothing_left(kb.database)


@pytest.mark.parametrize("failing", ["announce", "read_slice"])
async def test_a_process_that_was_not_ready_takes_the_import_over_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(staging, failing, fail)
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        assert (await send(kb, wax()))["created"] == MANY
        await until_found(kb, "which wax 80", "Wax 80")
        await nothing_left(kb.database)
        said = await searched(kb)
    await assert_anew_says(said, tmp_path)


async def test_an_import_committed_too_soon_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The importer gives up on a process that has fallen silent while it makes ready."""
    reached, go = asyncio.Event(), asyncio.Event()
    real = beside.Beside.put

    async def put(self: beside.Beside, *given: Any) -> None:
        reached.set()
        await go.wait()
        await real(self, *given)

    async def until_ready(self: stage.Stage) -> None:
        await reached.wait()

    monkeypatch.setattr(beside.Beside, "put", put)
    monkeypatch.setattr(stage.Stage, "_until_ready", until_ready)
    async with running_knowledge_base(tmp_path, ARTICLES, live_s=0.01) as kb:
        assert (await send(kb, wax()))["created"] == MANY
        assert await first_title(kb, "which wax 7") != "Wax 7"
        go.set()
        await until_found(kb, "which wax 80", "Wax 80")
        await nothing_left(kb.database)
        said = await searched(kb)
    await assert_anew_says(said, tmp_path)


async def test_what_an_importer_that_was_killed_has_staged_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "ABANDONED_S", 0.2)
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:

        def stage_some(connection: Connection) -> None:
            import_id = staging.begin(connection)
            article = live_base(connection).articles[0]
            staging.add_slice(connection, import_id, 0, StagedArticles((article,)))
            staging.complete(connection, import_id)

        await kb.database.run(stage_some)
        await nothing_left(kb.database)
        assert await first_title(kb, "when are you open") == "Opening hours"


async def test_many_changes_that_were_not_staged_are_taken_over_beside_the_searches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_CHANGES", 3)
    articles = [an_article(f"old-{n}", f"Old {n}", f"Old text {n}.\n") for n in range(30)]
    copies = 0
    real = beside.Beside.of

    async def of(*given: Any) -> beside.Beside:
        nonlocal copies
        copies += 1
        return await real(*given)

    monkeypatch.setattr(beside.Beside, "of", of)
    async with running_knowledge_base(tmp_path, [*ARTICLES, *articles]) as kb:
        await asyncio.to_thread(
            fill, kb.database, [an_article(f"wax-{n}", f"Wax {n}", f"Which wax {n}?\n") for n in range(10)]
        )
        await until_found(kb, "which wax 7", "Wax 7")
        assert copies == 1
        said = await searched(kb)
    await assert_anew_says(said, tmp_path)


def test_ids_are_reserved_that_nobody_is_given(database: Database) -> None:
    first = database.write_now(lambda connection: unit_store.reserve_units(connection, 5))
    fill(database, ARTICLES)
    second = database.write_now(lambda connection: unit_store.reserve_units(connection, 3))
    fill(database, [an_article("late", "Late", "Late.\n")])
    given = database.write_now(lambda connection: connection.execute(select(units.c.id)).scalars().all())
    reserved = [*range(first, first + 5), *range(second, second + 3)]
    assert len({*given, *reserved}) == len(given) + len(reserved)


def test_what_is_staged_is_what_the_commit_makes(database: Database) -> None:
    fill(database, ARTICLES)
    live = database.write_now(live_base).articles
    staged = StagedArticles(live, frozenset({"gone"}))
    assert unpack(pack(staged)) == staged
    assert staged.ids == {"gone", *(article.article_id for article in live)}


def test_an_import_whose_readers_have_left_is_forgotten_once_it_is_committed(database: Database) -> None:
    def run(work: Callable[..., Any], *given: object, **named: object) -> Any:
        return database.write_now(lambda connection: work(connection, *given, **named))

    import_id = run(staging.begin)
    assert not run(live.look).complete
    run(staging.complete, import_id)
    assert run(live.look).staged == import_id
    assert run(staging.announce, import_id, "one")
    assert run(staging.announce, import_id, "two")
    run(staging.beat, import_id, "one", prepared=True)
    assert sorted(each.prepared for each in run(staging.readers, import_id)) == [False, True]
    run(staging.leave, import_id, "two")
    assert run(staging.released, import_id, 0) is None
    run(store.note_change, ["a", "b"])
    run(staging.release, import_id, ["b"])
    assert run(staging.released, import_id, 0) == staging.Released(1, frozenset({"b"}))
    assert run(staging.released, import_id, 1) is None
    assert not run(staging.announce, import_id, "late")
    assert run(staging.finished) == []
    run(staging.leave, import_id, "one")
    assert run(staging.finished) == [import_id]
    while run(staging.drop_some, import_id, 1):
        pass
    assert run(left) == NOTHING


async def test_an_import_given_up_is_gone_at_once_and_dropped_a_little_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand staged articles dropped in one transaction held up everybody who publishes for seconds."""
    fill(database, ARTICLES)
    articles = database.write_now(live_base).articles

    def stage(connection: Connection) -> int:
        import_id = staging.begin(connection)
        for number, article in enumerate(articles):
            staging.add_slice(connection, import_id, number, StagedArticles((article,)))
        staging.complete(connection, import_id)
        staging.announce(connection, import_id, "reader")
        return import_id

    first = await database.run(stage)
    await database.run(partial(staging.give_up, import_id=first))
    assert database.write_now(live.look) == live.Sight(1)
    assert database.write_now(staging.under_way) is None
    assert not await database.run(partial(staging.announce, import_id=first, reader="late"))
    assert await database.run(partial(staging.released, import_id=first, after=0)) is None
    assert database.write_now(left)[1] == len(articles), "dropped later"
    second = await database.run(stage)
    assert database.write_now(live.look).staged == second
    assert database.write_now(left)[1] == 2 * len(articles), "the next import drops nothing in its first transaction"
    third = await database.run(stage)
    held: list[int] = []

    async def run(work: Callable[[Connection], Any]) -> Any:
        before = sum(database.write_now(left))
        made = await Database.run(database, work)
        held.append(before - sum(database.write_now(left)))
        return made

    monkeypatch.setattr(database, "run", run)
    await sweep(database)
    assert max(held) == 1, "one slice, or one import, a transaction"
    assert database.write_now(live.look).staged == third
    assert database.write_now(left)[:3] == [1, len(articles), 1], "the one under way stays"


def a_reading(file: Path) -> Order:
    """Write the file and return the order to import it."""
    file.write_bytes(wax())
    return Order(file, file.name)


async def test_of_two_processes_that_import_one_waits_for_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each lays out what it will write: neither may take the other's away."""
    waiting = Waiting(monkeypatch)
    monkeypatch.setattr(stage, "ANNOUNCED_S", 0)
    databases = [Database(tmp_path / "knowledge.db") for _ in range(2)]
    importers = [Importer(each, split, lambda: NOW) for each in databases]
    order = a_reading(tmp_path / "wax.jsonl")
    first = asyncio.create_task(importers[0].run(order))
    await waiting.ready.wait()
    second = asyncio.create_task(importers[1].run(order))
    await databases[1].run(lambda _: None)
    assert not second.done()
    waiting.go.set()
    made = [await first, await second]
    assert [each.plan.count(Outcome.CREATED) for each in made] == [MANY, 0]
    assert len(databases[0].write_now(live_base).articles) == MANY
    for importer in importers:
        await importer.swept()
    assert databases[0].write_now(left) == NOTHING
    for database in databases:
        database.close()


async def test_an_import_taken_for_dead_begins_anew_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has dropped what was laid out, in the moment before the commit."""
    waiting = Waiting(monkeypatch)
    monkeypatch.setattr(stage, "ANNOUNCED_S", 0)
    database = Database(tmp_path / "knowledge.db")
    importer = Importer(database, split, lambda: NOW)
    importing = asyncio.create_task(importer.run(a_reading(tmp_path / "wax.jsonl")))
    await waiting.ready.wait()
    import_id, _ = await database.run(staging.under_way)
    await database.run(partial(staging.give_up, import_id=import_id))
    await sweep(database)
    waiting.go.set()
    assert (await importing).plan.count(Outcome.CREATED) == MANY
    await importer.swept()
    base = database.write_now(live_base)
    assert (len(base.articles), base.generation) == (MANY, 1)
    kept = database.write_now(lambda connection: connection.execute(select(func.count()).select_from(units)).scalar())
    assert kept == sum(len(article.units) for article in base.articles), "what was laid out first is swept away"
    database.close()


async def test_an_import_nobody_commits_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Waiting(monkeypatch)
    monkeypatch.setattr(stage, "ANNOUNCED_S", 0)
    database = Database(tmp_path / "knowledge.db")
    importer = Importer(database, split, lambda: NOW)
    importing = asyncio.create_task(importer.run(a_reading(tmp_path / "wax.jsonl")))
    await waiting.ready.wait()
    assert database.write_now(lambda connection: connection.execute(select(func.count()).select_from(units)).scalar())
    await importer.close()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert database.write_now(live.look).staged is None
    await sweep(database)
    assert database.write_now(left) == NOTHING
    kept = database.write_now(lambda connection: connection.execute(select(func.count()).select_from(units)).scalar())
    assert kept == 0
    assert database.write_now(live_base).articles == ()
    database.close()


async def test_an_import_taken_over_before_it_could_be_made_ready_for_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its importer did not wait: a copy of the index made for it then would be kept, and led on, for nothing."""
    begun, go = asyncio.Event(), asyncio.Event()
    real = readiness.Readiness._make_ready

    async def make_ready(self: readiness.Readiness, import_id: int) -> None:
        begun.set()
        await go.wait()
        await real(self, import_id)

    monkeypatch.setattr(readiness.Readiness, "_make_ready", make_ready)
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:

        def stage_one(connection: Connection) -> int:
            import_id = staging.begin(connection)
            staging.add_slice(connection, import_id, 0, StagedArticles((live_base(connection).articles[0],)))
            staging.complete(connection, import_id)
            return import_id

        import_id = await kb.database.run(stage_one)
        async with asyncio.timeout(DEADLINE_S):
            await begun.wait()

        def commit(connection: Connection) -> None:
            store.note_change(connection, [HOURS.article_id])
            staging.release(connection, import_id, ())

        await kb.database.run(commit)
        await caught_up(kb)
        go.set()
        await nothing_left(kb.database)
