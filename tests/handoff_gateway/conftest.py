"""A gateway with a fake bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bot import FakeBot
from tests.support.clock import FakeClock
from tests.support.gateway import Gateway, running_gateway


@pytest.fixture
async def bot() -> AsyncIterator[FakeBot]:
    async with FakeBot() as bot:
        yield bot


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def gateway(request: pytest.FixtureRequest, tmp_path: Path, bot: FakeBot) -> AsyncIterator[Gateway]:
    """A gateway by the real clock, or by `clock` for a test that asks for that as well."""
    clock = request.getfixturevalue("clock") if "clock" in request.fixturenames else None
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port, queue_interval_s=0.05) as gateway:
        yield gateway
