"""The state of one conversation and every rule about who may change it. No I/O, no clock.

`decide(state, command, now)` returns the events a command leads to, or raises a `RefusedError`;
`apply(state, recorded)` is the only way a state changes. The log is the truth: `replay` rebuilds the state from it.

Invariants, which the property tests hold on to:
    every owner change increments `epoch`; a leg begins whenever the bot gets the conversation;
    a `HandedOff` is followed at once by the `OwnerChanged` that fulfils it, so a promise and a transfer are one;
    a bot message is only ever recorded under the epoch it was asked for in;
    the customer can always write, and whatever they write reaches somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from handoff_gateway import commands as c
from handoff_gateway.errors import (
    AlreadyClaimedError,
    ConversationClosedError,
    CorruptLogError,
    ForbiddenError,
    InvalidTransitionError,
    NotFoundError,
    StaleEpochError,
)
from handoff_gateway.events import (
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
from handoff_gateway.lines import DEFAULT_LANGUAGE, handoff_line

QUESTIONS_KEPT = 3  # a summary an agent reads at a glance
QUESTION_LENGTH = 280  # characters of one question in it
TRIED_KEPT = 10  # articles shown in a leg, newest last
OFFERED_KEPT = 60  # buttons of a leg; older ones are long scrolled away
PREVIEW_LENGTH = 160  # characters of the last message in a list


@dataclass(frozen=True, slots=True)
class LastMessage:
    """What a list shows of the newest message."""

    role: Role
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as of `seq`.

    Attributes:
        seq: the newest event, 0 before the first.
        epoch: counts owner changes.
        episode: counts from first message to close.
        leg: counts stretches in which the bot spoke; the bot knows `<conversation_id>.<leg>`.
        agent: who holds it, while the owner is `agent`.
        team: the team it waits for, while the owner is `queue`.
        waiting_since: since when it waits, while the owner is `queue`.
        released_by: the agent who put it back into the queue, so that it is not assigned to them at once.
        pending: seqs of customer messages the bot still owes an answer to, oldest first.
        turns: bot turns completed in this leg.
        answered: the newest customer message the bot answered in this leg.
        offered: payload and title of the buttons offered in this leg.
        questions: the customer's last questions in this leg.
        shown: articles shown in this leg.
        reason, summary, handoff_language: of the last handoff, until the bot has the conversation again.
        earlier: reasons of the handoffs of this episode before this leg, each once.
    """

    conversation_id: str
    language: str = DEFAULT_LANGUAGE
    seq: int = 0
    epoch: int = 1
    episode: int = 1
    leg: int = 1
    owner: Owner = Owner.BOT
    agent: AgentName | None = None
    team: str | None = None
    waiting_since: datetime | None = None
    released_by: str | None = None
    pending: tuple[int, ...] = ()
    turns: int = 0
    answered: int = 0
    offered: tuple[tuple[str, str], ...] = ()
    questions: tuple[str, ...] = ()
    shown: tuple[Mapping[str, Any], ...] = ()
    reason: str | None = None
    summary: str | None = None
    handoff_language: str | None = None
    earlier: tuple[str, ...] = ()
    last_message: LastMessage | None = field(default=None)

    def title_of(self, payload: str) -> str | None:
        """Return the title of the button that carries `payload` in this leg, or None."""
        return dict(self.offered).get(payload)


# --- applying events -------------------------------------------------------------------------------------------------


def apply(state: Conversation, recorded: Recorded) -> Conversation:
    """Return the state after `recorded`. Raises CorruptLogError when it cannot follow `state`."""
    if recorded.seq != state.seq + 1:
        raise CorruptLogError(f"{state.conversation_id}: event {recorded.seq} after {state.seq}")
    event = recorded.event
    if isinstance(event, MessagePosted):
        after = _apply_message(state, event, recorded)
    elif isinstance(event, OwnerChanged):
        after = _apply_owner(state, event, recorded.at)
    elif isinstance(event, HandedOff):
        after = replace(state, reason=event.reason, summary=event.summary, handoff_language=event.language)
    else:
        after = state
    if (after.epoch, after.episode) != (recorded.epoch, recorded.episode):
        raise CorruptLogError(f"{state.conversation_id}: event {recorded.seq} has epoch {recorded.epoch}")
    return replace(after, seq=recorded.seq)


