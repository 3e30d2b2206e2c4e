"""The wait customers are told, against queues that were simulated."""

from __future__ import annotations

import heapq
import random
import statistics
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff_gateway.core.estimate import Pace

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_nothing_is_told_before_the_first_pick_up() -> None:
    assert Pace().wait_s(1, START, START) is None


def test_an_empty_queue_does_not_slow_the_pace() -> None:
    pace = Pace()
    for minute in (0, 60, 600):  # an hour apart and more, but each waited 30 s only
        pace.picked_up(at(60 * minute), 30)
    assert pace.wait_s(2, at(36_010), at(36_005)) == 60.0


def test_the_estimate_grows_while_nobody_is_picked_up() -> None:
    pace = Pace()
    for number in range(1, 6):
        pace.picked_up(at(10 * number), 30)
    told = [pace.wait_s(3, at(50 + silence), at(20)) for silence in (5, 60, 600)]
    assert told == sorted(told)  # type: ignore[type-var]
    assert told[0] == 42.0  # the first gap was its customer's wait: 30, then four times 10
    assert told[2] is not None
    assert told[2] > 300


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 600)), min_size=1, max_size=40), st.floats(0, 900))
def test_who_is_further_back_is_never_told_less(picks: list[tuple[float, float]], silence: float) -> None:
    pace, now = Pace(), 0.0
    for gap, waited in picks:
        now += gap
        pace.picked_up(at(now), waited)
    told = [pace.wait_s(position, at(now + silence), at(now)) for position in range(1, 20)]
    assert all(wait is not None and wait >= 0 for wait in told)
    assert told == sorted(told)  # type: ignore[type-var]


def simulate(agents: int, mean_s: float, arrival_s: float, seed: int) -> list[tuple[float, float]]:
    """Return (told on arrival, true wait) of everybody who found no agent free."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    free_at, pace, now = [0.0] * agents, Pace(), 0.0
    waiting: list[tuple[float, float | None]] = []  # since when, and what was told
    outcome = []
    for _ in range(4000):
        now += chance.expovariate(1 / arrival_s)
        while waiting and free_at[0] <= now:
            begin, (since, told) = heapq.heappop(free_at), waiting.pop(0)
            begin = max(begin, since)
            pace.picked_up(at(begin), begin - since)
            heapq.heappush(free_at, begin + chance.expovariate(1 / mean_s))
            if told is not None:
                outcome.append((told, begin - since))
        if not waiting and free_at[0] <= now:
            pace.picked_up(at(now), 0.0)
            heapq.heapreplace(free_at, now + chance.expovariate(1 / mean_s))
            continue
        oldest = waiting[0][0] if waiting else now
        waiting.append((now, pace.wait_s(len(waiting) + 1, at(now), at(oldest))))
    return outcome


def test_the_estimate_fits_what_happens_in_busy_queues() -> None:
    """Eighteen places of five minutes, at 97 % of what they can do: half of all are told right to within 40 %."""
    waits = [pair for seed in range(5) for pair in simulate(18, 300, 17.2, seed) if pair[1] > 30]
    errors = [abs(told - true) / true for told, true in waits]
    assert len(waits) > 1000
    assert statistics.median(errors) < 0.4
    assert 0.7 < statistics.mean(told for told, _ in waits) / statistics.mean(true for _, true in waits) < 1.3
