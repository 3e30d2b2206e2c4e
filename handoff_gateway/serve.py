"""Runs the gateway until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop
from sanic import Sanic

from handoff_gateway.app import create_app
from handoff_gateway.errors import StartupError
from handoff_gateway.settings import Settings

BACKLOG = 1024  # a crowd that reconnects at once after a restart
DRAIN_S = 1.0  # for HTTP answers in progress when the gateway stops
# Python looks for garbage in cycles while everybody waits: 50 µs a socket, a third of a second among 5,000. Counted in
# objects made but not freed, of which a socket has some 130; a busy minute without new sockets makes few.
GARBAGE = (5_000, 5, 40)
# Seconds after which a thread of Python gives way. Loop and database wait for each other at each write to a socket or
# to the disk: by default for 5 ms, ten times as long as either needs.
GIVE_WAY_S = 0.0005

logger = logging.getLogger(__name__)


def bind(host: str, port: int, variable: str) -> socket.socket:
    """Return a listening socket. Raises StartupError naming the variable that chooses another port."""
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(info[0], info[1], info[2])
    except OSError as error:
        raise StartupError(f"{host} is not an address to listen on ({error.strerror}): set TANDEM_HOST.") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(info[4])
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise StartupError(
            f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}): free it or set {variable}."
        ) from error
    return listening


@asynccontextmanager
async def serving(app: Sanic[Any, Any], listening: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on a bound socket within the block; leave with everything closed."""
    # Sanic's handle on a server within a running loop has no type hints.
    server: Any = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.after_start()
    try:
        yield
    finally:
        await server.before_stop()
        server.close()
        await _drain(server)
        await server.after_stop()
        Sanic.unregister_app(app)


async def _drain(server: Any) -> None:
    """Let answers in progress finish, then close the connections that are only kept alive."""
    deadline = asyncio.get_running_loop().time() + DRAIN_S
    while server.connections and asyncio.get_running_loop().time() < deadline:
        for connection in tuple(server.connections):
            connection.close_if_idle()
        await asyncio.sleep(0.02)
    for connection in tuple(server.connections):
        connection.abort()


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartupError."""
    http = bind(settings.host, settings.port, "TANDEM_GATEWAY_PORT")
    sockets = bind(settings.host, settings.socket_port, "TANDEM_GATEWAY_WS_PORT")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = create_app(settings, sockets)
    async with serving(app, http):
        spare_the_lasting()
        port, socket_port = http.getsockname()[1], sockets.getsockname()[1]
        print(f"Gateway: http://{settings.host}:{port} (desk at /desk), sockets on port {socket_port}", flush=True)
        await stop.wait()


def spare_the_lasting() -> None:
    """Have Python look for garbage more rarely, and never again among what a process has from its start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def main(settings: Settings) -> int:
    """Run the gateway and return the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("sanic.root", "httpx", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.setswitchinterval(GIVE_WAY_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings))
    return 0
