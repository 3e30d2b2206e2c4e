"""What one gateway process tells the others: where to look in the log, and the little that is not stored there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from handoff_gateway.core.events import FeedbackGiven, MessagePosted, NoteAdded, Owner, SurveyAnswered
from handoff_gateway.store.execution import Outcome

_SAID = (MessagePosted, NoteAdded, FeedbackGiven, SurveyAnswered)


class Topic(StrEnum):
    """What news is about."""

    GREW = "grew"  # a conversation has reached `seq`; only those who follow it care
    MOVED = "moved"  # the events after `after` up to `seq` changed who has it, or what waits or is owed: all care
    ERASED = "erased"  # the conversation is gone
    PROVEN = "proven"  # the conversation's customer has proved who they are
    SIGNED_OUT = "signed_out"  # some of the account's sign-ins were ended
    STAFF = "staff"  # agents came, went or chose
    ACTED = "acted"  # the account did something: it is not silent
    TEAMS = "teams"  # teams, or what agents can be given, changed
    TURNS = "turns"  # a process has let go of the bot's turns it had taken on
    TO_CUSTOMER = "to_customer"  # `frame` for the conversation's customer, such as typing
    TO_AGENTS = "to_agents"  # `frame` for the agents who have the conversation open
    GAP = "gap"  # news was lost: read everything anew


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news; `subject` is a conversation's or an account's id."""

    topic: Topic
    subject: str = ""
    after: int = 0
    seq: int = 0
    frame: Mapping[str, Any] | None = None


class Channel(Protocol):
    """Carries news to the other processes."""

    def tell(self, news: News) -> None:
        """Send `news` as soon as possible; never blocks, and never fails: what is lost is read from the database."""


class Nobody:
    """The channel of the only process."""

    def tell(self, news: News) -> None:
        """Tell nobody."""


def of(outcome: Outcome) -> News:
    """Return what other processes should know of a commit.

    What is said to the bot or to the agent who holds the conversation, most of all news, concerns only those who
    follow it.
    """
    last = outcome.recorded[-1].seq
    quiet = outcome.entry.state.owner is not Owner.QUEUE and all(isinstance(r.event, _SAID) for r in outcome.recorded)
    if quiet:
        return News(Topic.GREW, outcome.entry.id, seq=last)
    return News(Topic.MOVED, outcome.entry.id, after=outcome.recorded[0].seq - 1, seq=last)
