"""Runs the service: binds the port, serves until told to stop, says in one sentence why it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import uvloop
from sanic import Sanic

from knowledge_base.app import KnowledgeBaseApp, create_app
from knowledge_base.encoder import load_encoder, multilingual_loader
from knowledge_base.errors import PortTakenError
from knowledge_base.search.reranking import load_reranker
from knowledge_base.service import KnowledgeBase, fatal
from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database

logger = logging.getLogger(__name__)

DRAIN_S = 1.5  # for requests under way at SIGTERM; the whole stop must stay under 3 s
BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Bind the port.

    Raises:
        PortTakenError: somebody else has it.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
        server.listen(BACKLOG)
    except OSError as error:
        server.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTakenError(host, port) from error
        raise
    server.setblocking(False)
    return server


@asynccontextmanager
async def serving(app: KnowledgeBaseApp, server_socket: socket.socket) -> AsyncIterator[None]:
    """Serve an application on a socket while the block runs; requests under way are finished."""
    server: Any = await app.create_server(sock=server_socket, return_asyncio_server=True)
    await server.startup()
    await server.before_start()
    await server.after_start()
    try:
        yield
    finally:
        await server.before_stop()
        await server.close()
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        while server.connections and asyncio.get_running_loop().time() < deadline:
            for connection in list(server.connections):
                connection.close_if_idle()
            await asyncio.sleep(0.02)
        for connection in list(server.connections):
            connection.abort()
        await server.after_stop()
        Sanic.unregister_app(app)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CannotStartError: says what is wrong and what to do.
    """
    token = ensure_service_token(settings.service_token_file)
    server_socket = listen(settings.host, settings.port)
    database = Database(settings.database_place)
    base = KnowledgeBase(
        settings,
        database,
        partial(load_encoder, settings),
        lambda: datetime.now(UTC),
        make_multilingual=multilingual_loader(settings),
        make_reranker=partial(load_reranker, settings),
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    app = create_app(base, token)
    # The only one of its process, so that Sanic may leave out the signals nobody listens to: it looks for listeners to
    # some twenty at every request, and rewrites its classes for all apps there are.
    app.config.TOUCHUP = True
    async with serving(app, server_socket):
        port = server_socket.getsockname()[1]
        logger.info("Listening", extra={"address": f"http://{settings.host}:{port}"})
        starting = base.start()
        stopping = asyncio.create_task(stopped.wait(), name="stop")
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if starting.done():
                error = starting.exception()
                if error is not None:
                    raise fatal(error, database) from error
                await stopping
        finally:
            stopping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stopping
    await base.close()


def run(settings: Settings) -> None:
    """Run `serve` to its end, then end the process at once.

    The model thread may be in the middle of an import that cannot be interrupted, and torch is slow to take down:
    once the sockets and the database are closed nothing is left that needs either.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))
    logging.shutdown()
    os._exit(0)
