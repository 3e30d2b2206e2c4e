"""A gateway in memory that speaks the wire to real pages, and misbehaves when a test tells it to.

It serves ``handoff_gateway/web`` over HTTP with the strict policy of the real one, and both sockets. Tests act as the
bot and as other agents through methods (`bot_says`, `hand_off`, …), look at what pages sent (`received`), and break
things (`drop`, `down`, `freeze`, `withhold_acks`, `deliver_raw`). One instance serves one test.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.web.fake_pages import AGENT, Frame, Pages, Site

WAIT_S = 30.0


@dataclass
class Conversation:
    """One conversation's log and who speaks in it."""

    id: str
    token: str
    language: str = "en"
    owner: str = "bot"
    agent: Frame | None = None
    epoch: int = 1
    episode: int = 1
    reason: str | None = None
    summary: str | None = None
    waiting_since: str | None = None
    created_at: str = field(default_factory=lambda: now())
    log: list[Frame] = field(default_factory=list)
    extras: Frame = field(default_factory=dict)  # call_back, alerts: what a summary carries while it is so

    def summary_frame(self) -> Frame:
        """Return the object agents get for a list."""
        said = [event for event in self.log if event["kind"] == "message"]
        last = said[-1] if said else None
        return {
            "conversation_id": self.id,
            "customer": {"id": f"customer-{self.id}", "verified": False},
            "channel": "web",
            "language": self.language,
            "owner": self.owner,
            "agent": self.agent,
            "team": None,
            "epoch": self.epoch,
            "episode": self.episode,
            "seq": len(self.log),
            "reason": self.reason,
            "summary": self.summary,
            "waiting_since": self.waiting_since,
            "last_message": last
            and {"role": last["message"]["role"], "text": last["message"]["text"], "at": last["at"]},
            "created_at": self.created_at,
            "updated_at": last["at"] if last else self.created_at,
            **self.extras,
        }


@dataclass
class Socket:
    """One page's connection, after its hello."""

    connection: ServerConnection
    role: str
    opened: set[str] = field(default_factory=set)


