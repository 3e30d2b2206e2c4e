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
    CLOSED = "closed"


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
    """Another party speaks now. `waited_s` is the time in the queue, where the conversation leaves it for an agent."""

    kind: ClassVar[str] = "owner"
    owner: Owner
    cause: Cause
    agent: AgentName | None = None
    team: str | None = None
    waited_s: float | None = None

    def to_json(self) -> Json:
        """Return `{"owner", "cause", "agent"?, "team"?, "waited_s"?}`."""
        data: Json = {"owner": self.owner.value, "cause": self.cause.value}
        if self.agent is not None:
            data["agent"] = self.agent.to_json()
        if self.team is not None:
            data["team"] = self.team
        if self.waited_s is not None:
            data["waited_s"] = self.waited_s
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


Event = MessagePosted | HandedOff | OwnerChanged | NoteAdded | EpisodeClosed | FeedbackGiven | SurveyAnswered
EVENTS: Mapping[str, type[Event]] = {
    event.kind: event
    for event in (MessagePosted, HandedOff, OwnerChanged, NoteAdded, EpisodeClosed, FeedbackGiven, SurveyAnswered)
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
