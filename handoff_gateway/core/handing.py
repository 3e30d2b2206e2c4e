"""How a conversation passes between the bot, the queue and people: the rules behind the commands. Pure.

Whoever loses a conversation, somebody has it afterwards: a queue with somebody to come, an agent, or the bot with a
dated promise to call back.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from handoff_gateway.core import commands as c
from handoff_gateway.core.care import OFFER, PASSED_ON, RESCUED
from handoff_gateway.core.conversation_state import Conversation
from handoff_gateway.core.events import (
    About,
    AgentName,
    AlertRaised,
    CallBackNoted,
    Cause,
    Event,
    FollowUpNoted,
    HandedOff,
    Level,
    MessagePosted,
    NoteAdded,
    Owner,
    OwnerChanged,
    Role,
    Standing,
)
from handoff_gateway.core.house import Moment
from handoff_gateway.core.promise_lines import Place, promise_line, waiting_line
from handoff_gateway.core.team import Team
from handoff_gateway.core.unanswered import DOUBTS
from handoff_gateway.errors import ForbiddenError

TURNED_DOWN = DOUBTS | {"customer_request"}  # not followed for words from before the customer left, or was promised


def hand_off(state: Conversation, told: HandedOff, moment: Moment, team_named: str | None = None) -> list[Event]:
    """Pass on to the team's queue, or promise a call-back when nobody is there or this has happened too often."""
    teams = moment.house.teams
    team = teams.for_handoff(team_named, told.language)
    there = teams.open_for(team, moment.now)
    if there is not None and state.handoffs < moment.house.limits.max_handoffs:
        return [told, OwnerChanged(Owner.QUEUE, Cause.HANDED_OFF, team=there.id)]
    promise = _promise(state, team, moment)
    line = _promised("closed" if there is None else "later", promise, moment, told.language)
    return [replace(told, line=line), OwnerChanged(Owner.BOT, Cause.PROMISED), promise]


def dealt_with(state: Conversation, reason: str, asked: int, moment: Moment) -> bool:
    """Return whether the bot wishes for people again, in answer to the message at `asked`, for what they have seen."""
    if asked > state.leg_seq:
        return cooling_down(state, reason, moment.now, moment.house.limits.cooldown_s)
    if state.leg_cause is Cause.HANDED_BACK:
        return reason in DOUBTS and reason in state.earlier
    return reason in TURNED_DOWN


def cooling_down(state: Conversation, reason: str, now: datetime, cooldown_s: float) -> bool:
    """Return whether a doubt that led to people before comes again too soon after they gave the conversation back."""
    back = state.handed_back_at
    return (
        reason in DOUBTS and reason in state.earlier and back is not None and (now - back).total_seconds() < cooldown_s
    )


def turned_down(state: Conversation) -> bool:
    """Return whether the bot owes only what was said before the customer left the queue or was promised a call."""
    return (
        bool(state.pending)
        and state.pending[-1] <= state.leg_seq
        and state.leg_cause in {Cause.LEFT_QUEUE, Cause.PROMISED}
    )


def transfer(state: Conversation, command: c.Transfer, moment: Moment) -> list[Event]:
    """Pass on to an agent or a team's queue; the one who passes it on keeps a follow-up.

    When that is not who held it, a note says whose it was, so that the log tells who took it from whom. A team that is
    closed is stood in for by its fallback; when that is closed too the customer gets a promise.
    """
    holder, note = state.agent, command.note
    if note is None and holder is not None and holder.id != command.agent.id:
        note = f"Passed on from {holder.name}."
    events: list[Event] = [] if note is None else [NoteAdded(command.agent, note)]
    teams = moment.house.teams
    if command.to is not None:
        if holder is not None and command.to.id == holder.id:
            own = holder.id == command.agent.id
            raise ForbiddenError(f"agent_id: {'you hold' if own else 'this agent holds'} the conversation already")
        events.append(OwnerChanged(Owner.AGENT, Cause.TRANSFERRED, command.to, state.team))
        return [*events, FollowUpNoted(Standing.OPENED, command.agent, command.to.name)]
    team = teams.get(command.team or state.team)
    if state.owner is Owner.QUEUE and command.meant is None and team.id == state.team:
        raise ForbiddenError("team: the conversation waits in this team's queue already")
    there = teams.open_for(team, moment.now)
    if there is None:
        promise = _promise(state, team, moment)
        line = _promised("closed", promise, moment, _language(state))
        events += [OwnerChanged(Owner.BOT, Cause.PROMISED), promise, MessagePosted(Role.SYSTEM, line)]
    else:
        events.append(OwnerChanged(Owner.QUEUE, Cause.TRANSFERRED, team=there.id, priority=PASSED_ON))
    if command.team is not None or command.meant is not None:
        to = team.name if command.meant is None else command.meant.name
        events.append(FollowUpNoted(Standing.OPENED, command.agent, to))
    return events


