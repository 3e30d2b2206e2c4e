"""A real gateway on free ports, and clients that speak its wire."""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sanic import Sanic
from websockets.asyncio.client import ClientConnection, connect

from handoff_gateway.app import create_app
from handoff_gateway.serve import bind, serving
from handoff_gateway.services import Services
from handoff_gateway.settings import Settings
from handoff_gateway.store.database import open_database
from handoff_gateway.times import Clock
from tests.support.clock import FakeClock

Json = dict[str, Any]
PATIENCE_S = 30.0  # far above what anything takes; only a failing test waits so long
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"

Sanic.test_mode = True
_numbers = itertools.count(1)


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Return settings on free ports, with nothing behind the bot's and the knowledge base's."""
    values = {"var": folder, "port": 0, "socket_port": 0, "bot_port": 9, "knowledge_port": 9, "bot_deadline_s": 30.0}
    values["limits_on"] = False  # tests are faster than people
    return Settings(**{**values, **changes})


def fresh_id() -> str:
    """Return a client_message_id nobody has used."""
    return f"m-{os.getpid()}-{next(_numbers)}"


class Client:
    """One socket; remembers every frame it has received."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Json] = []
        self._unseen: list[Json] = []
        self.welcome: Json = {}

    async def send(self, type: str, **fields: Any) -> None:  # noqa: A002 - the wire's word
        """Send one frame."""
        await self.connection.send(json.dumps({"type": type, **fields}))

    async def receive(self) -> Json:
        """Return the next frame."""
        async with asyncio.timeout(PATIENCE_S):
            frame: Json = json.loads(await self.connection.recv())
        self.frames.append(frame)
        return frame

    async def until(self, type: str, wanted: Callable[[Json], bool] = lambda _: True) -> Json:  # noqa: A002
        """Return the first frame of this type that is `wanted` and has not been returned before."""
        for index, frame in enumerate(self._unseen):
            if frame["type"] == type and wanted(frame):
                return self._unseen.pop(index)
        async with asyncio.timeout(PATIENCE_S):  # in all: heartbeats come for ever
            while True:
                frame = await self.receive()
                if frame["type"] == type and wanted(frame):
                    return frame
                self._unseen.append(frame)

    async def event(self, kind: str, wanted: Callable[[Json], bool] = lambda _: True) -> Json:
        """Return the next event of this kind that is `wanted`."""
        frame = await self.until("event", lambda f: f["event"]["kind"] == kind and wanted(f["event"]))
        event: Json = frame["event"]
        return event

    async def said(self, role: str) -> Json:
        """Return the next message of this role."""
        event = await self.event("message", lambda e: e["message"]["role"] == role)
        message: Json = event["message"]
        return message

    async def owner(self, owner: str) -> Json:
        """Return the event with which `owner` speaks."""
        return await self.event("owner", lambda e: e["owner"] == owner)

    async def say(self, text: str, **fields: Any) -> Json:
        """Send a message and return its ack."""
        client_message_id = fields.setdefault("client_message_id", fresh_id())
        await self.send("send", text=text, **fields)
        return await self.until("ack", lambda f: f["client_message_id"] == client_message_id)

    async def request_agent(self) -> Json:
        """Ask for a person and return the ack."""
        await self.send("request_agent", client_message_id=fresh_id())
        return await self.until("ack")

    async def do(self, type: str, **fields: Any) -> Json:  # noqa: A002
        """Give a command and return its ack or error."""
        request_id = fresh_id()
        await self.send(type, request_id=request_id, **fields)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self.receive()
                if frame["type"] in {"ack", "error"} and frame.get("request_id") == request_id:
                    return frame
                self._unseen.append(frame)

    def seqs(self) -> list[int]:
        """Return the seqs of all events received, in the order they came."""
        return [frame["event"]["seq"] for frame in self.frames if frame["type"] == "event"]

    @property
    def conversation_id(self) -> str:
        return str(self.welcome["conversation_id"])


class Connecting:
    """`async with` or `await`: a client that has said hello."""

    def __init__(self, url: str, hello: Json | None, **options: Any) -> None:
        self._hello = hello
        # Read ahead without bound: a test that does not look at every frame still takes them off the line.
        plain = {"compression": None, "max_queue": None, "close_timeout": 1, "open_timeout": PATIENCE_S}
        self._connecting = connect(url, **{**plain, **options})

    async def __aenter__(self) -> Client:
        client = Client(await self._connecting.__aenter__())
        if self._hello is not None:
            await client.send("hello", version=1, **self._hello)
            client.welcome = await client.until("welcome")
        return client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connecting.__aexit__(kind, error, trace)


