"""The golden set as editors see and change it: each question with its article, and a revision against lost changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from knowledge_base.articles.articles import ArticleState
from knowledge_base.errors import ConflictError
from knowledge_base.store.known_questions import GoldenQuestion, golden_set, replace_golden_set
from knowledge_base.store.tables import article_versions, articles

REVISION_DIGITS = 16  # of a digest: two sets of one base never share them by chance
AT_ONCE = 400  # ids in one statement, below what any database takes


@dataclass(frozen=True)
class GoldenEntry:
    """A golden question; title and state are its article's, `None` when there is none (any more)."""

    known: GoldenQuestion
    title: str | None = None
    state: ArticleState | None = None


@dataclass(frozen=True)
class GoldenSet:
    """The golden set in its order; `revision` changes with every question."""

    entries: tuple[GoldenEntry, ...]
    revision: str


def read_golden_set(connection: Connection) -> GoldenSet:
    """Return the golden set with its articles' titles."""
    questions = golden_set(connection)
    found = _articles(connection, sorted({one.article_id for one in questions if one.article_id is not None}))
    entries = tuple(GoldenEntry(one, *found.get(one.article_id or "", (None, None))) for one in questions)
    return GoldenSet(entries, revision_of(questions))


def change_golden_set(connection: Connection, questions: Sequence[GoldenQuestion], revision: str | None) -> GoldenSet:
    """Put a golden set in the place of the one before, and return it.

    Args:
        revision: of the set the change was made in; `None` to replace whatever is there.

    Raises:
        ConflictError: somebody has changed the set since it was read.
    """
    if revision is not None and revision != revision_of(golden_set(connection)):
        raise ConflictError("revision", "somebody has changed the golden set meanwhile; read it again")
    replace_golden_set(connection, questions)
    return read_golden_set(connection)


def revision_of(questions: Sequence[GoldenQuestion]) -> str:
    """Return what names exactly these questions in this order."""
    rows = [[one.question, one.article_id, one.language] for one in questions]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:REVISION_DIGITS]


def _articles(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ArticleState]]:
    """Return title and state by id."""
    found: dict[str, tuple[str, ArticleState]] = {}
    is_newest = articles.c.latest_version == article_versions.c.version
    for start in range(0, len(ids), AT_ONCE):
        rows = connection.execute(
            select(articles.c.id, articles.c.state, article_versions.c.title)
            .join_from(articles, article_versions, is_newest & (articles.c.id == article_versions.c.article_id))
            .where(articles.c.id.in_(ids[start : start + AT_ONCE]))
        )
        found |= {row.id: (row.title, ArticleState(row.state)) for row in rows}
    return found
