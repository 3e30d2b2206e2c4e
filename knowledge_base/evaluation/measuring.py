"""Measuring every system on every set: our two halves, both fused, and the rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.evaluation.datasets import LabelledSet
from knowledge_base.evaluation.outcomes import Found, Known, Outcomes
from knowledge_base.evaluation.rivals import Exam, Ranking, Rival, one_a_group
from knowledge_base.evaluation.trials import HITS, Trial, weights_of

UNANSWERABLE_SHARE = 0.3  # given to sets whose unanswerable questions are made: what `calibrate` fits for, too
HALVES = {"BM25": "words", "dense": "vectors", "fused": "fused"}
OURS = "fused"


@dataclass(frozen=True)
class Paper:
    """A set, the split of it that was asked, and what search made of it."""

    name: str
    labelled: LabelledSet
    trials: Sequence[Trial]

    @property
    def exams(self) -> dict[frozenset[str], Exam]:
        """What a rival is asked, by the groups of articles taken away: every question of each such base once."""
        asked: dict[frozenset[str], dict[str, None]] = {}
        for trial in self.trials:
            asked.setdefault(trial.gone, {})[trial.question.text] = None
        group_of = self.group_of
        return {
            gone: Exam([each for each in self.labelled.articles if group_of[each.article_id] not in gone], list(texts))
            for gone, texts in asked.items()
        }

    @property
    def group_of(self) -> dict[str, str]:
        """The group of translations of each article."""
        return {each.article_id: each.translation_of or each.article_id for each in self.labelled.articles}


@dataclass(frozen=True)
class Measured:
    """The figures of one set, by system.

    Attributes:
        wording: of the questions counted, where the row is a part of the set; else empty.
        questions: how many of those asked have an answer.
        unanswerable: the share of questions without an answer, after weighting.
        answered: share of the answerable questions answered, and answered right.
        wrong: share of wrong answers among those given.
    """

    name: str
    wording: str
    questions: int
    unanswerable: float
    found: Mapping[str, Found]
    known: Mapping[str, Known]
    answered: float
    wrong: float

    @property
    def gain(self) -> float:
        """By how much fusing beats the better half at hit@1."""
        return self.found[OURS].hit1 - max(self.found["BM25"].hit1, self.found["dense"].hit1)


def measure(papers: Sequence[Paper], rivals: Sequence[Rival]) -> list[Measured]:
    """Return the figures of every set and of each wording within it, in order.

    Raises:
        CannotStartError: a rival cannot be asked.
    """
    exams = {(number, gone): exam for number, paper in enumerate(papers) for gone, exam in paper.exams.items()}
    rankings: dict[str, list[list[Ranking]]] = {}
    for rival in rivals:
        rankings |= rival.rank(list(exams.values()))
    rows = []
    for number, paper in enumerate(papers):
        systems = {name: _ours(paper.trials, half) for name, half in HALVES.items()}
        for name, found in rankings.items():
            answers = {
                (gone, text): ranking
                for ((asked, gone), exam), given in zip(exams.items(), found, strict=True)
                for text, ranking in zip(exam.questions, given, strict=True)
                if asked == number
            }
            systems[name] = _theirs(paper, answers)
        rows.append(_measured("", paper, systems, range(len(paper.trials))))
        for wording in sorted({trial.question.wording for trial in paper.trials} - {""}):
            chosen = [row for row, trial in enumerate(paper.trials) if trial.question.wording in (wording, "")]
            rows.append(_measured(wording, paper, systems, chosen))
    return rows


def _measured(wording: str, paper: Paper, systems: Mapping[str, Outcomes], rows: Sequence[int]) -> Measured:
    trials = [paper.trials[row] for row in rows]
    answerable = np.array([trial.answerable for trial in trials], dtype=bool)
    weights = _weights(paper.labelled, trials)
    answered = np.array([trial.answered for trial in trials], dtype=bool)
    chosen = {name: _rows(outcomes, rows) for name, outcomes in systems.items()}
    right = chosen[OURS].right
    known = {name: one.known(answerable, weights, probability=name == OURS) for name, one in chosen.items()}
    return Measured(
        name=paper.name,
        wording=wording,
        questions=int(answerable.sum()),
        unanswerable=float(weights[~answerable].sum() / weights.sum()),
        found={name: outcomes.found(answerable) for name, outcomes in chosen.items()},
        known={name: figures for name, figures in known.items() if figures is not None},
        answered=float((answered & right)[answerable].mean()),
        wrong=float((weights * (answered & ~right)).sum() / max((weights * answered).sum(), 1e-9)),
    )


def _weights(labelled: LabelledSet, trials: Sequence[Trial]) -> NDArray[np.float64]:
    """Return 1 a trial where the mix is the set's own; made unanswerable questions weigh a fixed share."""
    if labelled.holds_unanswerable:
        return np.ones(len(trials))
    return weights_of(trials, UNANSWERABLE_SHARE)


def _ours(trials: Sequence[Trial], half: str) -> Outcomes:
    scores = np.array([trial.confidence for trial in trials]) if half == HALVES[OURS] else None
    return Outcomes([trial.ranks[half] for trial in trials], scores)


def _theirs(paper: Paper, answers: Mapping[tuple[frozenset[str], str], Ranking]) -> Outcomes:
    """Return what a rival made of each trial; `answers` by the groups taken away and the question."""
    group_of = paper.group_of
    ranks: list[int | None] = []
    scores: list[float] = []
    for trial in paper.trials:
        kept = one_a_group(answers[trial.gone, trial.question.text], group_of)[:HITS]
        right = (rank for rank, (article_id, _) in enumerate(kept, 1) if article_id in trial.question.gold)
        ranks.append(next(right, None))
        scores.append(kept[0][1] if kept else 0.0)
    return Outcomes(ranks, np.array(scores))


def _rows(outcomes: Outcomes, rows: Sequence[int]) -> Outcomes:
    scores = None if outcomes.scores is None else outcomes.scores[list(rows)]
    return Outcomes([outcomes.ranks[row] for row in rows], scores)
