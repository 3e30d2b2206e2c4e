"""A conversation's state as JSON: the projection kept beside the log, so that no read has to replay it."""

from __future__ import annotations

import json
from typing import Any

from handoff_gateway.core.care import CallBack, Care, FollowUp
from handoff_gateway.core.conversation_state import Conversation, LastMessage
from handoff_gateway.core.events import AgentName, Owner, Role
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
# Fields that came later, with what they are in a state written before that.
_LATER: dict[str, Any] = {"priority": 0, "handoffs": 0, "leg_seq": 0}


def dump(state: Conversation) -> str:
    """Write `state`, without id and language, which have columns of their own."""
    data: dict[str, Any] = {name: getattr(state, name) for name in _PLAIN}
    data.update({name: getattr(state, name) for name in _LATER})
    data["owner"] = state.owner.value
    data["agent"] = None if state.agent is None else state.agent.to_json()
    data["waiting_since"] = None if state.waiting_since is None else to_text(state.waiting_since)
    data["pending"] = list(state.pending)
    data["earlier"] = list(state.earlier)
    data["offered"] = [list(pair) for pair in state.offered]
    data["questions"] = list(state.questions)
    data["shown"] = [dict(item) for item in state.shown]
    if state.verdicts:
        data["verdicts"] = [list(verdict) for verdict in state.verdicts]
    if (last := state.last_message) is not None:
        data["last_message"] = {"role": last.role.value, "text": last.text, "at": to_text(last.at)}
    if state.handed_back_at is not None:
        data["handed_back_at"] = to_text(state.handed_back_at)
    if state.care != Care():
        data["care"] = state.care.to_json()
    if state.call_back is not None:
        data["call_back"] = state.call_back.to_json()
    if state.follow_ups:
        data["follow_ups"] = [item.to_json() for item in state.follow_ups]
    return json.dumps(data, separators=(",", ":"))


def load(conversation_id: str, language: str, text: str) -> Conversation:
    """Read what `dump` wrote."""
    data = json.loads(text)
    last, handed_back_at, call_back = data.get("last_message"), data.get("handed_back_at"), data.get("call_back")
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
        handed_back_at=None if handed_back_at is None else from_text(handed_back_at),
        care=Care.from_json(data.get("care", {})),
        call_back=None if call_back is None else CallBack.from_json(call_back),
        follow_ups=tuple(FollowUp.from_json(item) for item in data.get("follow_ups", ())),
        verdicts=tuple((about, helpful) for about, helpful in data.get("verdicts", ())),
        **{name: data[name] for name in _PLAIN},
        **{name: data.get(name, default) for name, default in _LATER.items()},
    )
