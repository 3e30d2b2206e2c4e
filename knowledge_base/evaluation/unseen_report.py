"""What `calibrate` recorded about sets the confidence never saw, as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from knowledge_base.evaluation.unseen import ALL, TOGETHER, UNANSWERABLE_SHARE
from knowledge_base.search.confidence import MODEL_FILE
from knowledge_base.search.ranking import Way

TITLES = {
    Way.ENGLISH: "English",
    Way.MULTILINGUAL: "other languages",
    Way.WORDS: "other languages, without the multilingual encoder",
}
COLUMNS = {
    "ECE": "ece",
    "ECE without bias": "ece_without_bias",
    "ECE by chance alone": "ece_by_chance_alone",
    "ECE of one set, on average": "mean_ece_of_single_sets",
    "coverage at 5 % wrong": "coverage_at_5_percent_wrong",
    "answered": "answered_at_threshold",
    "wrong among answered": "wrong_at_threshold",
}

Groups = Mapping[str, Mapping[str, Any]]
"""Of one way of comparing: what `unseen.together` says of a group of sets, by the group's name."""


def recorded(path: Path = MODEL_FILE) -> dict[Way, Groups]:
    """Read what is recorded of all sets together, by the way they were compared."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return {way: data[way][TOGETHER] for way in Way}


def markdown(record: Mapping[Way, Groups]) -> str:
    """Return the table: a row for each group of sets and each mix of questions."""
    titles = ["questions", "sets", "trials", "unanswerable", *COLUMNS]
    lines = [titles, ["---"] * len(titles), *_rows(record)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def reliability(record: Mapping[Way, Groups]) -> dict[str, list[tuple[float, float]]]:
    """Return a line a way: the mean confidence and the share right of each bin, at `UNANSWERABLE_SHARE`."""
    return {
        f"{TITLES[way]}: error {groups[ALL]['by_unanswerable_share'][str(UNANSWERABLE_SHARE)]['ece']:.3f}": [
            (part["confidence"], part["right"]) for part in groups[ALL]["reliability"]
        ]
        for way, groups in record.items()
    }


def _rows(record: Mapping[Way, Groups]) -> Iterator[list[str]]:
    for way, groups in record.items():
        for group, figures in groups.items():
            name = TITLES[way] if group == ALL else f"{TITLES[way]}, {group}"
            for mix, found in figures["by_unanswerable_share"].items():
                numbers = [f"{found[key]:.3f}" for key in COLUMNS.values()]
                yield [name, str(figures["sets"]), str(figures["trials"]), mix, *numbers]
