"""Questions that found no good answer, in the database. Every function runs inside a transaction of `Database`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from knowledge_base.errors import NotFoundError
from knowledge_base.store.gaps import ASKED_AGAIN, GapState
from knowledge_base.store.tables import articles, failed_questions, gaps, queries
from knowledge_base.text.noise import is_noise


@dataclass(frozen=True)
class FailedQuestion:
    """A question that failed, as it was kept."""

    query_id: str
    text: str
    language: str | None


@dataclass(frozen=True)
class Verdict:
    """What came of asking a failed question again; `article_id` is what would be shown."""

    query_id: str
    answerable: bool
    article_id: str | None


@dataclass(frozen=True)
class Failure:
    """In which ways a question failed; `thumbs_down` false takes an earlier verdict back."""

    unanswered: bool = False
    thumbs_down: bool | None = None
    handed_off: bool = False


def note_failure(connection: Connection, query_id: str, failure: Failure) -> bool:
    """Note that a question failed, or failed in one more way; return whether its gap is still to be found.

    Small talk, gibberish and what colleagues try out are not noted.

    Raises:
        NotFoundError: no such query.
    """
    query = connection.execute(select(queries).where(queries.c.id == query_id)).first()
    if query is None:
        raise NotFoundError("query", query_id)
    known = connection.execute(select(failed_questions).where(failed_questions.c.query_id == query_id)).first()
    if known is not None:
        thumbs_down = known.thumbs_down if failure.thumbs_down is None else failure.thumbs_down
        connection.execute(
            update(failed_questions)
            .where(failed_questions.c.query_id == query_id)
            .values(
                unanswered=known.unanswered or failure.unanswered,
                thumbs_down=thumbs_down,
                handed_off=known.handed_off or failure.handed_off,
            )
        )
        return False
    failed = failure.unanswered or bool(failure.thumbs_down) or failure.handed_off
    if not failed or not query.from_customer or is_noise(query.text, query.language):
        return False
    connection.execute(
        insert(failed_questions).values(
            query_id=query_id,
            at=query.at,
            unanswered=failure.unanswered,
            thumbs_down=bool(failure.thumbs_down),
            handed_off=failure.handed_off,
            asked_generation=query.generation,
        )
    )
    return True


def note_minutes(connection: Connection, query_id: str, minutes: float) -> None:
    """Note how long an agent was busy because a question found no answer; the first report counts.

    Raises:
        NotFoundError: no failed question has this query.
    """
    found = connection.execute(
        update(failed_questions)
        .where(failed_questions.c.query_id == query_id)
        .values(minutes=func.coalesce(failed_questions.c.minutes, minutes))
    )
    if not found.rowcount:
        raise NotFoundError("failed question", query_id)


def unsorted(connection: Connection, limit: int) -> list[FailedQuestion]:
    """Return the oldest questions whose gap is to be found."""
    rows = connection.execute(
        select(queries.c.id, queries.c.text, queries.c.language)
        .join(failed_questions, failed_questions.c.query_id == queries.c.id)
        .where(failed_questions.c.gap_id.is_(None))
        .order_by(failed_questions.c.at, queries.c.id)
        .limit(limit)
    )
    return [FailedQuestion(row.id, row.text, row.language) for row in rows]


def to_ask_again(connection: Connection, generation: int, limit: int) -> list[FailedQuestion]:
    """Return questions of unfinished gaps that were not put to this generation, those with a draft first."""
    rows = connection.execute(
        select(queries.c.id, queries.c.text, queries.c.language)
        .join(failed_questions, failed_questions.c.query_id == queries.c.id)
        .join(gaps, gaps.c.id == failed_questions.c.gap_id)
        .where(
            gaps.c.state.in_([state.value for state in ASKED_AGAIN]),
            failed_questions.c.asked_generation < generation,
        )
        .order_by((gaps.c.state == GapState.DRAFTED.value).desc(), failed_questions.c.at.desc(), queries.c.id)
        .limit(limit)
    )
    return [FailedQuestion(row.id, row.text, row.language) for row in rows]


def keep_verdicts(connection: Connection, verdicts: Sequence[Verdict], generation: int) -> None:
    """Note what came of asking again, and close the gaps whose questions are all answered.

    An answer that had been given before, and was rated unhelpful or led to an agent, counts only once its article has
    been changed.
    """
    touched: set[int] = set()
    for verdict in verdicts:
        row = connection.execute(
            select(failed_questions, queries.c.article_id)
            .join(queries, queries.c.id == failed_questions.c.query_id)
            .where(failed_questions.c.query_id == verdict.query_id)
        ).first()
        if row is None or row.asked_generation > generation:
            continue  # erased meanwhile, or another process was ahead
        answered = verdict.answerable and verdict.article_id is not None
        if answered and not row.unanswered and verdict.article_id == row.article_id:
            answered = _changed_since(connection, row.article_id, row.at)
        connection.execute(
            update(failed_questions)
            .where(failed_questions.c.query_id == verdict.query_id)
            .values(answered=answered, asked_generation=generation)
        )
        touched.add(row.gap_id)
    for gap_id in sorted(touched - {None}):
        _close_when_answered(connection, gap_id)


def _changed_since(connection: Connection, article_id: str, at: datetime) -> bool:
    updated = connection.execute(select(articles.c.updated_at).where(articles.c.id == article_id)).scalar()
    return updated is not None and updated.replace(tzinfo=UTC) > at.replace(tzinfo=UTC)


def _close_when_answered(connection: Connection, gap_id: int) -> None:
    left = connection.execute(
        select(func.count())
        .select_from(failed_questions)
        .where(failed_questions.c.gap_id == gap_id, failed_questions.c.answered.is_not(True))
    ).scalar_one()
    if not left:
        connection.execute(
            update(gaps)
            .where(gaps.c.id == gap_id, gaps.c.state.in_([state.value for state in ASKED_AGAIN]))
            .values(state=GapState.CLOSED.value)
        )
