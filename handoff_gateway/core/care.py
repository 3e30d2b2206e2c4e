"""What is owed to a customer who waits for people: since when, who was alerted, what was promised. Pure.

`Care` begins with a handoff and ends when the bot has the conversation again or the episode closes. Call-backs and
follow-ups outlive it: they stand until somebody is done with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from handoff_gateway.core.events import (
    About,
    AgentName,
    AlertRaised,
    CallBackNoted,
    FollowUpNoted,
    MessagePosted,
    Owner,
    OwnerChanged,
    Recorded,
    Role,
    Standing,
)
from handoff_gateway.times import to_text

# Places in the queue: a higher one goes first, those of one place in the order they came.
NEW, PASSED_ON, RESCUED = 0, 1, 2
OFFER = "call_back"  # what a message of the gateway offers, as the customer's page reads it


class Care(Struct, frozen=True, omit_defaults=True):
    """One stretch with people.

    Attributes:
        handed_off_at: when people got the conversation.
        held_since: since when the agent who holds it does.
        spoke: whether that agent has written to the customer.
        responded: whether any agent has, in this stretch.
        unanswered_since: the oldest message of the customer that no agent has answered.
        alerted_at: the last alert about nobody claiming it, in this wait.
        offered: whether a call-back has been offered in this wait.
        noticed: the targets warned of or missed so far, as `first_response.warning`.
    """

    handed_off_at: datetime | None = None
    held_since: datetime | None = None
    spoke: bool = False
    responded: bool = False
    unanswered_since: datetime | None = None
    alerted_at: datetime | None = None
    offered: bool = False
    noticed: tuple[str, ...] = ()

    def standing(self, priority: int) -> list[str]:
        """Return the alerts that still stand: `first_response.warning`, `unclaimed`, `rescued`."""
        found = [*self.noticed]
        if self.alerted_at is not None:
            found.append(About.UNCLAIMED.value)
        if priority >= RESCUED:
            found.append(About.RESCUED.value)
        return found


class CallBack(Struct, frozen=True):
    """A customer who is to be called back by `due_at`; `alerted` once that time has come."""

    team: str
    due_at: datetime
    contact: str | None = None
    note: str | None = None
    alerted: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return all fields."""
        return {
            "team": self.team,
            "due_at": to_text(self.due_at),
            "contact": self.contact,
            "note": self.note,
            "alerted": self.alerted,
        }


class FollowUp(Struct, frozen=True):
    """What an agent who passed a conversation on keeps: `reminders`, the last at `reminded_at`, then the `outcome`."""

    agent: AgentName
    reminded_at: datetime
    to: str | None = None
    outcome: str | None = None
    reminders: int = 0


def after_owner(care: Care, event: OwnerChanged, at: datetime) -> Care:
    """Return the care after a change of owner."""
    if event.owner in {Owner.BOT, Owner.NOBODY}:
        return Care()
    held_since = at if event.owner is Owner.AGENT else None
    handed_off_at = care.handed_off_at or at
    return replace(
        care, handed_off_at=handed_off_at, held_since=held_since, spoke=False, alerted_at=None, offered=False
    )


def after_message(care: Care, event: MessagePosted, at: datetime) -> Care:
    """Return the care after a message in a conversation that people have."""
    if event.role is Role.CUSTOMER:
        return care if care.unanswered_since is not None else replace(care, unanswered_since=at)
    if event.role is Role.AGENT:
        noticed = tuple(name for name in care.noticed if not name.startswith(About.NEXT_RESPONSE.value))
        return replace(care, spoke=True, responded=True, unanswered_since=None, noticed=noticed)
    if event.extras.get("offer") == OFFER:
        return replace(care, offered=True)
    return care


def after_alert(care: Care, event: AlertRaised, at: datetime) -> Care:
    """Return the care after an alert."""
    if event.about is About.UNCLAIMED:
        return replace(care, alerted_at=at)
    if event.about in {About.FIRST_RESPONSE, About.NEXT_RESPONSE, About.RESOLUTION}:
        return replace(care, noticed=(*care.noticed, notice(event)))
    return care


def notice(event: AlertRaised) -> str:
    """Return how an alert about a target is remembered."""
    return f"{event.about.value}.{event.level.value}"


def after_call_back(event: CallBackNoted) -> CallBack | None:
    """Return the open call-back after `event`."""
    if event.standing is Standing.DONE:
        return None
    return CallBack(event.team, event.due_at, event.contact, event.note)


def after_follow_up(kept: tuple[FollowUp, ...], recorded: Recorded, event: FollowUpNoted) -> tuple[FollowUp, ...]:
    """Return the follow-ups after `event`: one an agent, at most."""
    others = tuple(item for item in kept if item.agent.id != event.agent.id)
    if event.standing is Standing.DONE:
        return others
    reminders = 0
    if event.standing is Standing.REMINDED:
        reminders = 1 + sum(item.reminders for item in kept if item.agent.id == event.agent.id)
    return (*others, FollowUp(event.agent, recorded.at, event.to, event.outcome, reminders))
