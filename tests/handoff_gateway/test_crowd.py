"""What the agents at the desk are shown of the queue, and how often."""

from __future__ import annotations

import asyncio
from typing import cast

from handoff_gateway.core.permissions import AccountRole
from handoff_gateway.core.presence import Presence
from handoff_gateway.live.board import Board
from handoff_gateway.live.crowd import QUEUE_INTERVAL_S, Crowd
from handoff_gateway.live.link import Link
from handoff_gateway.store.accounts import Account
from tests.support.wire import PATIENCE_S


class Screen:
    """Stands for one agent's socket, and notes when it is told to show the queue anew."""

    def __init__(self) -> None:
        self.told_at: list[float] = []
        self.told = asyncio.Event()

    def snapshot_changed(self) -> None:
        self.told_at.append(asyncio.get_running_loop().time())
        self.told.set()

    async def next(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.told.wait()
        self.told.clear()


def crowd_of(count: int) -> tuple[Crowd, list[Screen]]:
    crowd, screens = Crowd(Board()), [Screen() for _ in range(count)]
    for number, screen in enumerate(screens):
        roles = frozenset({AccountRole.AGENT})
        account = Account(f"acc_{number}", f"{number}@example.org", "Ada", roles, 3, Presence.AWAY)
        crowd.agent_came(account, cast(Link, screen))
    return crowd, screens


async def test_changes_of_one_moment_are_shown_once() -> None:
    crowd, screens = crowd_of(3)
    for _ in range(100):
        crowd.queue_changed()
    assert [screen.told_at for screen in screens] == [[], [], []]
    await screens[-1].next()
    assert [len(screen.told_at) for screen in screens] == [1, 1, 1]


async def test_a_burst_of_arrivals_is_no_burst_of_lists() -> None:
    crowd, (screen,) = crowd_of(1)
    for _ in range(3):
        crowd.queue_changed()
        await screen.next()
    first, second, third = screen.told_at
    resolution = 0.01  # of the loop's clock
    assert second - first > QUEUE_INTERVAL_S - resolution
    assert third - second > QUEUE_INTERVAL_S - resolution


async def test_a_change_after_the_lists_went_out_is_shown_too() -> None:
    crowd, (screen,) = crowd_of(1)
    crowd.queue_changed(places_changed=False)
    await screen.next()
    crowd.queue_changed(places_changed=False)
    await screen.next()
    assert len(screen.told_at) == 2
