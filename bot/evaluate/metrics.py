"""Figures over labelled dialogues: precision, recall, false alarms, AUROC, timing; with 95 % intervals. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bot.evaluate.golden_transfer import TOLERANCES, golden_transfer

SAMPLES = 1_000  # of the bootstrap
SEED = 20_261_122  # the same file gives the same intervals
INTERVAL = (2.5, 97.5)
SAMPLES_AT_ONCE = 100  # bounds the memory of resampling a large set
UNNAMED = "no reason given"  # labels without a reason


@dataclass(frozen=True)
class Judged:
    """A labelled dialogue and what a detector made of it.

    Attributes:
        language: of the dialogue, or empty.
        messages: how many turns of the customer there are.
        customer_turns: their indexes among all turns.
        wanted: the label's handoff, reason and turn; turn None where the label has none.
        found: the detector's handoff, reason and turn.
        score: how near the dialogue came to a handoff.
        scores: the same for each reason.
    """

    language: str
    customer_turns: tuple[int, ...]
    wanted: tuple[bool, str | None, int | None]
    found: tuple[bool, str | None, int | None]
    score: float
    scores: Mapping[str, float]


def measure(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return every figure as JSON: ``{"value", "low", "high"}``, or None where there is nothing to divide by."""
    wanted = np.array([j.wanted[0] for j in judged], dtype=bool)
    found = np.array([j.found[0] for j in judged], dtype=bool)
    asked = np.array([j.wanted[1] or (UNNAMED if j.wanted[0] else "") for j in judged], dtype=object)
    given = np.array([j.found[1] or "" for j in judged], dtype=object)
    messages = np.array([len(j.customer_turns) for j in judged], dtype=float)
    reasons = sorted({*asked, *given} - {""})
    right_turn = [j for j in judged if not j.wanted[0] or j.wanted[2] is not None]
    return {
        "dialogues": len(judged),
        "handoff": _retrieval(wanted, found) | _auroc(wanted, ~wanted, np.array([j.score for j in judged])),
        "reasons": {
            reason: _retrieval(asked == reason, given == reason)
            | {"recall_whatever_the_reason": _share((asked == reason) & found, asked == reason)}
            | _auroc(asked == reason, ~wanted, np.array([j.scores.get(reason, 0.0) for j in judged]))
            for reason in reasons
        },
        "ordinary": {
            "dialogues": int((~wanted).sum()),
            "messages": int(messages[~wanted].sum()),
            "false_alarms": int((found & ~wanted).sum()),
            "per_1000_dialogues": _share(1000 * (found & ~wanted), ~wanted),
            "per_1000_messages": _share(1000 * (found & ~wanted), messages * ~wanted),
        },
        "timing": _timing(right_turn) if any(j.wanted[0] for j in right_turn) else None,
    }


def _retrieval(wanted: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    both = wanted & found
    return {
        "wanted": int(wanted.sum()),
        "found": int(found.sum()),
        "right": int(both.sum()),
        "precision": _share(both, found),
        "recall": _share(both, wanted),
        "f1": _share(2 * both, wanted.astype(int) + found),
    }


def _auroc(positive: np.ndarray, negative: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    if not positive.any() or not negative.any():
        return {"auroc": None}
    chosen = positive | negative
    return {
        "auroc": _interval(
            int(chosen.sum()), lambda weights: _weighted_auroc(positive[chosen], scores[chosen], weights)
        )
    }


def auroc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Return the probability that a positive scores above a negative, ties counting half; NaN without either."""
    return float(_weighted_auroc(positive, scores, np.ones((1, len(scores))))[0])


def _weighted_auroc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return one AUROC for each row of weights: how often each dialogue was drawn."""
    _, place = np.unique(scores, return_inverse=True)
    count = int(place.max()) + 1
    ups = np.stack([np.bincount(place, row * positive, count) for row in weights])
    downs = np.stack([np.bincount(place, row * ~positive, count) for row in weights])
    below = np.cumsum(downs, axis=1) - downs
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((ups * (below + downs / 2)).sum(axis=1) / (ups.sum(axis=1) * downs.sum(axis=1)))


def _share(part: np.ndarray, whole: np.ndarray) -> dict[str, float] | None:
    """Return the sum of one column over the sum of another."""
    table = np.stack([part, whole], axis=1).astype(float)

    def over(weights: np.ndarray) -> np.ndarray:
        sums = weights @ table
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(sums[:, 0] / sums[:, 1])

    return _interval(len(table), over)


def _interval(count: int, over: Callable[[np.ndarray], np.ndarray]) -> dict[str, float] | None:
    """Return a figure with its bootstrap interval; ``over`` takes how often each dialogue was drawn, a row a sample."""
    value = float(over(np.ones((1, count)))[0])
    if np.isnan(value):
        return None
    values = [over(drawn.astype(float)) for drawn in _drawn(count)]
    low, high = np.nanpercentile(np.concatenate(values), INTERVAL)
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


@lru_cache(2)  # over all dialogues, and over those an AUROC compares
def _drawn(count: int) -> tuple[np.ndarray, ...]:
    """Return how often each dialogue is in each sample: nearly all figures are over the same dialogues."""
    generator = np.random.default_rng(SEED)
    drawn = [generator.integers(0, count, (SAMPLES_AT_ONCE, count)) for _ in range(0, SAMPLES, SAMPLES_AT_ONCE)]
    return tuple(np.stack([np.bincount(row, minlength=count) for row in rows]).astype(np.uint16) for rows in drawn)


def _timing(judged: Sequence[Judged]) -> dict[str, Any]:
    """Golden Transfer within Tolerance of the detector, and of those who look at nothing."""
    own = [{j.found[2]} - {None} for j in judged]
    longest = max(len(j.customer_turns) for j in judged)
    fixed = {
        f"customer's turn {count + 1}": [set(j.customer_turns[count : count + 1]) for j in judged]
        for count in range(longest)
    }
    best = max(fixed, key=lambda name: sum(_golden(judged, fixed[name])))
    return {
        "dialogues": len(judged),
        "missed": sum(j.wanted[0] and not j.found[0] for j in judged),
        "needless": sum(j.found[0] and not j.wanted[0] for j in judged),
        "this": _rounded(_golden(judged, own)),
        "never": _rounded(_golden(judged, [set() for _ in judged])),
        "every turn": _rounded(_golden(judged, [set(j.customer_turns) for j in judged])),
        "best fixed turn": {"name": best, "values": _rounded(_golden(judged, fixed[best]))},
    }


def _golden(judged: Sequence[Judged], predicted: Sequence[Collection[int | None]]) -> list[float]:
    """Return GT-I, GT-II and GT-III, means over dialogues."""
    return [
        float(
            np.mean(
                [
                    golden_transfer(_golden_turns(j), [turn for turn in turns if turn is not None], tolerance)
                    for j, turns in zip(judged, predicted, strict=True)
                ]
            )
        )
        for tolerance in TOLERANCES
    ]


def _golden_turns(judged: Judged) -> list[int]:
    handoff, _, turn = judged.wanted
    return [turn] if handoff and turn is not None else []


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]
