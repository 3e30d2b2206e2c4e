"""Tandem and the rivals, each as a function from labelled dialogues to verdicts, and the measuring of verdicts."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

from scripts.settings import ROOT
from tests.evaluation.escalation_sets import LabelledSet, Row
from tests.evaluation.rivals import keywords
from tests.evaluation.rivals.turnwise import at_threshold, best_threshold, customer_texts, verdict, verdicts

RASA = ROOT / ".venv-rasa/bin/python"
PEER = ROOT / ".venv-peer/bin/python"
CACHE = ROOT / "models/rivals"
DEADLINE_S = 3_600  # training DIET takes minutes on two cores, and half an hour on two that others share
STOP_S = 30.0  # for what a command has started, when it is given up
FALLBACK = "nlu_fallback"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "RASA_TELEMETRY_ENABLED": "false"}
OURS, DIET, KEYWORDS, VADER = "Tandem", "Rasa default", "keywords", "VADER"

Verdicts = list[dict[str, Any]]
Detector = Callable[[Sequence[LabelledSet]], list[Verdicts]]


@dataclass(frozen=True)
class Judged:
    """What one detector made of one set: its verdicts and the figures over them."""

    detector: str
    dialogues: LabelledSet
    verdicts: Verdicts
    figures: Mapping[str, Any]


def tandem(sets: Sequence[LabelledSet]) -> list[Verdicts]:
    """The trained bot, by its own command; all sets go through it together, as starting takes longest."""
    return _apart(sets, _evaluate(_together(sets))[0])


def by_keywords(sets: Sequence[LabelledSet]) -> list[Verdicts]:
    """The list of words."""
    return [verdicts(each.rows, keywords.score) for each in sets]


def vader(threshold_from: LabelledSet) -> Detector:
    """VADER, taken for frustration from the threshold with the best F1 on a development set."""

    def detect(sets: Sequence[LabelledSet]) -> list[Verdicts]:
        texts = _texts([threshold_from, *sets])
        said = _run([str(PEER), "-m", "tests.evaluation.rivals.vader"], json.dumps(texts))
        negative = dict(zip(texts, json.loads(said), strict=True))
        positive = [row["label"].get("reason") == "frustration" for row in threshold_from.rows]
        highest = [max(negative[text] for text in customer_texts(row)) for row in threshold_from.rows]
        threshold = best_threshold(positive, highest)
        return [
            verdicts(each.rows, lambda text: {"frustration": at_threshold(negative[text], threshold)}) for each in sets
        ]

    return detect


def rasa_default(sets: Sequence[LabelledSet]) -> list[Verdicts]:
    """DIET with a fallback at 0.7: its two intents, and two fallbacks in a row for low confidence."""
    texts = _texts(sets)
    said = _run(
        [str(RASA), "-W", "ignore", "-m", "tests.evaluation.rivals.rasa_default", str(CACHE)], json.dumps(texts)
    )
    parsed = dict(zip(texts, json.loads(said), strict=True))
    return [[verdict(row, diet_scores([parsed[t] for t in customer_texts(row)])) for row in each.rows] for each in sets]


def diet_scores(parsed: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """A dialogue's scores from what DIET made of its messages."""
    scores: list[dict[str, float]] = []
    for index, message in enumerate(parsed):
        doubts = message["intent"] == FALLBACK
        found = {"low_confidence": float(doubts and index > 0 and parsed[index - 1]["intent"] == FALLBACK)}
        for reason, intent in (("customer_request", "request_agent"), ("frustration", "frustration")):
            sure = float(message["ranking"].get(intent, 0.0))
            found[reason] = sure if message["intent"] == intent else min(sure, 0.499)
        scores.append(found)
    return scores


def measured(detector: str, dialogues: LabelledSet, found: Verdicts) -> Judged:
    """A detector's verdicts with their figures; measured by the same code for all."""
    _, figures = _evaluate(dialogues.rows, found)
    return Judged(detector, dialogues, found, figures)


def _evaluate(rows: Sequence[Row], predictions: Verdicts | None = None) -> tuple[Verdicts, Mapping[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="tandem-evaluate-") as folder:
        path, figures, given = (Path(folder) / name for name in ("rows.jsonl", "figures.json", "given.jsonl"))
        _write(path, rows)
        command = [str(RASA), "-m", "bot.evaluate", str(path), "--json", str(figures)]
        if predictions is not None:
            _write(given, predictions)
            command += ["--predictions", str(given)]
        printed = [json.loads(line) for line in _run(command).split("\n") if line]
        return printed, json.loads(figures.read_text(encoding="utf-8"))


def _together(sets: Sequence[LabelledSet]) -> list[Row]:
    return [{**row, "id": f"{n}:{row['id']}"} for n, each in enumerate(sets) for row in each.rows]


def _apart(sets: Sequence[LabelledSet], found: Verdicts) -> list[Verdicts]:
    rest = iter(found)
    return [[{**next(rest), "id": row["id"]} for row in each.rows] for each in sets]


def _texts(sets: Sequence[LabelledSet]) -> list[str]:
    return sorted({text for each in sets for row in each.rows for text in customer_texts(row)})


def _write(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _run(command: list[str], given: str = "") -> str:
    """Run a command; its figures for people and its progress go to stderr, which only matters when it fails."""
    run = subprocess.Popen(
        command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, env={**os.environ, **QUIET}
    )
    try:
        printed, said = run.communicate(given, timeout=DEADLINE_S)
    except BaseException:
        run.terminate()  # not killed: it stops what it has started
        run.communicate(timeout=STOP_S)
        raise
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} … failed: {said.strip()[-1_000:]}")
    return printed
