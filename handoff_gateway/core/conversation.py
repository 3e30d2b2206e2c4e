"""The rules of one conversation: who may change what. No I/O, no clock.

`decide(state, command, now, house)` returns the events a command leads to, or raises a `RefusedError`;
`conversation_state.apply` is the only way a state changes.

Invariants, which the property tests hold on to:
    every owner change increments `epoch`; a leg begins whenever the bot gets the conversation;
    a `HandedOff` is followed at once by the `OwnerChanged` that fulfils it, so a promise and a transfer are one;
    a bot message is only ever recorded under the epoch it was asked for in;
    the customer can always write, and whatever they write reaches somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handoff_gateway.core import commands as c
from handoff_gateway.core import handing
from handoff_gateway.core.conversation_state import Conversation, LastMessage, apply, replay
from handoff_gateway.core.deadlines import happens, next_deadline
from handoff_gateway.core.events import (
    AgentName,
    Cause,
    EpisodeClosed,
    Event,
    FeedbackGiven,
    HandedOff,
    MessagePosted,
    NoteAdded,
    Owner,
    OwnerChanged,
    Recorded,
    Role,
    SurveyAnswered,
)
from handoff_gateway.core.house import House, Moment
from handoff_gateway.core.lines import handoff_line
from handoff_gateway.core.promise_lines import waiting_line
from handoff_gateway.errors import (
    AlreadyClaimedError,
    ConversationClosedError,
    ForbiddenError,
    InvalidTransitionError,
    NotFoundError,
    StaleEpochError,
)

MOST_DUE = 50  # deadlines one tick carries out in one conversation; each moves on, so the rest comes with the next

__all__ = ["TRANSITIONS", "Conversation", "LastMessage", "apply", "carry_out", "decide", "replay"]

_EMPTY = House()


def decide(state: Conversation, command: c.Command, now: datetime, house: House = _EMPTY) -> list[Recorded]:
    """Return the events `command` leads to at `now`; an empty list when there is nothing left to do.

    Raises:
        RefusedError: the command may not happen in this state.
        InvalidTransitionError: the table has no entry for it.
    """
    return carry_out(state, command, now, house)[0]


def carry_out(
    state: Conversation, command: c.Command, now: datetime, house: House
) -> tuple[list[Recorded], Conversation]:
    """Return what `decide` does, and the state after it. Raises as `decide`."""
    rule = TRANSITIONS.get((type(command), state.owner))
    if rule is None:
        raise InvalidTransitionError(state.owner.value, type(command).__name__)
    recorded: list[Recorded] = []
    for event in rule(state, command, Moment(now, house)):
        entry = _record(state, event, now)
        state = apply(state, entry)
        recorded.append(entry)
    return recorded, state


def _record(state: Conversation, event: Event, now: datetime) -> Recorded:
    changes = isinstance(event, OwnerChanged)
    opens = isinstance(event, OwnerChanged) and event.cause is Cause.OPENED
    return Recorded(state.seq + 1, now, state.episode + opens, state.epoch + changes, event)


Rule = Callable[[Conversation, Any, Moment], list[Event]]
_OPENED = OwnerChanged(Owner.BOT, Cause.OPENED)


def _nothing(_state: Conversation, _command: object, _moment: Moment) -> list[Event]:
    return []


def _closed(_state: Conversation, _command: object, _moment: Moment) -> list[Event]:
    raise ConversationClosedError("the conversation is closed; it opens again when the customer writes")


def _stale(_state: Conversation, _command: object, _moment: Moment) -> list[Event]:
    raise StaleEpochError("somebody else speaks with the customer by now")


def _unclaimed(_state: Conversation, _command: object, _moment: Moment) -> list[Event]:
    raise ForbiddenError("claim the conversation first")


def _held(rule: Rule) -> Rule:
    """Let only the agent who holds the conversation through."""

    def held(state: Conversation, command: Any, moment: Moment) -> list[Event]:
        if state.agent is None or state.agent.id != command.agent.id:
            raise ForbiddenError("another agent holds the conversation")
        return rule(state, command, moment)

    return held


def _customer_sends(state: Conversation, command: c.CustomerSends, _moment: Moment) -> list[Event]:
    if command.payload is not None and state.title_of(command.payload) is None:
        raise ForbiddenError("payload: the bot has not offered this button here")
    return [MessagePosted(Role.CUSTOMER, command.text, None, None, command.client_message_id, command.payload)]


def _customer_opens(state: Conversation, command: c.CustomerSends, moment: Moment) -> list[Event]:
    return [_OPENED, *_customer_sends(state, command, moment)]


def _handoff(
    state: Conversation, reason: str, client_message_id: str | None = None, in_reply_to: int | None = None
) -> HandedOff:
    """Hand off by the gateway's own doing, with what it knows itself."""
    return HandedOff(
        reason=reason,
        line=handoff_line(reason, state.language),
        summary="\n".join(state.questions),
        language=state.language,
        tried=state.shown,
        client_message_id=client_message_id,
        in_reply_to=in_reply_to,
    )


