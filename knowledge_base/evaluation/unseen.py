"""What a confidence is worth on sets its model never saw: each set alone, and all of them together. Pure.

A few hundred questions of one set cannot show a small calibration error, and a set may be easier or harder than the
others without its articles telling so; over all sets together such differences partly cancel out. Both are recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.evaluation.metrics import (
    auroc,
    calibration_error,
    chance_error,
    coverage_at_risk,
    reliability,
    unbiased_error,
)
from knowledge_base.evaluation.trials import Trial, weights_of

UNANSWERABLE_SHARE = 0.3  # of each set's weight, in the fit too: enough of them to learn from
ALL = "all"
TOGETHER = "all sets unseen together (each judged by a fit on the others)"
ALONE = "each set unseen (fitted on the others)"
MIXES = (0.1, 0.2, 0.3)  # shares of questions nothing answers; what a base meets is for its customers to say

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Unseen:
    """The trials of a set, and how likely a model that never saw the set calls each right."""

    trials: Sequence[Trial]
    probabilities: Numbers

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the first hit answers, by trial."""
        return np.array([trial.right for trial in self.trials], dtype=bool)

    def weights(self, unanswerable: float) -> Numbers:
        """Return a weight a trial, 1 together, of which `unanswerable` on those without an answer."""
        return weights_of(self.trials, unanswerable)

    def answered(self, threshold: float, unanswerable: float) -> tuple[float, float]:
        """Return the shares of the questions that are answered, and answered wrong."""
        given = self.weights(unanswerable) * (self.probabilities >= threshold)
        return float(given.sum()), float((given * ~self.right).sum())


def wrong_among_answered(sets: Sequence[Unseen], threshold: float, unanswerable: float) -> tuple[float, float]:
    """Return the share answered and the share of wrong ones among them, over all sets, each asked as often."""
    shares = [one.answered(threshold, unanswerable) for one in sets]
    answered, wrong = (sum(column) for column in zip(*shares, strict=True))
    return answered / len(sets), wrong / max(answered, 1e-9)


def alone(one: Unseen, threshold: float, unanswerable: float) -> dict[str, float]:
    """Return the figures of one set; the shares at the threshold for `unanswerable` questions without an answer.

    `too_sure_by` is the mean confidence less the share right: below 0 where the set is easier than the model thinks.
    """
    weights, right = one.weights(UNANSWERABLE_SHARE), one.right
    coverage, _ = coverage_at_risk(one.probabilities, right, weights)
    answered, wrong = wrong_among_answered([one], threshold, unanswerable)
    return {
        "trials": len(one.trials),
        "auroc_answerable": round(auroc(one.probabilities, [trial.answerable for trial in one.trials]), 3),
        "auroc_right": round(auroc(one.probabilities, right), 3),
        **_calibration(one.probabilities, right, weights),
        "too_sure_by": round(float(np.average(one.probabilities - right, weights=weights)), 3),
        "coverage_at_5_percent_wrong": round(coverage, 3),
        "answered_at_threshold": round(answered, 3),
        "wrong_at_threshold": round(wrong, 3),
    }


def together(sets: Sequence[Unseen], threshold: float) -> dict[str, object]:
    """Return the figures of all sets as if they were one, each weighing the same, for several mixes of questions.

    `reliability` holds, at `UNANSWERABLE_SHARE`, the bins of `metrics.reliability`.
    """
    probabilities = np.concatenate([one.probabilities for one in sets])
    right = np.concatenate([one.right for one in sets])
    mixes = {}
    for mix in MIXES:
        weights = np.concatenate([one.weights(mix) for one in sets])
        coverage, _ = coverage_at_risk(probabilities, right, weights)
        answered, wrong = wrong_among_answered(sets, threshold, mix)
        mixes[str(mix)] = {
            **_calibration(probabilities, right, weights),
            "mean_ece_of_single_sets": round(float(np.mean([_error(one, mix) for one in sets])), 3),
            "coverage_at_5_percent_wrong": round(coverage, 3),
            "answered_at_threshold": round(answered, 3),
            "wrong_at_threshold": round(wrong, 3),
        }
    weights = np.concatenate([one.weights(UNANSWERABLE_SHARE) for one in sets])
    bins = [asdict(part) for part in reliability(probabilities, right, weights)]
    return {
        "sets": len(sets),
        "trials": len(right),
        "by_unanswerable_share": mixes,
        "reliability": [{name: round(value, 4) for name, value in part.items()} for part in bins],
    }


def _error(one: Unseen, unanswerable: float) -> float:
    return calibration_error(one.probabilities, one.right, one.weights(unanswerable))


def _calibration(probabilities: Numbers, right: NDArray[np.bool_], weights: Numbers) -> dict[str, float]:
    return {
        "ece": round(calibration_error(probabilities, right, weights), 3),
        "ece_without_bias": round(unbiased_error(probabilities, right, weights), 3),
        "ece_by_chance_alone": round(chance_error(probabilities, weights), 3),
    }
