"""Measuring every system on every set: our two halves, both fused, and the rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.evaluation.datasets import LabelledSet
from knowledge_base.evaluation.outcomes import Found, Known, Outcomes
from knowledge_base.evaluation.rivals import Exam, Ranking, Rival, without
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
    def exam(self) -> Exam:
        """What a rival is asked: every question once."""
        return Exam(self.labelled.articles, list(dict.fromkeys(trial.question.text for trial in self.trials)))


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
    rankings: dict[str, list[list[Ranking]]] = {}
    for rival in rivals:
        rankings |= rival.rank([paper.exam for paper in papers])
    rows = []
    for number, paper in enumerate(papers):
        systems = {name: _ours(paper.trials, half) for name, half in HALVES.items()}
        systems |= {name: _theirs(paper, found[number]) for name, found in rankings.items()}
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


def _theirs(paper: Paper, rankings: Sequence[Ranking]) -> Outcomes:
    group_of = {article.article_id: article.translation_of or article.article_id for article in paper.labelled.articles}
    by_text = dict(zip(paper.exam.questions, rankings, strict=True))
    ranks: list[int | None] = []
    scores: list[float] = []
    for trial in paper.trials:
        kept = without(by_text[trial.question.text], trial.gone, group_of)[:HITS]
        right = (rank for rank, (article_id, _) in enumerate(kept, 1) if article_id in trial.question.gold)
        ranks.append(next(right, None))
        scores.append(kept[0][1] if kept else 0.0)
    return Outcomes(ranks, np.array(scores))


def _rows(outcomes: Outcomes, rows: Sequence[int]) -> Outcomes:
    scores = None if outcomes.scores is None else outcomes.scores[list(rows)]
    return Outcomes([outcomes.ranks[row] for row in rows], scores)
