"""The state of one conversation and how events change it. No I/O, no clock.

`apply(state, recorded)` is the only way a state changes; `replay` rebuilds it from the log, which is the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from handoff_gateway.core.care import (
    CallBack,
    Care,
    FollowUp,
    after_alert,
    after_call_back,
    after_follow_up,
    after_message,
    after_owner,
)
from handoff_gateway.core.events import (
    About,
    AgentName,
    AlertRaised,
    CallBackNoted,
    Cause,
    FeedbackGiven,
    FollowUpNoted,
    HandedOff,
    MessagePosted,
    Owner,
    OwnerChanged,
    Recorded,
    Role,
)
from handoff_gateway.core.lines import DEFAULT_LANGUAGE
from handoff_gateway.core.unanswered import (
    EXCERPT_LENGTH,
    Words,
    after_handoff,
    after_reply,
    after_words,
    taken_up,
)
from handoff_gateway.errors import CorruptLogError

QUESTIONS_KEPT = 3  # a summary an agent reads at a glance
TRIED_KEPT = 10  # articles shown in a leg, newest last
OFFERED_KEPT = 60  # buttons of a leg; older ones are long scrolled away
BAD_VERDICTS = 2  # thumbs down in a leg after which the bot speaks without being asked
PREVIEW_LENGTH = 160  # characters of the last message in a list


class LastMessage(Struct, frozen=True):
    """What a list shows of the newest message."""

    role: Role
    text: str
    at: datetime


class Conversation(Struct, frozen=True):
    """One conversation as of `seq`.

    Attributes:
        seq: the newest event, 0 before the first.
        epoch: counts owner changes.
        episode: counts from first message to close.
        leg_seq: the event with which the leg began.
        verdicts: seq of each message of the bot that was rated in this leg, and whether it helped.
        leg: counts stretches in which the bot spoke; the bot knows `<conversation_id>.<leg>`.
        leg_cause: why the bot got the conversation for this leg.
        agent: who holds it, while the owner is `agent`.
        team: the team it waits for or is answered by, while the owner is `queue` or `agent`.
        waiting_since: since when it waits, while the owner is `queue`.
        priority: its place in the queue: a higher one goes before all lower ones.
        released_by: the agent who put it back into the queue, so that it is not assigned to them at once.
        pending: seqs of customer messages, and of thumbs down, the bot still owes an answer to, oldest first.
        unanswered: the last words of the customer that neither the bot nor an agent has answered.
        turns: bot turns completed in this leg.
        answered: the newest customer message the bot answered in this leg.
        offered: payload and title of the buttons offered in this leg.
        questions: the customer's last questions in this leg.
        shown: articles shown in this leg.
        reason, summary, handoff_language: of the last handoff, until the bot has the conversation again.
        earlier: reasons of the handoffs of this episode before this leg, each once.
        handoffs: handoffs in this episode.
        handed_back_at: when an agent last gave it back to the bot in this episode.
        care: what is owed while people have it.
        call_back: the open promise to call back.
        follow_ups: what agents who passed it on keep.
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
    last_message: LastMessage | None = None
    priority: int = 0
    handoffs: int = 0
    handed_back_at: datetime | None = None
    care: Care = field(default_factory=Care)
    call_back: CallBack | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    leg_seq: int = 0
    verdicts: tuple[tuple[int, bool], ...] = ()
    unanswered: Words = ()
    leg_cause: Cause | None = None

    def thumbs(self) -> dict[str, int]:
        """Return how many messages of the bot were rated in this leg: `{"up", "down"}`."""
        up = sum(helpful for _, helpful in self.verdicts)
        return {"up": up, "down": len(self.verdicts) - up}

    def asked(self) -> tuple[int, ...]:
        """Return what of `pending` the next turn is about: all from before this leg together, else the oldest."""
        return tuple(seq for seq in self.pending if seq <= self.leg_seq) or self.pending[:1]

    def title_of(self, payload: str) -> str | None:
        """Return the title of the button that carries `payload` in this leg, or None."""
        return dict(self.offered).get(payload)


