"""What was asked, how sure the answer was, and what people said about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, false, insert, select

from knowledge_base.errors import NotFoundError
from knowledge_base.store.failed_questions import Failure, note_failure
from knowledge_base.store.tables import articles, feedback, queries
from knowledge_base.text.redaction import redact


@dataclass(frozen=True)
class AskedQuery:
    """One search to be kept.

    Attributes:
        text: as it was asked; what is stored of it is masked.
        from_customer: not a colleague trying something out: only then an unanswered question is a gap.
    """

    query_id: str
    at: datetime
    text: str
    language: str | None
    article_id: str | None
    confidence: float
    answerable: bool
    generation: int
    from_customer: bool = True


@dataclass(frozen=True)
class Feedback:
    """A verdict on the answer to a query, or on an article."""

    at: datetime
    helpful: bool
    query_id: str | None = None
    article_id: str | None = None
    comment: str | None = None


def record_query(connection: Connection, query: AskedQuery) -> bool:
    """Keep a search, personal data masked; return whether it is a failed question whose gap is to be found."""
    connection.execute(
        insert(queries).values(
            id=query.query_id,
            at=query.at,
            text=redact(query.text, query.language),
            language=query.language,
            article_id=query.article_id,
            confidence=query.confidence,
            answerable=query.answerable,
            generation=query.generation,
            from_customer=query.from_customer,
        )
    )
    return not query.answerable and note_failure(connection, query.query_id, Failure(unanswered=True))


def record_feedback(connection: Connection, verdict: Feedback) -> int:
    """Keep a verdict and return its id; the same about the same answer again is kept once.

    Raises:
        NotFoundError: no such query or article.
    """
    article_id = verdict.article_id
    if verdict.query_id is not None:
        row = connection.execute(select(queries.c.article_id).where(queries.c.id == verdict.query_id)).first()
        if row is None:
            raise NotFoundError("query", verdict.query_id)
        article_id = article_id or row.article_id
        note_failure(connection, verdict.query_id, Failure(thumbs_down=not verdict.helpful))
        known = connection.execute(
            select(feedback.c.id).where(
                feedback.c.query_id == verdict.query_id,
                feedback.c.helpful == verdict.helpful,
                feedback.c.comment.is_(None) if verdict.comment is None else false(),
            )
        ).scalar()
        if known is not None:
            return int(known)
    elif connection.execute(select(articles.c.id).where(articles.c.id == article_id)).first() is None:
        raise NotFoundError("article", str(article_id))
    result = connection.execute(
        insert(feedback).values(
            at=verdict.at,
            query_id=verdict.query_id,
            article_id=article_id,
            helpful=verdict.helpful,
            comment=None if verdict.comment is None else redact(verdict.comment),
        )
    )
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - every insert of one row has one
    return int(key[0])
