"""What a plan will make search know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from knowledge_base.articles.articles import SERVICE, ArticleState, Content
from knowledge_base.editing.editing import Writing
from knowledge_base.importing.plan import Change, Create, Plan, PlannedRow, Regroup
from knowledge_base.importing.settle import settle

ANYBODY = Writing(SERVICE, datetime.min.replace(tzinfo=UTC))  # who writes, and when, is nothing to search


@dataclass(frozen=True)
class Expected:
    """An article as search will know it.

    Attributes:
        content: `None` when it is taken out of search.
    """

    external_id: str | None
    group: str
    content: Content | None


def expected(plan: Plan) -> dict[str, Expected]:
    """Return what becomes of articles in search, by id.

    Those that change their group are left out: what becomes of it, and of others in it, is not for the row to tell.
    """
    found = {}
    for row in plan.rows:
        article = _expected(row)
        if article is not None and row.article_id is not None:
            found[row.article_id] = article
    return found


def differing(staged: Mapping[str, Expected], now: Mapping[str, Expected]) -> set[str]:
    """Return the articles of which the two do not expect the same."""
    return {article_id for article_id in staged.keys() | now.keys() if staged.get(article_id) != now.get(article_id)}


def _expected(row: PlannedRow) -> Expected | None:
    if not row.steps or any(isinstance(step, Regroup) for step in row.steps):
        return None
    first, existing = row.steps[0], row.existing
    if isinstance(first, Create):
        history = None if row.row is None else row.row.history
        live = first.content if first.state is ArticleState.PUBLISHED else None
        live = live if history is None else history.live
        return None if live is None else Expected(row.external_id, first.group, live)
    if existing is None:
        return None
    settled = settle(existing, [step for step in row.steps if isinstance(step, Change)], ANYBODY)
    if not settled.touched:
        return None
    return Expected(existing.external_id, existing.group, settled.searched)