def now() -> str:
    """Return the time as the wire writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class FakeGateway:
    """See the module docstring. Use as an async context manager; `origin` is the address of its pages."""

    def __init__(self, *, heartbeat_s: float = 15.0) -> None:
        self.heartbeat_s = heartbeat_s
        self.conversations: dict[str, Conversation] = {}
        self.frames: list[Frame] = []  # everything pages sent, in order, hello included
        self.sockets: list[Socket] = []
        self.presence = "away"
        self.capacity = 5
        self.withhold_acks = False
        self.kept: dict[str, list[Frame]] = {}  # call_backs, follow_ups and alerts, as desks are told
        self.refuse: dict[str, str] = {}  # frame type → error code
        self.site = Site()
        self.down = False  # close every new connection at once
        self.replay_gate = asyncio.Event()  # clear it to make a replay wait
        self.replay_gate.set()
        self._news = asyncio.Condition()
        self._ws: Server | None = None
        self._http: ThreadingHTTPServer | None = None

    async def __aenter__(self) -> "FakeGateway":
        self._ws = await serve(self._serve, "127.0.0.1", 0, ping_interval=None)
        self.site.ws_port = self._ws.sockets[0].getsockname()[1]
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, self.site))
        self._http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._ws is not None
        assert self._http is not None
        self._ws.close()
        await self._ws.wait_closed()
        await asyncio.to_thread(self._http.shutdown)
        self._http.server_close()

    # What tests look at

    def sent(self, kind: str) -> list[Frame]:
        """Return the frames of one type that pages have sent."""
        return [frame for frame in self.frames if frame["type"] == kind]

    async def received(self, kind: str, count: int = 1) -> Frame:
        """Wait until pages have sent `count` frames of a type; return the newest."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: len(self.sent(kind)) >= count)
        return self.sent(kind)[count - 1]

    async def connected(self, count: int = 1) -> None:
        """Wait until so many sockets are greeted and open."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: len(self.sockets) == count)

    @property
    def conversation(self) -> Conversation:
        """Return the first conversation: most tests have one."""
        return next(iter(self.conversations.values()))

    # What tests do

    def start_conversation(self, language: str = "en") -> Conversation:
        """Make a conversation without a page: a customer elsewhere."""
        number = len(self.conversations) + 1
        made = Conversation(f"conversation-{number}", f"token-{number}", language)
        self.conversations[made.id] = made
        return made

    async def customer_says(self, text: str, to: Conversation | None = None, **fields: Any) -> Frame:
        """Store a customer's message."""
        return await self.append(to, "message", message={"role": "customer", "text": text, **fields})

    async def bot_says(self, text: str, to: Conversation | None = None, **fields: Any) -> Frame:
        """Store an answer of the bot."""
        return await self.append(to, "message", message={"role": "bot", "text": text, **fields})

    async def agent_says(
        self, text: str, to: Conversation | None = None, name: str = AGENT["name"], agent_id: str = AGENT["id"]
    ) -> Frame:
        """Store an agent's message; the real gateway leaves the id out for customers."""
        message = {"role": "agent", "text": text, "name": name, "agent_id": agent_id}
        return await self.append(to, "message", message=message)

    async def hand_off(self, to: Conversation | None = None, **fields: Any) -> None:
        """Store a handoff and put the conversation into the queue."""
        talk = to or self.conversation
        packet = {
            "reason": "customer_request",
            "line": "I'm calling a colleague for you.",
            "summary": "Wants to return boots bought in May.",
            "signals": {"request": {"score": 0.98, "words": "asked for a person"}},
            "tried": ["return-an-item"],
            "language": talk.language,
            **fields,
        }
        talk.reason, talk.summary, talk.waiting_since = packet["reason"], packet["summary"], now()
        await self.append(talk, "handoff", handoff=packet)
        await self.own(talk, "queue", cause="handoff")

    async def own(self, talk: Conversation, owner: str, *, agent: Frame | None = None, cause: str) -> None:
        """Change who speaks and tell everybody."""
        talk.owner, talk.agent, talk.epoch = owner, agent, talk.epoch + 1
        if owner != "queue":
            talk.waiting_since = None
        await self.append(talk, "owner", owner=owner, agent=agent, cause=cause)
        await self._tell_desks(talk)
        await self._tell_places()

    async def append(self, to: Conversation | None, kind: str, **fields: Any) -> Frame:
        """Append an event to the log and send it to whom it concerns."""
        talk = to or self.conversation
        event = {
            "seq": len(talk.log) + 1,
            "at": now(),
            "kind": kind,
            "episode": talk.episode,
            "epoch": talk.epoch,
            **fields,
        }
        talk.log.append(event)
        for socket in [*self.sockets]:
            await self._deliver(socket, talk, event)
        return event

    async def deliver_raw(self, frame: Frame) -> None:
        """Send a frame to every page, whatever it is."""
        for socket in [*self.sockets]:
            await self._send(socket, frame)

    async def drop(self) -> None:
        """Cut every connection without a closing handshake."""
        for socket in [*self.sockets]:
            socket.connection.transport.abort()
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: not self.sockets)

    def freeze(self) -> None:
        """Make the present connections half-open: they stay up and never say a word again."""
        self.sockets.clear()

    # The sockets

    async def _serve(self, connection: ServerConnection) -> None:
        socket: Socket | None = None
        try:
            assert connection.request is not None
            if self.down:
                return
            role = "agent" if connection.request.path.endswith("/agent") else "customer"
            hello = json.loads(await connection.recv())
            socket = Socket(connection, role)
            await self._note(hello)
            greet: Callable[[Socket, Frame], Any] = self._greet_agent if role == "agent" else self._greet_customer
            if not await greet(socket, hello):
                return
            async with self._news:
                self.sockets.append(socket)
                self._news.notify_all()
            heart = asyncio.create_task(self._beat(socket))
            try:
                async for raw in connection:
                    frame = json.loads(raw)
                    await self._note(frame)
                    if socket in self.sockets:
                        await self._handle(socket, frame)
            finally:
                heart.cancel()
        except ConnectionClosed:
            pass  # pages come and go
        finally:
            async with self._news:
                if socket in self.sockets:
                    self.sockets.remove(socket)
                self._news.notify_all()

    async def _note(self, frame: Frame) -> None:
        async with self._news:
            self.frames.append(frame)
            self._news.notify_all()

    async def _beat(self, socket: Socket) -> None:
        while socket in self.sockets:
            await asyncio.sleep(self.heartbeat_s)
            await self._send(socket, {"type": "heartbeat"})

    async def _send(self, socket: Socket, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader loop removes it
            await socket.connection.send(json.dumps(frame))

    async def _greet_customer(self, socket: Socket, hello: Frame) -> bool:
        token = hello.get("token")
        known = next((talk for talk in self.conversations.values() if talk.token == token), None)
        if token and not known:
            await self._send(socket, {"type": "error", "code": "unauthorized", "message": "unknown token"})
            return False
        talk = known or self.start_conversation(hello.get("language", "en"))
        socket.opened.add(talk.id)
        await self._send(
            socket,
            {
                "type": "welcome",
                "version": 1,
                "token": talk.token,
                "customer_id": f"customer-{talk.id}",
                "conversation_id": talk.id,
                "owner": talk.owner,
                "seq": len(talk.log),
                "heartbeat_s": self.heartbeat_s,
                "verified": False,
            },
        )
        await self._replay(socket, talk, hello.get("after_seq", 0))
        if talk.owner == "queue":
            await self._send(socket, self._place(talk))
        return True

    async def _greet_agent(self, socket: Socket, hello: Frame) -> bool:
        if not self.site.signed_in:
            await self._send(socket, {"type": "error", "code": "unauthorized", "message": "sign in"})
            return False
        mine = [
            talk.summary_frame()
            for talk in self.conversations.values()
            if talk.agent and talk.agent["id"] == AGENT["id"]
        ]
        await self._send(
            socket,
            {
                "type": "welcome",
                "version": 1,
                "agent": AGENT,
                "presence": self.presence,
                "capacity": self.capacity,
                "conversations": mine,
                "queue": self._waiting(),
                **self.kept,
                "heartbeat_s": self.heartbeat_s,
            },
        )
        for conversation_id, after in hello.get("conversations", {}).items():
            socket.opened.add(conversation_id)
            await self._replay(socket, self.conversations[conversation_id], after)
        return True

    async def _replay(self, socket: Socket, talk: Conversation, after: int) -> None:
        await self.replay_gate.wait()
        for event in talk.log[after:]:
            await self._deliver(socket, talk, event, replay=True)

    async def _deliver(self, socket: Socket, talk: Conversation, event: Frame, *, replay: bool = False) -> None:
        owned = socket.role == "agent" and talk.agent is not None and talk.agent["id"] == AGENT["id"]
        if not replay and talk.id not in socket.opened and not owned:
            return
        shown = event if socket.role == "agent" else _for_customer(event)
        await self._send(socket, {"type": "event", "conversation_id": talk.id, "event": shown})

    async def _handle(self, socket: Socket, frame: Frame) -> None:
        kind = frame["type"]
        if kind in self.refuse:
            await self._send(
                socket,
                {
                    "type": "error",
                    "code": self.refuse[kind],
                    "message": "refused by the test",
                    **{key: frame[key] for key in ("client_message_id", "request_id") if key in frame},
                },
            )
            return
        if kind in ("send", "note", "request_agent"):
            await self._store(socket, frame)
        elif socket.role == "customer":
            await self._customer_command(next(iter(socket.opened)), frame)
        else:
            await self._agent_command(socket, frame)

    async def _store(self, socket: Socket, frame: Frame) -> None:
        talk = self.conversations[frame.get("conversation_id") or next(iter(socket.opened))]
        message_id = frame["client_message_id"]
        stored = next(
            (
                e
                for e in talk.log
                if message_id in (e.get("client_message_id"), e.get("message", {}).get("client_message_id"))
            ),
            None,
        )
        if stored is None:
            if talk.owner == "nobody":
                talk.owner, talk.episode = "bot", talk.episode + 1
            if frame["type"] == "note":
                stored = await self.append(
                    talk, "note", note={"agent": AGENT, "text": frame["text"]}, client_message_id=message_id
                )
            elif frame["type"] == "request_agent":
                await self.hand_off(talk)
                stored = talk.log[-2]
                stored["client_message_id"] = message_id
            else:
                role = socket.role
                name = {"name": AGENT["name"]} if role == "agent" else {}
                stored = await self.append(
                    talk,
                    "message",
                    message={"role": role, "text": frame["text"], **name, "client_message_id": message_id},
                )
        if not self.withhold_acks:
            await self._send(
                socket, {"type": "ack", "client_message_id": message_id, "seq": stored["seq"], "at": stored["at"]}
            )

    async def deliver_to_customers(self, frame: Frame) -> None:
        """Send a frame to every customer's page."""
        for socket in [*self.sockets]:
            if socket.role == "customer":
                await self._send(socket, frame)

    async def deliver_to_desks(self, frame: Frame) -> None:
        """Send a frame to every desk."""
        for socket in [*self.sockets]:
            if socket.role == "agent":
                await self._send(socket, frame)

    async def _customer_command(self, conversation_id: str, frame: Frame) -> None:
        talk = self.conversations[conversation_id]
        if frame["type"] == "leave_queue":
            await self.own(talk, "bot", cause="left_queue")
        elif frame["type"] == "call_back":
            told = {name: frame[name] for name in ("contact", "note") if name in frame}
            promise = {"standing": "opened", "team": "g", "due_at": now(), **told}
            noted = await self.append(talk, "call_back", call_back=promise)
            await self.own(talk, "bot", cause="promised")
            await self.append(talk, "message", message={"role": "system", "text": "Noted: a colleague will get back."})
            ack = {"type": "ack", "client_message_id": frame["client_message_id"], "seq": noted["seq"], "at": now()}
            await self.deliver_to_customers(ack)
        elif frame["type"] == "end":
            await self.append(talk, "closed", by="customer")
            await self.own(talk, "nobody", cause="closed")

    async def _agent_command(self, socket: Socket, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "presence":
            self.presence = frame["state"]
        elif kind not in ("typing", "read"):
            talk = self.conversations[frame["conversation_id"]]
            if kind == "claim" and talk.owner == "agent" and talk.agent != _as_owner():
                await self._send(
                    socket,
                    {
                        "type": "error",
                        "code": "already_claimed",
                        "message": "taken",
                        "request_id": frame.get("request_id"),
                    },
                )
                return
            if kind == "open":
                socket.opened.add(talk.id)
                await self._send(socket, {"type": "conversation", "conversation": talk.summary_frame()})
                await self._replay(socket, talk, frame.get("after_seq", 0))
            elif kind == "claim":
                await self.own(talk, "agent", agent=_as_owner(), cause="claimed")
            elif kind == "hand_back":
                await self.own(talk, "bot", cause="handed_back")
            elif kind == "transfer":
                talk.waiting_since = now()
                await self.own(talk, "queue", cause="transferred")
            elif kind == "close":
                await self.append(talk, "closed", by="agent")
                await self.own(talk, "nobody", cause="closed")
        if frame.get("request_id"):
            await self._send(socket, {"type": "ack", "request_id": frame["request_id"], "at": now()})

    # Who waits

    def _waiting(self) -> list[Frame]:
        waiting = sorted(
            (t for t in self.conversations.values() if t.owner == "queue"), key=lambda t: t.waiting_since or ""
        )
        return [{**talk.summary_frame(), "position": place} for place, talk in enumerate(waiting, 1)]

    def _place(self, talk: Conversation) -> Frame:
        place = next(w["position"] for w in self._waiting() if w["conversation_id"] == talk.id)
        return {"type": "queue", "position": place, "estimated_wait_s": 90 * place}

    async def _tell_desks(self, talk: Conversation) -> None:
        for socket in [*self.sockets]:
            if socket.role == "agent":
                await self._send(socket, {"type": "conversation", "conversation": talk.summary_frame()})
                await self._send(socket, {"type": "queue", "waiting": self._waiting(), **self.kept})

    async def _tell_places(self) -> None:
        for socket in [*self.sockets]:
            for conversation_id in socket.opened if socket.role == "customer" else ():
                talk = self.conversations[conversation_id]
                if talk.owner == "queue":
                    await self._send(socket, self._place(talk))


def _as_owner() -> Frame:
    return {"id": AGENT["id"], "name": AGENT["name"]}


def _for_customer(event: Frame) -> Frame:
    if event["kind"] == "note":
        return {"seq": event["seq"], "kind": "hidden"}
    if event["kind"] == "handoff":
        packet = event["handoff"]
        return {**event, "handoff": {key: packet[key] for key in ("line", "summary") if key in packet}}
    return event
