"""Everything the base knows about its articles, as JSONL that an import turns into an equal base."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import IO, Any

from sqlalchemy import Connection, Row, select

from knowledge_base.articles.articles import Content
from knowledge_base.http.wire import time_json
from knowledge_base.store import store
from knowledge_base.store.database import Database
from knowledge_base.store.tables import article_versions, articles

AT_ONCE = 200  # articles read in one query
IN_MEMORY = 4 * 1024 * 1024  # bytes; a larger export waits on disk, so that a slow reader holds up nobody


def write_export(connection: Connection, out: IO[bytes]) -> int:
    """Write one line an article, in order of id, and return how many."""
    count = 0
    for line in export_lines(connection):
        out.write(line)
        count += 1
    return count


def export_lines(connection: Connection) -> Iterator[bytes]:
    """Yield one line an article, in order of id."""
    last = ""
    while True:
        query = select(articles).where(articles.c.id > last).order_by(articles.c.id).limit(AT_ONCE)
        heads = connection.execute(query).all()
        if not heads:
            return
        last = heads[-1].id
        wanted = select(article_versions).where(article_versions.c.article_id.in_([head.id for head in heads]))
        rows = connection.execute(wanted.order_by(article_versions.c.article_id, article_versions.c.version))
        versions = {article_id: list(found) for article_id, found in groupby(rows, key=lambda row: str(row.article_id))}
        for head in heads:
            yield json.dumps(_article(head, versions[head.id]), ensure_ascii=False).encode() + b"\n"


async def export_file(database: Database) -> IO[bytes]:
    """Return a file, to be read from its beginning and closed, with the export of one moment."""

    def work(connection: Connection) -> IO[bytes]:
        out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            write_export(connection, out)
            out.seek(0)
        except BaseException:
            out.close()
            raise
        return out

    return await database.read(work)


def _article(head: Row[Any], versions: list[Row[Any]]) -> Mapping[str, object]:
    *earlier, newest = versions
    return {
        "id": head.id,
        "external_id": head.external_id,
        **_content(store.content_of(newest)),
        "state": head.state,
        "translation_of": None if head.translation_group == head.id else head.translation_group,
        **_version(newest),
        "live_version": head.live_version,
        "created_at": _time(head.created_at),
        "updated_at": _time(head.updated_at),
        "updated_by": head.updated_by,
        "earlier_versions": [{**_version(row), **_content(store.content_of(row))} for row in earlier],
    }


def _version(row: Row[Any]) -> Mapping[str, object]:
    return {"version": row.version, "version_at": _time(row.created_at), "version_by": row.created_by}


def _content(content: Content) -> Mapping[str, object]:
    return {
        "title": content.title,
        "body": content.body,
        "questions": list(content.questions),
        "language": content.language,
        "tags": list(content.tags),
        "review_on": None if content.review_on is None else content.review_on.isoformat(),
    }


def _time(stored: datetime) -> str:
    return time_json(stored.replace(tzinfo=UTC))
