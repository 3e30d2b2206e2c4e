"""Forgets what a customer asked, when the gateway says so. Every function runs inside a transaction of `Database`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from knowledge_base.store.tables import failed_questions, feedback, gaps, proposals, queries


@dataclass(frozen=True)
class Forgotten:
    """How many rows went; `gaps` are those in which nothing else was asked."""

    queries: int
    proposals: int
    gaps: int


def forget(connection: Connection, query_ids: Sequence[str], conversation_id: str | None) -> Forgotten:
    """Delete the questions asked in these searches, verdicts on them, and what agents proposed in the conversation.

    A gap in which others asked too stays, in the words of one of them. Articles stay: they are what an editor wrote.
    """
    theirs = failed_questions.c.query_id.in_(query_ids)
    touched = [row.gap_id for row in connection.execute(select(failed_questions.c.gap_id).where(theirs).distinct())]
    connection.execute(delete(failed_questions).where(theirs))
    connection.execute(delete(feedback).where(feedback.c.query_id.in_(query_ids)))
    asked = connection.execute(delete(queries).where(queries.c.id.in_(query_ids))).rowcount
    proposed = 0
    if conversation_id is not None:
        proposed = connection.execute(delete(proposals).where(proposals.c.conversation_id == conversation_id)).rowcount
    emptied = sum(_leave(connection, gap_id) for gap_id in touched if gap_id is not None)
    return Forgotten(asked, proposed, emptied)


def _leave(connection: Connection, gap_id: int) -> bool:
    """Call a gap by what is left in it; return whether nothing is left, and it is gone."""
    left = connection.execute(
        select(queries.c.text)
        .join(failed_questions, failed_questions.c.query_id == queries.c.id)
        .where(failed_questions.c.gap_id == gap_id)
        .order_by(failed_questions.c.at)
        .limit(1)
    ).scalar_one_or_none()
    if left is None:
        connection.execute(delete(gaps).where(gaps.c.id == gap_id))
        return True
    connection.execute(update(gaps).where(gaps.c.id == gap_id).values(question=left))
    return False
