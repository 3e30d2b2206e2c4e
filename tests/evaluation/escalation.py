"""Recorded dialogues, judged by Tandem and by its rivals: tables, curves and figures for docs/evaluation.md."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scripts.settings import ROOT
from tests.evaluation import curves, detectors
from tests.evaluation.detectors import DIET, KEYWORDS, OURS, VADER, Judged
from tests.evaluation.escalation_sets import LabelledSet, own, public

FIGURES = ROOT / "docs/escalation.json"
PICTURES = ROOT / "docs/images"
CURVES = {"any": None, "customer_request": "customer_request", "frustration": "frustration"}
LANGUAGES = ("en", "cs", "lt", "de")
REASONS = ("customer_request", "frustration", "low_confidence", "repeated_question", "policy")

Figure = Mapping[str, float] | None


def section(split: str) -> str:
    """Measure everything on one split and the public sets, write figures and picture, and return the text."""
    ours = own(split)
    sets = [ours, *public()]
    judged = [each for name, detect in _detectors().items() for each in _judge(name, detect, sets)]
    by_language = [
        detectors.measured(OURS, ours.of(language), _of(ours, judged[0].verdicts, language)) for language in LANGUAGES
    ]
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    known.update(_as_json(judged, by_language))
    FIGURES.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    picture = PICTURES / f"escalation-{split}.png"
    curves.draw([each for each in judged if each.dialogues is ours], picture)
    return text(ours, judged, by_language)


def text(ours: LabelledSet, judged: Sequence[Judged], by_language: Sequence[Judged]) -> str:
    """The tables."""
    here = [each for each in judged if each.dialogues is ours]
    parts = [
        _what_is_measured(ours),
        _reasons(here),
        _ordinary(here),
        _timing(here),
        "Tandem by language:",
        _languages(by_language),
    ]
    others = dict.fromkeys(each.dialogues.name for each in judged if each.dialogues is not ours)
    parts.extend(_public([each for each in judged if each.dialogues.name == name]) for name in others)
    return "\n\n".join(parts)


def _what_is_measured(ours: LabelledSet) -> str:
    wanted = sum(row["label"]["handoff"] for row in ours.rows)
    return f"The {ours.name}: {len(ours.rows)}, of which {wanted} need a person. 95 % intervals in brackets."


def figure(value: Figure, digits: int = 2) -> str:
    """A figure with its interval, or a dash."""
    if value is None:
        return "–"
    return f"{value['value']:.{digits}f} [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"


def _detectors() -> dict[str, detectors.Detector]:
    return {
        OURS: detectors.tandem,
        DIET: detectors.rasa_default,
        KEYWORDS: detectors.by_keywords,
        VADER: detectors.vader(own("dev")),
    }


def _judge(name: str, detect: detectors.Detector, sets: Sequence[LabelledSet]) -> list[Judged]:
    print(f"[escalation] {name} over {sum(len(each.rows) for each in sets)} dialogues", flush=True)
    return [detectors.measured(name, each, found) for each, found in zip(sets, detect(sets), strict=True)]


def _of(ours: LabelledSet, found: detectors.Verdicts, language: str) -> detectors.Verdicts:
    return [v for row, v in zip(ours.rows, found, strict=True) if row["language"] == language]


def _reasons(here: Sequence[Judged]) -> str:
    lines = ["| reason | wanted | detector | precision | recall | recall, any reason | F1 | AUROC |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for reason in (None, *REASONS):
        for each in here:
            row = each.figures["handoff"] if reason is None else each.figures["reasons"].get(reason)
            if row is None or (reason is not None and not row["found"] and each.detector != OURS):
                continue
            whatever = row.get("recall_whatever_the_reason", row["recall"])
            cells = [figure(value) for value in (row["precision"], row["recall"], whatever, row["f1"], row["auroc"])]
            name = "any" if reason is None else f"`{reason}`"
            lines.append(f"| {name} | {row['wanted']} | {each.detector} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ordinary(here: Sequence[Judged]) -> str:
    lines = ["| false alarms | of ordinary dialogues | per 1,000 of them | per 1,000 customer messages in them |"]
    lines.append("|---|---|---|---|")
    for each in here:
        row = each.figures["ordinary"]
        shares = f"{figure(row['per_1000_dialogues'], 0)} | {figure(row['per_1000_messages'], 0)}"
        lines.append(f"| {each.detector} | {row['false_alarms']} of {row['dialogues']} | {shares} |")
    return "\n".join(lines)


def _timing(here: Sequence[Judged]) -> str:
    lines = ["| timing | GT-I | GT-II | GT-III | missed | needless |", "|---|---|---|---|---|---|"]
    for each in here:
        row = each.figures["timing"]
        lines.append(f"| {each.detector} | {_three(row['this'])} | {row['missed']} | {row['needless']} |")
    row = here[0].figures["timing"]
    wanted, ordinary = here[0].figures["handoff"]["wanted"], here[0].figures["ordinary"]["dialogues"]
    lines.append(f"| never | {_three(row['never'])} | {wanted} | 0 |")
    lines.append(f"| every turn | {_three(row['every turn'])} | 0 | {ordinary} |")
    best = row["best fixed turn"]
    lines.append(f"| only at the {best['name']} | {_three(best['values'])} | | |")
    return "\n".join(lines)


def _languages(by_language: Iterable[Judged]) -> str:
    lines = ["| language | trigger | precision | recall | F1 | false alarms |", "|---|---|---|---|---|---|"]
    for each in by_language:
        language = each.dialogues.name.rsplit(" ", 1)[-1]
        alarms = f"{each.figures['ordinary']['false_alarms']} of {each.figures['ordinary']['dialogues']}"
        rows = {"any": each.figures["handoff"], **each.figures["reasons"]}
        for name in ("any", *REASONS[:2]):
            if name in rows:
                cells = " | ".join(figure(rows[name][column]) for column in ("precision", "recall", "f1"))
                lines.append(f"| {language} | {name} | {cells} | {alarms if name == 'any' else ''} |")
    return "\n".join(lines)


def _public(rows: Sequence[Judged]) -> str:
    dialogues = rows[0].dialogues
    if dialogues.ranking_only:
        lines = [f"| {dialogues.name}: {len(dialogues.rows)} comments | AUROC of frustration | called a person |"]
        lines.append("|---|---|---|")
        for each in rows:
            row = each.figures["reasons"].get("frustration")
            woken = sum(v["handoff"] for v in each.verdicts) / len(each.verdicts)
            lines.append(f"| {each.detector} | {figure(row['auroc'], 3) if row else '–'} | {woken:.3f} |")
        return "\n".join(lines)
    lines = [
        f"| {dialogues.name}: {len(dialogues.rows)} messages | recall | precision | false alarms per 1,000 | AUROC |"
    ]
    lines.append("|---|---|---|---|---|")
    for each in rows:
        row = each.figures["reasons"]["customer_request"]
        alarms = figure(each.figures["ordinary"]["per_1000_dialogues"], 1)
        cells = " | ".join((figure(row["recall"], 3), figure(row["precision"], 3), alarms, figure(row["auroc"], 3)))
        lines.append(f"| {each.detector} | {cells} |")
    return "\n".join(lines)


def _three(values: Sequence[float]) -> str:
    return " | ".join(f"{value:.3f}" for value in values)


def _as_json(judged: Sequence[Judged], by_language: Sequence[Judged]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in (*judged, *by_language):
        found.setdefault(each.dialogues.name, {})[each.detector] = {
            **each.figures,
            "curves": {name: curves.curve(each, reason) for name, reason in CURVES.items()},
        }
    return found
