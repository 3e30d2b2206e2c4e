"""The clock everything goes by: never back, hardly slower, and the same for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff_gateway.steady_clock import MOST_AHEAD, SLOWEST, SteadyClock
from tests.support.clock import MONDAY


class Machine:
    """A clock on the wall that somebody sets, and seconds that nobody can."""

    def __init__(self) -> None:
        self.wall, self.seconds = MONDAY, 100.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.seconds)

    def passes(self, seconds: float) -> datetime:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds
        return self.clock()

    def is_set(self, seconds: float) -> datetime:
        self.wall += timedelta(seconds=seconds)
        return self.clock()


STEPS = st.lists(st.tuples(st.floats(0, 600), st.floats(-300, 300)), max_size=8)


@given(STEPS)
def test_it_never_goes_back_and_is_never_much_slower(steps: list[tuple[float, float]]) -> None:
    machine = Machine()
    before = machine.clock()
    for seconds, set_by in steps:
        now = machine.passes(seconds)
        assert now - before >= timedelta(seconds=seconds * SLOWEST) - timedelta(microseconds=2)
        before = max(now, machine.is_set(set_by))
        assert before >= now
        assert before >= machine.wall


def test_a_clock_set_back_is_waited_for() -> None:
    machine = Machine()
    machine.passes(60)
    before = machine.clock()
    assert machine.is_set(-600) == before
    assert machine.passes(100) - before == timedelta(seconds=90)
    machine.passes(6000)
    assert machine.clock() == machine.wall


def test_a_clock_set_forward_is_followed_at_once() -> None:
    machine = Machine()
    assert machine.is_set(7200) == MONDAY + timedelta(hours=2)


def test_a_clock_that_was_years_ahead_is_put_right_at_once() -> None:
    machine = Machine()
    machine.is_set(400 * 24 * 3600)
    assert machine.is_set(-400 * 24 * 3600) == MONDAY
    machine.is_set(MOST_AHEAD.total_seconds())
    assert machine.is_set(-MOST_AHEAD.total_seconds()) == MONDAY + MOST_AHEAD


@given(st.floats(-3000, 3000), st.floats(0, 60))
def test_machines_that_disagree_tell_the_time_of_a_third(wrong_by: float, ago: float) -> None:
    machine = Machine()
    machine.wall += timedelta(seconds=wrong_by)
    machine.passes(ago)
    machine.clock.agree(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), machine.seconds - ago)
    told = machine.clock() - timedelta(seconds=ago)
    assert abs(told - datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) < timedelta(milliseconds=1)
