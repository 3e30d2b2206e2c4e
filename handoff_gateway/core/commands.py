"""What somebody wants to happen to a conversation. `conversation.decide` turns a command into events, or refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff_gateway.core.events import AgentName


@dataclass(frozen=True, slots=True)
class CustomerSends:
    """The customer writes; `payload` is that of a button the bot offered.

    `sealed` is the whole text, encrypted, when something had to be masked in `text`.
    """

    client_message_id: str
    text: str
    payload: str | None = None
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class RequestAgent:
    """The customer presses "talk to a person"."""

    client_message_id: str


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """The customer would rather have the bot back."""


@dataclass(frozen=True, slots=True)
class EndEpisode:
    """The customer ends the episode."""


@dataclass(frozen=True, slots=True)
class GiveFeedback:
    """The customer judges a bot message. `exists` is whether `about` is one: the log answers that."""

    about: int
    helpful: bool
    exists: bool = False


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """The customer answers a survey."""

    survey_id: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BotMessage:
    """One reply of the bot; `extras` as in `events.MessagePosted`."""

    text: str
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BotHandoff:
    """The bot's wish to hand off, to a `team` by id or name; an empty `line` or `language` is filled in."""

    reason: str
    line: str = ""
    summary: str = ""
    language: str = ""
    signals: Mapping[str, Any] = field(default_factory=dict)
    tried: tuple[Mapping[str, Any], ...] = ()
    query_id: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    team: str | None = None


@dataclass(frozen=True, slots=True)
class PostBotReply:
    """The bot's whole answer to the customer message at `in_reply_to`, made when the epoch was `epoch`."""

    epoch: int
    in_reply_to: int
    messages: tuple[BotMessage, ...]
    handoff: BotHandoff | None = None


@dataclass(frozen=True, slots=True)
class HandOff:
    """The gateway itself takes the conversation from the bot, as of `epoch`."""

    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent takes a conversation."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class Assign:
    """The gateway gives a waiting conversation to an agent, as of `epoch`, for `team` where that stands in."""

    agent: AgentName
    epoch: int
    team: str | None = None


@dataclass(frozen=True, slots=True)
class AgentSends:
    """The agent who holds the conversation writes to the customer."""

    agent: AgentName
    client_message_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class SystemSends:
    """An integration writes; it never changes who is speaking."""

    client_message_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class AddNote:
    """An agent writes to colleagues."""

    agent: AgentName
    client_message_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """The agent who holds the conversation passes it to `to`, to a `team`'s queue, or back to its own queue.

    `meant` is the agent it was meant for, where that one cannot take it and a team stands in. With `of_others` it may
    be a conversation that somebody else holds, or that waits.
    """

    agent: AgentName
    to: AgentName | None = None
    note: str | None = None
    team: str | None = None
    meant: AgentName | None = None
    of_others: bool = False


@dataclass(frozen=True, slots=True)
class HandBack:
    """The agent who holds the conversation gives it back to the bot."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class Close:
    """The agent who holds the conversation ends the episode."""

    agent: AgentName
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class AskCallBack:
    """The customer would rather be called back than wait."""

    client_message_id: str | None = None
    contact: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CallBackDone:
    """Somebody has called the customer back."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class FollowUpDone:
    """An agent needs no more reminders of a conversation they passed on."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class Rescue:
    """The gateway takes a conversation from an agent whose sockets are gone, or who is silent, as of `epoch`.

    `unanswered_since` is since when the silent one has left the customer unanswered; None for one who is gone.
    """

    holder: AgentName
    epoch: int
    unanswered_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """What is due by now shall happen."""


Command = (
    CustomerSends
    | RequestAgent
    | LeaveQueue
    | EndEpisode
    | GiveFeedback
    | AnswerSurvey
    | PostBotReply
    | HandOff
    | Claim
    | Assign
    | AgentSends
    | SystemSends
    | AddNote
    | Transfer
    | HandBack
    | Close
    | AskCallBack
    | CallBackDone
    | FollowUpDone
    | Rescue
    | Tick
)
