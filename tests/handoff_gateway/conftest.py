"""A gateway with a fake bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bot import FakeBot
from tests.support.gateway import Gateway, running_gateway


@pytest.fixture
async def bot() -> AsyncIterator[FakeBot]:
    async with FakeBot() as bot:
        yield bot


@pytest.fixture
async def gateway(tmp_path: Path, bot: FakeBot) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path, bot_port=bot.port, queue_interval_s=0.05) as gateway:
        yield gateway
