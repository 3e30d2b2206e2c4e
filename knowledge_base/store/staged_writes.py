"""What an import will write, in tables beside until it is committed: the commit is a few statements then.

Ten thousand articles written one by one, with their versions, keep every editor waiting for seconds; copied from tables
beside they take a fifth of one. Their units are in their place already, as editions that no article names yet.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    String,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.sql.selectable import TableClause

from knowledge_base.articles.articles import Author
from knowledge_base.store.article_rows import ArticleWrite, version_columns
from knowledge_base.store.change_log import raise_generation
from knowledge_base.store.tables import (
    article_versions,
    articles,
    audit,
    changes,
    staged_entries,
    staged_rows,
    staged_versions,
)

STAGED_WRITES = (staged_rows, staged_versions, staged_entries)
AT_COMMIT = datetime.min.replace(tzinfo=UTC)  # in place of the time at which, and of who, commits
DROPPED_TOGETHER = 400  # ids in one statement; SQLite takes 32,766 parameters


def stage_writes(connection: Connection, import_id: int, writes: Sequence[ArticleWrite]) -> None:
    """Keep what is to be written; times that are `AT_COMMIT`, and their authors, are those of the commit."""
    rows, versions, entries = [], [], []
    for write in writes:
        row = write.row
        made = row.updated_at == AT_COMMIT
        rows.append(
            {
                "import_id": import_id,
                "article_id": row.article_id,
                "is_new": write.is_new,
                "touched": write.touched,
                "external_id": row.external_id,
                "translation_group": row.group,
                "state": row.state.value,
                "latest_version": row.latest_version,
                "live_version": row.live_version,
                "edition": row.edition,
                "created_at": None if made else row.created_at,
                "updated_at": None if made else row.updated_at,
                "updated_by": None if made else row.updated_by,
            }
        )
        for version in write.versions:
            columns = version_columns(version) | {"import_id": import_id}
            versions.append(columns | ({"created_at": None, "created_by": None} if made else {}))
        for number, entry in enumerate(write.entries):
            entries.append(
                {
                    "import_id": import_id,
                    "article_id": row.article_id,
                    "number": number,
                    "action": entry.action.value,
                    "title": entry.title,
                    "from_version": entry.from_version,
                    "to_version": entry.to_version,
                }
            )
    for table, made_rows in zip(STAGED_WRITES, (rows, versions, entries), strict=True):
        if made_rows:
            connection.execute(insert(table), made_rows)


def drop_writes(connection: Connection, import_id: int, article_ids: Collection[str]) -> None:
    """Leave out what was to be written of some articles."""
    names = sorted(article_ids)
    for first in range(0, len(names), DROPPED_TOGETHER):
        part = names[first : first + DROPPED_TOGETHER]
        for table in STAGED_WRITES:
            connection.execute(delete(table).where(table.c.import_id == import_id, table.c.article_id.in_(part)))


def commit_writes(connection: Connection, import_id: int, author: Author, now: datetime) -> None:
    """Write what is staged; nothing is noted as changed by it.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; the whole transaction is then to be given up.
    """
    at, by = literal(now, DateTime(timezone=True)), literal(author.name, String)
    rows, versions, entries = staged_rows.c, staged_versions.c, staged_entries.c
    new: dict[str, ColumnElement[Any]] = {
        "id": rows.article_id,
        "created_at": func.coalesce(rows.created_at, at),
        "updated_at": func.coalesce(rows.updated_at, at),
        "updated_by": func.coalesce(rows.updated_by, by),
        **{
            name: rows[name]
            for name in ("external_id", "translation_group", "state", "latest_version", "live_version", "edition")
        },
    }
    _copy(connection, articles, new, rows.import_id == import_id, rows.is_new)
    changed = update(articles).where(articles.c.id == rows.article_id, rows.import_id == import_id, ~rows.is_new)
    connection.execute(
        changed.values(
            state=rows.state,
            latest_version=rows.latest_version,
            live_version=rows.live_version,
            edition=case((rows.touched, rows.edition), else_=articles.c.edition),
            updated_at=at,
            updated_by=by,
        )
    )
    kept = ("article_id", "version", "title", "body", "language", "questions", "tags", "review_on", "title_folded")
    made: dict[str, ColumnElement[Any]] = {
        **{name: versions[name] for name in kept},
        "created_at": func.coalesce(versions.created_at, at),
        "created_by": func.coalesce(versions.created_by, by),
    }
    _copy(connection, article_versions, made, versions.import_id == import_id)
    said: dict[str, ColumnElement[Any]] = {
        "at": at,
        "author_id": literal(author.account_id, String),
        "author_name": by,
        **{name: entries[name] for name in ("action", "article_id", "title", "from_version", "to_version")},
    }
    order = (entries.article_id, entries.number)
    _copy(connection, audit, said, entries.import_id == import_id, order=order)


def note_staged(connection: Connection, import_id: int, others: Collection[str]) -> None:
    """Begin a new generation that changes what is staged, and other articles; none where that is nothing."""
    rows = staged_rows.c
    touched = (rows.import_id == import_id, rows.touched)
    if not others and connection.execute(select(rows.article_id).where(*touched).limit(1)).first() is None:
        return
    generation = raise_generation(connection)
    if others:
        connection.execute(
            insert(changes), [{"generation": generation, "article_id": article_id} for article_id in sorted(others)]
        )
    noted: dict[str, ColumnElement[Any]] = {"generation": literal(generation), "article_id": rows.article_id}
    there = exists().where(changes.c.generation == generation, changes.c.article_id == rows.article_id)
    _copy(connection, changes, noted, *touched, ~there)


def _copy(
    connection: Connection,
    into: TableClause,
    columns: Mapping[str, ColumnElement[Any]],
    *where: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]] = (),
) -> None:
    query = select(*columns.values()).where(*where).order_by(*order)
    connection.execute(insert(into).from_select(list(columns), query))
