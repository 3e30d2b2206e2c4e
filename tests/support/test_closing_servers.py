"""Python's own fault about closing servers stays mended."""

import asyncio
import contextlib
import gc
import socket

import pytest


class HangsUp(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@pytest.mark.parametrize("steps", range(6))
async def test_what_connects_as_a_server_closes_is_hung_up(steps: int) -> None:
    server = await asyncio.get_running_loop().create_server(HangsUp, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname(), timeout=30) as caller:
        for _ in range(steps):
            await asyncio.sleep(0)
        server.close()
        with contextlib.suppress(ConnectionResetError):  # it was not even accepted
            assert await asyncio.to_thread(caller.recv, 1) == b""
    gc.collect()  # a socket nobody has closed would say so
