"""Frames nobody would send: fields missing, extra, of the wrong type, huge or no UTF-8, on both sockets.

    python -m tests.chaos.fuzz --frames 100000       # part of `make chaos`

Every frame gets an answer (an `error`, or what its frame leads to) or, where the bytes are no text at all, a close that
says why; nobody else notices, and afterwards the gateway holds no more than before.
"""

import argparse
import asyncio
import json
import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as RawFrame
from websockets.frames import Opcode

from tests.support.gateway_process import GatewayProcess, gateway_process

Json = dict[str, Any]

# Written down from docs/protocol.md, not read from the gateway: what is sent is the wire.
CUSTOMER: Mapping[str, Json] = {
    "hello": {"version": 1, "token": "t", "after_seq": 0, "language": "en", "page": {"url": "https://x.example"}},
    "send": {"client_message_id": "id", "text": "hello", "payload": "/x"},
    "request_agent": {"client_message_id": "id"},
    "leave_queue": {},
    "end": {},
    "typing": {"on": True},
    "read": {"seq": 1},
    "feedback": {"seq": 1, "helpful": True},
    "survey": {"survey_id": "s", "answers": {"a": 1}},
}
_CONVERSATION = {"conversation_id": "con_x"}
AGENT: Mapping[str, Json] = {
    "hello": {"version": 1, "token": "t", "conversations": {"con_x": 3}},
    "presence": {"state": "away"},
    "open": {**_CONVERSATION, "after_seq": 0},
    "claim": _CONVERSATION,
    "send": {**_CONVERSATION, "client_message_id": "id", "text": "hello"},
    "note": {**_CONVERSATION, "client_message_id": "id", "text": "hello"},
    "transfer": {**_CONVERSATION, "team": "t", "note": "n"},
    "hand_back": _CONVERSATION,
    "close": {**_CONVERSATION, "disposition": "d"},
    "typing": {**_CONVERSATION, "on": True},
    "read": {**_CONVERSATION, "seq": 1},
}
NO_BOT = 9
DEEP = "[" * 3_000 + "]" * 3_000
HUGE = 70_000  # characters; a frame may have 64 KiB
NONSENSE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**53, 10**30, float("nan"), float("inf")),
    *("", " ", "\x00", "\ud800", "é" * 300, "x" * 200, "{}", "<script>alert(1)</script>", "'; DROP TABLE events; --"),
    *([], {}, [[[]]], {"a": {"b": ["\ud800"]}}, ["x"] * 500, {"": ""}, {"__proto__": 1}),
)
PROBE = "probe-"
PATIENCE_S = 60.0


