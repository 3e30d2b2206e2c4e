"""What the actions read from a tracker: the customer's messages and how the bot's turns ended.

Slots (a contract with ``bot/``): ``escalation`` {reason, cause, signals}, ``outcome`` {result, …}, ``language``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from actions.texts import language_of

HANDED_OFF = "handed_off"
ASIDES = frozenset(
    {"greet", "thank", "goodbye", "bot_challenge", "affirm", "deny", "unclear", "request_agent", "feedback"}
)


@dataclass(frozen=True)
class Said:
    """One message of the customer."""

    text: str
    intent: str
    message_id: str
    vector: str
    entities: Mapping[str, Any]
    is_payload: bool

    @property
    def is_aside(self) -> bool:
        """Whether the message says nothing about what the customer needs."""
        return self.intent in ASIDES


@dataclass(frozen=True)
class Leg:
    """The turns since the last handoff, oldest first; ``outcomes`` are the values of the slot ``outcome``."""

    said: tuple[Said, ...]
    outcomes: tuple[Mapping[str, Any], ...]
    language: str
    decision: Mapping[str, Any]

    @property
    def is_kind(self) -> bool:
        """Whether the bot is to say first that it is sorry: the policy decides, once in a leg."""
        return bool(self.decision.get("kind"))

    @property
    def latest(self) -> Said:
        """The message this turn is about."""
        return self.said[-1] if self.said else Said("", "unclear", "", "", {}, False)

    def last(self, *results: str) -> Mapping[str, Any] | None:
        """Return the newest outcome with one of ``results``."""
        return next((outcome for outcome in reversed(self.outcomes) if outcome.get("result") in results), None)

    def shown(self) -> list[dict[str, str]]:
        """Return the articles that were shown as answers, in order, once each."""
        found: dict[str, dict[str, str]] = {}
        for outcome in self.outcomes:
            if outcome.get("result") == "answered" and outcome.get("article_id"):
                found.setdefault(
                    outcome["article_id"], {"article_id": outcome["article_id"], "title": outcome.get("title", "")}
                )
        return list(found.values())

    def last_query(self) -> str | None:
        """Return the id of the newest search that was made for a question of the customer's."""
        found = next((outcome["query_id"] for outcome in reversed(self.outcomes) if outcome.get("query_id")), None)
        return None if found is None else str(found)

    def last_question(self) -> str:
        """Return the customer's newest message that is a question, or an empty text."""
        return next((said.text for said in reversed(self.said) if not said.is_payload and not said.is_aside), "")

    def previous_question(self) -> str:
        """Return the question before the latest message, or an empty text: "and abroad?" is about that one."""
        return next((said.text for said in reversed(self.said[:-1]) if not said.is_payload and not said.is_aside), "")


def leg_of(tracker: Tracker) -> Leg:
    """Read the leg from a tracker."""
    said: list[Said] = []
    outcomes: list[Mapping[str, Any]] = []
    for event in tracker.events:
        if event.get("event") == "user":
            if outcomes and outcomes[-1].get("result") == HANDED_OFF:
                said, outcomes = [], []
            said.append(_said(event))
        elif event.get("event") == "slot" and event.get("name") == "outcome" and isinstance(event.get("value"), dict):
            outcomes.append(event["value"])
    return Leg(tuple(said), tuple(outcomes), language_of(tracker.get_slot("language")), _decision(tracker, said))


def _decision(tracker: Tracker, said: list[Said]) -> Mapping[str, Any]:
    """The slot keeps its value over turns, so a decision counts only for the message it was made on."""
    slot = tracker.get_slot("escalation")
    fits = isinstance(slot, dict) and bool(said) and slot.get("message_id") == said[-1].message_id
    return slot if fits else {}


def _said(event: Mapping[str, Any]) -> Said:
    parsed: Mapping[str, Any] = event.get("parse_data") or {}
    entities: Iterable[Mapping[str, Any]] = parsed.get("entities") or ()
    return Said(
        text=str(event.get("text") or ""),
        intent=str((parsed.get("intent") or {}).get("name") or "question"),
        message_id=str(event.get("message_id") or ""),
        vector=str((parsed.get("escalation") or {}).get("vector") or ""),
        entities={str(entity.get("entity")): entity.get("value") for entity in entities},
        is_payload=bool((event.get("metadata") or {}).get("payload")),
    )
