"""Build the tracker Rasa would send, and run an action as Rasa would."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


@cache
def domain() -> dict[str, Any]:
    """The bot's real responses."""
    return {"responses": yaml.safe_load(Path("bot/domain/responses.yml").read_text(encoding="utf-8"))["responses"]}


class Dialogue:
    """A leg being written down event by event."""

    def __init__(self, language: str = "en") -> None:
        self.events: list[dict[str, Any]] = []
        self.slots: dict[str, Any] = {"language": language, "escalation": None, "outcome": None}
        self._count = 0

    def says(self, text: str, intent: str = "question", payload: bool = False, **entities: Any) -> Dialogue:
        """The customer writes ``text``, or presses a button."""
        self._count += 1
        self.events.append(
            {
                "event": "user",
                "text": text,
                "message_id": f"m{self._count}",
                "metadata": {"payload": payload},
                "parse_data": {
                    "text": text,
                    "intent": {"name": intent, "confidence": 1.0},
                    "entities": [{"entity": name, "value": value} for name, value in entities.items()],
                },
            }
        )
        return self

    def decided(self, **decision: Any) -> Dialogue:
        """The policy decided something about the latest message."""
        self.slots["escalation"] = {"message_id": f"m{self._count}", **decision}
        return self

    def tracker(self) -> Tracker:
        """The tracker as the SDK gives it to an action."""
        return Tracker("c1.1", dict(self.slots), {}, list(self.events), False, None, {}, "action_listen")

    async def run(self, action: Action) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run an action; return its outcome and what it uttered."""
        dispatcher = CollectingDispatcher()
        events = await action.run(dispatcher, self.tracker(), domain())
        self.events += events
        assert [event["name"] for event in events] == ["outcome"], "every action sets its outcome, once"
        outcome: dict[str, Any] = events[0]["value"]
        assert outcome["message_id"] == f"m{self._count}"
        self.slots["outcome"] = outcome
        return outcome, dispatcher.messages