def replay(state: Conversation, log: Iterable[Recorded]) -> Conversation:
    """Return the state after every event of `log`."""
    for recorded in log:
        state = apply(state, recorded)
    return state


def _apply_message(state: Conversation, event: MessagePosted, recorded: Recorded) -> Conversation:
    state = replace(state, last_message=LastMessage(event.role, event.text[:PREVIEW_LENGTH], recorded.at))
    if state.owner is not Owner.BOT:
        return state
    if event.role is Role.CUSTOMER:
        questions = state.questions
        if event.payload is None:
            questions = (*questions, event.text[:QUESTION_LENGTH])[-QUESTIONS_KEPT:]
        return replace(state, pending=(*state.pending, recorded.seq), questions=questions)
    if event.role is Role.BOT and event.in_reply_to is not None:
        if recorded.epoch != state.epoch:
            raise CorruptLogError(f"{state.conversation_id}: a bot message of an old epoch at {recorded.seq}")
        answered = event.in_reply_to
        return replace(
            state,
            pending=tuple(seq for seq in state.pending if seq > answered),
            turns=state.turns + (answered != state.answered),
            answered=answered,
            offered=_newest(state.offered, _buttons(event), OFFERED_KEPT),
            shown=_newest(state.shown, _articles(event), TRIED_KEPT),
        )
    return state


def _apply_owner(state: Conversation, event: OwnerChanged, at: datetime) -> Conversation:
    queued = event.owner is Owner.QUEUE
    after = replace(
        state,
        epoch=state.epoch + 1,
        owner=event.owner,
        agent=event.agent,
        team=event.team,
        waiting_since=at if queued else None,
        released_by=state.agent.id if queued and state.agent is not None else None,
        pending=(),
        offered=(),
    )
    if event.owner is not Owner.BOT:
        return after
    return replace(
        after,
        leg=state.leg + 1,
        episode=state.episode + (event.cause is Cause.OPENED),
        turns=0,
        answered=0,
        questions=(),
        shown=(),
        reason=None,
        summary=None,
        handoff_language=None,
        earlier=_earlier(state, event),
    )


def _earlier(state: Conversation, event: OwnerChanged) -> tuple[str, ...]:
    if event.cause is Cause.OPENED:
        return ()
    return state.earlier if state.reason in (None, *state.earlier) else (*state.earlier, str(state.reason))


def _newest(kept: tuple[Any, ...], more: list[Any], most: int) -> tuple[Any, ...]:
    return (*(item for item in kept if item not in more), *more)[-most:]


def _buttons(event: MessagePosted) -> list[tuple[str, str]]:
    return [(button["payload"], button["title"]) for button in event.extras.get("buttons", ())]


def _articles(event: MessagePosted) -> list[Mapping[str, Any]]:
    return [
        {"article_id": source["article_id"], "title": source["title"]} for source in event.extras.get("sources", ())
    ]


# --- deciding --------------------------------------------------------------------------------------------------------


def decide(state: Conversation, command: c.Command, now: datetime) -> list[Recorded]:
    """Return the events `command` leads to at `now`; an empty list when there is nothing left to do.

    Raises:
        RefusedError: the command may not happen in this state.
        InvalidTransitionError: the table has no entry for it.
    """
    rule = TRANSITIONS.get((type(command), state.owner))
    if rule is None:
        raise InvalidTransitionError(state.owner.value, type(command).__name__)
    recorded: list[Recorded] = []
    for event in rule(state, command, now):
        entry = _record(state, event, now)
        state = apply(state, entry)
        recorded.append(entry)
    return recorded


