"""Figures of merit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10
BIAS_DRAWS = 2_000  # of the share right in each bin, for the bias of the calibration error
DRAWS, SEED = 200, 7  # of outcomes, for the calibration error that chance alone makes
ACCEPTED_RISK = 0.05  # share of wrong answers among those given that a help desk can live with


def hit_rate(ranks: Sequence[int | None], within: int) -> float:
    """Return the share of questions whose right article is among the first `within`; ranks count from 1."""
    return float(np.mean([rank is not None and rank <= within for rank in ranks])) if ranks else float("nan")


def mean_reciprocal_rank(ranks: Sequence[int | None], within: int = 10) -> float:
    """Return the mean of 1/rank, 0 beyond `within`."""
    values = [1 / rank if rank is not None and rank <= within else 0.0 for rank in ranks]
    return float(np.mean(values)) if values else float("nan")


def auroc(scores: ArrayLike, truth: ArrayLike) -> float:
    """Return the probability that a true one scores above a false one; ties count half."""
    values, labels = np.asarray(scores, float), np.asarray(truth, bool)
    positive, negative = int(labels.sum()), int((~labels).sum())
    if not positive or not negative:
        return float("nan")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_error(probabilities: ArrayLike, truth: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    return sum(part.share * abs(part.confidence - part.right) for part in reliability(probabilities, truth, weights))


def chance_error(probabilities: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the calibration error that probabilities exactly right would show on so few questions, on average."""
    values, _, mass = _arrays(probabilities, np.zeros(np.shape(probabilities)), weights)
    draw = np.random.default_rng(SEED)
    return float(np.mean([calibration_error(values, draw.random(len(values)) < values, mass) for _ in range(DRAWS)]))


def unbiased_error(probabilities: ArrayLike, truth: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return an estimate of the calibration error without what chance adds on few questions; never below 0.

    The error in bins is biased upwards, since the share that is right in a bin is itself drawn (Kumar, Liang and Ma,
    "Verified Uncertainty Calibration", NeurIPS 2019, arXiv 1909.10155; Roelofs and others, "Mitigating Bias in
    Calibration Error Estimation", AISTATS 2022, arXiv 2012.08668). As Kumar does for errors without a square, each
    bin's share that is right is drawn anew from a normal distribution around what was seen, with the variance of a mean
    of that many questions, and by how much that raises the error is taken off.
    """
    values, labels, mass = _arrays(probabilities, truth, weights)
    bins = reliability(values, labels, mass)
    numbers = np.minimum((values * BINS).astype(int), BINS - 1)
    sizes = [mass[numbers == number] for number in range(BINS) if mass[numbers == number].sum() > 0]
    right = np.array([part.right for part in bins])
    gap = np.array([part.confidence for part in bins])
    share = np.array([part.share for part in bins])
    effective = np.array([float(size.sum() ** 2 / (size**2).sum()) for size in sizes])  # questions, as weights allow
    spread = np.sqrt(right * (1 - right) / effective)
    drawn = np.random.default_rng(SEED).normal(right, spread, (BIAS_DRAWS, len(right)))
    seen = float((share * np.abs(gap - right)).sum())
    raised = float((share * np.abs(gap - drawn)).sum(axis=1).mean())
    return max(0.0, 2 * seen - raised)


def coverage_at_risk(
    probabilities: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None, risk: float = ACCEPTED_RISK
) -> tuple[float, float]:
    """Return the largest share that can be answered with at most `risk` wrong among the answers, and the threshold."""
    values, labels, mass = _arrays(probabilities, right, weights)
    order = np.argsort(-values, kind="stable")
    answered = np.cumsum(mass[order])
    wrong = np.cumsum((mass * (1 - labels))[order])
    last_of_tie = np.append(values[order][1:] != values[order][:-1], True)
    fits = np.flatnonzero((wrong <= risk * answered) & last_of_tie)
    if not fits.size:
        return 0.0, 1.0
    return float(answered[fits[-1]] / mass.sum()), float(values[order][fits[-1]])


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability diagram: how sure answers were on average, how many were right, and their weight."""

    confidence: float
    right: float
    share: float


def reliability(probabilities: ArrayLike, truth: ArrayLike, weights: ArrayLike | None = None) -> list[Bin]:
    """Return the bins of width 0.1 that hold something; `share` sums to 1."""
    values, labels, mass = _arrays(probabilities, truth, weights)
    numbers = np.minimum((values * BINS).astype(int), BINS - 1)
    return [
        Bin(
            confidence=float(np.average(values[inside], weights=mass[inside])),
            right=float(np.average(labels[inside], weights=mass[inside])),
            share=float(mass[inside].sum() / mass.sum()),
        )
        for number in range(BINS)
        if mass[inside := numbers == number].sum() > 0
    ]


def risk_coverage(scores: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None) -> list[tuple[float, float]]:
    """Return `(coverage, risk)` for every threshold, strictest first.

    Coverage is the share of all questions answered, risk the share of wrong answers among those.
    """
    values, labels, mass = _arrays(scores, right, weights)
    order = np.argsort(-values, kind="stable")
    answered = np.cumsum(mass[order])
    wrong = np.cumsum((mass * (1 - labels))[order])
    last_of_tie = np.append(values[order][1:] != values[order][:-1], True)
    pairs = zip(answered[last_of_tie] / mass.sum(), (wrong / answered)[last_of_tie], strict=True)
    return [(float(coverage), float(risk)) for coverage, risk in pairs]


def _arrays(
    values: ArrayLike, labels: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    found = np.asarray(values, np.float64)
    return found, np.asarray(labels, np.float64), np.ones_like(found) if weights is None else np.asarray(weights, float)
