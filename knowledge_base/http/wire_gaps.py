"""JSON of gaps and proposals: requests parsed, answers built."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge_base.articles.fields import Json, read_object, read_text, read_texts
from knowledge_base.errors import InvalidRequestError
from knowledge_base.http.wire import time_json
from knowledge_base.store.gaps import Gap, GapList, GapState

MAX_MINUTES = 24 * 60.0  # of one conversation; more is a forgotten window
MAX_ID = 200
MAX_FORGOTTEN = 500  # searches at once


@dataclass(frozen=True)
class MinutesRequest:
    """Body of `POST /v1/gaps/minutes`."""

    query_id: str
    minutes: float


@dataclass(frozen=True)
class ForgetRequest:
    """Body of `POST /v1/forget`."""

    query_ids: tuple[str, ...]
    conversation_id: str | None


def parse_forget(body: object) -> ForgetRequest:
    """Read whose questions are to be forgotten.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    query_ids = read_texts(fields, "query_ids", MAX_FORGOTTEN, MAX_ID)
    if query_ids is None:
        raise InvalidRequestError("query_ids", "must be a list of the query_ids of searches")
    return ForgetRequest(query_ids, read_text(fields, "conversation_id", MAX_ID))


def parse_state(value: str | None) -> GapState:
    """Read which gaps to list; open ones when nothing is said.

    Raises:
        InvalidRequestError: no such state.
    """
    try:
        return GapState.OPEN if value is None else GapState(value)
    except ValueError:
        raise InvalidRequestError("state", f"must be one of {', '.join(GapState)}") from None


def parse_minutes(body: object) -> MinutesRequest:
    """Read how long an agent was busy with a question.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    query_id = read_text(fields, "query_id", MAX_ID)
    if not query_id:
        raise InvalidRequestError("query_id", "must be the query_id of a search")
    minutes = fields.get("minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes <= MAX_MINUTES:
        raise InvalidRequestError("minutes", f"must be a number between 0 and {MAX_MINUTES:g}")
    return MinutesRequest(query_id, float(minutes))


def gap_json(gap: Gap) -> Json:
    """Build one gap."""
    near = gap.nearest
    return {
        "id": gap.gap_id,
        "question": gap.question,
        "state": gap.state.value,
        "count": gap.count,
        "cost_minutes": round(gap.cost_minutes, 1),
        "examples": list(gap.examples),
        "language": gap.languages[0] if gap.languages else None,
        "languages": list(gap.languages),
        "nearest": None
        if near is None
        else {"article_id": near.article_id, "title": near.title, "confidence": round(near.confidence, 4)},
        "reasons": {
            "unanswered": gap.reasons.unanswered,
            "thumbs_down": gap.reasons.thumbs_down,
            "handed_off": gap.reasons.handed_off,
        },
        "draft_article_id": gap.draft_article_id,
        "asked_again": gap.asked_again,
        "answered_now": gap.answered_now,
        "first_at": time_json(gap.first_at),
        "last_at": time_json(gap.last_at),
    }


def gap_list_json(found: GapList) -> Json:
    """Build a page of gaps."""
    return {
        "gaps": [gap_json(gap) for gap in found.gaps],
        "total": found.total,
        "unsorted": found.unsorted,
        "agent_minutes": round(found.agent_minutes, 2),
        "measured": found.measured,
    }
