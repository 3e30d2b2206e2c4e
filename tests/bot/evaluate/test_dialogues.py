"""Reading recorded dialogues: what is accepted, and how a bad row is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BadRowError, SettingsError
from bot.evaluate.dialogues import MAX_TURNS, Label, read_dialogues

TURNS = [{"role": "customer", "text": "hello"}, {"role": "bot", "text": "hi"}, {"role": "customer", "text": "help"}]


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def row(**more: Any) -> dict[str, Any]:
    return {"id": "a", "language": "en", "turns": TURNS, **more}


def test_rows_are_read_with_and_without_labels(tmp_path: Path) -> None:
    labelled = row(id=7, label={"handoff": True, "reason": "frustration", "turn": 2}, domain="bank")
    plain = {"id": "b", "turns": TURNS, "label": None}
    first, second = read_dialogues(written(tmp_path, labelled, "", plain, "  "))
    assert (first.id, first.label) == (7, Label(True, "frustration", 2))
    assert (second.language, second.label, len(second.turns)) == ("", None, 3)


def test_a_byte_order_mark_and_odd_separators_inside_texts_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    text = json.dumps(row(turns=[{"role": "customer", "text": "one\u2028two\x85three"}]), ensure_ascii=False)
    path.write_text("\ufeff" + text + "\r\n", encoding="utf-8")
    (dialogue,) = read_dialogues(path)
    assert dialogue.turns[0].text == "one\u2028two\x85three"


def test_a_label_at_the_bots_turn_means_the_customers_turn_before_it(tmp_path: Path) -> None:
    (dialogue,) = read_dialogues(written(tmp_path, row(label={"handoff": True, "turn": 1})))
    assert dialogue.label == Label(True, None, 0)


def test_no_handoff_has_neither_reason_nor_turn(tmp_path: Path) -> None:
    (dialogue,) = read_dialogues(written(tmp_path, row(label={"handoff": False, "reason": "policy", "turn": 0})))
    assert dialogue.label == Label(False)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ("{not json", "the row"),
        ("[]", "the row"),
        (row(id=None), "id"),
        (row(id=""), "id"),
        (row(id=True), "id"),
        (row(language=3), "language"),
        (row(turns=[]), "turns"),
        (row(turns="hello"), "turns"),
        (row(turns=TURNS * MAX_TURNS), "turns"),
        (row(turns=[{"role": "bot", "text": "hi"}]), "turns"),
        (row(turns=["hello"]), "turns[0]"),
        (row(turns=[{"role": "user", "text": "hi"}]), "turns[0].role"),
        (row(turns=[*TURNS, {"role": "customer"}]), "turns[3].text"),
        (row(turns=[{"role": "customer", "text": "x" * 70_000}]), "turns[0].text"),
        (row(label="yes"), "label"),
        (row(label={}), "label.handoff"),
        (row(label={"handoff": 1}), "label.handoff"),
        (row(label={"handoff": True, "reason": 5}), "label.reason"),
        (row(label={"handoff": True, "turn": 3}), "label.turn"),
        (row(label={"handoff": True, "turn": "0"}), "label.turn"),
        (row(turns=[{"role": "bot", "text": "hi"}, *TURNS], label={"handoff": True, "turn": 0}), "label.turn"),
        (row(id="first"), "id"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_field(tmp_path: Path, bad: Any, field: str) -> None:
    with pytest.raises(BadRowError) as raised:
        read_dialogues(written(tmp_path, row(id="first"), "", bad))
    assert (raised.value.line, raised.value.field) == (3, field)
    assert f"line 3: {field} " in str(raised.value)


def test_a_file_without_dialogues_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no dialogues"):
        read_dialogues(written(tmp_path, ""))
    with pytest.raises(SettingsError, match="cannot be read"):
        read_dialogues(tmp_path / "missing.jsonl")
