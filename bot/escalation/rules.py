"""Decide from the turns of one leg whether to hand off, to ask back, or to go on as usual.

Pure: the same turns and thresholds give the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.escalation.similarity import cosine, overlap, same_numbers
from bot.escalation.thresholds import Thresholds
from bot.escalation.turns import Act, BotTurn, Cause, CustomerTurn, Decision, Reason, Result, Signal, Turn

AGREES, DISAGREES = "affirm", "deny"
REQUEST_AGENT, FEEDBACK = "request_agent", "feedback"
SMALL_TALK = frozenset({"greet", "thank", "goodbye", "bot_challenge", AGREES, DISAGREES})
SERVED = 0.2  # share of the frustration score a question takes away: who asks is served first (measured on dev sets)
SHOWN_CLAUSE = 120  # characters of the customer's words quoted in a signal
_ASKED = frozenset({Result.ANSWERED, Result.REPEATED})  # bot results that make the question before it "asked already"


def decide(turns: Sequence[Turn], limits: Thresholds) -> Decision | None:
    """Return what to do next, or None when the ordinary flow goes on.

    Args:
        turns: the turns of this leg, oldest first; those before an earlier handoff do not count.
        limits: the thresholds.
    """
    turns = _since_handoff(turns)
    if not turns:
        return None
    last = turns[-1]
    if isinstance(last, CustomerTurn):
        return _after_customer(last, turns[:-1], limits)
    return _after_bot(last, turns[:-1])


def _after_customer(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision | None:
    if said.is_payload:
        if said.intent == REQUEST_AGENT:
            return _hand_off(Reason.CUSTOMER_REQUEST, Signal("request", 1.0, "pressed “talk to a person”"))
        return None
    if said.request >= limits.in_language("request", said.language):
        words = f"asked for a person: “{_quote(said.request_clause or said.text)}”"
        return _hand_off(Reason.CUSTOMER_REQUEST, Signal("request", said.request, words))
    upset = frustration(said, before, limits)
    if sum(signal.score for signal in upset) >= limits.in_language("frustration", said.language):
        return _hand_off(Reason.FRUSTRATION, *upset)
    return _reply_to_bot(said, before, limits) or _repeat(said, before, limits) or _hidden_question(said, limits)


def frustration(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> tuple[Signal, ...]:
    """Return what speaks for frustration; the scores add up to the score that is compared with the threshold.

    Failures of the bot only add to words that are themselves not calm.
    """
    words = f"sounds upset: “{_quote(said.frustration_clause or said.text)}”"
    upset = said.frustration * (1 - SERVED * said.question)
    signals = [Signal("frustration", upset, words)]
    failures = sum(
        isinstance(turn, BotTurn) and turn.result in (Result.ASKED_BACK, Result.NOT_HELPED) for turn in before
    )
    if failures and upset >= limits.in_language("frustration", said.language) / 2:
        score = min(failures * limits.frustration_per_failure, 1.0 - upset)
        signals.append(Signal("failures", score, f"the bot could not help {_times(failures)} before"))
    return tuple(signals)


def _reply_to_bot(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision | None:
    if said.intent not in (AGREES, DISAGREES) or said.question >= limits.question:
        return None
    bot = next((turn for turn in reversed(before) if isinstance(turn, BotTurn)), None)
    if bot is None:
        return None
    if bot.result is Result.ASKED_BACK:
        if said.intent == AGREES and not bot.offered:
            return _hand_off(Reason.CUSTOMER_REQUEST, Signal("request", 1.0, "said yes to talking to a person"))
        return _hand_off(
            Reason.LOW_CONFIDENCE,
            Signal("low_confidence", 1.0, f"none of the offered articles fitted: “{_quote(said.text)}”"),
        )
    if bot.result is Result.ANSWERED and before and before[-1] is bot:
        return Decision(Act.RECORD_FEEDBACK)
    return None


def _repeat(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision | None:
    if said.intent in SMALL_TALK and said.question < limits.question:
        return None
    count = repeats(said, before, limits)
    if count >= 2:
        return _hand_off(Reason.REPEATED_QUESTION, _repeated(count + 1))
    if count == 1:
        return Decision(Act.ASK_BACK, cause=Cause.REPEATED)
    if said.intent not in SMALL_TALK and _similar(said, before, limits):
        return Decision(
            Act.ANSWER, cause=Cause.REPEATED
        )  # the action looks whether it would show the same passage again
    return None


def repeats(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> int:
    """Count the earlier turns that asked the same and got an answer, or were asked back for being a repeat."""
    count = 0
    for index, turn in enumerate(before):
        if isinstance(turn, CustomerTurn) and not turn.is_payload and _same_question(said, turn, limits):
            count += _was_dealt_with(before[index + 1 :])
    return count


def _was_dealt_with(after: Sequence[Turn]) -> bool:
    for turn in after:
        if isinstance(turn, CustomerTurn):
            return False
        if turn.result in _ASKED or (turn.result is Result.ASKED_BACK and turn.cause is Cause.REPEATED):
            return True
    return False


def _same_question(a: CustomerTurn, b: CustomerTurn, limits: Thresholds) -> bool:
    if not same_numbers(a.text, b.text):
        return False
    return overlap(a.text, b.text) >= limits.same_words or cosine(a.vector, b.vector) >= limits.same_meaning


def _similar(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> bool:
    return any(
        isinstance(turn, CustomerTurn)
        and same_numbers(said.text, turn.text)
        and cosine(said.vector, turn.vector) >= limits.similar_meaning
        and _was_dealt_with(before[index + 1 :])
        for index, turn in enumerate(before)
    )


def _hidden_question(said: CustomerTurn, limits: Thresholds) -> Decision | None:
    """A greeting or a "thanks" with a question in it is a question."""
    if said.intent in SMALL_TALK and said.question >= limits.question:
        return Decision(Act.ANSWER)
    return None


def _after_bot(did: BotTurn, before: Sequence[Turn]) -> Decision | None:
    if did.result is Result.UNANSWERED:
        if _asked_back_since_answer(before):
            return _hand_off(
                Reason.LOW_CONFIDENCE, Signal("low_confidence", 1.0, "no article answers this, also after asking back")
            )
        return Decision(Act.ASK_BACK, cause=Cause.UNANSWERED)
    if did.result is Result.REPEATED:
        count = sum(
            isinstance(turn, BotTurn) and (turn.result is Result.REPEATED or turn.cause is Cause.REPEATED)
            for turn in before
        )
        if count:
            return _hand_off(Reason.REPEATED_QUESTION, _repeated(count + 2))
        return Decision(Act.ASK_BACK, cause=Cause.REPEATED)
    if did.result is Result.NOT_HELPED:
        count = 1 + sum(isinstance(turn, BotTurn) and turn.result is Result.NOT_HELPED for turn in before)
        if count >= 2:
            return _hand_off(
                Reason.LOW_CONFIDENCE, Signal("not_helped", 1.0, f"said {_times(count)} that the answer did not help")
            )
        return Decision(Act.ASK_BACK, cause=Cause.NOT_HELPED)
    return None


def _asked_back_since_answer(before: Sequence[Turn]) -> bool:
    for turn in reversed(before):
        if isinstance(turn, BotTurn):
            if turn.result is Result.ANSWERED:
                return False
            if turn.result is Result.ASKED_BACK:
                return True
    return False


def _since_handoff(turns: Sequence[Turn]) -> Sequence[Turn]:
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        if isinstance(turn, BotTurn) and turn.result is Result.HANDED_OFF:
            return turns[index + 1 :]
    return turns


def _hand_off(reason: Reason, *signals: Signal) -> Decision:
    return Decision(Act.HAND_OFF, reason=reason, signals=signals)


def _repeated(times: int) -> Signal:
    return Signal("repeated_question", 1.0, f"asked the same thing {times} times")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CLAUSE else text[: SHOWN_CLAUSE - 1] + "…"
