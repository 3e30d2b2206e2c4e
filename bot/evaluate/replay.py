"""Replay a recorded dialogue against the rules of production: would it have been handed off, when, and why. Pure.

The customer's turns are scored by the trained model and decided by ``bot.escalation.rules.decide``. What the recorded
bot said stands for what the search would have returned: a turn that gave up is a search without an answer, and so the
handoff comes at the customer's turn *before* the second failure, as in production, where it is known within that very
turn. Where no bot's turn was recorded, a bot that was stuck is taken to stay so: a question that already failed fails
again, after two failures any question does, and who comes back to a repeated answer would see it once more. Otherwise
nothing is presumed, unless a knowledge base was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.escalation.frustration import combined, frustration
from bot.escalation.rules import AGREES, decide
from bot.escalation.similarity import contained, cosine, overlap, same_numbers
from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import NO_TOPICS, Topics
from bot.escalation.turns import Act, BotTurn, Cause, CustomerTurn, Decision, Reason, Result, Signal, Turn
from bot.evaluate.bot_turns import Kind, Utterance

CHOSE = "choose_article"  # the intent of a pressed button: what "yes" to "did you mean …?" amounts to
SEARCHED = frozenset(
    {"question", "nlu_fallback", "request_agent", "frustration"}
)  # the intents data/rules searches for
SAME_TEXT = 0.75  # share of the shorter text's trigrams from which a bot said the same again, with a word more or less
STUCK = 2  # failures after which a bot is not expected to find the next answer
OFFERED = ("recorded",)  # stands for articles whose ids nobody knows
_FAILURES = frozenset({Kind.COULD_NOT, Kind.ASKS_BACK, Kind.OUTSIDE})
_OUTSIDE = BotTurn(Result.UNANSWERED, confidence=0.0, nearness=0.0)  # nothing near it was found
_TELLS = frozenset({Kind.ANSWERED, Kind.ASKS_DETAIL})


@dataclass(frozen=True)
class Found:
    """What a knowledge base returned for a customer's turn, with its confidence and the cosine of its first hit."""

    answerable: bool
    article_id: str | None = None
    confidence: float = 1.0
    nearness: float = 1.0


@dataclass(frozen=True)
class Step:
    """A customer's turn, its index among all turns, and what came of it.

    Attributes:
        index: of the customer's turn.
        said: the scored turn.
        did: what the recorded bot said next, if it did.
        found: what a knowledge base returned, if one was asked; it counts instead of ``did``.
        ends: an agent spoke after this turn, so the bot's part is over.
    """

    index: int
    said: CustomerTurn
    did: Utterance | None = None
    found: Found | None = None
    ends: bool = False


