"""Whether what has changed in the base concerns a plan that was made before. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from knowledge_base.importing.plan import Create, Plan, PlannedRow, Regroup, beside


class Standing(NamedTuple):
    """How an article stands: whatever is done to it, this is another afterwards."""

    article_id: str
    external_id: str | None
    group: str
    latest_version: int
    live_version: int | None
    state: str
    created_at: str
    updated_at: str


def concerns(changed: Collection[Standing], plan: Plan) -> bool:
    """Return whether the plan might be another if it were made now.

    Args:
        changed: articles as they were and as they are.
    """
    if not changed:
        return False
    named = {name for row in plan.rows for name in _named(row)}
    return any(not named.isdisjoint((each.article_id, each.external_id, each.group)) for each in changed)


def _named(planned: PlannedRow) -> Iterator[str]:
    """Return every name a row knows of articles, groups and external ids, or may look up."""
    row, existing = planned.row, planned.existing
    yield from (name for name in (planned.article_id, planned.external_id) if name is not None)
    if row is not None:
        yield from (name for name in (row.article_id, row.external_id) if name is not None)
        if row.translation_of is not None:
            yield from (row.translation_of, beside(row, row.translation_of))
    if existing is not None:
        yield from (name for name in (existing.group, existing.external_id) if name is not None)
    yield from (step.group for step in planned.steps if isinstance(step, Create | Regroup))