def rescue(state: Conversation, moment: Moment, *, silent: bool) -> list[Event]:
    """Take the conversation from an agent who is gone or `silent`: to the front of the queue, said to the customer."""
    agent = state.agent
    cause, line = (Cause.TIMED_OUT, "timed_out") if silent else (Cause.RESCUED, "rescued")
    team = moment.house.teams.get(state.team)
    said = waiting_line(line, _language(state), "" if agent is None else agent.name)
    return [
        OwnerChanged(Owner.QUEUE, cause, team=team.id, priority=RESCUED),
        MessagePosted(Role.SYSTEM, said),
        AlertRaised(About.RESCUED, Level.WARNING, team.id, agent),
    ]


def offer_call_back(state: Conversation) -> list[Event]:
    """Tell a customer who has waited long that they may leave a message instead; they keep their place."""
    return [MessagePosted(Role.SYSTEM, waiting_line("offer", _language(state)), extras={"offer": OFFER})]


def promise_waiting(state: Conversation, moment: Moment) -> list[Event]:
    """Turn a wait into a promise: everybody has gone home."""
    teams = moment.house.teams
    team = teams.get(state.team)
    promise = _promise(state, team, moment)
    closed = teams.open_for(team, moment.now) is None
    line = _promised("closed" if closed else "later", promise, moment, _language(state))
    return [OwnerChanged(Owner.BOT, Cause.PROMISED), promise, MessagePosted(Role.SYSTEM, line)]


def ask_call_back(state: Conversation, command: c.AskCallBack, moment: Moment) -> list[Event]:
    """Leave the queue for the team's list of call-backs; the bot goes on meanwhile."""
    teams = moment.house.teams
    waits = state.owner is Owner.QUEUE
    team = teams.get(state.team) if waits else teams.for_handoff(None, state.language)
    known = _promise(state, team, moment)
    promise = replace(
        known,
        contact=command.contact or known.contact,
        note=command.note or known.note,
        client_message_id=command.client_message_id,
    )
    line = MessagePosted(Role.SYSTEM, _promised("noted", promise, moment, _language(state)))
    return [promise, *([OwnerChanged(Owner.BOT, Cause.PROMISED)] if waits else []), line]


def call_back_done(state: Conversation, agent: AgentName) -> list[Event]:
    """Take the call-back off the list."""
    kept = state.call_back
    if kept is None:
        return []
    return [CallBackNoted(Standing.DONE, kept.team, kept.due_at, kept.contact, kept.note, agent)]


def follow_up_done(state: Conversation, agent: AgentName) -> list[Event]:
    """Take an agent's follow-up off their list."""
    return [
        FollowUpNoted(Standing.DONE, kept.agent, kept.to, kept.outcome)
        for kept in state.follow_ups
        if kept.agent.id == agent.id
    ]


def ended(state: Conversation, by: AgentName | None, disposition: str | None) -> list[Event]:
    """Tell those who keep a follow-up how the case ended; an agent who closes it is done with call-back and own one."""
    events: list[Event] = [] if by is None else call_back_done(state, by)
    outcome = (
        "ended by the customer"
        if by is None
        else f"closed by {by.name}" + ("" if not disposition else f": {disposition}")
    )
    for kept in state.follow_ups:
        if kept.outcome is None:
            own = by is not None and by.id == kept.agent.id
            events.append(FollowUpNoted(Standing.DONE if own else Standing.ENDED, kept.agent, kept.to, outcome))
    return events


def _language(state: Conversation) -> str:
    return state.handoff_language or state.language


def _promise(state: Conversation, team: Team, moment: Moment) -> CallBackNoted:
    """Promise the team's next opening, or within the usual time while it is open; what the customer left stays."""
    opens_at = team.opens_at(moment.now)
    due_at = opens_at or moment.now
    if due_at <= moment.now:
        due_at = team.after(moment.now, moment.house.limits.call_back_s)
    kept = state.call_back
    contact, note = (None, None) if kept is None else (kept.contact, kept.note)
    return CallBackNoted(Standing.OPENED, team.id, due_at, contact, note)


def _promised(name: str, promise: CallBackNoted, moment: Moment, language: str) -> str:
    team = moment.house.teams.get(promise.team)
    place = Place(moment.house.time_zone, None if team.hours is None else team.hours.time_zone)
    never = team.opens_at(moment.now) is None
    return promise_line(name, language, None if never else promise.due_at, moment.now, place)