@dataclass(frozen=True)
class Outcome:
    """What would have happened.

    Attributes:
        handoff: whether a person would have been called.
        reason: why, of ``Reason``.
        turn: the customer's turn at which, counted over all turns.
        signals: what spoke for it; without a handoff, the strongest of each kind.
        scores: for each reason how near the dialogue came, 0 to 1; a handoff begins at 0.5.
    """

    handoff: bool
    reason: str | None
    turn: int | None
    signals: Mapping[str, Signal] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The highest score of the dialogue."""
        return max(self.scores.values(), default=0.0)


def replay(
    steps: Sequence[Step], limits: Thresholds, only: Reason | None = None, topics: Topics = NO_TOPICS
) -> Outcome:
    """Return what production would have done; with ``only``, as if no other reason counted."""
    return _Replay(limits, only, topics).run(steps)


class _Replay:
    """The turns so far, and the best signals and scores seen in them."""

    def __init__(self, limits: Thresholds, only: Reason | None, topics: Topics) -> None:
        self._limits = limits
        self._topics = topics
        self._only = only
        self._turns: list[Turn] = []
        self._shown: list[str] = []  # what the bot said, or which articles it showed
        self._failed: list[CustomerTurn] = []  # questions nothing was found for
        self._failing = self._repeating = False  # what the bot's last turn was
        self._signals: dict[str, Signal] = {}
        self._scores: dict[str, float] = {reason.value: 0.0 for reason in Reason}

    def run(self, steps: Sequence[Step]) -> Outcome:
        for number, step in enumerate(steps):
            before = steps[number - 1].did if number else None
            decision = self._step(step, before)
            if decision is not None:
                return self._handed_off(decision, step.index)
            if step.ends:
                break
        return Outcome(False, None, None, self._signals, self._scores)

    def _step(self, step: Step, before: Utterance | None) -> Decision | None:
        said = self._as_pressed(step.said, before)
        self._score(said)
        self._turns.append(said)
        decision = self._decide()
        if decision is not None and decision.act is Act.HAND_OFF:
            return decision
        if decision is not None and decision.act is Act.RECORD_FEEDBACK:
            handed = self._do(BotTurn(Result.HELPED if said.intent == AGREES else Result.NOT_HELPED))
            if handed is not None:
                return handed
        for turn in self._results(step, said, decision):
            handed = self._do(turn)
            if handed is not None:
                return handed
        return None

    def _as_pressed(self, said: CustomerTurn, before: Utterance | None) -> CustomerTurn:
        """Read "yes" to what the bot offered the way production's buttons would have sent it."""
        if before is None or said.intent != AGREES or said.question >= self._limits.question:
            return said
        if before.offers_person:
            if self._turns and isinstance(self._turns[-1], BotTurn):
                self._turns.pop()
            self._turns.append(BotTurn(Result.ASKED_BACK, Cause.UNANSWERED))
            return said
        if before.kind in _FAILURES:
            return replace(said, intent=CHOSE, is_payload=True)
        self._forget_question()
        return said

    def _forget_question(self) -> None:
        """Drop the asking back that production would have let follow: the recorded bot did not ask."""
        if self._turns and isinstance(self._turns[-1], BotTurn) and self._turns[-1].result is Result.ASKED_BACK:
            self._turns.pop()

    def _results(self, step: Step, said: CustomerTurn, decision: Decision | None) -> Iterator[BotTurn]:
        cause = decision.cause if decision is not None else None
        if step.found is not None:
            if _is_searched(said, decision):
                yield self._searched(step.found, cause)
        elif step.did is not None:
            yield from self._said_by_bot(step.did, said)
        elif _is_searched(said, decision):
            yield from self._presumed(said)

    def _presumed(self, said: CustomerTurn) -> Iterator[BotTurn]:
        """What a stuck bot would do next, where nobody wrote it down."""
        if self._failing and (
            len(self._failed) >= STUCK or any(self._same_question(said, failed) for failed in self._failed)
        ):
            yield BotTurn(Result.UNANSWERED)
        elif self._repeating:
            yield BotTurn(Result.REPEATED)

    def _searched(self, found: Found, cause: Cause | None) -> BotTurn:
        if not found.answerable:
            return BotTurn(Result.UNANSWERED, confidence=found.confidence, nearness=found.nearness)
        again = found.article_id in self._shown
        self._shown.append(found.article_id or "")
        return BotTurn(Result.REPEATED if again and cause is Cause.REPEATED else Result.ANSWERED)

    def _said_by_bot(self, did: Utterance, said: CustomerTurn) -> Iterator[BotTurn]:
        again = any(contained(did.text, shown) >= SAME_TEXT for shown in self._shown)
        self._shown.append(did.text)
        self._failing = did.kind in _FAILURES
        self._repeating = did.kind in _TELLS and again
        if did.kind is Kind.HANDED_OFF:
            yield BotTurn(Result.HANDED_OFF)
        elif self._failing:
            self._failed.append(said)
            yield _OUTSIDE if did.kind is Kind.OUTSIDE else BotTurn(Result.UNANSWERED)
        elif self._repeating:
            yield BotTurn(Result.REPEATED)
        elif did.kind is Kind.ANSWERED:
            yield BotTurn(Result.ANSWERED)

    def _do(self, turn: BotTurn) -> Decision | None:
        """Add what the bot did, and the asking back that production lets follow; return a handoff."""
        self._turns.append(turn)
        decision = self._decide()
        if decision is None:
            return None
        if decision.act is Act.HAND_OFF:
            return decision
        if decision.act is Act.ASK_BACK and turn.result is not Result.NOT_HELPED:
            self._turns.append(BotTurn(Result.ASKED_BACK, decision.cause, OFFERED))
        return None

    def _decide(self) -> Decision | None:
        decision = decide(self._turns, self._limits, self._topics)
        if decision is None or decision.act is not Act.HAND_OFF or self._only in (None, decision.reason):
            return decision
        return None

    def _same_question(self, said: CustomerTurn, failed: CustomerTurn) -> bool:
        return same_numbers(said.text, failed.text) and (
            cosine(said.vector, failed.vector) >= self._limits.similar_meaning
            or overlap(said.text, failed.text) >= self._limits.same_words
        )

    def _score(self, said: CustomerTurn) -> None:
        """Keep how near this turn comes to a request and to frustration."""
        words = f"at most: “{said.request_clause or said.text}”"
        limit = self._limits.in_language("request", said.language)
        self._keep(Reason.CUSTOMER_REQUEST, said.request, limit, (Signal("request", said.request, words),))
        upset = frustration(said, self._turns, self._limits)
        limit = self._limits.in_language("frustration", said.language)
        self._keep(Reason.FRUSTRATION, combined(upset), limit, upset)

    def _keep(self, reason: Reason, score: float, limit: float, signals: Sequence[Signal]) -> None:
        if self._only not in (None, reason):
            return
        near = nearness(score, limit)
        if near > self._scores[reason.value]:
            self._scores[reason.value] = near
            self._signals.update({signal.name: signal for signal in signals})

    def _handed_off(self, decision: Decision, index: int) -> Outcome:
        reason = decision.reason.value if decision.reason is not None else "unknown"
        scores = {**self._scores, reason: max(self._scores.get(reason, 0.0), 0.5)}
        if reason not in (Reason.CUSTOMER_REQUEST.value, Reason.FRUSTRATION.value):
            scores[reason] = max((signal.score for signal in decision.signals), default=1.0)
        return Outcome(True, reason, index, {signal.name: signal for signal in decision.signals}, scores)


def nearness(score: float, limit: float) -> float:
    """Put a score on a scale on which every threshold is 0.5, so that scores of two kinds and languages compare."""
    score = min(max(score, 0.0), 1.0)
    if score < limit:
        return 0.5 * score / limit
    return 0.5 + 0.5 * (score - limit) / (1 - limit) if limit < 1 else 0.5


def _is_searched(said: CustomerTurn, decision: Decision | None) -> bool:
    if decision is not None:
        return decision.act is Act.ANSWER
    return said.intent in SEARCHED and not said.is_payload