def _request_agent(state: Conversation, command: c.RequestAgent, moment: Moment) -> list[Event]:
    return handing.hand_off(state, _handoff(state, "customer_request", command.client_message_id), moment)


def _open_and_request_agent(state: Conversation, command: c.RequestAgent, moment: Moment) -> list[Event]:
    clean = replace(state, questions=(), shown=(), handoffs=0)
    return [_OPENED, *_request_agent(clean, command, moment)]


def _leave_queue(_state: Conversation, _command: c.LeaveQueue, _moment: Moment) -> list[Event]:
    return [OwnerChanged(Owner.BOT, Cause.LEFT_QUEUE)]


def _end(state: Conversation, _command: c.EndEpisode, _moment: Moment) -> list[Event]:
    return [EpisodeClosed("customer"), OwnerChanged(Owner.NOBODY, Cause.CLOSED), *handing.ended(state, None, None)]


def _close(state: Conversation, command: c.Close, _moment: Moment) -> list[Event]:
    told = handing.ended(state, command.agent, command.disposition)
    return [EpisodeClosed("agent", command.disposition), OwnerChanged(Owner.NOBODY, Cause.CLOSED), *told]


def _feedback(_state: Conversation, command: c.GiveFeedback, _moment: Moment) -> list[Event]:
    if not command.exists:
        raise NotFoundError("seq: there is no bot message at this seq")
    return [FeedbackGiven(command.about, command.helpful)]


def _survey(_state: Conversation, command: c.AnswerSurvey, _moment: Moment) -> list[Event]:
    return [SurveyAnswered(command.survey_id, command.answers)]


def _bot_replies(state: Conversation, command: c.PostBotReply, moment: Moment) -> list[Event]:
    if command.epoch != state.epoch or command.in_reply_to not in state.pending:
        return _stale(state, command, moment)
    events: list[Event] = [
        MessagePosted(Role.BOT, message.text, in_reply_to=command.in_reply_to, extras=message.extras)
        for message in command.messages
    ]
    if (wish := command.handoff) is None:
        return events
    own = _handoff(state, wish.reason)
    language = wish.language or own.language
    if handing.dealt_with(state, wish.reason, command.in_reply_to, moment):
        line = waiting_line("again", language)
        return events or [MessagePosted(Role.BOT, line, in_reply_to=command.in_reply_to)]
    told = HandedOff(
        reason=wish.reason,
        line=wish.line or handoff_line(wish.reason, language),
        summary=wish.summary or own.summary,
        language=language,
        signals=wish.signals,
        tried=wish.tried or own.tried,
        query_id=wish.query_id,
        details=wish.details,
        in_reply_to=command.in_reply_to,
    )
    return [*events, *handing.hand_off(state, told, moment, wish.team)]


def _hand_off(state: Conversation, command: c.HandOff, moment: Moment) -> list[Event]:
    if command.epoch != state.epoch:
        return _stale(state, command, moment)
    about = state.pending[-1] if state.pending else None
    if handing.turned_down(state):
        return [MessagePosted(Role.BOT, waiting_line("again", state.language), in_reply_to=about)]
    return handing.hand_off(state, _handoff(state, command.reason, in_reply_to=about), moment)


def _taken(state: Conversation, agent: AgentName, cause: Cause, now: datetime, team: str | None) -> OwnerChanged:
    waited = None if state.waiting_since is None else max(0.0, (now - state.waiting_since).total_seconds())
    return OwnerChanged(Owner.AGENT, cause, agent, team, waited)


def _claim_from_bot(state: Conversation, command: c.Claim, moment: Moment) -> list[Event]:
    team = moment.house.teams.for_handoff(None if state.call_back is None else state.call_back.team, state.language)
    taken = _taken(state, command.agent, Cause.CLAIMED, moment.now, team.id)
    return [_handoff(state, "agent_initiated"), taken]


def _claim_closed(state: Conversation, command: c.Claim, moment: Moment) -> list[Event]:
    """Take up again what was closed, to keep a promise; without one only the customer opens the next episode."""
    if state.call_back is None:
        return _closed(state, command, moment)
    clean = replace(state, questions=(), shown=())
    return [_OPENED, *_claim_from_bot(clean, command, moment)]


def _claim(state: Conversation, command: c.Claim, moment: Moment) -> list[Event]:
    return [_taken(state, command.agent, Cause.CLAIMED, moment.now, state.team)]


def _claim_held(state: Conversation, command: c.Claim, _moment: Moment) -> list[Event]:
    if state.agent is not None and state.agent.id == command.agent.id:
        return []
    raise AlreadyClaimedError("another agent holds the conversation")


def _assign(state: Conversation, command: c.Assign, moment: Moment) -> list[Event]:
    if command.epoch != state.epoch:
        return _stale(state, command, moment)
    return [_taken(state, command.agent, Cause.ASSIGNED, moment.now, command.team or state.team)]


