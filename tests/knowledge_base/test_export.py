"""Import ∘ export is the identity, and importing an export of the same base changes nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from knowledge_base.articles.articles import ArticleState, Author, Content, NewArticle, has_visible
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Edit, Split, Writing
from knowledge_base.errors import ConflictError
from knowledge_base.export import export_lines
from knowledge_base.importing.importer import Importer, Order, Report
from knowledge_base.importing.plan import Outcome
from knowledge_base.service import split
from knowledge_base.store import store
from knowledge_base.store.database import Database
from knowledge_base.store.tables import units

IDS = ["a", "b", "c", "d"]
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).filter(has_visible)
contents = st.builds(
    Content,
    title=words,
    body=words | st.just("[x](javascript:y) <script>\r\n\r\n## Heading\u2028\n"),
    language=st.sampled_from(["en", "cs", "lt"]),
    questions=st.lists(words, max_size=2).map(tuple),
    tags=st.lists(words, max_size=2).map(tuple),
    review_on=st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
)
actions = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(IDS), contents, st.sampled_from(ArticleState)),
    st.tuples(st.just("edit"), st.sampled_from(IDS), contents, st.sampled_from([None, *ArticleState])),
    st.tuples(st.just("group"), st.sampled_from(IDS), st.sampled_from(IDS), st.none()),
    st.tuples(st.just("roll back"), st.sampled_from(IDS), st.integers(1, 3), st.none()),
    st.tuples(st.just("delete"), st.sampled_from(IDS), st.none(), st.none()),
)


def perform(database: Database, steps: Sequence[tuple[object, ...]]) -> None:
    """Edit a base as editors would, skipping what cannot be done at that moment."""
    for number, (what, article_id, thing, state) in enumerate(steps):
        writing = Writing(
            Author("x", f"Author {number % 3}"), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        )

        def work(connection, what=what, article_id=article_id, thing=thing, state=state, writing=writing):  # type: ignore[no-untyped-def]
            there = store.article_exists(connection, article_id)
            if what == "create" and not there:
                external = None if article_id == "d" else f"ext/{article_id}"
                editing.create(connection, NewArticle(article_id, thing, external, None, state), split(thing), writing)
            if what == "create" or not there:
                return
            head = store.get_article(connection, article_id).head
            match what:
                case "edit":
                    edit = Edit(article_id, head.version, thing, state, tuple(split(thing)))
                    editing.edit(connection, edit, writing)
                case "group" if store.article_exists(connection, thing):
                    content = store.get_article(connection, article_id).content
                    editing.edit(connection, Edit(article_id, head.version, content, group_of=thing), writing)
                case "roll back" if thing <= head.version:
                    content = store.get_version(connection, article_id, thing).content
                    editing.roll_back(connection, article_id, thing, Split(content, tuple(split(content))), writing)
                case "delete":
                    editing.delete_article(connection, article_id, None, writing)

        with suppress(ConflictError):  # a second translation in one language
            database.write_now(work)


def exported(database: Database) -> bytes:
    return database.write_now(lambda connection: b"".join(export_lines(connection)))


def searched(database: Database) -> list[tuple[object, ...]]:
    """Everything search is made from."""
    wanted = select(units.c.article_id, units.c.position, units.c.encoder_text, units.c.markdown)
    return [
        tuple(row)
        for row in database.write_now(
            lambda connection: connection.execute(wanted.order_by(units.c.article_id, units.c.position)).all()
        )
    ]


def take(database: Database, path: Path) -> Report:
    async def run() -> Report:
        importer = Importer(database, split, lambda: datetime(2027, 1, 1, tzinfo=UTC))
        return await importer.run(Order(path, path.name))

    return asyncio.run(run())


ONE, TWO, THREE = (Content(f"Title {n}", f"Body {n}.\n", "cs", ("Why?",), ("t",), date(2027, n, 1)) for n in (1, 2, 3))
PUBLISHED, DRAFT, ARCHIVED = ArticleState.PUBLISHED, ArticleState.DRAFT, ArticleState.ARCHIVED
BESIDE = [("create", "a", ONE, PUBLISHED), ("edit", "a", TWO, None)]  # a draft beside the live version
LITHUANIAN = replace(TWO, language="lt")
REGROUPED = [("create", "b", ONE, DRAFT), ("create", "d", LITHUANIAN, PUBLISHED), ("group", "d", "b", None)]


@example([*BESIDE, ("edit", "a", THREE, None), *REGROUPED])
@example([*BESIDE, ("edit", "a", TWO, ARCHIVED), *REGROUPED, ("create", "c", ONE, ARCHIVED)])
@example([*REGROUPED, ("delete", "b", None, None), *BESIDE, ("roll back", "a", 1, None)])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, min_size=1, max_size=12))
def test_an_export_makes_an_equal_base(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, other = Database(Path(folder) / "one.db"), Database(Path(folder) / "other.db")
        try:
            perform(one, steps)
            text = exported(one)
            path = Path(folder) / "all.jsonl"
            path.write_bytes(text)
            if text:
                again = take(one, path)
                assert again.plan.count(Outcome.SAME) == len(again.plan.rows) == text.count(b"\n"), again.plan
                fresh = take(other, path)
                assert fresh.plan.count(Outcome.CREATED) == len(fresh.plan.rows)
            assert exported(one) == text
            assert exported(other) == text
            assert searched(other) == searched(one)
        finally:
            one.close()
            other.close()
