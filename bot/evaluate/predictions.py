"""What a detector made of dialogues: one JSON line each, ours or another one's (``--predictions``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import BadRowError, SettingsError
from bot.evaluate.dialogues import CUSTOMER, Dialogue
from bot.evaluate.metrics import Judged
from bot.evaluate.replay import Outcome


@dataclass(frozen=True)
class Prediction:
    """A detector's verdict; ``score`` and ``scores`` rank dialogues, 0.5 being where a handoff begins."""

    handoff: bool
    reason: str | None = None
    turn: int | None = None
    score: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)


def as_row(name: str | int, outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as the JSON that is printed."""
    return {
        "id": name,
        "handoff": outcome.handoff,
        "reason": outcome.reason,
        "turn": outcome.turn,
        "signals": {
            signal.name: {"score": round(signal.score, 4), "words": signal.words} for signal in outcome.signals.values()
        },
        "score": round(outcome.score, 4),
        "scores": {reason: round(score, 4) for reason, score in outcome.scores.items()},
    }


def of_outcome(outcome: Outcome) -> Prediction:
    """Return an outcome as a prediction."""
    return Prediction(outcome.handoff, outcome.reason, outcome.turn, outcome.score, dict(outcome.scores))


def judged(dialogues: Sequence[Dialogue], predictions: Iterable[Prediction]) -> list[Judged]:
    """Return the labelled ones of the dialogues beside what was predicted."""
    found: list[Judged] = []
    for dialogue, prediction in zip(dialogues, predictions, strict=True):
        label = dialogue.label
        if label is None:
            continue
        turns = tuple(at for at, turn in enumerate(dialogue.turns) if turn.role == CUSTOMER)
        found.append(
            Judged(
                dialogue.language,
                turns,
                (label.handoff, label.reason, label.turn),
                (prediction.handoff, prediction.reason, prediction.turn),
                prediction.score,
                prediction.scores,
            )
        )
    return found


def read_predictions(path: Path, dialogues: Sequence[Dialogue]) -> list[Prediction]:
    """Return a file's predictions in the order of the dialogues.

    Raises:
        BadRowError: a line is not a prediction.
        SettingsError: the file cannot be read, or a dialogue has none.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error
    found: dict[str, Prediction] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            name, prediction = _prediction(path.name, number, line)
            found[name] = prediction
    missing = next((d.id for d in dialogues if str(d.id) not in found), None)
    if missing is not None:
        raise SettingsError(f"{path} holds no prediction for the dialogue {missing!r}.")
    return [found[str(dialogue.id)] for dialogue in dialogues]


def _prediction(source: str, number: int, line: str) -> tuple[str, Prediction]:
    try:
        row = json.loads(line)
        handoff, reason, turn = row["handoff"], row.get("reason"), row.get("turn")
        if not isinstance(handoff, bool):
            raise BadRowError(source, number, "handoff", "must be true or false")
        scores = {str(name): float(score) for name, score in (row.get("scores") or {}).items()}
        score = float(row.get("score", handoff))
        return str(row["id"]), Prediction(
            handoff, None if reason is None else str(reason), None if turn is None else int(turn), score, scores
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRowError(source, number, "the row", f"is not a prediction ({error!r})") from error