class Gateway:
    """A running gateway as clients see it; `services` is for arranging, not for asserting."""

    def __init__(self, services: Services, port: int, socket_port: int) -> None:
        self.services = services
        self.origin = f"http://127.0.0.1:{port}"
        self.sockets = f"ws://127.0.0.1:{socket_port}"
        self.http = httpx.AsyncClient(base_url=self.origin, trust_env=False, timeout=PATIENCE_S)
        self._tokens: dict[str, str] = {}

    @property
    def service_token(self) -> str:
        return (self.services.settings.secrets / "service_token").read_text().strip()

    def customer(self, **hello: Any) -> Connecting:
        """Connect a customer: new, or the one whose `token` is given."""
        return Connecting(f"{self.sockets}/v1/customer", hello)

    def agent(self, token: str, **hello: Any) -> Connecting:
        """Connect an agent."""
        return Connecting(f"{self.sockets}/v1/agent", {"token": token, **hello})

    def raw(self, path: str, **options: Any) -> Connecting:
        """Connect without a hello."""
        return Connecting(f"{self.sockets}{path}", None, **options)

    async def account(self, name: str, *roles: str, capacity: int = 5) -> str:
        """Return the token of the account `name`, which is made on first use."""
        if name not in self._tokens:
            email = f"{name}@example.org"
            await self.services.auth.add(email, name.title(), PASSWORD, list(roles) or ["agent"], capacity)
            answer = await self.http.post("/v1/login", json={"email": email, "password": PASSWORD})
            self._tokens[name] = answer.json()["token"]
            self.http.cookies.clear()  # who asks is said by each test
        return self._tokens[name]

    async def admin(self) -> Json:
        """Return the headers of an administrator."""
        return {"Authorization": f"Bearer {await self.account('root', 'admin')}"}

    async def team(self, name: str, *members: str, **fields: Any) -> Json:
        """Make a team over HTTP; its members are accounts by name, made where there are none."""
        ids = [await self.account_id(member) for member in members]
        answer = await self.http.post(
            "/v1/teams", headers=await self.admin(), json={"name": name, "members": ids, **fields}
        )
        assert answer.status_code == 201, answer.text
        team: Json = answer.json()["team"]
        return team

    async def canned_reply(self, title: str, text: str, language: str | None = None) -> Json:
        """Write a canned reply over HTTP."""
        body = {"title": title, "text": text, "language": language}
        answer = await self.http.post("/v1/canned-replies", headers=await self.admin(), json=body)
        assert answer.status_code == 201, answer.text
        reply: Json = answer.json()["canned_reply"]
        return reply

    async def change_team(self, team_id: str, **fields: Any) -> Json:
        """Change a team over HTTP."""
        answer = await self.http.put(f"/v1/teams/{team_id}", headers=await self.admin(), json=fields)
        assert answer.status_code == 200, answer.text
        team: Json = answer.json()["team"]
        return team

    async def account_id(self, name: str, *, capacity: int = 5) -> str:
        """Return the id of the agent `name`, who is made on first use."""
        token = await self.account(name, capacity=capacity)
        answer = await self.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        return str(answer.json()["account"]["id"])

    @asynccontextmanager
    async def online(self, name: str = "ada", capacity: int = 5) -> AsyncIterator[Client]:
        """Connect an agent who takes conversations."""
        async with self.agent(await self.account(name, "agent", capacity=capacity)) as agent:
            await agent.do("presence", state="online")
            yield agent

    async def owned_by(self, owner: str) -> list[Json]:
        """Return every conversation of an owner: bot, queue, agent or nobody."""
        headers = {"Authorization": f"Bearer {self.service_token}"}
        found: list[Json] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = await self.http.get(f"/v1/conversations?owner={owner}&cursor={cursor}", headers=headers)
            found += answer.json()["conversations"]
            cursor = answer.json()["next_cursor"]
        return found

    def log(self, client: Client) -> Log:
        """Return what is stored of a customer's conversation."""
        return Log(self, client.conversation_id)


class Log:
    """The stored events of one conversation, read over HTTP."""

    def __init__(self, gateway: Gateway, conversation_id: str) -> None:
        self._gateway = gateway
        self._path = f"/v1/conversations/{conversation_id}"

    async def events(self) -> list[Json]:
        """Return every event."""
        headers = {"Authorization": f"Bearer {self._gateway.service_token}"}
        events: list[Json] = []
        while True:
            after = events[-1]["seq"] if events else 0
            answer = await self._gateway.http.get(f"{self._path}/events?after={after}", headers=headers)
            more: list[Json] = answer.json()["events"]
            if not more:
                return events
            events += more

    async def messages(self, role: str) -> list[str]:
        """Return the texts of one role."""
        return [
            event["message"]["text"]
            for event in await self.events()
            if event["kind"] == "message" and event["message"]["role"] == role
        ]

    async def kinds(self, kind: str) -> list[Json]:
        """Return the events of one kind."""
        return [event for event in await self.events() if event["kind"] == kind]


@functools.cache
def empty_database() -> Path:
    """Return a database with all tables and no rows: migrating takes longer than most tests."""
    path = Path(tempfile.mkdtemp()) / "gateway.db"
    atexit.register(shutil.rmtree, path.parent)
    open_database(f"sqlite:///{path}").close()
    return path


@contextmanager
def patient() -> Iterator[None]:
    """Let a loop that stands still on a busy machine, or a slow disk, take its time: that is no part that is away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("handoff_gateway.knowledge.pass_through.CONNECT_S", PATIENCE_S)
        patch.setattr("handoff_gateway.health.PROBE_DEADLINE_S", PATIENCE_S)
        yield


@asynccontextmanager
async def running_gateway(folder: Path, *, clock: Clock | None = None, **changes: Any) -> AsyncIterator[Gateway]:
    """Run a gateway within the block, by the real clock or one that the test moves."""
    settings = settings_for(folder, **changes)
    if not (folder / "gateway.db").exists():
        shutil.copy(empty_database(), folder / "gateway.db")
    http, sockets = bind(settings.host, settings.port, ""), bind(settings.host, settings.socket_port, "")
    with patient():
        app = create_app(settings, sockets, hasher=CHEAP, clock=clock)
        if isinstance(clock, FakeClock):
            clock.timekeeper = app.ctx.services.timekeeper
            clock.attendance = app.ctx.services.attendance
        async with serving(app, http):
            gateway = Gateway(app.ctx.services, http.getsockname()[1], sockets.getsockname()[1])
            try:
                yield gateway
            finally:
                await gateway.http.aclose()