def _record(state: Conversation, event: Event, now: datetime) -> Recorded:
    changes = isinstance(event, OwnerChanged)
    opens = isinstance(event, OwnerChanged) and event.cause is Cause.OPENED
    return Recorded(state.seq + 1, now, state.episode + opens, state.epoch + changes, event)


Rule = Callable[[Conversation, Any, datetime], list[Event]]
_OPENED = OwnerChanged(Owner.BOT, Cause.OPENED)


def _nothing(_state: Conversation, _command: object, _now: datetime) -> list[Event]:
    return []


def _closed(_state: Conversation, _command: object, _now: datetime) -> list[Event]:
    raise ConversationClosedError("the conversation is closed; it opens again when the customer writes")


def _stale(_state: Conversation, _command: object, _now: datetime) -> list[Event]:
    raise StaleEpochError("somebody else speaks with the customer by now")


def _unclaimed(_state: Conversation, _command: object, _now: datetime) -> list[Event]:
    raise ForbiddenError("claim the conversation first")


def _held(rule: Rule) -> Rule:
    """Let only the agent who holds the conversation through."""

    def held(state: Conversation, command: Any, now: datetime) -> list[Event]:
        if state.agent is None or state.agent.id != command.agent.id:
            raise ForbiddenError("another agent holds the conversation")
        return rule(state, command, now)

    return held


def _customer_sends(state: Conversation, command: c.CustomerSends, _now: datetime) -> list[Event]:
    if command.payload is not None and state.title_of(command.payload) is None:
        raise ForbiddenError("payload: the bot has not offered this button here")
    return [MessagePosted(Role.CUSTOMER, command.text, None, None, command.client_message_id, command.payload)]


def _customer_opens(state: Conversation, command: c.CustomerSends, now: datetime) -> list[Event]:
    return [_OPENED, *_customer_sends(state, command, now)]


def _handoff(state: Conversation, reason: str, client_message_id: str | None = None) -> HandedOff:
    """Hand off by the gateway's own doing, with what it knows itself."""
    return HandedOff(
        reason=reason,
        line=handoff_line(reason, state.language),
        summary="\n".join(state.questions),
        language=state.language,
        tried=state.shown,
        client_message_id=client_message_id,
    )


_TO_QUEUE = OwnerChanged(Owner.QUEUE, Cause.HANDED_OFF)


def _request_agent(state: Conversation, command: c.RequestAgent, _now: datetime) -> list[Event]:
    return [_handoff(state, "customer_request", command.client_message_id), _TO_QUEUE]


def _open_and_request_agent(state: Conversation, command: c.RequestAgent, now: datetime) -> list[Event]:
    clean = replace(state, questions=(), shown=())
    return [_OPENED, *_request_agent(clean, command, now)]


def _leave_queue(_state: Conversation, _command: c.LeaveQueue, _now: datetime) -> list[Event]:
    return [OwnerChanged(Owner.BOT, Cause.LEFT_QUEUE)]


def _end(_state: Conversation, _command: c.EndEpisode, _now: datetime) -> list[Event]:
    return [EpisodeClosed("customer"), OwnerChanged(Owner.NOBODY, Cause.CLOSED)]


def _close(_state: Conversation, command: c.Close, _now: datetime) -> list[Event]:
    return [EpisodeClosed("agent", command.disposition), OwnerChanged(Owner.NOBODY, Cause.CLOSED)]


def _feedback(_state: Conversation, command: c.GiveFeedback, _now: datetime) -> list[Event]:
    if not command.exists:
        raise NotFoundError("seq: there is no bot message at this seq")
    return [FeedbackGiven(command.about, command.helpful)]


def _survey(_state: Conversation, command: c.AnswerSurvey, _now: datetime) -> list[Event]:
    return [SurveyAnswered(command.survey_id, command.answers)]