def _agent_sends(_state: Conversation, command: c.AgentSends, _moment: Moment) -> list[Event]:
    agent = command.agent
    return [MessagePosted(Role.AGENT, command.text, agent.name, agent.id, command.client_message_id)]


def _system_sends(_state: Conversation, command: c.SystemSends, _moment: Moment) -> list[Event]:
    return [MessagePosted(Role.SYSTEM, command.text, client_message_id=command.client_message_id)]


def _note(_state: Conversation, command: c.AddNote, _moment: Moment) -> list[Event]:
    return [NoteAdded(command.agent, command.text, command.client_message_id)]


def _transfer(state: Conversation, command: c.Transfer, moment: Moment) -> list[Event]:
    rule: Rule = handing.transfer
    return rule(state, command, moment) if command.of_others else _held(rule)(state, command, moment)


def _transfer_waiting(state: Conversation, command: c.Transfer, moment: Moment) -> list[Event]:
    """Supervisors pass on what waits as well: to an agent, or to the queue of another team."""
    if not command.of_others or (command.to is None and command.team is None):
        return _unclaimed(state, command, moment)
    return handing.transfer(state, command, moment)


def _hand_back(_state: Conversation, _command: c.HandBack, _moment: Moment) -> list[Event]:
    return [OwnerChanged(Owner.BOT, Cause.HANDED_BACK)]


def _ask_call_back(state: Conversation, command: c.AskCallBack, moment: Moment) -> list[Event]:
    return handing.ask_call_back(state, command, moment)


def _call_back_done(state: Conversation, command: c.CallBackDone, _moment: Moment) -> list[Event]:
    return handing.call_back_done(state, command.agent)


def _follow_up_done(state: Conversation, command: c.FollowUpDone, _moment: Moment) -> list[Event]:
    return handing.follow_up_done(state, command.agent)


def _rescue(state: Conversation, command: c.Rescue, moment: Moment) -> list[Event]:
    if command.epoch != state.epoch or state.agent is None or state.agent.id != command.holder.id:
        return _stale(state, command, moment)
    since = command.unanswered_since
    if since is not None and since != state.care.unanswered_since:
        raise StaleEpochError("the agent has answered")
    return handing.rescue(state, moment, silent=since is not None)


def _tick(state: Conversation, _command: c.Tick, moment: Moment) -> list[Event]:
    """Let everything that is due happen, the earliest first; what one leads to may end another."""
    events: list[Event] = []
    for _ in range(MOST_DUE):
        deadline = next_deadline(state, moment.house)
        if deadline is None or deadline.at > moment.now:
            break
        for event in happens(state, deadline, moment):
            state = apply(state, _record(state, event, moment.now))
            events.append(event)
    return events


def _row(command: type[Any], bot: Rule, queue: Rule, agent: Rule, nobody: Rule) -> dict[tuple[type[Any], Owner], Rule]:
    return {
        (command, Owner.BOT): bot,
        (command, Owner.QUEUE): queue,
        (command, Owner.AGENT): agent,
        (command, Owner.NOBODY): nobody,
    }


TRANSITIONS: Mapping[tuple[type[Any], Owner], Rule] = {
    # command               bot              queue           agent                 nobody
    **_row(c.CustomerSends, _customer_sends, _customer_sends, _customer_sends, _customer_opens),
    **_row(c.RequestAgent, _request_agent, _nothing, _nothing, _open_and_request_agent),
    **_row(c.LeaveQueue, _nothing, _leave_queue, _stale, _nothing),
    **_row(c.EndEpisode, _end, _end, _end, _nothing),
    **_row(c.GiveFeedback, _feedback, _feedback, _feedback, _feedback),
    **_row(c.AnswerSurvey, _survey, _survey, _survey, _survey),
    **_row(c.PostBotReply, _bot_replies, _stale, _stale, _stale),
    **_row(c.HandOff, _hand_off, _stale, _stale, _stale),
    **_row(c.Claim, _claim_from_bot, _claim, _claim_held, _claim_closed),
    **_row(c.Assign, _stale, _assign, _stale, _stale),
    **_row(c.AgentSends, _unclaimed, _unclaimed, _held(_agent_sends), _closed),
    **_row(c.SystemSends, _system_sends, _system_sends, _system_sends, _closed),
    **_row(c.AddNote, _note, _note, _note, _note),
    **_row(c.Transfer, _unclaimed, _transfer_waiting, _transfer, _closed),
    **_row(c.HandBack, _nothing, _unclaimed, _held(_hand_back), _closed),
    **_row(c.Close, _unclaimed, _unclaimed, _held(_close), _nothing),
    **_row(c.AskCallBack, _ask_call_back, _ask_call_back, _stale, _closed),
    **_row(c.CallBackDone, _call_back_done, _call_back_done, _call_back_done, _call_back_done),
    **_row(c.FollowUpDone, _follow_up_done, _follow_up_done, _follow_up_done, _follow_up_done),
    **_row(c.Rescue, _stale, _stale, _rescue, _stale),
    **_row(c.Tick, _tick, _tick, _tick, _tick),
}
