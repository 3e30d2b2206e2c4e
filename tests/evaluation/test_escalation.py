"""The rivals and the drawing board of the escalation tables: pure parts, on dialogues made up here."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation import escalation
from tests.evaluation.curves import curve, draw
from tests.evaluation.detectors import KEYWORDS, OURS, Judged, diet_scores
from tests.evaluation.escalation_sets import LabelledSet, public
from tests.evaluation.rivals import keywords
from tests.evaluation.rivals.turnwise import at_threshold, best_threshold, verdict, verdicts


def dialogue(name: str, *texts: str, reason: str | None = None) -> dict[str, Any]:
    turns = [{"role": "customer", "text": text} for text in texts]
    turns.insert(1, {"role": "bot", "text": "We are open daily."})
    label = {"handoff": reason is not None, **({"reason": reason, "turn": 0} if reason else {})}
    return {"id": name, "language": "en", "turns": turns, "label": label}


@pytest.mark.parametrize(
    "text",
    [
        "I want to talk to a person",
        "chci mluvit s člověkem",
        "noriu kalbėti su žmogumi",
        "ich möchte mit einem Menschen reden",
    ],
)
def test_the_word_list_knows_the_plainest_request_of_each_language(text: str) -> None:
    assert keywords.score(text)["customer_request"] == 1


@pytest.mark.parametrize("text", ["when do you open", "kdy otevíráte", "kada dirbate", "wann habt ihr offen", "", "👍"])
def test_the_word_list_leaves_ordinary_questions_alone(text: str) -> None:
    assert set(keywords.score(text).values()) == {0}


def test_the_first_message_over_its_threshold_is_the_verdict() -> None:
    row = dialogue("a", "hello", "this is useless", "talk to a person")
    (found,) = verdicts([row], keywords.score)
    assert (found["handoff"], found["reason"], found["turn"]) == (True, "frustration", 2)
    assert verdict(row, [{}, {"frustration": 0.4}, {}])["handoff"] is False


def test_two_doubts_in_a_row_are_low_confidence_for_the_default_pipeline() -> None:
    doubt = {"intent": "nlu_fallback", "confidence": 0.7, "ranking": {"request_agent": 0.6, "frustration": 0.1}}
    sure = {"intent": "request_agent", "confidence": 0.9, "ranking": {"request_agent": 0.9}}
    first, second, third = diet_scores([doubt, doubt, sure])
    assert first["low_confidence"] == 0
    assert first["customer_request"] < 0.5
    assert second["low_confidence"] == 1
    assert third["customer_request"] == 0.9


@given(st.lists(st.tuples(st.booleans(), st.floats(0.01, 1)), min_size=1, max_size=20))
def test_no_other_threshold_has_a_better_f1(pairs: list[tuple[bool, float]]) -> None:
    positive, scores = [p for p, _ in pairs], [s for _, s in pairs]
    chosen = best_threshold(positive, scores)

    def f1(threshold: float) -> float:
        found = [score >= threshold for score in scores]
        return 2 * sum(a and b for a, b in zip(positive, found, strict=True)) / ((sum(positive) + sum(found)) or 1)

    assert f1(chosen) == max(f1(score) for score in scores)
    assert all((at_threshold(score, chosen) >= 0.5) == (score >= chosen) for score in scores)


def judged(detector: str = OURS) -> Judged:
    rows = (
        dialogue("a", "a person please", reason="customer_request"),
        dialogue("b", "useless", reason="frustration"),
        dialogue("c", "when do you open"),
        dialogue("d", "thanks"),
    )
    scores = ({"customer_request": 0.9}, {"frustration": 0.6}, {"customer_request": 0.7}, {})
    found = [verdict(row, [score]) for row, score in zip(rows, scores, strict=True)]
    return Judged(detector, LabelledSet("dialogues dev", rows), found, {})


def test_a_curve_goes_from_the_surest_to_the_least_sure() -> None:
    assert curve(judged(), "customer_request") == [[1, 1], [1, 0.5]]
    assert curve(judged(), "frustration") == [[1, 1]]
    assert curve(judged(), None) == [[0.5, 1], [0.5, 0.5], [1, 0.6667]]


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    draw([judged(), judged(KEYWORDS)], tmp_path / "images" / "curves.png")
    assert (tmp_path / "images" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_public_sets_become_dialogues_of_one_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "escalation").mkdir()
    texts = {"request": "a person", "other": "opening hours", "borderline": "hm", "other_reason": "angry"}
    rows = [{"text": text, "label": label, "language": "en"} for label, text in texts.items()]
    (tmp_path / "escalation/request_human.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "escalation/emotion.jsonl").write_text('{"text": "so bad", "emotions": ["anger", "joy"]}\n')
    monkeypatch.setenv("EVALUATION_DATA", str(tmp_path))
    requests, emotions = public()
    assert [row["label"]["handoff"] for row in requests.rows] == [True, False]
    assert emotions.ranking_only
    assert emotions.rows[0]["label"] == {"handoff": True, "reason": "frustration", "turn": 0}
    monkeypatch.delenv("EVALUATION_DATA")
    assert public() == []


def test_a_figure_shows_its_interval() -> None:
    assert escalation.figure({"value": 0.5, "low": 0.25, "high": 0.75}) == "0.50 [0.25, 0.75]"
    assert escalation.figure(None) == "–"
