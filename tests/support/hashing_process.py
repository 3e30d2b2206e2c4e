"""A knowledge base as a process of its own, with an encoder that needs no model: to be killed, or to be a replica.

    python -m tests.support.hashing_process VAR SECONDS_A_BATCH SECONDS_BETWEEN_SAVES DIMENSION

Prints its address once it listens. The first number makes encoding slow, so that a kill can hit a reconcile.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from knowledge_base.app import create_app
from knowledge_base.search import indexer
from knowledge_base.server import listen, serving
from knowledge_base.service import KnowledgeBase
from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import HashingEncoder

START_S = 120


@dataclass
class PacedEncoder(HashingEncoder):
    """Takes its time over every batch."""

    pause_s: float = 0.0

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        time.sleep(self.pause_s)
        return super().encode(texts)


@dataclass(frozen=True)
class HashingProcess:
    """A running process and where it listens."""

    url: str
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """End it without a warning."""
        self.process.kill()
        await self.process.wait()


@contextlib.asynccontextmanager
async def hashing_process(
    var: Path, pause_s: float = 0.0, save_every_s: float = 20.0, dimension: int = 64, database_url: str = ""
) -> AsyncIterator[HashingProcess]:
    """Run one while the block runs; it may not answer searches yet."""
    environment = os.environ | {"TANDEM_DATABASE_URL": database_url}
    arguments = ("-m", "tests.support.hashing_process", str(var), str(pause_s), str(save_every_s), str(dimension))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            url = (await process.stdout.readline()).decode().strip()
        assert url.startswith("http"), "the process said nothing"
        yield HashingProcess(url, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _serve(var: Path, make_encoder: Callable[[], PacedEncoder]) -> None:
    settings = Settings(var=var, demo=False, port=0, database_url=Settings.from_env().database_url)
    token = ensure_service_token(settings.service_token_file)
    base = KnowledgeBase(
        settings, Database(settings.database_place), make_encoder, lambda: datetime.now(UTC), turn_deadline_s=START_S
    )
    server_socket = listen(settings.host, 0)
    async with serving(create_app(base, token), server_socket):
        print(f"http://{settings.host}:{server_socket.getsockname()[1]}", flush=True)
        await base.start()
        await asyncio.Event().wait()  # until it is killed


if __name__ == "__main__":
    _, folder, pause, between_saves, length = sys.argv
    indexer.SAVE_EVERY_S = float(between_saves)
    asyncio.run(_serve(Path(folder), lambda: PacedEncoder(int(length), pause_s=float(pause))))
