"""Articles nobody looks after: read out of the database in one transaction, without any vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, cast, func, select

from knowledge_base.articles.articles import ArticleHead, ArticleState
from knowledge_base.store.store import ArticleFilter, list_articles
from knowledge_base.store.tables import feedback, queries

LOOKED_BACK_DAYS = 90  # in which an article should have been shown once, and verdicts count
ENOUGH_ASKED = 200  # questions in that time before "never shown" says anything about an article
DRAFT_DAYS = 30  # after which a draft counts as forgotten
FEW_VERDICTS = 3  # bad ones, before an article is said to be often found unhelpful
BAD_SHARE = 0.4  # of its verdicts
PAGE = 500


@dataclass(frozen=True)
class Neglected:
    """Articles by what is wrong with them; `rated` with good and bad verdicts."""

    never_shown: tuple[ArticleHead, ...]
    rated: tuple[tuple[ArticleHead, int, int], ...]
    review_due: tuple[ArticleHead, ...]
    old_drafts: tuple[ArticleHead, ...]


def neglected(connection: Connection, now: datetime) -> Neglected:
    """Return what editors should look at again."""
    heads = _every_head(connection)
    since = now - timedelta(days=LOOKED_BACK_DAYS)
    shown, asked = _shown(connection, since)
    verdicts = _verdicts(connection, since)
    live = [head for head in heads if head.state is ArticleState.PUBLISHED]
    drafts = [head for head in heads if head.state is ArticleState.DRAFT or head.has_draft]
    return Neglected(
        never_shown=tuple(
            head
            for head in live
            if asked >= ENOUGH_ASKED and head.article_id not in shown and _utc(head.created_at) < since
        ),
        rated=tuple(
            (head, *verdicts[head.article_id])
            for head in live
            if head.article_id in verdicts and _is_bad(*verdicts[head.article_id])
        ),
        review_due=tuple(
            head
            for head in heads
            if head.review_on is not None and head.review_on <= now.date() and head.state is not ArticleState.ARCHIVED
        ),
        old_drafts=tuple(head for head in drafts if _utc(head.updated_at) < now - timedelta(days=DRAFT_DAYS)),
    )


def _is_bad(good: int, bad: int) -> bool:
    return bad >= FEW_VERDICTS and bad >= BAD_SHARE * (good + bad)


def _every_head(connection: Connection) -> list[ArticleHead]:
    found: list[ArticleHead] = []
    while True:
        after = found[-1].article_id if found else None
        page: Sequence[ArticleHead] = list_articles(connection, ArticleFilter(after=after), PAGE)
        found += page
        if len(page) < PAGE:
            return found


def _shown(connection: Connection, since: datetime) -> tuple[set[str], int]:
    """Return the articles that were an answer, and how many questions customers asked."""
    asked = connection.execute(
        select(func.count()).select_from(queries).where(queries.c.at >= since, queries.c.from_customer)
    ).scalar_one()
    rows = connection.execute(
        select(queries.c.article_id).where(queries.c.at >= since, queries.c.answerable).distinct()
    )
    return {row.article_id for row in rows}, int(asked)


def _verdicts(connection: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    good: Any = func.sum(cast(feedback.c.helpful, Integer))
    rows = connection.execute(
        select(feedback.c.article_id, good.label("good"), func.count().label("given"))
        .where(feedback.c.at >= since, feedback.c.article_id.is_not(None))
        .group_by(feedback.c.article_id)
    )
    return {row.article_id: (int(row.good), int(row.given) - int(row.good)) for row in rows}


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
