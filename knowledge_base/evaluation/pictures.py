"""The pictures of confidence: what answering more costs, and whether 0.8 means eight in ten, a set and all unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge_base.evaluation.measuring import OURS, Measured
from knowledge_base.evaluation.metrics import ACCEPTED_RISK

COLUMNS = 4
PANEL_INCHES = (3.0, 2.7)
DOTS_PER_INCH = 110
COLOURS = {OURS: "#0b5cad"}  # ours stands out; the rivals share greys told apart by their dashes
OTHER_COLOURS = ("#8a8a8a", "#b0562f", "#5f8f3e")
DASHES = ("--", ":", "-.")
RISK_SHOWN = 0.6  # beyond it nobody would answer
LARGEST_DOT = 220.0
RISK_FILE, RELIABILITY_FILE = "risk-coverage.png", "reliability.png"
UNSEEN_FILE = "reliability-unseen.png"
UNSEEN_INCHES = (4.6, 4.2)


def draw(rows: Sequence[Measured], folder: Path) -> None:
    """Write both pictures, a panel a set.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = [row for row in rows if not row.wording]
    _save(shown, _risk_panel, "What answering more questions costs", folder / RISK_FILE)
    _save(shown, _reliability_panel, "How many answers of a confidence are right", folder / RELIABILITY_FILE)


def draw_unseen(lines: Mapping[str, Sequence[tuple[float, float]]], folder: Path) -> None:
    """Write the picture of all unseen sets together, a line for each name: confidence and share right of each bin.

    Raises:
        OSError: the folder cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=UNSEEN_INCHES, facecolor="white")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], color="#8a8a8a", linewidth=0.8, linestyle="--")
    for (name, points), colour in zip(lines.items(), (COLOURS[OURS], *OTHER_COLOURS[1:]), strict=True):
        sure, right = zip(*points, strict=True)
        axis.plot(sure, right, "o-", color=colour, linewidth=1.3, markersize=4, label=name)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="right")
    axis.legend(loc="lower right", fontsize=7, frameon=False)
    _finish(axis, "All sets, each unseen by the model that judges it")
    figure.tight_layout()
    figure.savefig(folder / UNSEEN_FILE, dpi=DOTS_PER_INCH, metadata={"Software": None})


def _save(rows: Sequence[Measured], panel: Any, title: str, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    figure = Figure(figsize=(PANEL_INCHES[0] * columns, PANEL_INCHES[1] * lines + 0.7), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(lines, columns, squeeze=False)
    for number, axis in enumerate(axes.flat):
        if number < len(rows):
            panel(axis, rows[number])
        else:
            axis.set_visible(False)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.suptitle(title, fontsize=12)
    if len(handles) > 1:
        figure.legend(handles, labels, loc="lower center", ncols=len(handles), frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.05 if len(handles) > 1 else 0, 1, 0.98))
    figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})


def _risk_panel(axis: Any, row: Measured) -> None:
    others = 0
    for name, known in row.known.items():
        coverage, risk = zip(*known.curve, strict=True)
        if name == OURS:
            axis.plot(coverage, risk, color=COLOURS[OURS], linewidth=2, label="Tandem", zorder=3)
        else:
            style = {"color": OTHER_COLOURS[others % 3], "linestyle": DASHES[others % 3]}
            axis.plot(coverage, risk, linewidth=1.3, label=name, **style)
            others += 1
    axis.axhline(ACCEPTED_RISK, color="#c0392b", linewidth=0.8)
    axis.set(xlim=(0, 1), ylim=(0, RISK_SHOWN), xlabel="share answered", ylabel="wrong among answered")
    _finish(axis, row.name)


def _reliability_panel(axis: Any, row: Measured) -> None:
    known = row.known[OURS]
    axis.plot([0, 1], [0, 1], color="#8a8a8a", linewidth=0.8, linestyle="--")
    sure = [part.confidence for part in known.bins]
    axis.plot(sure, [part.right for part in known.bins], color=COLOURS[OURS], linewidth=1)
    axis.scatter(
        sure,
        [part.right for part in known.bins],
        s=[max(8.0, LARGEST_DOT * part.share) for part in known.bins],
        color=COLOURS[OURS],
        alpha=0.8,
        clip_on=False,
    )
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="right")
    _finish(axis, f"{row.name}: error {known.ece:.3f}")


def _finish(axis: Any, title: str) -> None:
    axis.set_title(title, fontsize=9)
    axis.tick_params(labelsize=8)
    axis.xaxis.label.set_size(8)
    axis.yaxis.label.set_size(8)
    axis.grid(color="#e6e6e6", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