class Fuzzer:
    """One socket that is sent nonsense.

    Attributes:
        answers: how often each kind of answer came, by error code for errors and close code for closes.
    """

    def __init__(self, address: str, hello: Json, table: Mapping[str, Json], seed: int) -> None:
        """Describe it; `hello` is a good one."""
        self._address, self._hello, self._table = address, hello, table
        self._random = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self._socket: ClientConnection | None = None
        self._probes = 0
        self._spoilt = False  # whether bytes that are no text were sent on this socket
        self.answers: Counter[str] = Counter()

    async def run(self, frames: int) -> None:
        """Send so many frames, and see that the gateway still answers after each handful."""
        for number in range(frames):
            socket = await self._connected()
            try:
                await self._send(socket, self._nonsense())
                if number % 10 == 9:
                    await self._probe(socket)
            except ConnectionClosed as closed:
                if not self._spoilt:
                    raise SystemExit(f"the socket was closed without cause: {closed}") from closed
                # The reason is lost where more was sent after the bytes that are no text: TCP then resets.
                self.answers[f"closed {closed.rcvd.code if closed.rcvd else 'and reset'}"] += 1
                self._socket = None
        if self._socket is not None:
            await self._probe(self._socket)
            await self._socket.close()

    async def _connected(self) -> ClientConnection:
        if self._socket is None:
            self._spoilt = False
            self._socket = await connect(self._address, compression=None, proxy=None, max_size=None, max_queue=None)
            await self._socket.send(json.dumps({"type": "hello", "version": 1, **self._hello}))
            welcome = json.loads(await self._socket.recv())
            if welcome["type"] != "welcome":
                raise SystemExit(f"a good hello was answered with {welcome}")
        return self._socket

    async def _send(self, socket: ClientConnection, nonsense: str | bytes | RawFrame) -> None:
        if isinstance(nonsense, RawFrame):
            self._spoilt = True
            async with socket.send_context():
                socket.protocol.send_frame(nonsense)
        else:
            await socket.send(nonsense)

    async def _probe(self, socket: ClientConnection) -> None:
        """Ask something that is answered by an error with its id, after the answers to all that went before."""
        self._probes += 1
        key = f"{PROBE}{self._probes}"
        await socket.send(json.dumps({"type": "no such frame", "request_id": key}))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = json.loads(await socket.recv())
                if frame["type"] == "error":
                    self.answers[frame["code"]] += 1
                    if not frame["message"] or "Traceback" in frame["message"]:
                        raise SystemExit(f"an error that says nothing: {frame}")
                    if frame.get("request_id") == key:
                        return
                else:
                    self.answers[frame["type"]] += 1

    def _nonsense(self) -> str | bytes | RawFrame:
        chance = self._random
        kind = chance.randrange(12)
        if kind == 0:
            return chance.randbytes(chance.randrange(200))
        if kind == 1:  # a text frame whose bytes are no UTF-8: the protocol itself closes with 1007
            return (
                RawFrame(Opcode.TEXT, b'{"type":"\xff\xfe' + chance.randbytes(5)) if chance.random() < 0.1 else "\x00"
            )
        if kind == 2:
            return chance.choice(["", "null", "[]", "5", '"x"', "{", DEEP, '{"type":' + DEEP + "}", '{"type":"send"'])
        name = chance.choice(list(self._table))
        frame: Json = {"type": name, **self._table[name]}
        for field in list(frame):
            roll = chance.random()
            if roll < 0.15:
                del frame[field]
            elif roll < 0.4:
                frame[field] = chance.choice(NONSENSE)
            elif roll < 0.42:
                frame[field] = "x" * HUGE
        if chance.random() < 0.3:
            frame[chance.choice(["extra", "", "type ", "\x00", "request_id"])] = chance.choice(NONSENSE)
        if isinstance(frame.get("client_message_id"), str):
            frame["client_message_id"] = f"{frame['client_message_id'][:100]}{chance.randrange(10**9)}"
        return json.dumps(frame)


async def fuzz(gateway_ws: str, agent_token: str, frames: int, seed: int = 7) -> Counter[str]:
    """Send nonsense to both sockets; return what was answered. Raises SystemExit when the gateway fails."""
    fuzzers = [
        Fuzzer(f"{gateway_ws}/v1/customer", {}, CUSTOMER, seed),
        Fuzzer(f"{gateway_ws}/v1/agent", {"token": agent_token}, AGENT, seed + 1),
    ]
    await asyncio.gather(*(fuzzer.run(frames // 2) for fuzzer in fuzzers))
    return fuzzers[0].answers + fuzzers[1].answers


def held(gateway: GatewayProcess) -> float:
    """Megabytes of the gateway's own."""
    return float(psutil.Process(gateway.pid).memory_full_info().uss / 2**20)


async def main() -> None:
    """Fuzz a gateway of one's own; fail when it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    frames = parser.parse_args().frames
    with tempfile.TemporaryDirectory(prefix="tandem-fuzz-") as var:
        async with gateway_process(Path(var), NO_BOT, {}) as gateway:
            (token, _), *_ = await gateway.agents(1, 5)
            answers = await fuzz(gateway.sockets, token, frames // 10)  # caches fill, tables grow to their size
            before = held(gateway)
            answers += await fuzz(gateway.sockets, token, frames - frames // 10, seed=70)
            after = held(gateway)
    print(f"{frames} frames; {dict(answers.most_common())}; memory {before:.0f} MB, then {after:.0f} MB")
    if after > before * 1.25 + 10:
        raise SystemExit("the gateway has grown")


if __name__ == "__main__":
    asyncio.run(main())
