"""The thread: in order, without holes, without doubles, whatever the network does to it."""

import random

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLY = """async (seqs) => {
  const { Thread } = await import("/static/shared/js/thread.js");
  const thread = new Thread();
  const outcomes = seqs.map((seq) => thread.apply({ seq }));
  return { outcomes, events: thread.events.map((event) => event.seq), last: thread.lastSeq, hole: thread.hasHole };
}"""


async def test_events_in_order_are_added(blank: Page) -> None:
    result = await blank.evaluate(APPLY, [1, 2, 3])
    assert result == {"outcomes": ["added"] * 3, "events": [1, 2, 3], "last": 3, "hole": False}


async def test_a_hole_keeps_later_events_back_until_it_is_filled(blank: Page) -> None:
    result = await blank.evaluate(APPLY, [1, 3, 4])
    assert result == {"outcomes": ["added", "hole", "hole"], "events": [1], "last": 1, "hole": True}
    result = await blank.evaluate(APPLY, [1, 3, 4, 2])
    assert result["events"] == [1, 2, 3, 4]
    assert result["hole"] is False


@pytest.mark.parametrize("seqs", [[1, 1], [1, 2, 1], [2, 2], [0], [-1], [1.5], ["1"], [None]])
async def test_doubles_and_nonsense_are_dropped(blank: Page, seqs: list[object]) -> None:
    assert (await blank.evaluate(APPLY, seqs))["outcomes"][-1] == "duplicate"


async def test_any_shuffled_and_doubled_delivery_ends_in_order(blank: Page) -> None:
    shuffler = random.Random(7)  # noqa: S311 - a shuffle, not a secret
    for _ in range(20):
        seqs = [*range(1, 201), *shuffler.sample(range(1, 201), 60)]
        shuffler.shuffle(seqs)
        result = await blank.evaluate(APPLY, seqs)
        assert result["events"] == list(range(1, 201))
        assert result["hole"] is False
