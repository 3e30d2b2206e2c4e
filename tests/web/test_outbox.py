"""The outbox: sent until acknowledged, once in the log, never lost over a reload. Time is the test's."""

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

# A clock that moves when told, a wire that writes down what it took, and memory that outlives an outbox.
SETUP = """
  const { Outbox } = await import("/static/shared/js/outbox.js");
  const { Store } = await import("/static/shared/js/storage.js");
  let now = 0, next = 1;
  const due = new Map();
  const set = (run, ms) => { due.set(next, { run, at: now + ms }); return next++; };
  const timers = { set, clear: (id) => due.delete(id), now: () => now };
  const pass = (ms) => {
    now += ms;
    for (const [id, { run, at }] of [...due]) if (at <= now) { due.delete(id); run(); }
  };
  const wire = [];
  const store = new Store("t:", null);
  const open = () => new Outbox({ store, send: (frame) => wire.push(frame.text) > 0, timers });
  const frame = (id) => ({ type: "send", client_message_id: id, text: id });
  const states = (box) => box.items.map((item) => `${item.id}:${item.state}`);
"""


async def run(blank: Page, body: str) -> Any:
    """Run `body` after SETUP in a page and return its value."""
    return await blank.evaluate(f"async () => {{ {SETUP} {body} }}")


async def test_it_is_sent_again_until_acknowledged(blank: Page) -> None:
    wire, states = await run(
        blank,
        """const box = open(); box.add(frame("a"));
        pass(6000); const late = states(box); pass(6000);
        box.acked("a", 1); pass(60000); return [wire, [late, states(box)]];""",
    )
    assert wire == ["a", "a", "a"]
    assert states == [["a:late"], ["a:sent"]]


async def test_an_event_in_the_log_settles_it(blank: Page) -> None:
    assert await run(
        blank,
        """const box = open(); box.add(frame("a")); box.confirmed("a"); pass(60000); return [wire, states(box)];""",
    ) == [["a"], []]


async def test_a_reload_brings_back_the_unacknowledged_in_order(blank: Page) -> None:
    wire, states = await run(
        blank,
        """let box = open(); for (const id of ["a", "b", "c"]) { box.add(frame(id)); pass(1); }
        box.acked("b", 2); box.stop(); wire.length = 0; box = open(); box.flush(); return [wire, states(box)];""",
    )
    assert wire == ["a", "c"]
    assert states == ["a:sending", "c:sending"]


async def test_a_refused_one_waits_for_the_person_and_keeps_its_id(blank: Page) -> None:
    wire, states = await run(
        blank,
        """const box = open(); box.add(frame("a")); box.refused("a", "forbidden"); pass(60000);
        box.flush(); const failed = states(box);
        box.retry("a"); return [wire, [failed, states(box)]];""",
    )
    assert wire == ["a", "a"]
    assert states == [["a:failed"], ["a:sending"]]


async def test_a_refused_one_is_not_sent_again_by_a_reload(blank: Page) -> None:
    wire, states = await run(
        blank,
        """let box = open(); box.add(frame("a")); box.refused("a", "forbidden"); box.stop(); wire.length = 0;
        box = open(); box.flush(); pass(60000); return [wire, [...states(box), box.items[0].code]];""",
    )
    assert wire == []
    assert states == ["a:failed", "forbidden"]


async def test_a_rate_limit_is_waited_out(blank: Page) -> None:
    wire = await run(
        blank,
        """const box = open(); box.add(frame("a")); box.refused("a", "rate_limited", 9);
        pass(8000); const before = wire.length; pass(2000); return [before, wire.length];""",
    )
    assert wire == [1, 2]


async def test_a_discarded_one_is_gone_for_good(blank: Page) -> None:
    assert (
        await run(
            blank,
            """let box = open(); box.add(frame("a")); box.refused("a", "too_large"); box.discard("a");
            box = open(); return states(box);""",
        )
        == []
    )
