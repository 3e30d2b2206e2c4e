"""Customers and agents whose connection breaks all the time, and who keep at it as a page does.

They reconnect with what they have seen, send again what was not acknowledged, and leave a socket that misses two
heartbeats. What they are shown is checked on the way: every event once, in order, without a hole.
"""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidMessage, WebSocketException

Frame = dict[str, Any]

MISSED_HEARTBEATS = 2
CONNECT_S = 5.0  # for a handshake and a welcome; a frozen proxy gives neither
RETRY_S = 0.05
BURST = 3  # messages a customer sends without waiting for the ack of the first
TRY_AGAIN = frozenset({"unavailable", "rate_limited"})


class BrokenPromiseError(Exception):
    """What must never happen, as a sentence."""


class Tally:
    """Counts acks, and lets somebody wait for the next so many."""

    def __init__(self) -> None:
        """Start at none."""
        self._count = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def add(self) -> None:
        """Count one more."""
        self._count += 1
        for least, waiting in self._waiting:
            if self._count >= least and not waiting.done():
                waiting.set_result(None)

    async def reach(self, count: int) -> None:
        """Wait until so many are counted."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, waiting))
        if self._count < count:
            await waiting


class Person:
    """One end that always comes back.

    Attributes:
        acked: seq by `client_message_id`.
        sent: ids in the order of sending, by conversation.
        resumed: how often a connection was made anew.
    """

    def __init__(self, address: str, acks: Tally) -> None:
        """Describe somebody who talks to `address`, and whose acks are counted."""
        self._address = address
        self._acks = acks
        self._socket: ClientConnection | None = None
        self._outbox: dict[str, Frame] = {}
        self._news = asyncio.Condition()
        self._order = asyncio.Lock()  # what is said again after a break goes before what is said next
        self._leaving = False
        self.acked: dict[str, int] = {}
        self.sent: dict[str, list[str]] = {}
        self.resumed = -1

    def hello(self) -> Frame:
        """Return the first frame of a connection."""
        raise NotImplementedError

    def first_words(self, welcome: Frame) -> list[Frame]:  # noqa: ARG002 - for those who override it
        """Return what to send before anything else."""
        return []

    async def take(self, frame: Frame) -> None:
        """Act on a frame that is neither ack nor error."""
        raise NotImplementedError

    async def run(self) -> None:
        """Stay connected until `leave`. Raises BrokenPromiseError."""
        while not self._leaving:
            with suppress(OSError, TimeoutError, InvalidHandshake, InvalidMessage, WebSocketException, EOFError):
                await self._connection()
            if not self._leaving:
                await asyncio.sleep(RETRY_S)

    async def leave(self) -> None:
        """Hang up for good."""
        self._leaving = True
        if self._socket is not None:
            self._socket.transport.abort()

    async def say(self, conversation_id: str, frame: Frame, key: str | None = None) -> str:
        """Send a frame until it is acknowledged; return its id at once."""
        key = key or uuid.uuid4().hex
        if key in self._outbox or key in self.acked:
            return key
        self.sent.setdefault(conversation_id, []).append(key)
        self._outbox[key] = {**frame, "client_message_id": key}
        await self._put(self._outbox[key])
        return key

    async def until(self, true: Any) -> None:
        """Wait until something seen makes `true()` true."""
        async with self._news:
            await self._news.wait_for(true)

    @property
    def owing(self) -> int:
        """How many messages are not acknowledged yet."""
        return len(self._outbox)

    async def _put(self, frame: Frame) -> None:
        with suppress(WebSocketException, OSError, TimeoutError):  # it stays in the outbox
            async with self._order, asyncio.timeout(CONNECT_S):
                if self._socket is not None:
                    await self._socket.send(json.dumps(frame))

    async def _connection(self) -> None:
        async with asyncio.timeout(CONNECT_S):
            socket = await connect(
                self._address, compression=None, proxy=None, ping_interval=None, close_timeout=0.1, open_timeout=None
            )
        try:
            async with asyncio.timeout(CONNECT_S):
                await socket.send(json.dumps({"type": "hello", "version": 1, **self.hello()}))
                welcome = json.loads(await socket.recv())
            if welcome["type"] == "error" and welcome["code"] in TRY_AGAIN:
                return
            if welcome["type"] != "welcome":
                raise BrokenPromiseError(f"instead of a welcome: {welcome}")
            self.resumed += 1
            patience_s = MISSED_HEARTBEATS * welcome["heartbeat_s"]
            await self.take(welcome)
            async with self._order, asyncio.timeout(CONNECT_S):
                for frame in (*self.first_words(welcome), *self._outbox.values()):
                    await socket.send(json.dumps(frame))
                self._socket = socket
            while True:
                async with asyncio.timeout(patience_s):
                    raw = await socket.recv()
                await self._receive(json.loads(raw))
        finally:
            self._socket = None
            socket.transport.abort()

    async def _receive(self, frame: Frame) -> None:
        key = frame.get("client_message_id")
        match frame["type"]:
            case "ack" if key is not None:
                if self.acked.setdefault(key, frame["seq"]) != frame["seq"]:
                    raise BrokenPromiseError(f"two acks of {key}: {self.acked[key]} and {frame['seq']}")
                if self._outbox.pop(key, None) is not None:
                    self._acks.add()
            case "error" if frame["code"] not in TRY_AGAIN:
                raise BrokenPromiseError(f"refused: {frame}")
            case "error" if key in self._outbox:
                await asyncio.sleep(frame.get("retry_after_s") or RETRY_S)
                await self._put(self._outbox[key])
            case _:
                await self.take(frame)
        async with self._news:
            self._news.notify_all()


class Following:
    """What one person has been shown of one conversation."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.events: list[Frame] = []

    def show(self, event: Frame) -> None:
        """Take the next event. Raises BrokenPromiseError when it is not the next."""
        if event["seq"] != len(self.events) + 1:
            raise BrokenPromiseError(f"event {event['seq']} was shown after {len(self.events)}")
        self.events.append(event)

    def messages(self, role: str) -> list[Frame]:
        """The messages of a role, in order."""
        return [e["message"] for e in self.events if e["kind"] == "message" and e["message"]["role"] == role]


