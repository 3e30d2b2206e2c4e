"""The base as an import sees it, and the writing of a plan: every function runs in an open transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from knowledge_base.articles.articles import ArticleState, Content, NewArticle, Unit, Version
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Writing
from knowledge_base.importing.plan import BaseView, Change, Create, Existing, Plan, PlannedRow, Regroup
from knowledge_base.importing.rows import History, ImportRow
from knowledge_base.importing.settle import settle
from knowledge_base.store import audit, store
from knowledge_base.store.store import UnitIds
from knowledge_base.store.tables import article_versions, articles

AT_ONCE = 400  # ids in one query; SQLite takes 32,766 parameters

Units = Mapping[Content, Sequence[Unit]]
Row = TypeVar("Row")


def view(connection: Connection, rows: Iterable[ImportRow]) -> BaseView:
    """Return the base, with the articles that the rows may be about."""
    groups: dict[str, str] = {}
    external: dict[str, str] = {}
    languages: dict[str, str] = {}
    newest = and_(
        article_versions.c.article_id == articles.c.id, article_versions.c.version == articles.c.latest_version
    )
    every = select(
        articles.c.id, articles.c.external_id, articles.c.translation_group, article_versions.c.language
    ).select_from(articles.join(article_versions, newest))
    for article in connection.execute(every):
        groups[article.id] = article.translation_group
        languages[article.id] = article.language
        if article.external_id is not None:
            external[article.external_id] = article.id
    wanted = {external.get(row.external_id or "", row.article_id or "") for row in rows} & groups.keys()
    existing = {each.article_id: each for each in _existing(connection, sorted(wanted))}
    return BaseView(existing, groups, external, languages)


def write(connection: Connection, plan: Plan, units: Units, writing: Writing, ids: UnitIds | None = None) -> list[str]:
    """Do what a plan says, as one generation, and return which articles search must look at again.

    Args:
        units: of every content in `plan.live_contents`.
        ids: for the units of some articles, reserved before.
    """
    touched: list[str] = []  # articles search must look at again
    new = [row for row in plan.rows if row.steps and isinstance(row.steps[0], Create)]
    fresh = [_new_article(row) for row in new if row.row is None or row.row.history is None]
    for batch in _batches(fresh):
        touched += store.insert_articles(
            connection, batch, lambda content: units[content], writing.now, writing.author, ids
        )
    restored = [row for row in new if row.row is not None and row.row.history is not None]
    for rows in _batches(restored):
        touched += _restore(connection, rows, units, writing, ids)
    changed = [row for row in plan.rows if row.existing is not None and row.steps]
    for row in changed:
        touched += _regroup(connection, row, writing)
    for rows in _batches(changed):
        touched += _change(connection, rows, units, writing, ids)
    if touched:
        store.note_change(connection, touched)
    return touched


def _existing(connection: Connection, ids: Sequence[str]) -> Iterator[Existing]:
    """Read the newest and the live version of articles."""
    shown = or_(
        article_versions.c.version == articles.c.latest_version, article_versions.c.version == articles.c.live_version
    )
    joined = articles.join(article_versions, and_(article_versions.c.article_id == articles.c.id, shown))
    head = (articles.c.id, articles.c.external_id, articles.c.translation_group, articles.c.state)
    numbers = (articles.c.latest_version, articles.c.live_version)
    query = select(*head, *numbers, *(column for column in article_versions.c if column.name != "article_id"))
    for first in range(0, len(ids), AT_ONCE):
        wanted = query.select_from(joined).where(articles.c.id.in_(ids[first : first + AT_ONCE]))
        found: dict[str, dict[int, Content]] = {}
        heads = {}
        for row in connection.execute(wanted):
            heads[row.id] = row
            found.setdefault(row.id, {})[row.version] = store.content_of(row)
        for article_id, row in heads.items():
            yield Existing(
                article_id=article_id,
                external_id=row.external_id,
                group=row.translation_group,
                state=ArticleState(row.state),
                version=row.latest_version,
                live_version=row.live_version,
                newest=found[article_id][row.latest_version],
                live=None if row.live_version is None else found[article_id][row.live_version],
            )


def _new_article(planned: PlannedRow) -> NewArticle:
    step = planned.steps[0]
    assert isinstance(step, Create)  # noqa: S101 - rows with another first step are about articles that exist
    return NewArticle(
        article_id=planned.article_id or "",
        content=step.content,
        external_id=planned.external_id,
        translation_of=step.group,
        state=step.state,
    )


def _restore(
    connection: Connection, rows: Sequence[PlannedRow], units: Units, writing: Writing, ids: UnitIds | None
) -> list[str]:
    """Bring articles back with their versions, and return those search must know."""
    heads: list[dict[str, object]] = []
    versions: list[Version] = []
    entries: list[audit.Entry] = []
    live: dict[str, Sequence[Unit]] = {}
    for planned in rows:
        new, row = _new_article(planned), planned.row
        assert row is not None  # noqa: S101 - the caller chose it by its history
        assert row.history is not None  # noqa: S101
        history: History = row.history
        heads.append(
            {
                "id": new.article_id,
                "external_id": new.external_id,
                "translation_group": new.translation_of,
                "state": new.state.value,
                "latest_version": history.newest.version,
                "live_version": history.live_version,
                "created_at": history.created_at,
                "updated_at": history.updated_at,
                "updated_by": history.updated_by,
            }
        )
        versions += [
            Version(new.article_id, known.version, known.content, known.created_at, known.created_by)
            for known in history.versions
        ]
        made = (new.article_id, new.content.title, None, history.newest.version)
        entries.append(audit.Entry(writing.now, writing.author, audit.Action.CREATED, *made))
        if history.live is not None:
            live[new.article_id] = units[history.live]
    connection.execute(insert(articles), heads)
    store.add_versions(connection, versions)
    audit.record_all(connection, entries)
    store.replace_units(connection, live, ids)
    return list(live)


def _regroup(connection: Connection, planned: PlannedRow, writing: Writing) -> list[str]:
    """Move an article to its group, and return which articles search must look at again."""
    assert planned.existing is not None  # noqa: S101 - the caller chose it so
    article_id = planned.existing.article_id
    groups = [step.group for step in planned.steps if isinstance(step, Regroup)]
    return [each for group in groups for each in editing.join_group(connection, article_id, group, writing)]


def _change(
    connection: Connection, rows: Sequence[PlannedRow], units: Units, writing: Writing, ids: UnitIds | None
) -> list[str]:
    """Bring articles to what their rows say, all with a few statements, and return those search must look at again."""
    settled = [
        settle(row.existing, [step for step in row.steps if isinstance(step, Change)], writing)
        for row in rows
        if row.existing is not None and any(isinstance(step, Change) for step in row.steps)
    ]
    settled = [each for each in settled if each.changed]
    if not settled:
        return []
    versions = [version for each in settled for version in each.versions]
    if versions:
        store.add_versions(connection, versions)
    audit.record_all(connection, [entry for each in settled for entry in each.entries])
    connection.execute(
        update(articles).where(articles.c.id == bindparam("key")),
        [{"key": each.article_id, **each.columns(writing)} for each in settled],
    )
    touched = [each for each in settled if each.touched]
    store.replace_units(
        connection, {each.article_id: () if each.searched is None else units[each.searched] for each in touched}, ids
    )
    return [each.article_id for each in touched]


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for first in range(0, len(rows), AT_ONCE):
        yield rows[first : first + AT_ONCE]
