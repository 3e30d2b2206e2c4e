"""What the rows of a plan write. Pure.

The same as editing the articles step by step, so that many can be written together, and before they are committed.
"""

from __future__ import annotations

from dataclasses import dataclass

from knowledge_base.articles.articles import ArticleState, Content, Version
from knowledge_base.editing.editing import Writing
from knowledge_base.importing.plan import Change, Create, PlannedRow
from knowledge_base.importing.rows import History
from knowledge_base.importing.settle import settle
from knowledge_base.store.article_rows import ArticleRow, ArticleWrite
from knowledge_base.store.audit import Action, Entry


@dataclass(frozen=True)
class Written:
    """What a row writes.

    Attributes:
        write: without the edition of its units.
        searched: the content search must know from now on; `None` when that is none, or the one it knows.
    """

    write: ArticleWrite
    searched: Content | None


def written(planned: PlannedRow, writing: Writing) -> Written | None:
    """Return what a row writes; `None` when that is nothing, or only another group."""
    if not planned.steps:
        return None
    first = planned.steps[0]
    if isinstance(first, Create):
        history = None if planned.row is None else planned.row.history
        return _created(planned, first, writing) if history is None else _restored(planned, first, history, writing)
    return _changed(planned, writing)


def _created(planned: PlannedRow, step: Create, writing: Writing) -> Written:
    article_id, content = planned.article_id or "", step.content
    published = step.state is ArticleState.PUBLISHED
    row = ArticleRow(
        article_id=article_id,
        external_id=planned.external_id,
        group=step.group,
        state=step.state,
        latest_version=1,
        live_version=1 if published else None,
        created_at=writing.now,
        updated_at=writing.now,
        updated_by=writing.author.name,
    )
    version = Version(article_id, 1, content, writing.now, writing.author.name)
    actions = (Action.CREATED, Action.PUBLISHED) if published else (Action.CREATED,)
    entries = tuple(_entry(action, article_id, content, 1, writing) for action in actions)
    write = ArticleWrite(row, True, published, (version,), entries)
    return Written(write, content if published else None)


def _restored(planned: PlannedRow, step: Create, history: History, writing: Writing) -> Written:
    """Return what brings an article back with its versions."""
    article_id = planned.article_id or ""
    row = ArticleRow(
        article_id=article_id,
        external_id=planned.external_id,
        group=step.group,
        state=step.state,
        latest_version=history.newest.version,
        live_version=history.live_version,
        created_at=history.created_at,
        updated_at=history.updated_at,
        updated_by=history.updated_by,
    )
    versions = tuple(
        Version(article_id, known.version, known.content, known.created_at, known.created_by)
        for known in history.versions
    )
    entry = _entry(Action.CREATED, article_id, step.content, history.newest.version, writing)
    return Written(ArticleWrite(row, True, history.live is not None, versions, (entry,)), history.live)


def _changed(planned: PlannedRow, writing: Writing) -> Written | None:
    existing, changes = planned.existing, [step for step in planned.steps if isinstance(step, Change)]
    if existing is None or not changes:
        return None
    settled = settle(existing, changes, writing)
    if not settled.changed:
        return None
    row = ArticleRow(
        article_id=existing.article_id,
        external_id=existing.external_id,
        group=existing.group,
        state=settled.state,
        latest_version=settled.newest,
        live_version=settled.live,
        created_at=writing.now,
        updated_at=writing.now,
        updated_by=writing.author.name,
    )
    write = ArticleWrite(row, False, settled.touched, settled.versions, settled.entries)
    return Written(write, settled.searched)


def _entry(action: Action, article_id: str, content: Content, version: int, writing: Writing) -> Entry:
    return Entry(writing.now, writing.author, action, article_id, content.title, None, version)
