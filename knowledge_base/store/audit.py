"""Who changed which article when: written in the transaction of the change, kept when the article is gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from knowledge_base.articles.articles import Author
from knowledge_base.store.tables import audit


class Action(StrEnum):
    """What was done. `from_version` → `to_version` of each:

    created: – → 1 · edited: newest before → new · published: live before or – → live now · archived: live before or –
    → – · rolled_back: the version brought back → the new one with its text · deleted: newest → –.
    """

    CREATED = "created"
    EDITED = "edited"
    PUBLISHED = "published"
    ARCHIVED = "archived"
    ROLLED_BACK = "rolled_back"
    DELETED = "deleted"


@dataclass(frozen=True)
class Entry:
    """One change of one article."""

    at: datetime
    author: Author
    action: Action
    article_id: str
    title: str
    from_version: int | None
    to_version: int | None


@dataclass(frozen=True)
class KeptEntry:
    """An entry with its number: later ones have higher numbers."""

    number: int
    entry: Entry


def record(connection: Connection, entry: Entry) -> None:
    """Keep an entry."""
    record_all(connection, [entry])


def record_all(connection: Connection, made: Iterable[Entry]) -> None:
    """Keep entries, in this order."""
    rows = [
        {
            "at": entry.at,
            "author_id": entry.author.account_id,
            "author_name": entry.author.name,
            "action": entry.action.value,
            "article_id": entry.article_id,
            "title": entry.title,
            "from_version": entry.from_version,
            "to_version": entry.to_version,
        }
        for entry in made
    ]
    if rows:
        connection.execute(insert(audit), rows)


def entries(connection: Connection, article_id: str | None, before: int | None, limit: int) -> list[KeptEntry]:
    """Return at most `limit` entries, newest first.

    Args:
        article_id: only those of this article.
        before: only entries with a lower number.
    """
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if article_id is not None:
        query = query.where(audit.c.article_id == article_id)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        KeptEntry(
            row.id,
            Entry(
                at=row.at.replace(tzinfo=UTC),
                author=Author(row.author_id, row.author_name),
                action=Action(row.action),
                article_id=row.article_id,
                title=row.title,
                from_version=row.from_version,
                to_version=row.to_version,
            ),
        )
        for row in connection.execute(query)
    ]
