"""What can happen to a conversation, and how it is written down.

Each event is a frozen dataclass with a `kind` (its name on the wire and in the log) and a codec to a JSON object.
`Recorded` is an event in its place in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from handoff_gateway.errors import CorruptLogError
from handoff_gateway.times import from_text, to_text

Json = dict[str, Any]


class Owner(StrEnum):
    """Who is speaking with the customer."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    NOBODY = "nobody"


class Role(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Cause(StrEnum):
    """Why the owner changed."""

    OPENED = "opened"
    HANDED_OFF = "handed_off"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    HANDED_BACK = "handed_back"
    LEFT_QUEUE = "left_queue"
    RESCUED = "rescued"  # the agent's sockets were gone
    TIMED_OUT = "timed_out"  # the agent gave no first answer
    PROMISED = "promised"  # nobody can come now: a call-back stands instead
    CLOSED = "closed"


class About(StrEnum):
    """What somebody is alerted to."""

    UNCLAIMED = "unclaimed"
    RESCUED = "rescued"
    CALL_BACK_DUE = "call_back_due"
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class Level(StrEnum):
    """How bad it is: a warning can still be put right, a breach has happened."""

    WARNING = "warning"
    BREACH = "breach"


class Standing(StrEnum):
    """Where a call-back or follow-up stands."""

    OPENED = "opened"
    REMINDED = "reminded"
    ENDED = "ended"  # the case is closed; shown until it is done
    DONE = "done"


@dataclass(frozen=True, slots=True)
class AgentName:
    """An agent as others see them."""

    id: str
    name: str

    def to_json(self) -> Json:
        """Return `{"id", "name"}`."""
        return {"id": self.id, "name": self.name}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AgentName:
        """Read `{"id", "name"}`."""
        return cls(str(data["id"]), str(data["name"]))


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """Somebody said something. `extras` holds what the bot adds: html, buttons, sources, answer."""

    kind: ClassVar[str] = "message"
    role: Role
    text: str
    name: str | None = None
    agent_id: str | None = None
    client_message_id: str | None = None
    payload: str | None = None
    in_reply_to: int | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return `{"message": {...}}` without empty fields."""
        optional = {
            "name": self.name,
            "agent_id": self.agent_id,
            "client_message_id": self.client_message_id,
            "payload": self.payload,
            "in_reply_to": self.in_reply_to,
        }
        message: Json = {"role": self.role.value, "text": self.text, **self.extras}
        message.update({key: value for key, value in optional.items() if value is not None})
        return {"message": message}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MessagePosted:
        """Read what `to_json` wrote."""
        message = dict(data["message"])
        return cls(
            role=Role(message.pop("role")),
            text=message.pop("text"),
            name=message.pop("name", None),
            agent_id=message.pop("agent_id", None),
            client_message_id=message.pop("client_message_id", None),
            payload=message.pop("payload", None),
            in_reply_to=message.pop("in_reply_to", None),
            extras=message,
        )


@dataclass(frozen=True, slots=True)
class HandedOff:
    """The bot's part is over; a person is to take the conversation. `line` is what the customer reads.

    `query_id` names the search whose answer was missing, for the knowledge base. `details` is what the customer named
    (an order, an e-mail address), by kind.
    """

    kind: ClassVar[str] = "handoff"
    reason: str
    line: str
    summary: str
    language: str
    signals: Mapping[str, Any] = field(default_factory=dict)
    tried: tuple[Mapping[str, Any], ...] = ()
    client_message_id: str | None = None
    query_id: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return `{"handoff": {...}}`."""
        handoff: Json = {
            "reason": self.reason,
            "line": self.line,
            "summary": self.summary,
            "signals": dict(self.signals),
            "tried": [dict(item) for item in self.tried],
            "language": self.language,
        }
        if self.client_message_id is not None:
            handoff["client_message_id"] = self.client_message_id
        if self.query_id is not None:
            handoff["query_id"] = self.query_id
        if self.details:
            handoff["details"] = dict(self.details)
        return {"handoff": handoff}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HandedOff:
        """Read what `to_json` wrote."""
        handoff = data["handoff"]
        return cls(
            reason=handoff["reason"],
            line=handoff["line"],
            summary=handoff["summary"],
            language=handoff["language"],
            signals=handoff["signals"],
            tried=tuple(handoff["tried"]),
            client_message_id=handoff.get("client_message_id"),
            query_id=handoff.get("query_id"),
            details=handoff.get("details") or {},
        )


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """Another party speaks now.

    `waited_s` is the time in the queue, where the conversation leaves it for an agent; `priority` its place there: a
    higher one goes before all lower ones.
    """

    kind: ClassVar[str] = "owner"
    owner: Owner
    cause: Cause
    agent: AgentName | None = None
    team: str | None = None
    waited_s: float | None = None
    priority: int = 0

    def to_json(self) -> Json:
        """Return `{"owner", "cause", "agent"?, "team"?, "waited_s"?, "priority"?}`."""
        data: Json = {"owner": self.owner.value, "cause": self.cause.value}
        if self.agent is not None:
            data["agent"] = self.agent.to_json()
        if self.team is not None:
            data["team"] = self.team
        if self.waited_s is not None:
            data["waited_s"] = self.waited_s
        if self.priority:
            data["priority"] = self.priority
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OwnerChanged:
        """Read what `to_json` wrote."""
        agent = data.get("agent")
        return cls(
            owner=Owner(data["owner"]),
            cause=Cause(data["cause"]),
            agent=None if agent is None else AgentName.from_json(agent),
            team=data.get("team"),
            waited_s=data.get("waited_s"),
            priority=data.get("priority", 0),
        )


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """An agent wrote to colleagues; a customer never sees it."""

    kind: ClassVar[str] = "note"
    agent: AgentName
    text: str
    client_message_id: str | None = None

    def to_json(self) -> Json:
        """Return `{"note": {...}}`."""
        note: Json = {"agent": self.agent.to_json(), "text": self.text}
        if self.client_message_id is not None:
            note["client_message_id"] = self.client_message_id
        return {"note": note}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NoteAdded:
        """Read what `to_json` wrote."""
        note = data["note"]
        return cls(AgentName.from_json(note["agent"]), note["text"], note.get("client_message_id"))


@dataclass(frozen=True, slots=True)
class EpisodeClosed:
    """The episode is over."""

    kind: ClassVar[str] = "closed"
    by: str
    disposition: str | None = None

    def to_json(self) -> Json:
        """Return `{"by", "disposition"?}`."""
        return {"by": self.by} if self.disposition is None else {"by": self.by, "disposition": self.disposition}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EpisodeClosed:
        """Read what `to_json` wrote."""
        return cls(data["by"], data.get("disposition"))


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The customer judged the message at `about`."""

    kind: ClassVar[str] = "feedback"
    about: int
    helpful: bool

    def to_json(self) -> Json:
        """Return `{"feedback": {"seq", "helpful"}}`."""
        return {"feedback": {"seq": self.about, "helpful": self.helpful}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeedbackGiven:
        """Read what `to_json` wrote."""
        return cls(data["feedback"]["seq"], data["feedback"]["helpful"])


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """The customer answered a survey."""

    kind: ClassVar[str] = "survey"
    survey_id: str
    answers: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return `{"survey": {"survey_id", "answers"}}`."""
        return {"survey": {"survey_id": self.survey_id, "answers": dict(self.answers)}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SurveyAnswered:
        """Read what `to_json` wrote."""
        return cls(data["survey"]["survey_id"], data["survey"]["answers"])


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Somebody should look: agents of the team and supervisors see it, the customer does not."""

    kind: ClassVar[str] = "alert"
    about: About
    level: Level
    team: str | None = None
    agent: AgentName | None = None
    due_at: datetime | None = None

    def to_json(self) -> Json:
        """Return `{"alert": {"about", "level", "team"?, "agent"?, "due_at"?}}`."""
        alert: Json = {"about": self.about.value, "level": self.level.value}
        if self.team is not None:
            alert["team"] = self.team
        if self.agent is not None:
            alert["agent"] = self.agent.to_json()
        if self.due_at is not None:
            alert["due_at"] = to_text(self.due_at)
        return {"alert": alert}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AlertRaised:
        """Read what `to_json` wrote."""
        alert = data["alert"]
        agent, due_at = alert.get("agent"), alert.get("due_at")
        return cls(
            About(alert["about"]),
            Level(alert["level"]),
            alert.get("team"),
            None if agent is None else AgentName.from_json(agent),
            None if due_at is None else from_text(due_at),
        )


@dataclass(frozen=True, slots=True)
class CallBackNoted:
    """The customer is to be called back by `due_at`, or has been (`done`). `by` says who saw to it."""

    kind: ClassVar[str] = "call_back"
    standing: Standing
    team: str
    due_at: datetime
    contact: str | None = None
    note: str | None = None
    by: AgentName | None = None
    client_message_id: str | None = None

    def to_json(self) -> Json:
        """Return `{"call_back": {"standing", "team", "due_at", "contact"?, "note"?, "by"?}}`."""
        optional = {
            "contact": self.contact,
            "note": self.note,
            "by": None if self.by is None else self.by.to_json(),
            "client_message_id": self.client_message_id,
        }
        call_back: Json = {"standing": self.standing.value, "team": self.team, "due_at": to_text(self.due_at)}
        call_back.update({key: value for key, value in optional.items() if value is not None})
        return {"call_back": call_back}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CallBackNoted:
        """Read what `to_json` wrote."""
        call_back = data["call_back"]
        by = call_back.get("by")
        return cls(
            standing=Standing(call_back["standing"]),
            team=call_back["team"],
            due_at=from_text(call_back["due_at"]),
            contact=call_back.get("contact"),
            note=call_back.get("note"),
            by=None if by is None else AgentName.from_json(by),
            client_message_id=call_back.get("client_message_id"),
        )


@dataclass(frozen=True, slots=True)
class FollowUpNoted:
    """The agent who passed a conversation on is reminded of it until it is closed, and told how it ended."""

    kind: ClassVar[str] = "follow_up"
    standing: Standing
    agent: AgentName
    to: str | None = None
    outcome: str | None = None

    def to_json(self) -> Json:
        """Return `{"follow_up": {"standing", "agent", "to"?, "outcome"?}}`."""
        follow_up: Json = {"standing": self.standing.value, "agent": self.agent.to_json()}
        if self.to is not None:
            follow_up["to"] = self.to
        if self.outcome is not None:
            follow_up["outcome"] = self.outcome
        return {"follow_up": follow_up}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FollowUpNoted:
        """Read what `to_json` wrote."""
        follow_up = data["follow_up"]
        return cls(
            Standing(follow_up["standing"]),
            AgentName.from_json(follow_up["agent"]),
            follow_up.get("to"),
            follow_up.get("outcome"),
        )


Event = (
    MessagePosted
    | HandedOff
    | OwnerChanged
    | NoteAdded
    | EpisodeClosed
    | FeedbackGiven
    | SurveyAnswered
    | AlertRaised
    | CallBackNoted
    | FollowUpNoted
)
EVENTS: Mapping[str, type[Event]] = {
    event.kind: event
    for event in (
        MessagePosted,
        HandedOff,
        OwnerChanged,
        NoteAdded,
        EpisodeClosed,
        FeedbackGiven,
        SurveyAnswered,
        AlertRaised,
        CallBackNoted,
        FollowUpNoted,
    )
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its place: `epoch` and `episode` are those in force once it has happened."""

    seq: int
    at: datetime
    episode: int
    epoch: int
    event: Event

    def to_json(self) -> Json:
        """Return the whole event as agents see it."""
        return {
            "seq": self.seq,
            "at": to_text(self.at),
            "kind": self.event.kind,
            "episode": self.episode,
            "epoch": self.epoch,
            **self.event.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recorded:
        """Read what `to_json` wrote. Raises CorruptLogError for a kind nobody knows."""
        try:
            event = EVENTS[data["kind"]].from_json(data)
            return cls(data["seq"], from_text(data["at"]), data["episode"], data["epoch"], event)
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptLogError(f"event {data.get('seq')} cannot be read: {error!r}") from error