def apply(state: Conversation, recorded: Recorded) -> Conversation:
    """Return the state after `recorded`. Raises CorruptLogError when it cannot follow `state`."""
    if recorded.seq != state.seq + 1:
        raise CorruptLogError(f"{state.conversation_id}: event {recorded.seq} after {state.seq}")
    event = recorded.event
    if isinstance(event, MessagePosted):
        after = _apply_message(state, event, recorded)
    elif isinstance(event, OwnerChanged):
        after = _apply_owner(state, event, recorded)
    elif isinstance(event, HandedOff):
        after = replace(
            state,
            reason=event.reason,
            summary=event.summary,
            handoff_language=event.language,
            handoffs=state.handoffs + 1,
            unanswered=after_handoff(state.unanswered, event),
        )
    elif isinstance(event, FeedbackGiven):
        after = _apply_verdict(state, event, recorded.seq)
    elif isinstance(event, AlertRaised):
        after = _apply_alert(state, event, recorded.at)
    elif isinstance(event, CallBackNoted):
        after = replace(state, call_back=after_call_back(event))
    elif isinstance(event, FollowUpNoted):
        after = replace(state, follow_ups=after_follow_up(state.follow_ups, recorded, event))
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
    if event.role is Role.CUSTOMER:
        state = replace(state, unanswered=after_words(state.unanswered, recorded.seq, event.text))
    elif event.role is Role.AGENT:
        state = replace(state, unanswered=())
    if state.owner in {Owner.QUEUE, Owner.AGENT}:
        return replace(state, care=after_message(state.care, event, recorded.at))
    if state.owner is not Owner.BOT:
        return state
    if event.role is Role.CUSTOMER:
        questions = state.questions
        if event.payload is None:
            questions = (*questions, event.text[:EXCERPT_LENGTH])[-QUESTIONS_KEPT:]
        return replace(state, pending=(*state.pending, recorded.seq), questions=questions)
    if event.role is Role.BOT and event.in_reply_to is not None:
        if recorded.epoch != state.epoch:
            raise CorruptLogError(f"{state.conversation_id}: a bot message of an old epoch at {recorded.seq}")
        answered = event.in_reply_to
        return replace(
            state,
            pending=tuple(seq for seq in state.pending if seq > answered),
            unanswered=after_reply(state.unanswered, answered),
            turns=state.turns + (answered != state.answered),
            answered=answered,
            offered=_newest(state.offered, _buttons(event), OFFERED_KEPT),
            shown=_newest(state.shown, _articles(event), TRIED_KEPT),
        )
    return state


def _apply_verdict(state: Conversation, event: FeedbackGiven, seq: int) -> Conversation:
    """Keep the newest verdict on each message of this leg; from the second bad one on the bot owes a word."""
    if state.owner is not Owner.BOT or event.about <= state.leg_seq:
        return state
    before = dict(state.verdicts)
    after = replace(state, verdicts=tuple((before | {event.about: event.helpful}).items()))
    worse = not event.helpful and before.get(event.about) is not False
    if worse and after.thumbs()["down"] >= BAD_VERDICTS:
        return replace(after, pending=(*state.pending, seq))
    return after


def _apply_alert(state: Conversation, event: AlertRaised, at: datetime) -> Conversation:
    if event.about is About.CALL_BACK_DUE and state.call_back is not None:
        return replace(state, call_back=replace(state.call_back, alerted=True))
    return replace(state, care=after_alert(state.care, event, at))


def _apply_owner(state: Conversation, event: OwnerChanged, recorded: Recorded) -> Conversation:
    at = recorded.at
    queued = event.owner is Owner.QUEUE
    gone = event.cause is Cause.RESCUED  # an agent who only lost the connection may have it again
    after = replace(
        state,
        epoch=state.epoch + 1,
        owner=event.owner,
        agent=event.agent,
        team=event.team,
        waiting_since=at if queued else None,
        released_by=state.agent.id if queued and state.agent is not None and not gone else None,
        pending=(),
        offered=(),
        priority=event.priority,
        care=after_owner(state.care, event, at),
    )
    if event.owner is Owner.NOBODY:
        return replace(after, unanswered=())
    if event.owner is not Owner.BOT:
        return after
    opened = event.cause is Cause.OPENED
    open_words = taken_up(state.unanswered, event.cause)
    handed_back_at = at if event.cause is Cause.HANDED_BACK else state.handed_back_at
    return replace(
        after,
        leg=state.leg + 1,
        leg_seq=recorded.seq,
        leg_cause=event.cause,
        pending=tuple(said.seq for said in open_words),
        unanswered=open_words,
        verdicts=(),
        episode=state.episode + opened,
        handoffs=0 if opened else state.handoffs,
        handed_back_at=None if opened else handed_back_at,
        turns=0,
        answered=0,
        questions=tuple(said.text for said in open_words)[-QUESTIONS_KEPT:],
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
