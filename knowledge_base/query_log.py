"""What was asked, how sure the answer was, and what people said about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from knowledge_base.errors import NotFoundError
from knowledge_base.tables import articles, feedback, queries


@dataclass(frozen=True)
class AskedQuery:
    """One search as it is kept."""

    query_id: str
    at: datetime
    text: str
    language: str | None
    article_id: str | None
    confidence: float
    answerable: bool
    generation: int


@dataclass(frozen=True)
class Feedback:
    """A verdict on the answer to a query, or on an article."""

    at: datetime
    helpful: bool
    query_id: str | None = None
    article_id: str | None = None
    comment: str | None = None


def record_query(connection: Connection, query: AskedQuery) -> None:
    """Keep a search."""
    connection.execute(
        insert(queries).values(
            id=query.query_id,
            at=query.at,
            text=query.text,
            language=query.language,
            article_id=query.article_id,
            confidence=query.confidence,
            answerable=query.answerable,
            generation=query.generation,
        )
    )


def record_feedback(connection: Connection, verdict: Feedback) -> int:
    """Keep a verdict and return its id.

    Raises:
        NotFoundError: no such query or article.
    """
    article_id = verdict.article_id
    if verdict.query_id is not None:
        row = connection.execute(select(queries.c.article_id).where(queries.c.id == verdict.query_id)).first()
        if row is None:
            raise NotFoundError("query", verdict.query_id)
        article_id = article_id or row.article_id
    elif connection.execute(select(articles.c.id).where(articles.c.id == article_id)).first() is None:
        raise NotFoundError("article", str(article_id))
    result = connection.execute(
        insert(feedback).values(
            at=verdict.at,
            query_id=verdict.query_id,
            article_id=article_id,
            helpful=verdict.helpful,
            comment=verdict.comment,
        )
    )
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - every insert of one row has one
    return int(key[0])
