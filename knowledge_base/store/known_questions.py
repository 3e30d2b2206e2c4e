"""Questions whose answer is known: the editors' golden set, and what customers asked and got an answer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, not_, select

from knowledge_base.store.tables import failed_questions, golden, queries


class Source(StrEnum):
    """Where a known question comes from."""

    GOLDEN = "golden"
    ASKED = "asked"
    ARTICLE = "article"


@dataclass(frozen=True)
class GoldenQuestion:
    """A question and the article that should answer it; `None` when nothing should."""

    question: str
    article_id: str | None
    language: str | None = None


@dataclass(frozen=True)
class KnownQuestion:
    """A question to ask before and after a change; `expected` is of golden ones only, empty for no answer."""

    question: str
    language: str | None
    source: Source
    expected: str | None = None


def golden_set(connection: Connection) -> list[GoldenQuestion]:
    """Return the golden set in its order."""
    rows = connection.execute(select(golden).order_by(golden.c.position))
    return [GoldenQuestion(row.question, row.article_id, row.language) for row in rows]


def replace_golden_set(connection: Connection, questions: Sequence[GoldenQuestion]) -> None:
    """Put a golden set in the place of the one before."""
    connection.execute(delete(golden))
    if questions:
        rows = [
            {"position": position, "question": one.question, "article_id": one.article_id, "language": one.language}
            for position, one in enumerate(questions)
        ]
        connection.execute(insert(golden), rows)


def answered_questions(connection: Connection, limit: int) -> tuple[list[KnownQuestion], bool]:
    """Return what customers asked and got an answer to, the most frequent first, then the newest; and if that is all.

    Those whose answer was rated unhelpful or led to a person are not among them.
    """
    failed = select(failed_questions.c.query_id).where(failed_questions.c.query_id == queries.c.id).exists()
    rows = connection.execute(
        select(queries.c.text, queries.c.language)
        .where(queries.c.answerable, queries.c.from_customer, not_(failed))
        .group_by(queries.c.text, queries.c.language)
        .order_by(func.count().desc(), func.max(queries.c.at).desc(), queries.c.text)
        .limit(limit + 1)
    ).all()
    return [KnownQuestion(row.text, row.language, Source.ASKED) for row in rows[:limit]], len(rows) <= limit
