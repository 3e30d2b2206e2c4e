"""A bot of few words, speaking the gateway's side of the contract over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

Answer = tuple[int, bytes]
Behaviour = Callable[[dict[str, Any]], Awaitable[Answer]]


def reply(*texts: str, handoff: dict[str, Any] | None = None, **extras: Any) -> Answer:
    """Return a turn's answer; `extras` (buttons, sources, answer) go with the last text."""
    replies = [{"text": text} for text in texts]
    if replies:
        replies[-1].update(extras)
    return 200, json.dumps({"replies": replies, "handoff": handoff}).encode()


class FakeBot:
    """Answers as `behave` says; `asked` holds the body of every turn, `forgotten` every erased conversation."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.forgotten: list[str] = []
        self.refuses = False  # to forget
        self.refused = asyncio.Event()
        self.behave: Behaviour = self.echo
        self._server: asyncio.Server | None = None
        self._heard = asyncio.Event()
        self._callers: list[asyncio.StreamWriter] = []

    @staticmethod
    async def echo(turn: dict[str, Any]) -> Answer:
        return reply(f"You said: {turn['message']}")

    async def __aenter__(self) -> FakeBot:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up, and see that no line is left open."""
        assert self._server is not None
        self._server.close()
        for writer in self._callers:
            writer.close()
        for writer in self._callers:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def until_asked(self, count: int) -> dict[str, Any]:
        """Wait until it has been asked so often; return what it was asked then."""
        while len(self.asked) < count:
            self._heard.clear()
            await self._heard.wait()
        return self.asked[count - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                if head.startswith("get"):
                    status, body = 200, b'{"status":"ok"}'
                else:
                    data = json.loads(await reader.readexactly(int(head.split("content-length:")[1].split()[0])))
                    status, body = await self._post(head.split()[1], data)
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the gateway hung up
        finally:
            writer.close()

    async def _post(self, path: str, data: dict[str, Any]) -> Answer:
        if path.endswith("/forget") and self.refuses:
            self.refused.set()
            return 503, b"{}"
        if path.endswith("/forget"):
            self.forgotten.append(data["conversation_id"])
            return 200, b"{}"
        self.asked.append(data)
        self._heard.set()
        return await self.behave(data)
