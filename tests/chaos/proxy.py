"""A TCP proxy in front of the gateway's sockets that does what networks do on their worst day.

It cuts connections in the middle of a frame, holds data back, says a client's frame twice, and freezes connections
half-open: both ends stay connected and nothing passes any more.
"""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 65_536
HEAD_END = b"\r\n\r\n"
HELD_FROZEN_S = 30.0  # a client that has not left a frozen connection by then would never notice
LENGTH_16, LENGTH_64 = 126, 127  # RFC 6455, 5.2: the length is in the next two or eight bytes
MASK_BYTES = 4
OPENING = 2  # the handshake and the hello are not said twice: no client sends them again on the same connection
TEXT = 0x1


@dataclass(frozen=True)
class Weather:
    """How likely each fault is, for every frame of a client and every piece of the gateway's answer."""

    cut: float = 0.01
    freeze: float = 0.002
    delay: float = 0.05
    longest_delay_s: float = 0.1
    double: float = 0.05


class StormProxy:
    """Forwards each connection to one of some ports, in turns, until a fault says otherwise.

    Attributes:
        faults: how often each fault has struck; `refused` counts connections while the gateway was down.
        calm: no more faults while it is set.
    """

    def __init__(self, target_ports: Sequence[int], weather: Weather, seed: int) -> None:
        """Prepare; `start` begins to listen."""
        self._target_ports = itertools.cycle(target_ports)
        self._weather = weather
        self._random = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self._server: asyncio.Server | None = None
        self._struck = asyncio.Condition()
        self.faults: Counter[str] = Counter()
        self.calm = False

    @property
    def broken(self) -> int:
        """How many connections were cut or frozen."""
        return self.faults["cut"] + self.faults["freeze"]

    async def until_broken(self, count: int) -> None:
        """Wait until so many connections were cut or frozen."""
        async with self._struck:
            await self._struck.wait_for(lambda: self.broken >= count)

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=CHUNK)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", next(self._target_ports), limit=CHUNK)
        except OSError:
            self.faults["refused"] += 1
            writer.transport.abort()
            return
        pumps = [
            asyncio.create_task(self._pump(client_frames(reader), there[1], doubling=True)),
            asyncio.create_task(self._pump(pieces(there[0]), writer, doubling=False)),
        ]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if any(pump.result() == "freeze" for pump in done):
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                await self._hold(reader)
        finally:
            for pump in pumps:
                pump.cancel()
            async with self._struck:
                self._struck.notify_all()
            for end in (writer, there[1]):
                end.transport.abort()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, source: AsyncIterator[bytes], sink: asyncio.StreamWriter, *, doubling: bool) -> str:
        """Forward until the source ends or a fault strikes; return which."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            said = 0
            async for data in source:
                said += 1
                fault = self._fault(doubling and said > OPENING)
                if fault == "freeze":
                    return fault
                if fault == "cut":
                    sink.write(data[: self._random.randrange(len(data))])
                    await sink.drain()
                    return fault
                if fault == "delay":
                    await asyncio.sleep(self._random.uniform(0, self._weather.longest_delay_s))
                sink.write(data)
                if fault == "double" and is_text_frame(data):
                    sink.write(data)
                await sink.drain()
        return "end"

    def _fault(self, doubling: bool) -> str | None:
        if self.calm:
            return None
        chance, weather = self._random.random(), self._weather
        for name, share in (
            ("cut", weather.cut),
            ("freeze", weather.freeze),
            ("delay", weather.delay),
            ("double", weather.double if doubling else 0.0),
        ):
            if chance < share:
                self.faults[name] += 1
                return name
            chance -= share
        return None

    @staticmethod
    async def _hold(reader: asyncio.StreamReader) -> None:
        """Keep both ends connected until the client goes."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(HELD_FROZEN_S):
                while await reader.read(CHUNK):
                    pass


async def pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield what arrives, as it arrives."""
    while data := await reader.read(CHUNK):
        yield data


async def client_frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield the handshake, then each frame of a client whole (RFC 6455, 5.2)."""
    yield await reader.readuntil(HEAD_END)
    while True:
        head = await reader.readexactly(2)
        length = head[1] & 0x7F
        more = b""
        if length in (LENGTH_16, LENGTH_64):
            more = await reader.readexactly(2 if length == LENGTH_16 else 8)
            length = int.from_bytes(more, "big")
        yield head + more + await reader.readexactly(MASK_BYTES + length)


def is_text_frame(data: bytes) -> bool:
    """Whether a client's frame is a whole text message; the handshake is none."""
    return bool(data) and data[0] == (0x80 | TEXT)
