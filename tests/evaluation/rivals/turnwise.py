"""A rival looks at one message of the customer's at a time; the first it takes for a reason is its verdict."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Scores = Mapping[str, float]
"""For each reason how sure a rival is, 0 to 1, a handoff from 0.5 on."""


def verdict(row: Row, scores: Sequence[Scores]) -> dict[str, Any]:
    """The verdict on a dialogue, from the scores of the customer's messages in order."""
    places = [index for index, turn in enumerate(row["turns"]) if turn["role"] == "customer"]
    best: dict[str, float] = {}
    for index, found in zip(places, scores, strict=True):
        for reason, score in found.items():
            best[reason] = max(best.get(reason, 0.0), score)
        sure = max(found, key=lambda reason: found[reason], default=None)
        if sure is not None and found[sure] >= 0.5:
            return _row(row, True, sure, index, best)
    return _row(row, False, None, None, best)


def verdicts(rows: Iterable[Row], score: Callable[[str], Scores]) -> list[dict[str, Any]]:
    """The verdicts of a rival that scores one text at a time."""
    return [verdict(row, [score(text) for text in customer_texts(row)]) for row in rows]


def customer_texts(row: Row) -> list[str]:
    """What the customer said, in order."""
    return [turn["text"] for turn in row["turns"] if turn["role"] == "customer"]


def at_threshold(score: float, threshold: float) -> float:
    """Put a score on the scale on which its threshold is 0.5."""
    if score < threshold:
        return 0.5 * score / threshold
    return 0.5 + 0.5 * (score - threshold) / (1 - threshold) if threshold < 1 else 0.5


def best_threshold(positive: Sequence[bool], scores: Sequence[float]) -> float:
    """The threshold with the highest F1 of all that the scores allow."""
    best, threshold = -1.0, 1.0
    for candidate in sorted(set(scores)):
        both = sum(p and s >= candidate for p, s in zip(positive, scores, strict=True))
        f1 = 2 * both / (sum(positive) + sum(s >= candidate for s in scores))
        if f1 > best and not math.isclose(candidate, 0.0):
            best, threshold = f1, candidate
    return threshold


def _row(row: Row, handoff: bool, reason: str | None, turn: int | None, scores: Scores) -> dict[str, Any]:
    top = max(scores.values(), default=0.0)
    return {"id": row["id"], "handoff": handoff, "reason": reason, "turn": turn, "score": top, "scores": dict(scores)}
