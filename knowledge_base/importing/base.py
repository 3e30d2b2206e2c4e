"""The base as an import sees it, and the writing of a plan: every function runs in an open transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, and_, insert, or_, select

from knowledge_base import audit, editing, store
from knowledge_base.articles import ArticleState, Content, NewArticle, Unit, Version
from knowledge_base.editing import Edit, Writing
from knowledge_base.importing.plan import BaseView, Change, Create, Existing, Plan, PlannedRow, Regroup
from knowledge_base.importing.rows import History, ImportRow
from knowledge_base.tables import article_versions, articles

AT_ONCE = 400  # ids in one query; SQLite takes 32,766 parameters

Units = Mapping[Content, Sequence[Unit]]


def view(connection: Connection, rows: Iterable[ImportRow]) -> BaseView:
    """Return the base, with the articles that the rows may be about."""
    groups: dict[str, str] = {}
    external: dict[str, str] = {}
    for article in connection.execute(select(articles.c.id, articles.c.external_id, articles.c.translation_group)):
        groups[article.id] = article.translation_group
        if article.external_id is not None:
            external[article.external_id] = article.id
    wanted = {external.get(row.external_id or "", row.article_id or "") for row in rows} & groups.keys()
    return BaseView({each.article_id: each for each in _existing(connection, sorted(wanted))}, groups, external)


def write(connection: Connection, plan: Plan, units: Units, writing: Writing) -> None:
    """Do what a plan says.

    Args:
        units: of every content in `plan.live_contents`.
    """
    new = [row for row in plan.rows if row.steps and isinstance(row.steps[0], Create)]
    fresh = [_new_article(row) for row in new if row.row is None or row.row.history is None]
    for first in range(0, len(fresh), AT_ONCE):
        batch = fresh[first : first + AT_ONCE]
        store.add_articles(connection, batch, lambda content: units[content], writing.now, writing.author)
    restored = [row for row in new if row.row is not None and row.row.history is not None]
    live = [row.article_id for row in restored if row.article_id and _restore(connection, row, units, writing)]
    if live:
        store.note_change(connection, live)
    for row in plan.rows:
        if row.steps and row.existing is not None:
            _change(connection, row, row.existing, units, writing)


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


def _restore(connection: Connection, planned: PlannedRow, units: Units, writing: Writing) -> bool:
    """Bring an article back with its versions, and return whether search must know it."""
    new, row = _new_article(planned), planned.row
    assert row is not None  # noqa: S101 - the caller chose it by its history
    assert row.history is not None  # noqa: S101
    history: History = row.history
    connection.execute(
        insert(articles).values(
            id=new.article_id,
            external_id=new.external_id,
            translation_group=new.translation_of,
            state=new.state.value,
            latest_version=history.newest.version,
            live_version=history.live_version,
            created_at=history.created_at,
            updated_at=history.updated_at,
            updated_by=history.updated_by,
        )
    )
    versions = [
        Version(new.article_id, known.version, known.content, known.created_at, known.created_by)
        for known in history.versions
    ]
    store.add_versions(connection, versions)
    entry = audit.Entry(
        at=writing.now,
        author=writing.author,
        action=audit.Action.CREATED,
        article_id=new.article_id,
        title=new.content.title,
        from_version=None,
        to_version=history.newest.version,
    )
    audit.record(connection, entry)
    if history.live is None:
        return False
    store.write_units(connection, new.article_id, units[history.live])
    return True


def _change(connection: Connection, planned: PlannedRow, existing: Existing, units: Units, writing: Writing) -> None:
    version = existing.version
    for step in planned.steps:
        match step:
            case Regroup(group):
                edit = Edit(existing.article_id, version, existing.newest, group_of=group)
            case Change(content, state):
                made = tuple(units[content]) if state is ArticleState.PUBLISHED else ()
                edit = Edit(existing.article_id, version, content, state, made)
            case Create():  # of articles that do not exist
                continue
        version = editing.edit(connection, edit, writing).head.version
