"""The socket: hello first, watched, and back after every loss. Against a real server, with a clock of its own."""

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

# A WebSocket whose other end is the test, timers that run when told, and a socket under test.
SETUP = """
  const { TandemSocket } = await import("/static/shared/js/socket.js");
  const own = { WebSocket: window.WebSocket, set: window.setTimeout, clear: window.clearTimeout, now: Date.now };
  let now = 1_000_000, next = 1;
  const due = new Map(), opened = [], states = [], frames = [];
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor() { opened.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.closed = true; }
  };
  window.setTimeout = (run, ms) => { due.set(next, { run, at: now + ms }); return next++; };
  window.clearTimeout = (id) => due.delete(id);
  Date.now = () => now;
  const rest = async () => { for (let i = 0; i < 20; i += 1) await null; };
  const pass = async (ms) => {
    const end = now + ms;
    for (;;) {
      const first = [...due].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!first) break;
      due.delete(first[0]); now = first[1].at; first[1].run(); await rest();
    }
    now = end;
  };
  const options = { url: async () => "ws://x/", hello: async () => ({ after_seq: 5 }), random: () => 1 };
  const socket = new TandemSocket(options);
  socket.addEventListener("state", ({ detail }) => states.push(detail));
  socket.addEventListener("frame", ({ detail }) => frames.push(detail.type));
  const last = () => opened.at(-1);
  const welcome = { data: '{"type":"welcome","heartbeat_s":15}' };
  const greet = async () => { last().onopen(); last().onmessage(welcome); await rest(); };
  const beat = () => last().onmessage({ data: '{"type":"heartbeat"}' });
  // Lose the connection; answer how long it took until the next was opened.
  const lose = async () => {
    const [at, count] = [now, opened.length];
    last().onclose();
    while (opened.length === count && now < at + 60_000) await pass(50);
    return now - at;
  };
  const begin = async () => { socket.start(); await rest(); };
"""
TEARDOWN = """
  socket.stop();
  [window.WebSocket, window.setTimeout, window.clearTimeout, Date.now] = [own.WebSocket, own.set, own.clear, own.now];
"""


async def run(blank: Page, body: str) -> Any:
    """Run `body` between SETUP and TEARDOWN and return its value."""
    return await blank.evaluate(f"async () => {{ {SETUP} try {{ {body} }} finally {{ {TEARDOWN} }} }}")


async def test_hello_is_the_first_frame_and_nothing_goes_before_the_welcome(blank: Page) -> None:
    early, late, sent, states = await run(
        blank,
        """await begin(); last().onopen(); const early = socket.send({ type: "send" });
        await greet(); const late = socket.send({ type: "send" }); return [early, late, last().sent, [...states]];""",
    )
    assert (early, late) == (False, True)
    assert sent[0] == {"type": "hello", "version": 1, "after_seq": 5}
    assert sent[-1] == {"type": "send"}
    assert states == ["connecting", "open"]


async def test_two_missed_heartbeats_and_it_lets_go(blank: Page) -> None:
    alive, dead = await run(
        blank,
        """await begin(); await greet(); for (let i = 0; i < 5; i += 1) { await pass(29_000); beat(); }
        const alive = opened.length; await pass(31_000); return [alive, [opened.length, opened[0].closed]];""",
    )
    assert alive == 1
    assert dead == [2, True]


async def test_a_welcome_that_never_comes_is_a_loss(blank: Page) -> None:
    assert await run(blank, "await begin(); last().onopen(); await pass(11_000); return opened.length;") == 2


async def test_pauses_grow_to_a_cap_and_it_never_gives_up(blank: Page) -> None:
    pauses = await run(
        blank,
        "await begin(); const pauses = []; for (let i = 0; i < 40; i += 1) pauses.push(await lose()); return pauses;",
    )
    assert pauses[:7] == [500, 1000, 2000, 4000, 8000, 16000, 30000]
    assert set(pauses[7:]) == {30000}


async def test_a_good_connection_makes_the_next_pause_short_again(blank: Page) -> None:
    pause = await run(
        blank,
        """await begin(); for (let i = 0; i < 6; i += 1) await lose();
        await greet(); await pass(6_000); return await lose();""",
    )
    assert pause == 500


NUDGES = [
    "socket.hurry()",
    "dispatchEvent(new Event('online'))",
    "dispatchEvent(new Event('pageshow'))",
    "document.dispatchEvent(new Event('visibilitychange'))",
]


@pytest.mark.parametrize("nudge", NUDGES)
async def test_a_pause_is_cut_short(blank: Page, nudge: str) -> None:
    opened = await run(
        blank,
        f"""await begin(); for (let i = 0; i < 6; i += 1) await lose();
        last().onclose(); const before = opened.length; {nudge}; await rest(); return opened.length - before;""",
    )
    assert opened == 1


async def test_a_tab_that_slept_judges_by_the_clock(blank: Page) -> None:
    """Timers sleep with the phone; on waking the age of the last frame tells that the socket is dead."""
    opened = await run(
        blank,
        """const wake = () => document.dispatchEvent(new Event("visibilitychange"));
        await begin(); await greet(); now += 20_000; wake(); await rest();
        const short = opened.length; now += 120_000; wake(); await rest(); return [short, opened.length];""",
    )
    assert opened == [1, 2]


async def test_reopening_again_and_again_is_slowed_down(blank: Page) -> None:
    """A hole that the log cannot fill must not become a storm of connections."""
    opened = await run(
        blank,
        """await begin(); await greet(); for (let i = 0; i < 50; i += 1) {
          socket.reopen(); await rest(); if (socket.state === "connecting") await greet();
        }
        return opened.length;""",
    )
    assert opened <= 3


async def test_an_address_that_cannot_be_had_is_a_loss(blank: Page) -> None:
    states = await run(
        blank,
        """const broken = new TandemSocket({ ...options, url: async () => { throw new Error("500"); } });
        const seen = []; broken.addEventListener("state", ({ detail }) => seen.push(detail));
        broken.start(); await rest(); await pass(1_000); broken.stop(); return seen;""",
    )
    assert states[:4] == ["connecting", "waiting", "connecting", "waiting"]


async def test_a_stopped_socket_stays_stopped(blank: Page) -> None:
    opened = await run(
        blank,
        """await begin(); await greet(); socket.stop(); dispatchEvent(new Event("online")); socket.reopen();
        await pass(99_000); return opened.length;""",
    )
    assert opened == 1
