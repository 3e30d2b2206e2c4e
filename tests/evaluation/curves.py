"""Precision against recall for every threshold, as numbers and as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from tests.evaluation.detectors import OURS, Judged

mpl.use("Agg")
from matplotlib import pyplot

TITLES = {None: "any reason", "customer_request": "asks for a person", "frustration": "frustration"}
COLOURS = {OURS: "#0b6e4f"}
OTHERS = ("#c0392b", "#2c6fbb", "#8a8a8a")
POINTS = 60  # of a curve in the JSON


def curve(judged: Judged, reason: str | None) -> list[list[float]]:
    """Recall and precision from the strictest threshold to the loosest that still says something.

    A reason is told from the dialogues without a handoff; those of other reasons are left out.
    """
    scored = []
    for row, found in zip(judged.dialogues.rows, judged.verdicts, strict=True):
        label = row["label"]
        wanted = label["handoff"] if reason is None else label.get("reason") == reason
        if wanted or not label["handoff"]:
            score = found["score"] if reason is None else found["scores"].get(reason, 0.0)
            scored.append((score, wanted))
    positives = sum(wanted for _, wanted in scored)
    points: list[list[float]] = []
    both = count = 0
    scored.sort(key=lambda pair: -pair[0])
    for index, (score, wanted) in enumerate(scored):
        both, count = both + wanted, count + 1
        last = index + 1 == len(scored) or scored[index + 1][0] != score
        if last and positives and score > 0:
            points.append([round(both / positives, 4), round(both / count, 4)])
    step = max(1, len(points) // POINTS)
    return points[::step] + ([points[-1]] if points and (len(points) - 1) % step else [])


def draw(judged: Sequence[Judged], target: Path) -> None:
    """Draw a panel for any reason and for each scored one, a line for each detector."""
    figure, axes = pyplot.subplots(1, len(TITLES), figsize=(11, 3.8), sharey=True)
    for axis, (reason, title) in zip(axes, TITLES.items(), strict=True):
        for number, each in enumerate(judged):
            _line(axis, curve(each, reason), each.detector, number)
        axis.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall", title=title)
        axis.grid(color="#e6e6e6", linewidth=0.6)
        axis.set_axisbelow(True)
    axes[0].set_ylabel("precision")
    axes[0].legend(loc="lower left", fontsize=8, frameon=False)
    figure.tight_layout()
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def _line(axis: Any, points: list[list[float]], name: str, number: int) -> None:
    if not points:
        return
    recall, precision = zip(*points, strict=True)
    colour = COLOURS.get(name, OTHERS[(number - 1) % len(OTHERS)])
    style = "-" if len(points) > 3 else "o"  # a word list has no threshold to move
    axis.plot(recall, precision, style, color=colour, linewidth=2 if name == OURS else 1.2, markersize=5, label=name)
