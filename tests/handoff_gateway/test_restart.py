"""The process itself: starting, being killed at any moment, starting again, stopping."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway import PATIENCE_S, Client, Connecting, empty_database, fresh_id

START_S = 100.0  # on a machine busy with other tests
BUSY_S = 30.0  # of processor time; it takes one, or five on shared cores and with no compiled files to load
STOP_S = 15.0  # it takes less than three; a client that held it up would do so for twenty


class Daemon:
    """The gateway as its users run it."""

    def __init__(self, folder: Path, bot_port: int) -> None:
        self.port, self.socket_port = free_port(), free_port()
        self.folder = folder
        self._environment = {
            **os.environ,
            "TANDEM_VAR": str(folder),
            "TANDEM_GATEWAY_PORT": str(self.port),
            "TANDEM_GATEWAY_WS_PORT": str(self.socket_port),
            "TANDEM_RASA_PORT": str(bot_port),
            "TANDEM_KNOWLEDGE_PORT": str(free_port()),
            "TANDEM_BOT_DEADLINE_S": "5",
        }
        self.process: Process | None = None

    async def start(self) -> None:
        self.process = await self.launch()
        assert self.process.stdout is not None
        async with asyncio.timeout(START_S):
            line = await self.process.stdout.readline()
        assert line.startswith(b"Gateway: http://"), await self.errors(self.process)

    async def launch(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handoff_gateway", "serve", stdout=PIPE, stderr=PIPE, env=self._environment
        )

    async def stop(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode

    @staticmethod
    async def errors(process: Process) -> str:
        assert process.stderr is not None
        return (await process.stderr.read()).decode()

    def customer(self, **hello: object) -> Connecting:
        return Connecting(f"ws://127.0.0.1:{self.socket_port}/v1/customer", dict(hello))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def daemon(tmp_path: Path, bot: FakeBot) -> AsyncIterator[Daemon]:
    shutil.copy(empty_database(), tmp_path)
    daemon = Daemon(tmp_path, bot.port)
    await daemon.start()
    yield daemon
    if daemon.process is not None and daemon.process.returncode is None:
        await daemon.stop(signal.SIGKILL)


async def everything(client: Client) -> list[tuple[int, str]]:
    """Return (seq, role or kind) of all events so far, and that each came once."""
    while len(client.seqs()) < client.welcome["seq"]:
        await client.receive()
    assert client.seqs() == list(range(1, len(client.seqs()) + 1))
    events = [frame["event"] for frame in client.frames if frame["type"] == "event"]
    return [(event["seq"], event.get("message", {}).get("role", event["kind"])) for event in events]


async def test_a_killed_gateway_keeps_every_acknowledged_word(daemon: Daemon, bot: FakeBot) -> None:
    """Killed right after an ack, with a bot turn in flight: the word is there and is answered, once."""
    asked = asyncio.Event()
    release = asyncio.Event()

    async def slow(turn: dict[str, object]) -> Answer:
        asked.set()
        await release.wait()
        return reply("Here I am again.")

    async with daemon.customer() as customer:
        await customer.say("one")
        await customer.said("bot")
        bot.behave = slow
        same = fresh_id()
        ack = await customer.say("two", client_message_id=same)
        async with asyncio.timeout(PATIENCE_S):
            await asked.wait()
        await daemon.stop(signal.SIGKILL)
    release.set()
    await daemon.start()
    async with daemon.customer(token=customer.welcome["token"]) as again:
        assert await again.said("bot") == {"role": "bot", "text": "You said: one", "in_reply_to": 1}
        assert (await again.said("bot"))["text"] == "Here I am again."
        assert await again.say("two", client_message_id=same) == ack
    async with daemon.customer(token=customer.welcome["token"]) as third:
        assert await everything(third) == [(1, "customer"), (2, "bot"), (3, "customer"), (4, "bot")]


async def test_a_killed_gateway_takes_up_unanswered_words_once(daemon: Daemon, bot: FakeBot) -> None:
    """Killed while the bot is at what a customer said before they left the queue: one answer, one turn."""
    release = asyncio.Event()

    async def slow(turn: dict[str, object]) -> Answer:
        await release.wait()
        return reply(f"About: {turn['message']}")

    bot.behave = slow
    async with daemon.customer() as customer:
        await customer.request_agent()
        await customer.say("one")
        await customer.say("two")
        await customer.send("leave_queue")
        await customer.owner("bot")
        async with asyncio.timeout(PATIENCE_S):
            await bot.until_asked(1)
        await daemon.stop(signal.SIGKILL)
    release.set()
    await daemon.start()
    async with daemon.customer(token=customer.welcome["token"]) as again:
        assert (await again.said("bot"))["text"] == "About: one\ntwo"
        await again.say("three")
        assert (await again.said("bot"))["text"] == "About: three"
    assert [turn["message"] for turn in bot.asked] == ["one\ntwo", "one\ntwo", "three"]
    assert bot.asked[0]["metadata"] == bot.asked[1]["metadata"]  # by which the bot knows it for the same turn


async def test_the_queue_survives_a_kill(daemon: Daemon) -> None:
    tokens = []
    for _ in range(3):
        async with daemon.customer() as customer:
            await customer.request_agent()
            tokens.append(customer.welcome["token"])
    await daemon.stop(signal.SIGKILL)
    await daemon.start()
    assert daemon.process is not None
    used = psutil.Process(daemon.process.pid).cpu_times()
    assert used.user + used.system < BUSY_S
    for position, token in enumerate(tokens, 1):
        async with daemon.customer(token=token) as customer:
            assert (await customer.until("queue"))["position"] == position


async def test_told_to_stop_it_says_so_and_ends_well(daemon: Daemon) -> None:
    async with daemon.customer() as customer, httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as kept_alive:
        await kept_alive.get(f"http://127.0.0.1:{daemon.port}/v1/config")
        await customer.say("one")
        started = asyncio.get_running_loop().time()
        assert await daemon.stop(signal.SIGTERM) == 0
        assert asyncio.get_running_loop().time() - started < STOP_S
        with contextlib.suppress(Exception):
            while True:
                await customer.receive()
        assert customer.connection.close_code == 1001
    await daemon.start()
    async with daemon.customer(token=customer.welcome["token"]) as again:
        assert (await everything(again))[0] == (1, "customer")


async def test_a_port_that_is_taken_is_named(daemon: Daemon) -> None:
    second = await daemon.launch()
    errors = await daemon.errors(second)
    assert await second.wait() == 1
    assert errors.strip().count("\n") == 0
    assert f"Port {daemon.port} " in errors
    assert "TANDEM_GATEWAY_PORT" in errors


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
async def test_a_damaged_database_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gateway.db").write_bytes(content)
    process = await Daemon(tmp_path, 9).launch()
    errors = await Daemon.errors(process)
    assert await process.wait() == 1
    assert errors.strip().count("\n") == 0, errors
    assert "gateway.db" in errors


@pytest.mark.parametrize(
    ("name", "value"),
    [("TANDEM_GATEWAY_PORT", "http"), ("TANDEM_DEMO", "maybe"), ("TANDEM_TURN_LIMIT", "0"), ("TANDEM_RASA_PORT", "-1")],
)
async def test_a_bad_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    daemon = Daemon(tmp_path, 9)
    daemon._environment[name] = value
    process = await daemon.launch()
    errors = await Daemon.errors(process)
    assert await process.wait() == 1
    assert errors.startswith(f"{name} must be ")
    assert errors.strip().count("\n") == 0


async def test_accounts_are_managed_beside_a_running_gateway(daemon: Daemon) -> None:
    async def command(*arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "handoff_gateway",
            "accounts",
            *arguments,
            stdout=PIPE,
            stderr=PIPE,
            env=daemon._environment,
            stdin=asyncio.subprocess.DEVNULL,
        )
        out, errors = await process.communicate()
        return process.returncode, out.decode(), errors.decode()

    first, second = "the first one", "the second one"
    added = await command("add", "Zoe@example.org", "--name", "Zoe", "--role", "agent", "--password", first)
    assert added == (0, "added zoe@example.org\n", "")
    code, _, errors = await command("add", "zoe@example.org", "--role", "agent", "--password", second)
    assert (code, errors) == (1, "email: there is an account with this address\n")
    assert "zoe@example.org\tZoe\tagent\n" in (await command("list"))[1]
    assert (await command("set-password", "zoe@example.org", "--password", second))[0] == 0
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{daemon.port}", trust_env=False, timeout=PATIENCE_S
    ) as client:
        for password, status in ((first, 401), (second, 200)):
            answer = await client.post("/v1/login", json={"email": "zoe@example.org", "password": password})
            assert answer.status_code == status


async def test_a_client_that_reads_nothing_does_not_hold_up_the_stop(daemon: Daemon) -> None:
    stuck = Connecting(f"ws://127.0.0.1:{daemon.socket_port}/v1/customer", {}, max_queue=1)
    async with stuck as client:
        for number in range(150):  # more than the line holds, less than the gateway cuts off for
            await client.send("send", client_message_id=f"m{number}", text="x" * 60_000)
        started = asyncio.get_running_loop().time()
        assert await daemon.stop(signal.SIGTERM) == 0
        assert asyncio.get_running_loop().time() - started < STOP_S


async def test_a_kill_loses_no_place_no_deadline_and_no_promise(daemon: Daemon) -> None:
    """Killed while one waits, one is promised a call-back and one's deadline is about to come: all go on."""
    daemon._environment["TANDEM_UNCLAIMED_S"] = "3"
    await daemon.stop(signal.SIGKILL)
    await daemon.start()
    tokens = []
    for _ in range(2):
        async with daemon.customer() as customer:
            await customer.request_agent()
            tokens.append(customer.welcome["token"])
    async with daemon.customer() as promised:
        await promised.request_agent()
        await promised.send("call_back", client_message_id="c1", contact="me@example.org")
        ack = await promised.until("ack", lambda frame: frame["client_message_id"] == "c1")
    await daemon.stop(signal.SIGKILL)
    await daemon.start()
    for position, token in enumerate(tokens, 1):
        async with daemon.customer(token=token) as again:
            assert (await again.until("queue"))["position"] == position
            await again.event("hidden")  # the alert that nobody takes it
    async with daemon.customer(token=promised.welcome["token"]) as again:
        assert (await again.event("call_back"))["call_back"]["contact"] == "me@example.org"
        await again.send("call_back", client_message_id="c1")
        assert await again.until("ack", lambda frame: frame["client_message_id"] == "c1") == ack
