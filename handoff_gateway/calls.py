"""Calls to other parts over HTTP, which whoever asked may drop at any moment.

A call that is cancelled while its connection is handed out, made or put back leaves that connection taken in the HTTP
library's pool for good, and connections that were about to be closed open; after a hundred of those no call would come
through. So a dropped call goes on, unheard, to where it only waits for the answer, and ends there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx

from handoff_gateway.patience import Patience
from handoff_gateway.tasks import TaskOwner

CONNECT_S = 1.0  # each part is on this machine; a connection that takes longer, while the loop runs, will not come
CLOSE_S = 2 * CONNECT_S  # for calls that were dropped to end by themselves


class Calls(httpx.AsyncBaseTransport):
    """What a client makes its calls with: owns each call until its connection is free again."""

    def __init__(self, limits: httpx.Limits | None = None) -> None:
        # None as a client would choose: a hundred connections.
        limits = limits or httpx.Limits(max_connections=100, max_keepalive_connections=20)
        self._connections = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
        self._tasks = TaskOwner()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response, whose body is still to be read. Raises httpx.HTTPError."""
        call = _Call(self._connections, request)
        call.task = self._tasks.start(call.run(), watched=True)
        try:
            response = await asyncio.shield(call.task)
        except asyncio.CancelledError:
            if (late := call.drop()) is not None:
                self._tasks.start(late.aclose())
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - for the type checker
        response.stream = _Body(response.stream, self._tasks)
        return response

    async def aclose(self) -> None:
        """Let dropped calls end, and cut off those that do not; close all connections."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._tasks.finish()
        except TimeoutError:
            await self._tasks.aclose()
        await self._connections.aclose()


class _Call:
    """One call, and how far it is."""

    task: asyncio.Task[httpx.Response]

    def __init__(self, connections: httpx.AsyncHTTPTransport, request: httpx.Request) -> None:
        self._connections = connections
        self._request = request
        self._waits = False  # for the answer, and for nothing else
        self._dropped = False
        self._patience = Patience(CONNECT_S, lambda: self.task.cancel())

    async def run(self) -> httpx.Response:
        self._request.extensions = {**self._request.extensions, "trace": self._trace}
        try:
            response = await self._connections.handle_async_request(self._request)
        except asyncio.CancelledError:
            if self._patience.over:
                raise httpx.ConnectTimeout(f"no connection in {CONNECT_S:g} s", request=self._request) from None
            raise
        if self._dropped:
            await response.aclose()
        return response

    def drop(self) -> httpx.Response | None:
        """End as soon as that leaves nothing behind; return a response that came too late, for it to be closed."""
        self._dropped = True
        if self._waits:
            self.task.cancel()
        if self.task.done() and not self.task.cancelled() and self.task.exception() is None:
            return self.task.result()
        return None

    async def _trace(self, step: str, _details: object) -> None:
        if step == "connection.connect_tcp.started":
            self._patience.begin()
        elif step.startswith("connection.connect_tcp."):
            self._patience.end()
        elif step.startswith("http11.receive_response_headers."):
            self._waits = step.endswith(".started")
            if self._waits and self._dropped:
                self.task.cancel()


class _Body(httpx.AsyncByteStream):
    """The body of a response, which is closed to the end whoever drops it."""

    def __init__(self, stream: httpx.AsyncByteStream, tasks: TaskOwner) -> None:
        self._stream = stream
        self._tasks = tasks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        await asyncio.shield(self._tasks.start(self._stream.aclose(), watched=True))
