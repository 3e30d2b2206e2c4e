"""When something is due in a conversation by itself: a pure function of its state, so that no timer can be lost.

The earliest deadline is stored beside the conversation in the transaction that changed it; after a restart the database
says what is due. `happens` returns what one that has come leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handoff_gateway.core.care import FollowUp
from handoff_gateway.core.conversation_state import Conversation
from handoff_gateway.core.events import (
    About,
    AgentName,
    AlertRaised,
    Event,
    FollowUpNoted,
    Level,
    Owner,
    Standing,
)
from handoff_gateway.core.handing import offer_call_back, promise_waiting, rescue
from handoff_gateway.core.house import House, Moment
from handoff_gateway.core.team import Team, Teams

OFTEN = 10  # alerts at the full pace; from then on the next comes after a tenth of the wait so far
RAREST_ALERT_S = 3600.0  # who waits since yesterday is still said to wait
WARN_AT = 0.8  # of a target's time: enough is left to put it right
SECOND_REMINDER = 4  # times the wait for the first: once more while it is still the same day's work
DAY_S = 24 * 3600.0  # between all later reminders: who has not acted on two is not helped by one every hour
MOST_OPENINGS = 60  # hops between a team and its fallbacks when looking for the moment all of them are closed


class Due(StrEnum):
    """What comes due; in the order in which two that come at the same moment happen."""

    FIRST_REPLY = "first_reply"
    CLOSED = "closed"
    OFFER = "offer"
    UNCLAIMED = "unclaimed"
    TARGET = "target"
    CALL_BACK = "call_back"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that is due at `at`; `alert` is what to raise for a target, `agent` whose follow-up it is."""

    at: datetime
    due: Due
    alert: AlertRaised | None = None
    agent: AgentName | None = None


_ORDER = {due: number for number, due in enumerate(Due)}


def next_deadline(state: Conversation, house: House) -> Deadline | None:
    """Return the earliest deadline, or None when nothing will come due."""
    return min(_every(state, house), key=lambda deadline: (deadline.at, _ORDER[deadline.due]), default=None)


def same_deadlines(one: Conversation, other: Conversation) -> bool:
    """Return whether two states of a conversation have the same deadlines in the same house, as seen at a glance."""
    return (
        one.care is other.care
        and one.owner is other.owner
        and one.team is other.team
        and one.agent is other.agent
        and one.waiting_since is other.waiting_since
        and one.call_back is other.call_back
        and one.follow_ups is other.follow_ups
    )


def happens(state: Conversation, deadline: Deadline, moment: Moment) -> list[Event]:
    """Return the events a deadline that has come leads to; each moves or ends the deadline."""
    match deadline.due:
        case Due.FIRST_REPLY:
            return rescue(state, moment, silent=True)
        case Due.CLOSED:
            return promise_waiting(state, moment)
        case Due.OFFER:
            return offer_call_back(state)
        case Due.UNCLAIMED:
            return [AlertRaised(About.UNCLAIMED, Level.WARNING, state.team)]
        case Due.CALL_BACK:
            team = None if state.call_back is None else state.call_back.team
            return [AlertRaised(About.CALL_BACK_DUE, Level.WARNING, team, due_at=deadline.at)]
        case Due.FOLLOW_UP:
            kept = next(item for item in state.follow_ups if item.agent == deadline.agent)
            return [FollowUpNoted(Standing.REMINDED, kept.agent, kept.to)]
        case Due.TARGET:
            return [] if deadline.alert is None else [deadline.alert]


def _every(state: Conversation, house: House) -> Iterator[Deadline]:
    limits, care = house.limits, state.care
    if state.owner is Owner.QUEUE and state.waiting_since is not None:
        since = state.waiting_since
        yield Deadline(_next_alert(since, care.alerted_at, limits.unclaimed_s), Due.UNCLAIMED)
        if not care.offered:
            yield Deadline(since + timedelta(seconds=limits.offer_s), Due.OFFER)
        closed = all_closed_at(house.teams, house.teams.get(state.team), since)
        if closed is not None:
            yield Deadline(closed + timedelta(seconds=limits.offer_s), Due.CLOSED)
    if state.owner is Owner.AGENT and care.held_since is not None and not care.spoke:
        yield Deadline(care.held_since + timedelta(seconds=limits.first_reply_s), Due.FIRST_REPLY)
    if state.owner in {Owner.QUEUE, Owner.AGENT}:
        yield from _targets(state, house.teams.get(state.team))
    if state.call_back is not None and not state.call_back.alerted:
        yield Deadline(state.call_back.due_at, Due.CALL_BACK)
    for kept in state.follow_ups:
        if kept.outcome is None:
            yield Deadline(_next_reminder(kept, house), Due.FOLLOW_UP, agent=kept.agent)


def _next_reminder(kept: FollowUp, house: House) -> datetime:
    """Return when to remind next: soon, later, then daily, and only while a team of the agent's is there."""
    first_s = house.limits.follow_up_s
    steps = (first_s, first_s * SECOND_REMINDER, max(first_s, DAY_S))
    at = kept.reminded_at + timedelta(seconds=steps[min(kept.reminders, len(steps) - 1)])
    openings = (house.teams.get(team_id).opens_at(at) for team_id in house.teams.of_agent(kept.agent.id))
    return min((opening for opening in openings if opening is not None), default=at)


def _next_alert(since: datetime, alerted_at: datetime | None, every_s: float) -> datetime:
    """Return when to alert next: at first each `every_s`, then ever less, so that a night does not fill the log."""
    if alerted_at is None:
        return since + timedelta(seconds=every_s)
    waited_s = (alerted_at - since).total_seconds()
    return alerted_at + timedelta(seconds=max(every_s, min(RAREST_ALERT_S, waited_s / OFTEN)))


def _targets(state: Conversation, team: Team) -> Iterator[Deadline]:
    care, targets = state.care, team.targets
    spans = (
        (About.FIRST_RESPONSE, None if care.responded else care.handed_off_at, targets.first_response_s),
        (About.NEXT_RESPONSE, care.unanswered_since if care.responded else None, targets.next_response_s),
        (About.RESOLUTION, care.handed_off_at, targets.resolution_s),
    )
    for about, since, seconds in spans:
        if since is None or seconds is None:
            continue
        due_at = team.after(since, seconds)
        for level, share in ((Level.WARNING, WARN_AT), (Level.BREACH, 1.0)):
            if f"{about.value}.{level.value}" not in care.noticed:
                alert = AlertRaised(about, level, state.team, state.agent, due_at)
                yield Deadline(team.after(since, seconds * share), Due.TARGET, alert)


def all_closed_at(teams: Teams, team: Team, since: datetime) -> datetime | None:
    """Return the first moment from `since` at which `team` and all that help it out are closed; None for never."""
    moment = since
    for _ in range(MOST_OPENINGS):
        helper = teams.open_for(team, moment)
        if helper is None:
            return moment
        closes = None if helper.hours is None else helper.hours.closes_at(moment)
        if closes is None:
            return None
        moment = closes
    return None
