"""What is kept of the log in memory is what the log says, or nothing."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from handoff_gateway.core.events import MessagePosted, Recorded, Role
from handoff_gateway.store.recent import RecentEvents

NOW = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


def event(seq: int) -> Recorded:
    return Recorded(seq, NOW, 1, 1, MessagePosted(Role.CUSTOMER, f"text {seq}"))


@given(
    steps=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.booleans()), max_size=60),
    after=st.integers(0, 40),
)
def test_what_is_returned_is_a_whole_stretch_of_the_log(steps: list[tuple[str, int, bool]], after: int) -> None:
    """Whatever other processes write between, and whatever has been dropped: no hole, and right after `after`."""
    recent = RecentEvents(conversations=2, events=5)
    newest = dict.fromkeys("abc", 0)
    for name, count, here in steps:
        added = [event(newest[name] + 1 + number) for number in range(count)]
        newest[name] += count
        if here:
            recent.add(name, added)
    for name in "abc":
        found = [item.seq for item in recent.after(name, after)]
        assert found == list(range(after + 1, after + 1 + len(found)))
        assert after + len(found) <= max(newest[name], after)


def test_what_is_forgotten_is_gone() -> None:
    recent = RecentEvents()
    recent.add("a", [event(1)])
    assert [item.seq for item in recent.after("a", 0)] == [1]
    recent.forget("a")
    assert recent.after("a", 0) == []
