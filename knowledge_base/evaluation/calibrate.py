"""Fit the confidence model: logistic regression on the trials of every development set, each set weighing the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.confidence import FEATURES, MODEL_FILE, ConfidenceModel
from knowledge_base.evaluation.metrics import auroc, calibration_error, coverage_at_risk
from knowledge_base.evaluation.sources import evaluation_encoder, foreign_questions, load_sets, questions_of
from knowledge_base.evaluation.trials import Bench, Trial, weights_of
from knowledge_base.settings import Settings

QUESTIONS_A_SET = 400  # more of one set would teach its ways, not confidence
UNANSWERABLE_SHARE = 0.3  # of each set's weight; between what help desks report and what the public sets hold
PENALTY = 1.0  # inverse strength of the L2 penalty on standardised features; .01 to 1 make no difference
WRONG_SHARE = 0.05  # of the answers given: what a customer forgives; beyond it an answer is no better than a guess
LOWEST_THRESHOLD, HIGHEST_THRESHOLD, STEP = 0.2, 0.9, 0.01
BLANK = ConfidenceModel(0.0, {}, 0.5)
OWN_SET = "shop"

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted model."""

    intercept: float
    coefficients: Mapping[str, float]

    def probabilities(self, trials: Sequence[Trial]) -> Numbers:
        """Return the probability of each trial's first hit being right."""
        model = ConfidenceModel(self.intercept, self.coefficients, 0.5)
        return np.array([model.probability(trial.features) for trial in trials])


def calibrate(settings: Settings, folder: Path | None, output: Path | None) -> None:
    """Fit on the development sets and write coefficients, threshold and the figures that speak for them."""
    sets = load_sets(settings, folder)
    encoder = evaluation_encoder(settings)
    trials: dict[str, list[Trial]] = {}
    for labelled in sets:
        questions = questions_of(labelled, "dev", QUESTIONS_A_SET)
        foreign = foreign_questions(labelled, sets, len(questions))
        trials[labelled.name] = Bench(labelled, encoder, BLANK).trials(questions, foreign)
        print(f"{labelled.name}: {len(trials[labelled.name])} trials", flush=True)
    unseen = {name: _figures(_fit(_without(trials, name)).probabilities(trials[name]), trials[name]) for name in trials}
    fit = _fit(trials)
    threshold, choice = choose_threshold(trials, fit)
    record = {
        "intercept": round(fit.intercept, 4),
        "coefficients": {name: round(value, 4) for name, value in fit.coefficients.items()},
        "threshold": threshold,
        "how": {
            "command": "python -m knowledge_base calibrate --data FOLDER",
            "model": "logistic regression, L2, each set weighs the same",
            "encoder": encoder.model,
            "unanswerable_share": UNANSWERABLE_SHARE,
            "threshold": choice,
            "each set unseen (fitted on the others)": unseen,
        },
    }
    path = output or MODEL_FILE
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


def choose_threshold(trials: Mapping[str, Sequence[Trial]], fit: Fit) -> tuple[float, dict[str, object]]:
    """Return the lowest threshold from which on at most `WRONG_SHARE` of the answers to our own questions are wrong.

    Its mix of routine, near and unanswerable questions is a help desk's; that of the public sets, made of articles
    taken away, is not, so their share at this threshold is reported, not aimed at.
    """
    own = trials[OWN_SET]
    probabilities, right = fit.probabilities(own), np.array([trial.right for trial in own])

    def wrong(threshold: float) -> float:
        answered = probabilities >= threshold
        return float((answered & ~right).sum() / max(answered.sum(), 1))

    threshold = HIGHEST_THRESHOLD
    while threshold > LOWEST_THRESHOLD and wrong(threshold - STEP) <= WRONG_SHARE:
        threshold = round(threshold - STEP, 2)
    answered = probabilities >= threshold
    return threshold, {
        "rule": f"the lowest from which on at most {WRONG_SHARE:.0%} of the answers to the shop's dev split are wrong",
        "shop dev, answered": round(float(answered.mean()), 3),
        "shop dev, wrong among answered": round(wrong(threshold), 3),
        "wrong among answered, unanswerable weighted": {
            name: _share_wrong(fit.probabilities(found), found, threshold) for name, found in trials.items()
        },
    }


def _share_wrong(probabilities: Numbers, trials: Sequence[Trial], threshold: float) -> float:
    weights = weights_of(trials, UNANSWERABLE_SHARE)
    answered = weights * (probabilities >= threshold)
    wrong = answered * np.array([not trial.right for trial in trials])
    return round(float(wrong.sum() / max(answered.sum(), 1e-9)), 3)


def _without(trials: Mapping[str, list[Trial]], name: str) -> dict[str, list[Trial]]:
    """Leave out a set and those cut from the same source."""
    family = name.split("_")[0]
    return {other: found for other, found in trials.items() if other.split("_")[0] != family}


def _fit(trials: Mapping[str, Sequence[Trial]]) -> Fit:
    from sklearn.linear_model import LogisticRegression

    rows = [trial for found in trials.values() for trial in found]
    features = np.array([[getattr(trial.features, name) for name in FEATURES] for trial in rows])
    weights = np.concatenate([weights_of(found, UNANSWERABLE_SHARE) for found in trials.values()])
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    model = LogisticRegression(C=PENALTY, max_iter=2_000).fit(
        (features - middle) / spread, [trial.right for trial in rows], sample_weight=weights * len(rows) / weights.sum()
    )
    slopes = model.coef_[0] / spread
    return Fit(
        intercept=float(model.intercept_[0] - (slopes * middle).sum()),
        coefficients=dict(zip(FEATURES, slopes.tolist(), strict=True)),
    )


def _figures(probabilities: Numbers, trials: Sequence[Trial]) -> dict[str, float]:
    weights = weights_of(trials, UNANSWERABLE_SHARE)
    right = [trial.right for trial in trials]
    coverage, _ = coverage_at_risk(probabilities, right, weights)
    return {
        "trials": len(trials),
        "auroc_answerable": round(auroc(probabilities, [trial.answerable for trial in trials]), 3),
        "auroc_right": round(auroc(probabilities, right), 3),
        "ece": round(calibration_error(probabilities, right, weights), 3),
        "coverage_at_5_percent_wrong": round(coverage, 3),
    }
