"""The sockets' own server, on its own port, in the same loop as the pages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import weakref
from collections.abc import Callable, Mapping
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from handoff_gateway.access.auth import check_origin
from handoff_gateway.errors import ForbiddenError, RateLimitedError
from handoff_gateway.sockets.agent_session import AgentSession
from handoff_gateway.sockets.customer_session import CustomerSession
from handoff_gateway.sockets.session import Session, Surroundings
from handoff_gateway.wire import MAX_SOCKET_BYTES, error_frame, to_raw

CUSTOMER_PATH = "/v1/customer"
AGENT_PATH = "/v1/agent"
SESSIONS: Mapping[str, Callable[[ServerConnection, Surroundings], Session]] = {
    CUSTOMER_PATH: CustomerSession,
    AGENT_PATH: AgentSession,
}
CLOSE_TIMEOUT_S = 1.0  # for a client's consent to the close; a stop must not wait for a dead phone
STOP_DEADLINE_S = 1.5  # for clients that read nothing, not even the goodbye
HANDSHAKE_TIMEOUT_S = 10.0
TRY_AGAIN_LATER = 1013  # close code
INCOMING_FRAMES = 16  # read ahead of the handler; then the client is slowed down by TCP

# The library logs every dropped connection and refused handshake with a traceback.
_quiet = logging.getLogger(f"{__name__}.websockets")
_quiet.setLevel(logging.CRITICAL)


class SocketServer:
    """Listens for customers and agents."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._server: Server | None = None
        self._connections: weakref.WeakSet[ServerConnection] = weakref.WeakSet()

    async def start(self, listening: socket.socket) -> None:
        """Serve on a socket that is bound already."""
        heartbeat_s = self._around.settings.heartbeat_s
        self._server = await serve(
            self._handle,
            sock=listening,
            process_request=self._admit,
            max_size=MAX_SOCKET_BYTES,
            max_queue=INCOMING_FRAMES,
            # A half-open connection is found by a missing pong, within two heartbeats.
            ping_interval=heartbeat_s,
            ping_timeout=heartbeat_s,
            close_timeout=CLOSE_TIMEOUT_S,
            open_timeout=HANDSHAKE_TIMEOUT_S,
            compression=None,  # short frames gain little, and each connection would keep its own window
            server_header=None,
            logger=_quiet,
        )

    @property
    def serving(self) -> bool:
        """Whether new sockets are taken."""
        return self._server is not None and self._server.is_serving()

    async def aclose(self) -> None:
        """Take no more sockets, tell those there that the server goes away (1001), and let their frames finish."""
        if self._server is None:
            return
        self._server.close()
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await asyncio.shield(self._server.wait_closed())
        except TimeoutError:
            for connection in tuple(self._connections):  # the library lists only those it has not begun to close
                connection.transport.abort()
            await self._server.wait_closed()

    async def _handle(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        gatekeeper = self._around.gatekeeper
        try:
            with gatekeeper.socket("address", gatekeeper.address_of(connection)):
                await SESSIONS[_path(connection.request)](connection, self._around).run()
        except RateLimitedError as error:
            self._around.metrics.refused(error.code)
            with contextlib.suppress(ConnectionClosed):
                await connection.send(to_raw(error_frame(error, {})))
                await connection.close(TRY_AGAIN_LATER, error.code)

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        path = _path(request)
        if path not in SESSIONS:
            return connection.respond(HTTPStatus.NOT_FOUND, f"Sockets are at {' and '.join(SESSIONS)}.\n")
        origin = request.headers.get("Origin")
        if path == AGENT_PATH and origin is not None:
            try:
                check_origin(origin, request.headers.get("Host"), self._around.settings.allowed_origins)
            except ForbiddenError as error:
                return Response(HTTPStatus.FORBIDDEN, "Forbidden", Headers(), f"{error}\n".encode())
        return None


def _path(request: Request | None) -> str:
    return "" if request is None else request.path.partition("?")[0]
