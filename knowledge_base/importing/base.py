"""The base as an import sees it, and the writing of a plan: every function runs in an open transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, String, and_, cast, or_, select

from knowledge_base.articles.articles import ArticleState, Content, Unit
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Writing
from knowledge_base.importing.plan import BaseView, Create, Existing, Plan, PlannedRow, Regroup
from knowledge_base.importing.related import Standing
from knowledge_base.importing.rows import ImportRow
from knowledge_base.importing.writes import Written, written
from knowledge_base.store import audit, store
from knowledge_base.store.article_rows import ArticleWrite, add_versions, change_rows, insert_rows
from knowledge_base.store.tables import article_versions, articles
from knowledge_base.store.unit_store import edition, insert_units, replace_units

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


def standing(connection: Connection) -> frozenset[Standing]:
    """Return how every article stands: whatever is done to one, its row is another afterwards."""
    columns = (articles.c.id, articles.c.external_id, articles.c.translation_group, articles.c.latest_version)
    times = (cast(articles.c.created_at, String), cast(articles.c.updated_at, String))  # as they are kept
    query = select(*columns, articles.c.live_version, articles.c.state, *times)
    return frozenset(Standing(*row) for row in connection.execute(query))


def write(connection: Connection, plan: Plan, units: Units, writing: Writing) -> list[str]:
    """Do what a plan says, as one generation, and return which articles search must look at again.

    Args:
        units: of every content in `plan.live_contents`.
    """
    touched = write_rows(connection, plan.rows, units, writing)
    if touched:
        store.note_change(connection, touched)
    return touched


def write_rows(connection: Connection, rows: Iterable[PlannedRow], units: Units, writing: Writing) -> list[str]:
    """Do as `write` for rows of a plan, and leave it to the caller to note the changes."""
    touched: list[str] = []  # articles search must look at again
    chosen = [row for row in rows if row.steps]
    for batch in _batches([row for row in chosen if isinstance(row.steps[0], Create)]):
        touched += _write_new(connection, _written(batch, writing), units)
    changed = [row for row in chosen if row.existing is not None]
    for row in changed:
        touched += _regroup(connection, row, writing)
    for batch in _batches(changed):
        touched += _write_changed(connection, _written(batch, writing), units)
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


def _written(rows: Iterable[PlannedRow], writing: Writing) -> list[Written]:
    return [made for row in rows if (made := written(row, writing)) is not None]


def _write_new(connection: Connection, made: Sequence[Written], units: Units) -> list[str]:
    live = {each.write.row.article_id: units[each.searched] for each in made if each.searched is not None}
    ids = insert_units(connection, live)
    writes = [each.write for each in made]
    insert_rows(connection, [replace(w.row, edition=edition(ids.get(w.row.article_id, ()))) for w in writes])
    _write_versions(connection, writes)
    return list(live)


def _write_changed(connection: Connection, made: Sequence[Written], units: Units) -> list[str]:
    touched = [each for each in made if each.write.touched]
    writes = [each.write for each in made]
    _write_versions(connection, writes)
    change_rows(connection, [write.row for write in writes])
    replace_units(
        connection,
        {each.write.row.article_id: () if each.searched is None else units[each.searched] for each in touched},
    )
    return [each.write.row.article_id for each in touched]


def _write_versions(connection: Connection, writes: Sequence[ArticleWrite]) -> None:
    add_versions(connection, [version for write in writes for version in write.versions])
    audit.record_all(connection, [entry for write in writes for entry in write.entries])


def _regroup(connection: Connection, planned: PlannedRow, writing: Writing) -> list[str]:
    """Move an article to its group, and return which articles search must look at again."""
    assert planned.existing is not None  # noqa: S101 - the caller chose it so
    article_id = planned.existing.article_id
    groups = [step.group for step in planned.steps if isinstance(step, Regroup)]
    return [each for group in groups for each in editing.join_group(connection, article_id, group, writing)]


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for first in range(0, len(rows), AT_ONCE):
        yield rows[first : first + AT_ONCE]
