"""Rows of articles and their versions, written for many articles with a few statements.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, update

from knowledge_base.articles.articles import ArticleState, Version
from knowledge_base.store.audit import Entry
from knowledge_base.store.tables import article_versions, articles
from knowledge_base.text.analysis import fold


@dataclass(frozen=True)
class ArticleRow:
    """An article without its versions.

    Attributes:
        edition: of the units search knows.
    """

    article_id: str
    external_id: str | None
    group: str
    state: ArticleState
    latest_version: int
    live_version: int | None
    created_at: datetime
    updated_at: datetime
    updated_by: str
    edition: int | None = None


@dataclass(frozen=True)
class ArticleWrite:
    """What is to be written of one article.

    Attributes:
        row: of one that is there already its group, external id and creation are not written.
        is_new: whether it is not there yet.
        touched: whether search must look at it again; its edition is written only then.
    """

    row: ArticleRow
    is_new: bool
    touched: bool
    versions: tuple[Version, ...]
    entries: tuple[Entry, ...]


def insert_rows(connection: Connection, rows: Iterable[ArticleRow]) -> None:
    """Add articles.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; the whole transaction is then to be given up.
    """
    columns = [
        {
            "id": row.article_id,
            "external_id": row.external_id,
            "translation_group": row.group,
            "state": row.state.value,
            "latest_version": row.latest_version,
            "live_version": row.live_version,
            "edition": row.edition,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "updated_by": row.updated_by,
        }
        for row in rows
    ]
    if columns:
        connection.execute(insert(articles), columns)


def change_rows(connection: Connection, rows: Iterable[ArticleRow]) -> None:
    """Bring articles to another state; their groups and editions stay."""
    columns = [
        {
            "key": row.article_id,
            "state": row.state.value,
            "latest_version": row.latest_version,
            "live_version": row.live_version,
            "updated_at": row.updated_at,
            "updated_by": row.updated_by,
        }
        for row in rows
    ]
    if columns:
        connection.execute(update(articles).where(articles.c.id == bindparam("key")), columns)


def version_columns(version: Version) -> dict[str, object]:
    """Return a version as the columns of its table."""
    return {
        "article_id": version.article_id,
        "version": version.number,
        "title": version.content.title,
        "title_folded": fold(version.content.title),
        "body": version.content.body,
        "language": version.content.language,
        "questions": list(version.content.questions),
        "tags": list(version.content.tags),
        "review_on": version.content.review_on,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def add_versions(connection: Connection, made: Sequence[Version]) -> None:
    """Keep versions of articles."""
    if made:
        connection.execute(insert(article_versions), [version_columns(version) for version in made])
