"""The figures: by hand, against plain definitions, and over anything Hypothesis thinks of."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluate.golden_transfer import golden_transfer
from bot.evaluate.metrics import Judged, auroc, measure

TURNS = st.sets(st.integers(0, 20), max_size=5)


def judged(
    wanted: str | None, found: str | None, score: float = 0.0, wanted_turn: int = 0, found_turn: int = 0
) -> Judged:
    return Judged(
        "en",
        (0, 2, 4),
        (wanted is not None, wanted, wanted_turn if wanted else None),
        (found is not None, found, found_turn if found else None),
        score,
        {found: score} if found else {},
    )


def test_golden_transfer_follows_its_definition() -> None:
    assert golden_transfer([], [], 1) == 1
    assert golden_transfer([], [3], 1) == 0
    assert golden_transfer([3], [], 1) == 0
    assert golden_transfer([3], [3], 1) == 1
    assert golden_transfer([3], [5], 2) == pytest.approx(math.exp(-4 / 8), abs=1e-6)
    assert golden_transfer([3, 9], [5, 9], 2) == pytest.approx((math.exp(-4 / 8) + 1) / 2, abs=1e-6)


def test_lambda_punishes_late_or_early() -> None:
    even = golden_transfer([3], [5], 2)
    assert golden_transfer([3], [5], 2, 0.5) == pytest.approx(math.exp(-2 * 4 / 8), abs=1e-6)
    assert golden_transfer([5], [3], 2, 0.5) > even
    assert golden_transfer([3], [5], 2, -0.5) > even


@given(golden=TURNS, predicted=TURNS)
def test_golden_transfer_is_a_share_and_grows_with_the_tolerance(golden: set[int], predicted: set[int]) -> None:
    values = [golden_transfer(golden, predicted, tolerance) for tolerance in (1, 2, 3)]
    assert values == sorted(values)
    assert all(0 <= value <= 1 for value in values)
    assert golden_transfer(golden, golden, 1) == 1


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.9])), min_size=2, max_size=30))
def test_auroc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[bool, float]]) -> None:
    ups = [score for positive, score in pairs if positive]
    downs = [score for positive, score in pairs if not positive]
    known = auroc(np.array([positive for positive, _ in pairs]), np.array([score for _, score in pairs]))
    if not ups or not downs:
        assert math.isnan(known)
        return
    right = sum((up > down) + (up == down) / 2 for up in ups for down in downs)
    assert known == pytest.approx(right / (len(ups) * len(downs)))


def test_precision_recall_and_false_alarms_by_hand() -> None:
    figures = measure(
        [
            judged("customer_request", "customer_request", 0.9),
            judged("customer_request", "frustration", 0.8),
            judged("frustration", None, 0.1),
            judged(None, "frustration", 0.6),
            judged(None, None, 0.2),
            judged(None, None, 0.0),
        ]
    )
    assert [figures["handoff"][name]["value"] for name in ("precision", "recall", "f1")] == [0.6667, 0.6667, 0.6667]
    request = figures["reasons"]["customer_request"]
    assert (request["precision"]["value"], request["recall"]["value"]) == (1, 0.5)
    assert request["recall_whatever_the_reason"]["value"] == 1
    upset = figures["reasons"]["frustration"]
    assert (upset["wanted"], upset["found"], upset["right"]) == (1, 2, 0)
    ordinary = figures["ordinary"]
    assert (ordinary["dialogues"], ordinary["messages"], ordinary["false_alarms"]) == (3, 9, 1)
    assert ordinary["per_1000_dialogues"]["value"] == pytest.approx(333.3333)
    assert ordinary["per_1000_messages"]["value"] == pytest.approx(111.1111)
    assert figures["handoff"]["auroc"]["value"] == pytest.approx(7 / 9, abs=1e-4)
    assert (figures["timing"]["missed"], figures["timing"]["needless"]) == (1, 1)


def test_intervals_hold_the_value_and_stay_the_same() -> None:
    rows = [judged("frustration", "frustration" if n % 3 else None, 0.5) for n in range(30)] + [judged(None, None)] * 20
    once, again = measure(rows), measure(rows)
    assert once == again
    recall = once["handoff"]["recall"]
    assert recall["low"] < recall["value"] < recall["high"]
    assert recall["low"] > 0.4
    assert recall["high"] < 0.9


def test_timing_stands_beside_those_who_look_at_nothing() -> None:
    rows = [judged("frustration", "frustration", wanted_turn=4, found_turn=4), judged(None, None)]
    timing = measure(rows)["timing"]
    assert timing["this"] == [1, 1, 1]
    assert timing["never"] == [0.5, 0.5, 0.5]
    assert timing["every turn"][0] < timing["every turn"][2] < 0.5
    assert timing["best fixed turn"]["name"] == "customer's turn 3"


def test_labels_without_turns_give_no_timing() -> None:
    rows = [Judged("en", (0,), (True, None, None), (True, "frustration", 0), 0.9, {})]
    figures = measure(rows)
    assert figures["timing"] is None
    assert figures["handoff"]["recall"]["value"] == 1
    assert figures["ordinary"]["per_1000_dialogues"] is None
