"""Calls to the bot over HTTP, which whoever asked may drop at any moment.

A call that is cancelled while its connection is handed out, made or put back leaves that connection taken in the HTTP
library's pool for good; after a hundred of those no turn would come through. So a dropped call goes on, unheard, to
where it only waits for the answer, and ends there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from handoff_gateway.bot_turns.patience import Patience
from handoff_gateway.errors import BotUnavailableError
from handoff_gateway.tasks import TaskOwner

CONNECT_S = 1.0  # the bot is on this machine; a connection that takes longer, while the loop runs, will not come
CLOSE_S = 2 * CONNECT_S  # for calls that were dropped to end by themselves


class Calls:
    """Makes calls with one client, and owns those that were dropped."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._tasks = TaskOwner()

    async def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Return the response. Raises httpx.HTTPError, or BotUnavailableError for a connection that does not come."""
        call = _Call(self._client, path, body)
        call.task = self._tasks.start(call.run(), watched=True)
        try:
            return await asyncio.shield(call.task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if call.patience.over and (current is None or not current.cancelling()):
                raise BotUnavailableError("timeout", f"no connection in {CONNECT_S:g} s") from None
            call.drop()
            raise

    async def aclose(self) -> None:
        """Let dropped calls end; cut off those that do not."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._tasks.finish()
        except TimeoutError:
            await self._tasks.aclose()


class _Call:
    """One call, and how far it is."""

    task: asyncio.Task[httpx.Response]

    def __init__(self, client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> None:
        self._client = client
        self._path = path
        self._body = body
        self._waits = False  # for the answer, and for nothing else
        self._dropped = False
        self.patience = Patience(CONNECT_S, lambda: self.task.cancel())

    async def run(self) -> httpx.Response:
        return await self._client.post(self._path, json=self._body, extensions={"trace": self._trace})

    def drop(self) -> None:
        """End as soon as that leaves nothing behind."""
        self._dropped = True
        if self._waits:
            self.task.cancel()

    async def _trace(self, step: str, _details: object) -> None:
        if step == "connection.connect_tcp.started":
            self.patience.begin()
        elif step.startswith("connection.connect_tcp."):
            self.patience.end()
        elif step.startswith("http11.receive_response_headers."):
            self._waits = step.endswith(".started")
            if self._waits and self._dropped:
                self.task.cancel()
