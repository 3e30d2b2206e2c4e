"""Work that lasts as long as the gateway: a failure nobody foresaw is written down, and does not end it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from handoff_gateway import tasks
from handoff_gateway.tasks import TaskOwner
from tests.support.gateway import PATIENCE_S, Gateway


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PAUSE_S", 0.01)


async def test_what_lasts_begins_anew_after_a_failure_and_ends_with_its_owner() -> None:
    owner, ended = TaskOwner(), asyncio.Event()
    begun: asyncio.Queue[int] = asyncio.Queue()

    async def work() -> None:
        begun.put_nowait(1)
        if begun.qsize() < 3:
            raise RuntimeError("nobody foresaw it")
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    owner.last(work)
    async with asyncio.timeout(PATIENCE_S):
        while begun.qsize() < 3:  # noqa: ASYNC110 - it says nothing by itself
            await asyncio.sleep(0.01)
        await owner.aclose()
    assert ended.is_set()
    assert begun.qsize() == 3


@pytest.mark.parametrize("failing", ["teams_and_profiles", "teams"])
async def test_customers_are_assigned_after_a_failure(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    desk, failed = gateway.services.desk, asyncio.Event()
    really: Any = getattr(desk, failing)

    async def fail(*_: object) -> None:
        monkeypatch.setattr(desk, failing, really)
        failed.set()
        raise RuntimeError("nobody foresaw it")

    async with gateway.online("ada"), gateway.customer() as first, gateway.customer() as second:
        monkeypatch.setattr(desk, failing, fail)
        await first.request_agent()
        gateway.services.attendance.wake()
        async with asyncio.timeout(PATIENCE_S):
            await failed.wait()
        await second.request_agent()
        assert (await second.owner("agent"))["agent"]["name"] == "Ada"
        assert (await first.owner("agent"))["agent"]["name"] == "Ada"
