"""What can happen to a conversation, and how it is written down.

Each event is a frozen structure with a `kind`, its name on the wire and in the log. Its fields are its JSON: those that
are empty are left out, times are as `times.to_text` writes them. `Recorded` is an event in its place in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Self

import msgspec
from msgspec import DecodeError, Struct, ValidationError, field

from handoff_gateway.errors import CorruptLogError
from handoff_gateway.times import from_text, to_text

Json = dict[str, Any]
_ENCODER = msgspec.json.Encoder()


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


class AgentName(Struct, frozen=True):
    """An agent as others see them."""

    id: str
    name: str

    def to_json(self) -> Json:
        """Return `{"id", "name"}`."""
        return {"id": self.id, "name": self.name}


class Happening(Struct, frozen=True, omit_defaults=True):
    """What all events share: the way to JSON and back.

    `wrapped` names the object its fields are in; None where they stand beside `kind`. `always` names
    those written though empty.
    """

    kind: ClassVar[str]
    wrapped: ClassVar[str | None]
    always: ClassVar[tuple[str, ...]] = ()

    def to_json(self) -> Json:
        """Return the fields that are not empty."""
        body: Json = {
            name: to_text(value) if isinstance(value, datetime) else value
            for name, value in msgspec.to_builtins(self, builtin_types=(datetime,)).items()
        }
        for name in self.always:
            body.setdefault(name, getattr(self, name))
        return body if self.wrapped is None else {self.wrapped: body}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError or ValidationError."""
        return msgspec.convert(data if cls.wrapped is None else data[cls.wrapped], cls)


class MessagePosted(Happening, frozen=True, omit_defaults=True):
    """Somebody said something. `extras` holds what the bot adds beside the fields: html, buttons, sources, answer."""

    kind: ClassVar[str] = "message"
    wrapped: ClassVar[str | None] = "message"
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
        message = msgspec.to_builtins(self)
        message.update(message.pop("extras", ()))
        return {"message": message}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError or ValidationError."""
        message = data["message"]
        extras = {name: value for name, value in message.items() if name not in cls.__struct_fields__}
        return msgspec.convert({**message, "extras": extras}, cls)


class HandedOff(Happening, frozen=True, omit_defaults=True):
    """The bot's part is over; a person is to take the conversation. `line` is what the customer reads.

    `query_id` names the search whose answer was missing, for the knowledge base. `details` is what the customer named
    (an order, an e-mail address), by kind. `in_reply_to` is the customer's message that led to it.
    """

    kind: ClassVar[str] = "handoff"
    wrapped: ClassVar[str | None] = "handoff"
    always: ClassVar[tuple[str, ...]] = ("signals", "tried")
    reason: str
    line: str
    summary: str
    language: str
    signals: Mapping[str, Any] = field(default_factory=dict)
    tried: tuple[Mapping[str, Any], ...] = ()
    client_message_id: str | None = None
    query_id: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    in_reply_to: int | None = None


class OwnerChanged(Happening, frozen=True, omit_defaults=True):
    """Another party speaks now.

    `waited_s` is the time in the queue, where the conversation leaves it for an agent; `priority` its place there: a
    higher one goes before all lower ones.
    """

    kind: ClassVar[str] = "owner"
    wrapped: ClassVar[str | None] = None
    owner: Owner
    cause: Cause
    agent: AgentName | None = None
    team: str | None = None
    waited_s: float | None = None
    priority: int = 0


class NoteAdded(Happening, frozen=True, omit_defaults=True):
    """An agent wrote to colleagues; a customer never sees it."""

    kind: ClassVar[str] = "note"
    wrapped: ClassVar[str | None] = "note"
    agent: AgentName
    text: str
    client_message_id: str | None = None


class EpisodeClosed(Happening, frozen=True, omit_defaults=True):
    """The episode is over."""

    kind: ClassVar[str] = "closed"
    wrapped: ClassVar[str | None] = None
    by: str
    disposition: str | None = None


class FeedbackGiven(Happening, frozen=True, omit_defaults=True, rename={"about": "seq"}):
    """The customer judged the message at `about`."""

    kind: ClassVar[str] = "feedback"
    wrapped: ClassVar[str | None] = "feedback"
    about: int
    helpful: bool


class SurveyAnswered(Happening, frozen=True, omit_defaults=True):
    """The customer answered a survey."""

    kind: ClassVar[str] = "survey"
    wrapped: ClassVar[str | None] = "survey"
    survey_id: str
    answers: Mapping[str, Any]


class AlertRaised(Happening, frozen=True, omit_defaults=True):
    """Somebody should look: agents of the team and supervisors see it, the customer does not."""

    kind: ClassVar[str] = "alert"
    wrapped: ClassVar[str | None] = "alert"
    about: About
    level: Level
    team: str | None = None
    agent: AgentName | None = None
    due_at: datetime | None = None


class CallBackNoted(Happening, frozen=True, omit_defaults=True):
    """The customer is to be called back by `due_at`, or has been (`done`). `by` says who saw to it."""

    kind: ClassVar[str] = "call_back"
    wrapped: ClassVar[str | None] = "call_back"
    standing: Standing
    team: str
    due_at: datetime
    contact: str | None = None
    note: str | None = None
    by: AgentName | None = None
    client_message_id: str | None = None


class FollowUpNoted(Happening, frozen=True, omit_defaults=True):
    """The agent who passed a conversation on is reminded of it until it is closed, and told how it ended."""

    kind: ClassVar[str] = "follow_up"
    wrapped: ClassVar[str | None] = "follow_up"
    standing: Standing
    agent: AgentName
    to: str | None = None
    outcome: str | None = None


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


class _Said(Struct):
    """A message in its place, as the log has it."""

    seq: int
    at: str
    kind: str
    episode: int
    epoch: int
    message: MessagePosted


class Recorded(Struct, frozen=True, dict=True):
    """An event in its place: `epoch` and `episode` are those in force once it has happened."""

    seq: int
    at: datetime
    episode: int
    epoch: int
    event: Event

    @cached_property
    def at_text(self) -> str:
        """When it happened, as `times.to_text` writes it."""
        return to_text(self.at)

    @cached_property
    def text(self) -> str:
        """The whole event as JSON: what the log keeps, and agents are sent."""
        event = self.event
        if isinstance(event, MessagePosted) and not event.extras:  # the most by far
            said = _Said(self.seq, self.at_text, event.kind, self.episode, self.epoch, event)
            return _ENCODER.encode(said).decode()
        return _ENCODER.encode(self.to_json()).decode()

    def to_json(self) -> Json:
        """Return the whole event as agents see it."""
        return {
            "seq": self.seq,
            "at": self.at_text,
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
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            raise CorruptLogError(f"event {data.get('seq')} cannot be read: {error!r}") from error

    @classmethod
    def from_text(cls, text: str) -> Recorded:
        """Read an event of the log. Raises CorruptLogError."""
        try:
            return cls.from_json(msgspec.json.decode(text))
        except DecodeError as error:
            raise CorruptLogError(f"an event is not JSON: {error}") from error
