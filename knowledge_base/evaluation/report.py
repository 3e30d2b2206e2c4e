"""One table over every set: each half alone, both fused, and what the confidence is worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge_base.confidence import ConfidenceModel
from knowledge_base.evaluation.datasets import LabelledSet
from knowledge_base.evaluation.metrics import (
    auroc,
    calibration_error,
    coverage_at_risk,
    hit_rate,
    mean_reciprocal_rank,
)
from knowledge_base.evaluation.sources import evaluation_encoder, foreign_questions, load_sets, questions_of
from knowledge_base.evaluation.trials import Bench, Trial
from knowledge_base.settings import Settings

QUESTIONS_A_SET = 1_500
HALVES = ("words", "vectors", "fused")
COLUMNS = (
    ("set", "set"),
    ("questions", "questions"),
    *(
        (f"{half}_{name}", f"{half} {title}")
        for half in HALVES
        for name, title in (("hit1", "hit@1"), ("hit3", "hit@3"), ("mrr10", "MRR@10"))
    ),
    ("auroc", "answerable AUROC"),
    ("ece", "ECE"),
    ("coverage5", "coverage at 5 % wrong"),
    ("answered", "answered"),
    ("wrong", "wrong among answered"),
)

Row = dict[str, str | float]


def evaluate(settings: Settings, folder: Path | None, json_file: Path | None, markdown_file: Path | None) -> None:
    """Measure every set and print the table; write it where asked."""
    sets = load_sets(settings, folder)
    encoder = evaluation_encoder(settings)
    model = ConfidenceModel.load()
    rows: list[Row] = []
    for labelled in sets:
        bench = Bench(labelled, encoder, model)
        for split in ("dev", "test") if labelled.name == "shop" else ("all",):
            rows += _rows(labelled, split, bench, sets)
    table = markdown(rows)
    print(table)
    if json_file is not None:
        json_file.write_text(
            json.dumps({"threshold": model.threshold, "rows": rows}, indent=2) + "\n", encoding="utf-8"
        )
    if markdown_file is not None:
        markdown_file.write_text(table + "\n", encoding="utf-8")


def markdown(rows: Sequence[Row]) -> str:
    """Return the table."""
    lines = ["| " + " | ".join(title for _, title in COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cell(row[name]) for name, _ in COLUMNS) + " |" for row in rows]
    return "\n".join(lines)


def _rows(labelled: LabelledSet, split: str, bench: Bench, sets: Sequence[LabelledSet]) -> list[Row]:
    questions = questions_of(labelled, split, QUESTIONS_A_SET)
    trials = bench.trials(questions, foreign_questions(labelled, sets, len(questions)))
    name = labelled.name if split == "all" else f"{labelled.name} {split}"
    parts = {name: trials}
    for wording in sorted({trial.question.wording for trial in trials} - {""}):
        chosen = [trial for trial in trials if trial.question.wording in (wording, "")]
        parts[f"{name}, {wording}"] = chosen
    return [_row(part, found) for part, found in parts.items()]


def _row(name: str, trials: Sequence[Trial]) -> Row:
    asked = [trial for trial in trials if trial.answerable]
    row: Row = {"set": name, "questions": len(asked)}
    for half in HALVES:
        ranks = [trial.ranks[half] for trial in asked]
        row[f"{half}_hit1"] = hit_rate(ranks, 1)
        row[f"{half}_hit3"] = hit_rate(ranks, 3)
        row[f"{half}_mrr10"] = mean_reciprocal_rank(ranks)
    confidence = np.array([trial.confidence for trial in trials])
    right = np.array([trial.right for trial in trials])
    answered = np.array([trial.answered for trial in trials])
    row["auroc"] = auroc(confidence, [trial.answerable for trial in trials])
    row["ece"] = calibration_error(confidence, right)
    row["coverage5"], _ = coverage_at_risk(confidence, right)
    row["answered"] = float(np.mean([trial.answered and trial.right for trial in asked]))
    row["wrong"] = float((answered & ~right).sum() / max(1, answered.sum()))
    return row


def _cell(value: str | float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