class StormCustomer(Person):
    """Asks the bot a few things, then for a person, then tells that person a lot."""

    def __init__(self, gateway_ws: str, name: str, acks: Tally) -> None:
        """Describe a customer; `name` stands in every message."""
        super().__init__(f"{gateway_ws}/v1/customer", acks)
        self._token: str | None = None
        self.name = name
        self.conversation_id = ""
        self.seen = Following()
        self.owner = "bot"

    def hello(self) -> Frame:
        """Come back with the token, and what was seen."""
        known = {} if self._token is None else {"token": self._token}
        return {**known, "after_seq": len(self.seen.events)}

    async def take(self, frame: Frame) -> None:
        """Note welcome and events."""
        if frame["type"] == "welcome":
            if self.conversation_id not in ("", frame["conversation_id"]):
                raise BrokenPromiseError(f"{self.conversation_id} became {frame['conversation_id']}")
            self._token, self.conversation_id = frame["token"], frame["conversation_id"]
        elif frame["type"] == "event":
            self.seen.show(frame["event"])
            self.owner = frame["event"].get("owner", self.owner)

    async def live(self, to_bot: int, to_agent: int) -> None:
        """Have the whole conversation."""
        await self.until(lambda: self.conversation_id)
        for number in range(to_bot):
            await self.say(self.conversation_id, {"type": "send", "text": f"{self.name} asks {number}"})
            answered = number + 1
            await self.until(lambda: self.owner != "bot" or len(self.seen.messages("bot")) >= answered)  # noqa: B023
        await self.until(lambda: not self.owing)
        await self.say(self.conversation_id, {"type": "request_agent"})
        await self.until(lambda: self.owner == "agent")
        for number in range(to_agent):
            await self.say(self.conversation_id, {"type": "send", "text": f"{self.name} tells {number}"})
            await self.until(lambda: self.owing < BURST)
        await self.until(lambda: not self.owing)
        mine = {key for key in self.sent[self.conversation_id] if key != self.sent[self.conversation_id][to_bot]}
        await self.until(lambda: mine <= self.answered())

    def answered(self) -> set[str]:
        """Ids of the own messages that the bot or an agent has answered."""
        by_seq = {e["seq"]: e["message"]["client_message_id"] for e in self.seen.events if is_from(e, "customer")}
        by_bot = {by_seq[m["in_reply_to"]] for m in self.seen.messages("bot")}
        return by_bot | {m["text"].removeprefix("re: ") for m in self.seen.messages("agent")}


class StormAgent(Person):
    """Answers every message of every conversation they hold."""

    def __init__(self, gateway_ws: str, token: str, agent_id: str, acks: Tally) -> None:
        """Describe an agent who signed in."""
        super().__init__(f"{gateway_ws}/v1/agent", acks)
        self._token = token
        self.agent_id = agent_id
        self.seen: dict[str, Following] = {}
        self._held: dict[str, bool] = {}
        self._answered: dict[str, int] = {}

    def hello(self) -> Frame:
        """Come back with what was seen of each conversation."""
        return {"token": self._token, "conversations": {one: len(seen.events) for one, seen in self.seen.items()}}

    def first_words(self, welcome: Frame) -> list[Frame]:
        """Be there for customers."""
        return [] if welcome["presence"] == "online" else [{"type": "presence", "state": "online"}]

    async def take(self, frame: Frame) -> None:
        """Answer what customers say in conversations that are one's own."""
        if frame["type"] != "event":
            return
        one, event = frame["conversation_id"], frame["event"]
        self.seen.setdefault(one, Following()).show(event)
        if event["kind"] == "owner":
            self._held[one] = (event.get("agent") or {}).get("id") == self.agent_id
        await self._answer(one)

    async def _answer(self, one: str) -> None:
        """Answer what has not been answered, by the bot or by anybody."""
        if not self._held.get(one):
            return
        seen = self.seen[one]
        by_bot = {m["in_reply_to"] for m in seen.messages("bot")}
        said = {m["text"] for m in seen.messages("agent")}
        for event in seen.events[self._answered.get(one, 0) :]:
            if is_from(event, "customer") and event["seq"] not in by_bot:
                key = event["message"]["client_message_id"]
                if f"re: {key}" not in said:
                    frame = {"type": "send", "conversation_id": one, "text": f"re: {key}"}
                    await self.say(one, frame, f"re-{key}")
        self._answered[one] = len(seen.events)


def is_from(event: Frame, role: str) -> bool:
    """Whether an event is a message of a role."""
    return bool(event["kind"] == "message" and event["message"]["role"] == role)
