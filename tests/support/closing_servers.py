"""A mend of Python for tests: what connects just as a server closes is closed, too.

Until https://github.com/python/cpython/issues/109564 is solved, such a connection is dropped with its socket open, and
the garbage collector tells some later test. The product runs on uvloop, which does not do so.
"""

from __future__ import annotations

import socket
from asyncio import AbstractServer
from asyncio.selector_events import BaseSelectorEventLoop
from typing import Any

_accept = BaseSelectorEventLoop._accept_connection2  # type: ignore[attr-defined]


async def _accept_or_close(
    self: BaseSelectorEventLoop,
    protocol_factory: Any,
    connection: socket.socket,
    extra: Any,
    sslcontext: Any = None,
    server: AbstractServer | None = None,
    *more: Any,
) -> None:
    if server is not None and not server.sockets:  # type: ignore[attr-defined]
        connection.close()
        return
    await _accept(self, protocol_factory, connection, extra, sslcontext, server, *more)


def close_what_comes_too_late() -> None:
    """Close connections that a server of asyncio has accepted when it is closed already."""
    BaseSelectorEventLoop._accept_connection2 = _accept_or_close  # type: ignore[attr-defined]
