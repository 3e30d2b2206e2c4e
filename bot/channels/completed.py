"""Whether a turn was completed, and which buttons were offered: read from the tracker.

Rasa swallows a failed action ("the actions events are lost") and goes on; the tracker then holds the action without the
outcome every action of ours sets.
"""

from __future__ import annotations

from typing import Any

from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.policies.tracker_turns import SLOT_OUTCOME

OUR_ACTIONS = frozenset({"action_answer", "action_ask_back", "action_handoff", "action_record_feedback"})
FAILED_RESULTS = frozenset({"unavailable"})


def failure_of(tracker: DialogueStateTracker | None, message_id: str | None) -> str | None:
    """Return why the turn of ``message_id`` was not completed, or None when it was."""
    if tracker is None:
        return "The turn was not saved."
    events = _last_turn(tracker)
    if not events or not isinstance(events[0], UserUttered) or events[0].message_id != message_id:
        return "The turn was not saved."
    waiting: str | None = None
    for event in events[1:]:
        if isinstance(event, ActionExecuted):
            if waiting is not None:
                break
            waiting = event.action_name if event.action_name in OUR_ACTIONS else None
        elif isinstance(event, SlotSet) and event.key == SLOT_OUTCOME:
            waiting = None
            if (event.value or {}).get("result") in FAILED_RESULTS:
                return "The knowledge base did not answer."
    return f"{waiting} did not run; is the action server up?" if waiting else None


def offered_payloads(tracker: DialogueStateTracker | None) -> set[str]:
    """Return the payloads of all buttons the bot offered in this leg."""
    if tracker is None:
        return set()
    found: set[str] = set()
    for event in tracker.events:
        if isinstance(event, BotUttered):
            buttons: list[dict[str, Any]] = (event.data or {}).get("buttons") or []
            found.update(button["payload"] for button in buttons if isinstance(button.get("payload"), str))
    return found


def _last_turn(tracker: DialogueStateTracker) -> list[Event]:
    events = list(tracker.events)
    for index in range(len(events) - 1, -1, -1):
        if isinstance(events[index], UserUttered):
            return events[index:]
    return []
