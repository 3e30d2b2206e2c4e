"""What the steps of a planned row make of an article that exists: versions, state and entries of the audit. Pure.

The same as editing it step by step, so that many articles can be written together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge_base.articles.articles import ArticleState, Content, Version
from knowledge_base.editing.editing import Writing
from knowledge_base.importing.plan import Change, Existing
from knowledge_base.store.audit import Action, Entry


@dataclass(frozen=True)
class Settled:
    """An article after its changes.

    Attributes:
        versions: those to be added.
        live: the number of the published version.
        searched: the content search must know from now on; `None` when that is none, or the one it knows.
        touched: whether search must look at the article again.
        changed: whether anything is to be written at all.
    """

    article_id: str
    versions: tuple[Version, ...]
    entries: tuple[Entry, ...]
    state: ArticleState
    newest: int
    live: int | None
    searched: Content | None
    touched: bool
    changed: bool


def settle(existing: Existing, changes: Iterable[Change], writing: Writing) -> Settled:
    """Take an article through its changes, in order."""
    content, newest, live, state = existing.newest, existing.version, existing.live_version, existing.state
    versions: list[Version] = []
    entries: list[Entry] = []
    searched: Content | None = None

    def record(action: Action, before: int | None, after: int | None) -> None:
        entries.append(Entry(writing.now, writing.author, action, existing.article_id, content.title, before, after))

    for change in changes:
        if change.content != content:
            content, newest = change.content, newest + 1
            versions.append(Version(existing.article_id, newest, content, writing.now, writing.author.name))
            record(Action.EDITED, newest - 1, newest)
        match change.state:
            case ArticleState.PUBLISHED if live != newest:
                record(Action.PUBLISHED, live, newest)
                state, live, searched = ArticleState.PUBLISHED, newest, content
            case ArticleState.ARCHIVED if state is not ArticleState.ARCHIVED:
                record(Action.ARCHIVED, live, None)
                state, live, searched = ArticleState.ARCHIVED, None, None
            case ArticleState.DRAFT if state is ArticleState.ARCHIVED:
                state = ArticleState.DRAFT
    return Settled(
        article_id=existing.article_id,
        versions=tuple(versions),
        entries=tuple(entries),
        state=state,
        newest=newest,
        live=live,
        searched=searched,
        touched=live != existing.live_version,
        changed=bool(versions or entries) or state is not existing.state,
    )
