"""What one system made of a list of trials, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.evaluation.metrics import (
    Bin,
    auroc,
    calibration_error,
    chance_error,
    coverage_at_risk,
    hit_rate,
    mean_reciprocal_rank,
    reliability,
    risk_coverage,
    unbiased_error,
)

CURVE_POINTS = 200  # of a risk-coverage curve that are kept: more than a picture shows


@dataclass(frozen=True)
class Found:
    """How well the right article is found, over the questions that have one."""

    hit1: float
    hit3: float
    hit5: float
    mrr10: float


@dataclass(frozen=True)
class Known:
    """How well a system knows whether its first hit is right.

    `ece`, `unbiased`, the same without what chance adds, and `chance`, what it would be on so few questions were the
    probabilities exactly right, only where its score is a probability.
    """

    auroc: float
    coverage5: float
    ece: float | None
    unbiased: float | None
    chance: float | None
    curve: tuple[tuple[float, float], ...]
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Outcomes:
    """One row a trial, in their order.

    Attributes:
        ranks: where the first right article came, from 1; `None` beyond the tenth or when there is none.
        scores: how sure the system was of its first hit, on a scale of its own; `None` for a half that has none.
    """

    ranks: Sequence[int | None]
    scores: NDArray[np.float64] | None

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the first hit answers the question."""
        return np.array([rank == 1 for rank in self.ranks], dtype=bool)

    def found(self, answerable: NDArray[np.bool_]) -> Found:
        """Return how well it finds."""
        ranks = [rank for rank, asked in zip(self.ranks, answerable.tolist(), strict=True) if asked]
        return Found(hit_rate(ranks, 1), hit_rate(ranks, 3), hit_rate(ranks, 5), mean_reciprocal_rank(ranks))

    def known(self, answerable: NDArray[np.bool_], weights: NDArray[np.float64], *, probability: bool) -> Known | None:
        """Return how well it knows; `None` without scores.

        Args:
            probability: whether the scores claim to be probabilities.
        """
        if self.scores is None:
            return None
        coverage, _ = coverage_at_risk(self.scores, self.right, weights)
        curve = risk_coverage(self.scores, self.right, weights)
        step = -(-len(curve) // CURVE_POINTS)
        return Known(
            auroc=auroc(self.scores, answerable),
            coverage5=coverage,
            ece=calibration_error(self.scores, self.right, weights) if probability else None,
            unbiased=unbiased_error(self.scores, self.right, weights) if probability else None,
            chance=chance_error(self.scores, weights) if probability else None,
            curve=tuple(curve[::step]),
            bins=tuple(reliability(self.scores, self.right, weights)) if probability else (),
        )
