"""What an import writes for many articles at once is what editing them one by one would have written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Table, event, func, select

from knowledge_base.articles.articles import ArticleState, Author, Content
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Edit, Writing
from knowledge_base.importing import base
from knowledge_base.importing.plan import Change, Outcome, Plan, PlannedRow
from knowledge_base.importing.rows import ImportRow, Place
from knowledge_base.importing.stage import staging_in
from knowledge_base.service import split
from knowledge_base.store import store
from knowledge_base.store.change_log import changed_since
from knowledge_base.store.database import Database
from knowledge_base.store.sweeping import sweep
from knowledge_base.store.tables import article_versions, articles, audit, units
from tests.support.knowledge_base import NOW, an_article, fill

WRITING = Writing(Author("erika", "Erika Editor"), NOW)
TEXTS = ("Rub wax in.\n", "Brush it.\n")


def a_base(folder: Path, states: Sequence[ArticleState], drafts: Sequence[bool]) -> Database:
    """Return a base of articles in these states, some with a draft beside."""
    database = Database(folder / "knowledge.db")
    fill(database, [an_article(f"a{n}", f"Title {n}", TEXTS[0], state=state) for n, state in enumerate(states)])

    def begin_drafts(connection: Connection) -> None:
        for n, wanted in enumerate(drafts):
            if wanted:
                edited(connection, f"a{n}", TEXTS[1], None)

    database.write_now(begin_drafts)
    return database


def edited(connection: Connection, article_id: str, body: str, state: ArticleState | None) -> None:
    article = store.get_article(connection, article_id)
    content = replace(article.content, body=body)
    made = tuple(split(content)) if state is ArticleState.PUBLISHED else ()
    editing.edit(connection, Edit(article_id, article.head.version, content, state, made), WRITING)


def planned(connection: Connection, changes: Sequence[Sequence[tuple[str, ArticleState | None]]]) -> Plan:
    rows = [
        ImportRow(Place(n + 1), f"a{n}", f"a{n}", Content(f"Title {n}", TEXTS[0], "en")) for n in range(len(changes))
    ]
    seen = base.view(connection, rows)
    made = []
    for n, (row, each) in enumerate(zip(rows, changes, strict=True)):
        existing = seen.articles[f"a{n}"]
        steps = tuple(Change(replace(existing.newest, body=body), state) for body, state in each)
        made.append(PlannedRow(row.place, Outcome.CHANGED, f"a{n}", f"a{n}", None, row, existing, steps))
    return Plan(tuple(made))


def everything(connection: Connection) -> list[Any]:
    """Return all that was written, but for ids that only count up."""
    kept = [
        select(*but(articles, "edition")),
        select(article_versions),
        select(*but(audit, "id")).order_by(audit.c.article_id, audit.c.id),
        select(*but(units, "id", "edition")).join(articles, articles.c.edition == units.c.edition),
    ]
    return [sorted(map(repr, connection.execute(query).all())) for query in kept]


def but(table: Table, *names: str) -> list[Column[Any]]:
    return [column for column in table.c if column.name not in names]


async def lay_out_and_commit(database: Database, plan: Plan) -> None:
    """Write a plan as a large import is written."""
    made = {content: split(content) for content in plan.live_contents}
    async with staging_in(database) as stage:
        assert await stage.lay_out(plan, made, WRITING.author)
        staged = stage.staged
        assert staged is not None

        def work(connection: Connection) -> None:
            others, otherwise = staged.others(plan)
            assert (base.write_rows(connection, others, made, WRITING), otherwise) == ([], set())
            staged.commit(connection, WRITING, ())
            staged.release(connection, ())

        await database.run(work)
    await sweep(database)


async def test_written_together_or_laid_out_is_as_edited_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every state, with and without a draft beside, through every change and every pair of changes."""
    single = list(product(TEXTS, [None, *ArticleState]))
    sequences = [*product(single), *product(single, single)]
    every = list(product(ArticleState, (False, True), sequences))
    states, drafts, changes = zip(*every, strict=True)
    one, other, third = (a_base(tmp_path / name, states, drafts) for name in ("one", "other", "third"))

    def one_by_one(connection: Connection) -> None:
        for n, each in enumerate(changes):
            for body, state in each:
                edited(connection, f"a{n}", body, state)

    one.write_now(one_by_one)
    plan = other.write_now(lambda connection: planned(connection, changes))
    made = {content: split(content) for content in plan.live_contents}
    before = other.write_now(store.generation)
    other.write_now(lambda connection: base.write(connection, plan, made, WRITING))
    assert other.write_now(everything) == one.write_now(everything)
    assert other.write_now(store.generation) == before + 1, "an import is one generation"
    monkeypatch.setattr("knowledge_base.importing.stage.ANNOUNCED_S", 0)
    await lay_out_and_commit(third, third.write_now(lambda connection: planned(connection, changes)))
    assert third.write_now(everything) == other.write_now(everything)
    assert third.write_now(store.generation) == before + 1
    noted = [database.write_now(partial(changed_since, generation=before)) for database in (other, third)]
    assert noted[0] == noted[1]
    count = select(func.count()).select_from(units)
    kept = [
        database.write_now(lambda connection: connection.execute(count).scalar_one()) for database in (other, third)
    ]
    assert kept[0] == kept[1], "what was replaced is swept away"
    for database in (one, other, third):
        database.close()


def test_statements_do_not_grow_with_the_articles_changed(tmp_path: Path) -> None:
    def statements(count: int) -> int:
        database = a_base(tmp_path / str(count), [ArticleState.PUBLISHED] * count, [])
        said: list[str] = []

        def work(connection: Connection) -> None:
            plan = planned(connection, [[(TEXTS[1], ArticleState.PUBLISHED)]] * count)
            made = {content: split(content) for content in plan.live_contents}
            event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
            base.write(connection, plan, made, WRITING)

        database.write_now(work)
        database.close()
        return len(said)

    assert statements(5) == statements(200)
