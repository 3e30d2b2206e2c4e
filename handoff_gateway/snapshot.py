"""A conversation's state as JSON: the projection kept beside the log, so that no read has to replay it."""

from __future__ import annotations

import json
from typing import Any

from handoff_gateway.conversation import Conversation, LastMessage
from handoff_gateway.events import AgentName, Owner, Role
from handoff_gateway.times import from_text, to_text

_PLAIN = (
    "seq",
    "epoch",
    "episode",
    "leg",
    "team",
    "released_by",
    "turns",
    "answered",
    "reason",
    "summary",
    "handoff_language",
)


def dump(state: Conversation) -> str:
    """Write `state`, without id and language, which have columns of their own."""
    data: dict[str, Any] = {name: getattr(state, name) for name in _PLAIN}
    data["owner"] = state.owner.value
    data["agent"] = None if state.agent is None else state.agent.to_json()
    data["waiting_since"] = None if state.waiting_since is None else to_text(state.waiting_since)
    data["pending"] = list(state.pending)
    data["earlier"] = list(state.earlier)
    data["offered"] = [list(pair) for pair in state.offered]
    data["questions"] = list(state.questions)
    data["shown"] = [dict(item) for item in state.shown]
    if (last := state.last_message) is not None:
        data["last_message"] = {"role": last.role.value, "text": last.text, "at": to_text(last.at)}
    return json.dumps(data, separators=(",", ":"))


def load(conversation_id: str, language: str, text: str) -> Conversation:
    """Read what `dump` wrote."""
    data = json.loads(text)
    last = data.get("last_message")
    return Conversation(
        conversation_id=conversation_id,
        language=language,
        owner=Owner(data["owner"]),
        agent=None if data["agent"] is None else AgentName.from_json(data["agent"]),
        waiting_since=None if data["waiting_since"] is None else from_text(data["waiting_since"]),
        pending=tuple(data["pending"]),
        offered=tuple((payload, title) for payload, title in data["offered"]),
        questions=tuple(data["questions"]),
        earlier=tuple(data.get("earlier", ())),  # rows written before it was kept lack it
        shown=tuple(data["shown"]),
        last_message=None if last is None else LastMessage(Role(last["role"]), last["text"], from_text(last["at"])),
        **{name: data[name] for name in _PLAIN},
    )
