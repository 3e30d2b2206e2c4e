"""One table over every set, beside rivals; the same as JSON, and pictures of what the confidence is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from knowledge_base.evaluation.measuring import OURS, Measured, Paper, measure
from knowledge_base.evaluation.outcomes import Found, Known
from knowledge_base.evaluation.pictures import draw, draw_unseen
from knowledge_base.evaluation.rivals import PlainVectors, Rival, Txtai
from knowledge_base.evaluation.sources import (
    evaluation_encoder,
    evaluation_multilingual,
    foreign_questions,
    load_sets,
    questions_of,
)
from knowledge_base.evaluation.trials import Bench
from knowledge_base.evaluation.unseen_report import recorded, reliability
from knowledge_base.search.confidence import Confidence, load_confidence
from knowledge_base.settings import Settings

QUESTIONS_A_SET = 1_500
SPLITS = ("dev", "test")


@dataclass(frozen=True)
class Outputs:
    """Where the results go beside the terminal; `None` leaves one out."""

    json_file: Path | None = None
    markdown_file: Path | None = None
    pictures: Path | None = None


def evaluate(settings: Settings, folder: Path | None, split: str, peer: Path | None, outputs: Outputs) -> None:
    """Measure every set and print the tables; write them where asked.

    Args:
        split: `dev` or `test` of the sets that have both, or `all`.
        peer: the Python of the environment with txtai; left out when `None`.

    Raises:
        CannotStartError: a set, the encoder or the peer cannot be used.
    """
    rivals: list[Rival] = [PlainVectors(settings), *([] if peer is None else [Txtai(peer, settings)])]
    confidence = load_confidence()
    rows = measure(_papers(settings, folder, split, confidence), rivals)
    text = markdown(rows)
    print(text)
    if outputs.json_file is not None:
        thresholds = {way.value: model.threshold for way, model in confidence.items()}
        outputs.json_file.write_text(json_of(rows, thresholds), encoding="utf-8")
    if outputs.markdown_file is not None:
        outputs.markdown_file.write_text(text + "\n", encoding="utf-8")
    if outputs.pictures is not None:
        draw(rows, outputs.pictures)
        draw_unseen(reliability(recorded()), outputs.pictures)


def json_of(rows: Sequence[Measured], thresholds: Mapping[str, float]) -> str:
    """Return every figure, curves included, rounded to what they can bear."""
    data = {"thresholds": dict(thresholds), "sets": [asdict(row) | {"gain": row.gain} for row in rows]}
    rounded = json.loads(
        json.dumps(data), parse_float=lambda text: round(float(text), 4), parse_constant=lambda _: None
    )
    return json.dumps(rounded, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n"


def markdown(rows: Sequence[Measured]) -> str:
    """Return the tables: what is found, and what is known about it."""
    return "\n\n".join([_found_table(rows), _known_table(rows)])


def _papers(settings: Settings, folder: Path | None, split: str, confidence: Confidence) -> list[Paper]:
    sets = load_sets(settings, folder)
    encoder, multilingual = evaluation_encoder(settings), evaluation_multilingual(settings)
    papers = []
    for labelled in sets:
        bench = Bench(labelled, encoder, multilingual, confidence)
        own = {question.split for question in labelled.questions}
        chosen = [name for name in SPLITS if split in (name, "all")] if own >= set(SPLITS) else ["all"]
        for part in chosen:
            questions = questions_of(labelled, part, QUESTIONS_A_SET)
            trials = bench.trials(questions, foreign_questions(labelled, sets, len(questions)))
            name = labelled.name if part == "all" else f"{labelled.name} {part}"
            papers.append(Paper(name, labelled, trials))
    return papers


def _found_table(rows: Sequence[Measured]) -> str:
    systems = list(rows[0].found)
    lines = [_line(["set", "questions", *systems, "fused − better half"]), _line(["---"] * (len(systems) + 3))]
    for row in rows:
        best = max(found.hit1 for found in row.found.values())
        cells = [_found_cell(row.found[name], best) for name in systems]
        lines.append(_line([_name(row), str(row.questions), *cells, f"{row.gain:+.3f}"]))
    whole = [row for row in rows if not row.wording]
    if len(whole) > 1:
        means = [_found_cell(_mean([row.found[name] for row in whole]), 2.0) for name in systems]
        lines.append(_line(["mean of the sets", "", *means, f"{np.mean([row.gain for row in whole]):+.3f}"]))
    return "\n".join(lines)


def _known_table(rows: Sequence[Measured]) -> str:
    systems = list(rows[0].known)
    titles = ["set", "unanswerable"]
    titles += [f"AUROC, {name}" for name in systems]
    titles += ["ECE", "ECE without bias", "ECE by chance alone"]
    titles += [f"coverage at 5 % wrong, {name}" for name in systems]
    titles += ["answered", "wrong among answered"]
    lines = [_line(titles), _line(["---"] * len(titles))]
    for row in rows:
        known: list[Known] = [row.known[name] for name in systems]
        numbers = [
            row.unanswerable,
            *(one.auroc for one in known),
            row.known[OURS].ece or 0.0,
            row.known[OURS].unbiased or 0.0,
            row.known[OURS].chance or 0.0,
        ]
        numbers += [*(one.coverage5 for one in known), row.answered, row.wrong]
        lines.append(_line([_name(row), *(f"{number:.3f}" for number in numbers)]))
    return "\n".join(lines)


def _name(row: Measured) -> str:
    return f"{row.name}, {row.wording}" if row.wording else row.name


def _mean(found: Sequence[Found]) -> Found:
    return Found(*np.mean([[one.hit1, one.hit3, one.hit5, one.mrr10] for one in found], axis=0).tolist())


def _found_cell(found: Found, best: float) -> str:
    first = f"**{found.hit1:.3f}**" if found.hit1 >= best else f"{found.hit1:.3f}"
    return f"{first} · {found.hit3:.3f} · {found.hit5:.3f} · {found.mrr10:.3f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
