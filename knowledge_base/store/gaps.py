"""Gaps as values: questions of one meaning that found no good answer, and what may be done with them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from knowledge_base.errors import ConflictError


class GapState(StrEnum):
    """Where a gap stands."""

    OPEN = "open"
    DRAFTED = "drafted"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class GapAction(StrEnum):
    """What an editor may do with a gap."""

    DRAFT = "draft"
    DISMISS = "dismiss"
    REOPEN = "reopen"


AFTER = {
    (GapState.OPEN, GapAction.DRAFT): GapState.DRAFTED,
    (GapState.DRAFTED, GapAction.DRAFT): GapState.DRAFTED,
    (GapState.CLOSED, GapAction.DRAFT): GapState.DRAFTED,
    (GapState.OPEN, GapAction.DISMISS): GapState.DISMISSED,
    (GapState.DRAFTED, GapAction.DISMISS): GapState.DISMISSED,
    (GapState.DISMISSED, GapAction.DISMISS): GapState.DISMISSED,
    (GapState.DISMISSED, GapAction.REOPEN): GapState.OPEN,
    (GapState.CLOSED, GapAction.REOPEN): GapState.OPEN,
    (GapState.OPEN, GapAction.REOPEN): GapState.OPEN,
}
ASKED_AGAIN = (GapState.OPEN, GapState.DRAFTED)  # the states in which a new generation may close a gap
HANDOFF_REASONS = frozenset({"low_confidence", "repeated_question"})  # those that say an answer was missing


def after(state: GapState, action: GapAction) -> GapState:
    """Return the state an action leads to.

    Raises:
        ConflictError: it is not possible in this state.
    """
    try:
        return AFTER[state, action]
    except KeyError:
        raise ConflictError("state", f"a gap that is {state} cannot be asked to {action}") from None


@dataclass(frozen=True)
class Nearest:
    """The article that came nearest to answering."""

    article_id: str
    title: str
    confidence: float


@dataclass(frozen=True)
class Reasons:
    """How many questions of a gap failed in which way; one question may have failed in several."""

    unanswered: int
    thumbs_down: int
    handed_off: int


@dataclass(frozen=True)
class Gap:
    """A gap with what was counted over its questions.

    Attributes:
        question: the one nearest to what all of them mean.
        cost_minutes: count × what such a question costs an agent.
        examples: other wordings, newest first.
        languages: of the questions, the most frequent first.
        asked_again: questions put to a newer generation of the base since they failed.
        answered_now: those of them that it answers.
    """

    gap_id: int
    question: str
    state: GapState
    count: int
    cost_minutes: float
    examples: tuple[str, ...]
    languages: tuple[str, ...]
    nearest: Nearest | None
    reasons: Reasons
    draft_article_id: str | None
    asked_again: int
    answered_now: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class GapList:
    """A page of gaps, the costliest first.

    Attributes:
        total: gaps in the wanted state.
        unsorted: failed questions whose meaning has not been looked at yet.
        agent_minutes: what a question costs where nothing was measured for its gap.
        measured: conversations from which that was measured; 0 when it is the setting.
    """

    gaps: tuple[Gap, ...]
    total: int
    unsorted: int
    agent_minutes: float
    measured: int
