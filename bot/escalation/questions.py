"""Which earlier questions a message asks again. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.escalation.similarity import cosine, overlap, same_numbers
from bot.escalation.thresholds import Thresholds
from bot.escalation.turns import Cause, CustomerTurn, Result, Turn

_ASKED = frozenset({Result.ANSWERED, Result.REPEATED})  # bot results that make the question before it "asked already"


def repeats(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> int:
    """Count the earlier turns that asked the same and got an answer, or were asked back for being a repeat."""
    return sum(
        _was_dealt_with(before[index + 1 :])
        for index, turn in enumerate(before)
        if isinstance(turn, CustomerTurn) and not turn.is_payload and is_same(said, turn, limits)
    )


def is_similar_to_answered(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> bool:
    """Say whether a question much like this one was answered already."""
    return any(
        isinstance(turn, CustomerTurn) and is_similar(said, turn, limits) and _was_dealt_with(before[index + 1 :])
        for index, turn in enumerate(before)
    )


def is_same(a: CustomerTurn, b: CustomerTurn, limits: Thresholds) -> bool:
    """Say whether two messages ask the same, in the same words or others."""
    if not same_numbers(a.text, b.text):
        return False
    return overlap(a.text, b.text) >= limits.same_words or cosine(a.vector, b.vector) >= limits.same_meaning


def is_similar(a: CustomerTurn, b: CustomerTurn, limits: Thresholds) -> bool:
    """Say whether two messages are about the same thing, so that one answer would do for both."""
    return same_numbers(a.text, b.text) and cosine(a.vector, b.vector) >= limits.similar_meaning


def _was_dealt_with(after: Sequence[Turn]) -> bool:
    for turn in after:
        if isinstance(turn, CustomerTurn):
            return False
        if turn.result in _ASKED or (turn.result is Result.ASKED_BACK and turn.cause is Cause.REPEATED):
            return True
    return False
