"""From a Rasa tracker's events to the plain turns of ``bot.escalation``.

An action that did its work sets the slot ``outcome``; an action without one was lost (server down, exception) and is no
turn: the channel then fails the whole turn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from rasa.shared.core.events import Event, SlotSet, UserUttered

from bot.escalation.turns import BotTurn, Cause, CustomerTurn, Reading, Result, Turn

logger = logging.getLogger(__name__)

SLOT_OUTCOME = "outcome"
EARLIER = "earlier_handoffs"  # in a message's metadata: reasons of the handoffs of this episode
PAYLOAD = "payload"  # in a message's metadata: true when a button was pressed
TRIGGER, THUMBS_DOWN = "trigger", "thumbs_down"  # in the metadata of a turn without words: what it is about
THUMBS = "thumbs"  # in a message's metadata: {"up", "down"}, the rated answers of this leg


def turns_of(events: Iterable[Event]) -> list[Turn]:
    """Return the turns in order."""
    turns: list[Turn] = []
    for event in events:
        if isinstance(event, UserUttered):
            turns.append(customer_turn(event))
        elif isinstance(event, SlotSet) and event.key == SLOT_OUTCOME and isinstance(event.value, dict):
            turn = _bot_turn(event.value)
            if turn is not None:
                turns.append(turn)
    return turns


def customer_turn(event: UserUttered) -> CustomerTurn:
    """Return one message of the customer with its scores."""
    parsed: dict[str, Any] = event.parse_data or {}
    scored: dict[str, Any] = parsed.get("escalation") or {}
    request, frustration = scored.get("request") or {}, scored.get("frustration") or {}
    metadata: dict[str, Any] = event.metadata or {}
    earlier = metadata.get(EARLIER)
    entities = {entity.get("entity"): entity.get("value") for entity in event.entities or []}
    return CustomerTurn(
        text=event.text or "",
        intent=event.intent_name or "question",
        confidence=float((event.intent or {}).get("confidence") or 0.0),
        request=float(request.get("score", 0.0)),
        request_clause=str(request.get("clause", "")),
        frustration=float(frustration.get("score", 0.0)),
        frustration_clause=str(frustration.get("clause", "")),
        upset=float((scored.get("upset") or {}).get("score", 0.0)),
        question=float((scored.get("question") or {}).get("score", 0.0)),
        vector=str(scored.get("vector", "")),
        language=str(entities.get("language", "en")),
        likely=_likely(event),
        topics=_readings(scored.get("topics")),
        is_payload=bool(metadata.get(PAYLOAD)),
        is_thumb=metadata.get(TRIGGER) == THUMBS_DOWN,
        thumbs_down=_thumbs_down(metadata.get(THUMBS)),
        at=float(event.timestamp or 0.0),
        earlier=tuple(reason for reason in earlier if isinstance(reason, str)) if isinstance(earlier, list) else (),
    )


def _likely(event: UserUttered) -> tuple[str, ...]:
    found = next((entity for entity in event.entities or [] if entity.get("entity") == "language"), {})
    return tuple(str(language) for language in found.get("likely") or ())


def _readings(given: Any) -> tuple[Reading, ...]:
    return tuple(
        Reading(str(one.get("clause", "")), {str(name): float(score) for name, score in one.get("scores", {}).items()})
        for one in given or ()
    )


def _bot_turn(outcome: dict[str, Any]) -> BotTurn | None:
    try:
        cause = outcome.get("cause")
        return BotTurn(
            Result(outcome["result"]),
            Cause(cause) if cause else None,
            tuple(str(article["article_id"]) for article in outcome.get("offered") or ()),
            outcome.get("article_id"),
            confidence=_probability(outcome.get("confidence")),
            nearness=_probability(outcome.get("nearness")),
            title=str(outcome.get("title") or ""),
            kind=bool(outcome.get("kind")),
        )
    except (KeyError, ValueError, TypeError):
        logger.warning("an action set an outcome the rules do not know", extra={"outcome": str(outcome.get("result"))})
        return None


def _thumbs_down(thumbs: object) -> int:
    count = thumbs.get("down") if isinstance(thumbs, dict) else None
    return count if isinstance(count, int) and count > 0 else 0


def _probability(value: object) -> float:
    """What an action did not look for says nothing: 1 is read as "as good as can be"."""
    return float(value) if isinstance(value, (int, float)) else 1.0