def _bot_replies(state: Conversation, command: c.PostBotReply, now: datetime) -> list[Event]:
    if command.epoch != state.epoch or command.in_reply_to not in state.pending:
        return _stale(state, command, now)
    events: list[Event] = [
        MessagePosted(Role.BOT, message.text, in_reply_to=command.in_reply_to, extras=message.extras)
        for message in command.messages
    ]
    if (wish := command.handoff) is not None:
        own = _handoff(state, wish.reason)
        language = wish.language or own.language
        line = wish.line or handoff_line(wish.reason, language)
        summary = wish.summary or own.summary
        tried = wish.tried or own.tried
        told = HandedOff(wish.reason, line, summary, language, wish.signals, tried, None, wish.query_id, wish.details)
        events += [told, _TO_QUEUE]
    return events


def _hand_off(state: Conversation, command: c.HandOff, now: datetime) -> list[Event]:
    if command.epoch != state.epoch:
        return _stale(state, command, now)
    return [_handoff(state, command.reason), _TO_QUEUE]


def _taken(state: Conversation, agent: AgentName, cause: Cause, now: datetime) -> OwnerChanged:
    waited = None if state.waiting_since is None else max(0.0, (now - state.waiting_since).total_seconds())
    return OwnerChanged(Owner.AGENT, cause, agent, waited_s=waited)


def _claim_from_bot(state: Conversation, command: c.Claim, now: datetime) -> list[Event]:
    return [_handoff(state, "agent_initiated"), _taken(state, command.agent, Cause.CLAIMED, now)]


def _claim(state: Conversation, command: c.Claim, now: datetime) -> list[Event]:
    return [_taken(state, command.agent, Cause.CLAIMED, now)]


def _claim_held(state: Conversation, command: c.Claim, _now: datetime) -> list[Event]:
    if state.agent is not None and state.agent.id == command.agent.id:
        return []
    raise AlreadyClaimedError("another agent holds the conversation")


def _assign(state: Conversation, command: c.Assign, now: datetime) -> list[Event]:
    if command.epoch != state.epoch:
        return _stale(state, command, now)
    return [_taken(state, command.agent, Cause.ASSIGNED, now)]


def _agent_sends(_state: Conversation, command: c.AgentSends, _now: datetime) -> list[Event]:
    agent = command.agent
    return [MessagePosted(Role.AGENT, command.text, agent.name, agent.id, command.client_message_id)]


def _system_sends(_state: Conversation, command: c.SystemSends, _now: datetime) -> list[Event]:
    return [MessagePosted(Role.SYSTEM, command.text, client_message_id=command.client_message_id)]


def _note(_state: Conversation, command: c.AddNote, _now: datetime) -> list[Event]:
    return [NoteAdded(command.agent, command.text, command.client_message_id)]


def _transfer(_state: Conversation, command: c.Transfer, _now: datetime) -> list[Event]:
    events: list[Event] = [] if command.note is None else [NoteAdded(command.agent, command.note)]
    if command.to is None:
        return [*events, OwnerChanged(Owner.QUEUE, Cause.TRANSFERRED)]
    if command.to.id == command.agent.id:
        raise ForbiddenError("agent_id: you hold the conversation already")
    return [*events, OwnerChanged(Owner.AGENT, Cause.TRANSFERRED, command.to)]


def _hand_back(_state: Conversation, _command: c.HandBack, _now: datetime) -> list[Event]:
    return [OwnerChanged(Owner.BOT, Cause.HANDED_BACK)]


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
    **_row(c.Claim, _claim_from_bot, _claim, _claim_held, _closed),
    **_row(c.Assign, _stale, _assign, _stale, _stale),
    **_row(c.AgentSends, _unclaimed, _unclaimed, _held(_agent_sends), _closed),
    **_row(c.SystemSends, _system_sends, _system_sends, _system_sends, _closed),
    **_row(c.AddNote, _note, _note, _note, _note),
    **_row(c.Transfer, _unclaimed, _unclaimed, _held(_transfer), _closed),
    **_row(c.HandBack, _nothing, _unclaimed, _held(_hand_back), _closed),
    **_row(c.Close, _unclaimed, _unclaimed, _held(_close), _nothing),
}
