"""The sets on which recorded dialogues are judged: our own, and public messages as dialogues of one turn."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.settings import ROOT

OWN = ROOT / "data/evaluation/dialogues"
ANGRY = frozenset({"anger", "annoyance", "disappointment", "disapproval", "disgust"})
REQUESTS, EMOTIONS = "escalation/request_human.jsonl", "escalation/emotion.jsonl"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LabelledSet:
    """Dialogues under a name; ``ranking_only`` where the label is an emotion and says nothing about handing off."""

    name: str
    rows: tuple[Row, ...]
    ranking_only: bool = False

    def of(self, language: str) -> "LabelledSet":
        """Those in one language."""
        return LabelledSet(f"{self.name}, {language}", tuple(r for r in self.rows if r.get("language") == language))


def own(split: str) -> LabelledSet:
    """Our dialogues of one split."""
    return LabelledSet(f"dialogues {split}", tuple(_lines(OWN / f"{split}.jsonl")))


def public() -> list[LabelledSet]:
    """The sets in the folder that EVALUATION_DATA names, those that are there."""
    folder = os.environ.get("EVALUATION_DATA")
    if not folder:
        return []
    found = []
    if (Path(folder) / REQUESTS).is_file():
        rows = [_request(n, row) for n, row in enumerate(_lines(Path(folder) / REQUESTS))]
        found.append(LabelledSet("request_human", tuple(row for row in rows if row is not None)))
    if (Path(folder) / EMOTIONS).is_file():
        rows = [_emotion(n, row) for n, row in enumerate(_lines(Path(folder) / EMOTIONS))]
        found.append(LabelledSet("emotion", tuple(row for row in rows if row is not None), ranking_only=True))
    return found


def _request(number: int, row: Row) -> Row | None:
    if row["label"] not in ("request", "other"):
        return None
    asked = row["label"] == "request"
    label = {"handoff": True, "reason": "customer_request", "turn": 0} if asked else {"handoff": False}
    return _single(f"r{number}", row["text"], row.get("language", "en"), label)


def _emotion(number: int, row: Row) -> Row | None:
    angry = not ANGRY.isdisjoint(row["emotions"])
    label = {"handoff": True, "reason": "frustration", "turn": 0} if angry else {"handoff": False}
    return _single(f"e{number}", row["text"], "en", label)


def _single(name: str, text: str, language: str, label: Row) -> Row:
    return {"id": name, "language": language, "turns": [{"role": "customer", "text": text}], "label": label}


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
