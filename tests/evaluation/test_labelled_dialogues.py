"""The labelled dialogues hold together, and no wording that is measured with was trained with."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.wording import TrainedWordings, folded, read_trained, words

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "data/evaluation/dialogues"
MESSAGES = ROOT / "data/evaluation/escalation/messages.jsonl"
TRAINING = (ROOT / "data/nlu", ROOT / "data/escalation")

SPLITS, LANGUAGES = ("dev", "test"), ("en", "cs", "lt", "de")
REASONS = {"customer_request", "frustration", "low_confidence", "repeated_question", "policy"}
FEWEST_PER_LANGUAGE, MOST_TURNS = 90, 9
# "ok", "thank you", "no": nobody can word these as nobody has before. They count only where they carry the label.
FEWEST_WORDS_OF_ONES_OWN = 3


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def dialogues() -> list[dict[str, Any]]:
    """Every labelled dialogue of both splits."""
    return [row for split in SPLITS for row in _read(FOLDER / f"{split}.jsonl")]


@pytest.fixture(scope="module")
def trained() -> TrainedWordings:
    """What the bot's language data says."""
    return read_trained(*TRAINING)


def _own_wordings(row: dict[str, Any]) -> list[str]:
    """The customer's messages that are long enough to be somebody's own, and the labelled one."""
    return [
        turn["text"]
        for index, turn in enumerate(row["turns"])
        if turn["role"] == "customer"
        and (len(words(turn["text"])) >= FEWEST_WORDS_OF_ONES_OWN or index == row["label"].get("turn"))
    ]


def test_every_dialogue_has_the_fields_and_a_label_that_fits(dialogues: list[dict[str, Any]]) -> None:
    for row in dialogues:
        assert set(row) == {"id", "split", "language", "domain", "turns", "label"}, row["id"]
        assert row["id"].startswith(f"{row['language']}-{row['split']}-"), row["id"]
        label, turns = row["label"], row["turns"]
        if not label["handoff"]:
            assert set(label) == {"handoff"}, row["id"]
            continue
        assert set(label) == {"handoff", "reason", "turn"}, row["id"]
        assert label["reason"] in REASONS, row["id"]
        assert 0 <= label["turn"] < len(turns), row["id"]
        assert turns[label["turn"]]["role"] == "customer", row["id"]
        if label["reason"] in {"low_confidence", "repeated_question"}:
            failed = [turn for turn in turns[: label["turn"]] if turn["role"] == "bot"]
            assert len(failed) >= 2, f"{row['id']}: stuck before the bot failed twice"


def test_the_two_sides_take_turns(dialogues: list[dict[str, Any]]) -> None:
    for row in dialogues:
        turns = row["turns"]
        assert 1 <= len(turns) <= MOST_TURNS, row["id"]
        assert {turn["role"] for turn in turns} <= {"customer", "bot"}, row["id"]
        assert any(turn["role"] == "customer" for turn in turns), row["id"]
        assert all(set(turn) == {"role", "text"} and turn["text"].strip() == turn["text"] != "" for turn in turns), row
        assert all(one["role"] != other["role"] for one, other in pairwise(turns)), row["id"]


def test_no_two_dialogues_are_the_same(dialogues: list[dict[str, Any]]) -> None:
    ids = Counter(row["id"] for row in dialogues)
    assert [name for name, times in ids.items() if times > 1] == []
    said = Counter(
        "|".join(folded(turn["text"]) or turn["text"] for turn in row["turns"] if turn["role"] == "customer")
        for row in dialogues
    )
    assert [text for text, times in said.items() if times > 1] == []


def test_languages_and_splits_are_balanced_and_every_reason_occurs_in_each(dialogues: list[dict[str, Any]]) -> None:
    for split in SPLITS:
        for language in LANGUAGES:
            rows = [row for row in dialogues if (row["split"], row["language"]) == (split, language)]
            assert len(rows) >= FEWEST_PER_LANGUAGE, (split, language, len(rows))
            assert {row["label"].get("reason") for row in rows} == {*REASONS, None}, (split, language)
            ordinary = sum(not row["label"]["handoff"] for row in rows) / len(rows)
            assert 0.4 <= ordinary <= 0.6, (split, language, ordinary)


def test_the_read_me_counts_what_is_there(dialogues: list[dict[str, Any]]) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    reasons = ("customer_request", "frustration", "low_confidence", "repeated_question", "policy", None)
    counts = Counter((row["split"], row["language"], row["label"].get("reason")) for row in dialogues)
    for split in SPLITS:
        for language in LANGUAGES:
            row = [counts[split, language, reason] for reason in reasons]
            assert f"| `{split}` {language} | {' | '.join(map(str, [*row, sum(row)]))} |" in readme
    for domain in {row["domain"] for row in dialogues}:
        assert domain.replace("_", " ") in readme


def test_the_test_part_is_about_other_businesses_in_other_words(dialogues: list[dict[str, Any]]) -> None:
    parts = {split: [row for row in dialogues if row["split"] == split] for split in SPLITS}
    domains = {split: {row["domain"] for row in rows} for split, rows in parts.items()}
    assert domains["dev"].isdisjoint(domains["test"])
    wordings = {split: {folded(text) for row in rows for text in _own_wordings(row)} for split, rows in parts.items()}
    assert wordings["dev"] & wordings["test"] - {""} == set()


def test_no_wording_of_the_test_part_was_trained_with(
    dialogues: list[dict[str, Any]], trained: TrainedWordings
) -> None:
    # Names the line of the training data and not the row, so that nobody reads the test part to mend it.
    found = [trained.place_of(text) for row in dialogues if row["split"] == "test" for text in _own_wordings(row)]
    assert [place for place in found if place] == []


def test_no_message_of_the_other_test_part_was_trained_with(trained: TrainedWordings) -> None:
    found = [trained.place_of(row["text"]) for row in _read(MESSAGES) if row["split"] == "test"]
    assert [place for place in found if place] == []


def test_a_wording_is_recognised_behind_case_accents_spacing_and_slots() -> None:
    trained = TrainedWordings()
    trained.add("Žádám o {person}, prosím", "here", {"person": ["člověka", "paní {name}"], "name": ["Novou"]})
    trained.add("The parcel of my [aunt](relative) got lost, so there.", "there", {})
    assert trained.place_of("zadam o CLOVEKA prosim!!") == "here"
    assert trained.place_of("Žádám o paní Novou… prosím") == "here"
    assert trained.place_of("Well: the parcel of my aunt got lost") == "there"
    assert trained.place_of("so there") is None
    assert trained.place_of("🙂") is None
