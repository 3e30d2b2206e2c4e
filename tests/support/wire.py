"""Clients that speak the gateway's socket protocol as docs/protocol.md writes it, for tests and benchmarks.

They share nothing with the gateway's own code: what they read and write is the wire.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Frame = dict[str, Any]

PATIENCE_S = 60.0  # more than any deadline of the system, so that a failing test ends by itself


class Peer:
    """One socket: keeps every frame and every event it was sent, and lets a test wait for one."""

    def __init__(self, address: str, hello: Frame) -> None:
        """Describe a connection to `address` that opens with `hello`; nothing is sent yet."""
        self._address = address
        self._hello = {"type": "hello", "version": 1, **hello}
        self._news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self.socket: ClientConnection | None = None
        self.closed = False
        self.frames: list[Frame] = []
        self.events: dict[str, dict[int, Frame]] = {}
        self.welcome: Frame = {}

    async def __aenter__(self) -> Self:
        self.socket = await connect(self._address, max_size=2**20, proxy=None, open_timeout=PATIENCE_S)
        self._reader = asyncio.create_task(self._read())
        await self.put(self._hello)
        self.welcome = await self.frame(lambda frame: frame["type"] in ("welcome", "error"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the socket and end the reader."""
        if self.socket is not None:
            await self.socket.close()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        assert self.socket is not None
        with contextlib.suppress(ConnectionClosed):  # a gateway that was killed says no goodbye
            async for text in self.socket:
                frame = json.loads(text)
                async with self._news:
                    self.frames.append(frame)
                    if frame["type"] == "event":
                        self.events.setdefault(frame["conversation_id"], {})[frame["event"]["seq"]] = frame["event"]
                    self._news.notify_all()
        async with self._news:
            self.closed = True
            self._news.notify_all()

    async def put(self, frame: Frame) -> None:
        """Send one frame."""
        assert self.socket is not None
        await self.socket.send(json.dumps(frame))

    async def until(self, found: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
        """Wait until `found()` returns something true, and return it."""
        async with self._news:
            async with asyncio.timeout(within_s):
                while not (result := found()):
                    await self._news.wait()
            return result

    async def frame(self, wanted: Callable[[Frame], bool], within_s: float = PATIENCE_S) -> Frame:
        """The first frame, seen or still to come, that `wanted` accepts."""
        return await self.until(lambda: next(filter(wanted, self.frames), None), within_s)

    def log(self, conversation_id: str) -> list[Frame]:
        """The events of a conversation in order of `seq`."""
        return [event for _, event in sorted(self.events.get(conversation_id, {}).items())]


class Customer(Peer):
    """A customer's end of a conversation."""

    def __init__(self, gateway_ws: str, token: str | None = None, after_seq: int = 0, **hello: Any) -> None:
        """Describe a customer socket at `gateway_ws` (`ws://host:port`); a token resumes an earlier one."""
        given: Frame = {"after_seq": after_seq, **hello, **({"token": token} if token else {})}
        super().__init__(f"{gateway_ws}/v1/customer", given)

    @property
    def conversation_id(self) -> str:
        """The conversation this customer has."""
        return str(self.welcome["conversation_id"])

    @property
    def token(self) -> str:
        """What resumes this conversation from another socket."""
        return str(self.welcome["token"])

    def history(self) -> list[Frame]:
        """All events so far, in order."""
        return self.log(self.conversation_id)

    async def send(self, text: str, client_message_id: str | None = None, **more: Any) -> Frame:
        """Send a message and wait for its `ack` (or the `error` that names it)."""
        key = client_message_id or str(uuid.uuid4())
        await self.put({"type": "send", "client_message_id": key, "text": text, **more})
        return await self.frame(lambda frame: frame.get("client_message_id") == key and frame["type"] != "event")

    async def ask(self, text: str, within_s: float = PATIENCE_S, **more: Any) -> list[Frame]:
        """Send a message to the bot and return what followed it: its replies, or the handoff."""
        seq = (await self.send(text, **more))["seq"]
        return await self.turn_after(seq, within_s)

    async def turn_after(self, seq: int, within_s: float = PATIENCE_S) -> list[Frame]:
        """The events after `seq` once there is a bot message or a handoff among them."""

        def answered() -> list[Frame]:
            later = [event for event in self.history() if event["seq"] > seq]
            return later if any(is_bot_message(event) or event["kind"] == "handoff" for event in later) else []

        return list(await self.until(answered, within_s))

    async def owner(self, wanted: str, within_s: float = PATIENCE_S) -> Frame:
        """Wait until the newest owner event says `wanted`."""

        def newest() -> Frame | None:
            owners = [event for event in self.history() if event["kind"] == "owner"]
            return owners[-1] if owners and owners[-1]["owner"] == wanted else None

        found: Frame = await self.until(newest, within_s)
        return found


class Agent(Peer):
    """An agent's end: the desk without its page."""

    def __init__(self, gateway_ws: str, token: str, **hello: Any) -> None:
        """Describe an agent socket for the account that `token` signs in."""
        super().__init__(f"{gateway_ws}/v1/agent", {"token": token, **hello})

    async def do(self, kind: str, **fields: Any) -> Frame:
        """Send a command and wait for its `ack` or `error`."""
        request_id = str(uuid.uuid4())
        await self.put({"type": kind, "request_id": request_id, **fields})
        return await self.frame(lambda frame: frame.get("request_id") == request_id)

    async def say(self, conversation_id: str, text: str) -> Frame:
        """Answer a customer."""
        return await self.do("send", conversation_id=conversation_id, client_message_id=str(uuid.uuid4()), text=text)


def is_bot_message(event: Frame) -> bool:
    """Whether an event is a message of the bot."""
    return event["kind"] == "message" and event["message"]["role"] == "bot"


@contextlib.asynccontextmanager
async def customer_and_agent(gateway_ws: str, agent_token: str) -> AsyncIterator[tuple[Customer, Agent]]:
    """A fresh customer and a signed-in agent, side by side."""
    async with Agent(gateway_ws, agent_token) as agent, Customer(gateway_ws) as customer:
        yield customer, agent
