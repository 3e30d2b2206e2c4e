"""What each side may see of events and conversations: the only place where anything is left out."""

from __future__ import annotations

from typing import Any

from handoff_gateway.core.events import (
    AlertRaised,
    CallBackNoted,
    EpisodeClosed,
    FollowUpNoted,
    HandedOff,
    MessagePosted,
    NoteAdded,
    OwnerChanged,
    Recorded,
)
from handoff_gateway.live.board import Board
from handoff_gateway.store.projection import Entry
from handoff_gateway.times import to_text
from handoff_gateway.wire import to_raw

Json = dict[str, Any]


def customer_event(recorded: Recorded) -> Json:
    """Return an event as the customer sees it. A hidden one keeps its seq, so that nobody looks for a hole."""
    event = recorded.event
    if isinstance(event, NoteAdded | AlertRaised | FollowUpNoted):
        return {"seq": recorded.seq, "kind": "hidden"}
    data = recorded.to_json()
    if isinstance(event, HandedOff):
        for name in ("reason", "signals"):
            del data["handoff"][name]
        data["handoff"].pop("query_id", None)
    elif isinstance(event, EpisodeClosed):
        data.pop("disposition", None)
    elif isinstance(event, OwnerChanged):
        data.pop("waited_s", None)
        data.pop("priority", None)
    elif isinstance(event, CallBackNoted):
        data["call_back"].pop("by", None)
    elif isinstance(event, MessagePosted):
        data["message"].pop("agent_id", None)
    return data


def customer_text(recorded: Recorded) -> str:
    """Return `customer_event` as JSON: for most messages what the log holds."""
    event = recorded.event
    if isinstance(event, MessagePosted) and event.agent_id is None:
        return recorded.text
    return to_raw(customer_event(recorded))


def agent_text(recorded: Recorded) -> str:
    """Return an event as agents see it, whole, as JSON."""
    return recorded.text


def summary(entry: Entry, board: Board) -> Json:
    """Return a conversation as lists and `conversation` frames show it."""
    state = entry.state
    customer: Json = {"id": entry.customer.id, "verified": entry.customer.verified}
    for name in ("name", "email", "external_id"):
        if (value := getattr(entry.customer, name)) is not None:
            customer[name] = value
    last = state.last_message
    data: Json = {
        "conversation_id": entry.id,
        "customer": customer,
        "channel": entry.channel,
        "language": state.handoff_language or state.language,
        "page": entry.page,
        "owner": state.owner.value,
        "agent": None if state.agent is None else state.agent.to_json(),
        "team": state.team,
        "epoch": state.epoch,
        "episode": state.episode,
        "seq": state.seq,
        "reason": state.reason,
        "summary": state.summary,
        "waiting_since": None if state.waiting_since is None else to_text(state.waiting_since),
        "last_message": None if last is None else {"role": last.role.value, "text": last.text, "at": to_text(last.at)},
        "created_at": to_text(entry.created_at),
        "updated_at": to_text(entry.updated_at),
    }
    if (position := board.position(entry.id)) is not None:
        data["position"] = position
    if state.priority:
        data["priority"] = state.priority
    if state.call_back is not None:
        data["call_back"] = state.call_back.to_json()
    if alerts := state.care.standing(state.priority):
        data["alerts"] = alerts
    return data


def follow_up(entry: Entry, board: Board, agent_id: str) -> Json:
    """Return a conversation as the list of the agent who passed it on shows it."""
    kept = next(item for item in entry.state.follow_ups if item.agent.id == agent_id)
    return {**summary(entry, board), "follow_up": {"to": kept.to, "outcome": kept.outcome}}
