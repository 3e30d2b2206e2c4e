"""The figures, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]


def write(figures: Figures, target: Path | None) -> None:
    """Print the figures for people, and write them for programs where that is wanted."""
    print(table(figures), file=sys.stderr)
    if target is not None:
        target.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def table(figures: Figures) -> str:
    """Return the figures of one file as lines of text."""
    ordinary = figures["ordinary"]
    lines = [f"{figures['dialogues']} labelled dialogues; 95 % bootstrap intervals in brackets", "", _HEAD]
    lines.append(_row("any reason", figures["handoff"]))
    lines += [_row(reason, row) for reason, row in figures["reasons"].items()]
    lines += [
        "",
        (
            f"ordinary: {ordinary['dialogues']} dialogues, {ordinary['messages']} customer messages, "
            f"{ordinary['false_alarms']} handed off; per 1,000 dialogues {figure(ordinary['per_1000_dialogues'], 1)}, "
            f"per 1,000 messages {figure(ordinary['per_1000_messages'], 1)}"
        ),
    ]
    timing = figures["timing"]
    if timing is not None:
        best = timing["best fixed turn"]
        lines += ["", f"Golden Transfer over {timing['dialogues']} dialogues    GT-I   GT-II  GT-III"]
        lines += [_timed(name, timing[name]) for name in ("this", "never", "every turn")]
        lines.append(_timed(f"only at the {best['name']}", best["values"]))
        lines.append(f"missed {timing['missed']}, needless {timing['needless']}")
    return "\n".join(lines)


def figure(value: Mapping[str, float] | None, digits: int = 3) -> str:
    """Return a figure with its interval."""
    if value is None:
        return "–"
    return f"{value['value']:.{digits}f} [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"


_COLUMNS = ("precision", "recall", "f1", "auroc")
_HEAD = f"{'reason':<20}{'wanted':>7}{'found':>7}" + "".join(f"{name:>24}" for name in _COLUMNS)


def _row(name: str, row: Figures) -> str:
    return f"{name:<20}{row['wanted']:>7}{row['found']:>7}" + "".join(f"{figure(row[c]):>24}" for c in _COLUMNS)


def _timed(name: str, values: list[float]) -> str:
    return f"  {name:<38}" + "  ".join(f"{value:.3f}" for value in values)
