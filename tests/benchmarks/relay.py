"""The gateway as a relay: customer to agent, acknowledged after the commit, beside a relay that stores nothing.

The bare relay is what one writes in an hour: a `websockets` server that passes each message on and acknowledges it.
It runs on asyncio's own event loop, as `websockets` comes, and once more on uvloop's, as the gateway does. All are
processes of their own, take the same frames of the same clients, and run in turns in the same minute.
"""

import asyncio
import gc
import itertools
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect

from scripts.system import free_ports
from tests.benchmarks.timing import Line, milliseconds, percentile
from tests.support import postgres, redis_server
from tests.support.bot import FakeBot
from tests.support.gateway_process import GatewayProcess, gateway_process
from tests.support.replicas import two_gateways

Frame = dict[str, Any]

NO_BOT = 9  # a port nobody listens on: everybody here asks for a person at once
CUSTOMERS, AGENTS = 20, 4
MESSAGES = 600  # of each customer
WINDOW = 8  # messages a customer has under way
ROUNDS = 5
HANDOFFS = 40
IDLE_CUSTOMERS, IDLE_AGENTS = 5_000, 200
CONNECT_AT_ONCE = 50
STORED = (1_000, 10_000, 100_000, 1_000_000)
STORED_MESSAGES = 60  # measured at each size
ROWS_AT_ONCE = 5_000
BARE = """
import asyncio, json, sys, uvloop
from websockets.asyncio.server import serve
agents = []
async def handle(socket):
    if socket.request.path == "/v1/agent":
        agents.append(socket)
        await socket.wait_closed()
        return
    agent = agents[int(socket.request.path.rpartition("/")[2]) % len(agents)]
    seq = 0
    async for raw in socket:
        frame = json.loads(raw)
        seq += 1
        message = {"role": "customer", "text": frame["text"], "client_message_id": frame["client_message_id"]}
        await agent.send(json.dumps({"type": "event", "event": {"seq": seq, "kind": "message", "message": message}}))
        await socket.send(json.dumps({"type": "ack", "client_message_id": frame["client_message_id"], "seq": seq}))
async def main():
    async with serve(handle, "127.0.0.1", int(sys.argv[1]), compression=None):
        print("up", flush=True)
        await asyncio.get_running_loop().create_future()
{"asyncio": asyncio, "uvloop": uvloop}[sys.argv[2]].run(main())
"""
LOOPS = ("asyncio", "uvloop")


def quick(address: str) -> Any:
    """Connect as a client that costs little."""
    return connect(address, compression=None, proxy=None, ping_interval=None, max_queue=None, close_timeout=0.5)


async def receive(socket: ClientConnection, kind: str) -> Frame:
    """Return the next frame of a kind."""
    while True:
        frame: Frame = json.loads(await socket.recv())
        if frame["type"] == kind:
            return frame


# --- throughput ------------------------------------------------------------------------------------------------------


class Counting:
    """Agents' ends: note when each message arrived."""

    def __init__(self, name: str, expected: int) -> None:
        """Wait for so many whose ids begin with `name`; conversations just ended may be shown once more."""
        self._begin, self._expected = f"{name}-", expected
        self.arrived: dict[str, float] = {}
        self.all = asyncio.Event()

    async def listen(self, socket: ClientConnection) -> None:
        """Take what one agent is sent."""
        async for raw in socket:
            frame = json.loads(raw)
            message = (frame.get("event") or {}).get("message")
            if message and message["role"] == "customer" and message["client_message_id"].startswith(self._begin):
                self.arrived[message["client_message_id"]] = time.perf_counter()
                if len(self.arrived) >= self._expected:
                    self.all.set()


async def talk(socket: ClientConnection, name: str, sent: dict[str, float]) -> None:
    """Send a customer's messages, some of them under way at a time, and wait for every ack."""
    room = asyncio.Semaphore(WINDOW)

    async def acks() -> None:
        for _ in range(MESSAGES):
            await receive(socket, "ack")
            room.release()

    reading = asyncio.create_task(acks())
    for number in range(MESSAGES):
        await room.acquire()
        key = f"{name}-{number}"
        sent[key] = time.perf_counter()
        await socket.send(json.dumps({"type": "send", "client_message_id": key, "text": f"message {number} of {name}"}))
    await reading


async def throughput(
    customers: list[ClientConnection], agents: list[ClientConnection], name: str
) -> tuple[float, list[float]]:
    """Return messages a second, and the seconds each took from being sent to the agent's socket."""
    counting = Counting(name, len(customers) * MESSAGES)
    listening = [asyncio.create_task(counting.listen(agent)) for agent in agents]
    sent: dict[str, float] = {}
    began = time.perf_counter()
    await asyncio.gather(*(talk(one, f"{name}-{number}", sent) for number, one in enumerate(customers)))
    await counting.all.wait()
    took = time.perf_counter() - began
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return len(sent) / took, [counting.arrived[key] - at for key, at in sent.items()]


@asynccontextmanager
async def bare_relay(loop: str) -> AsyncIterator[str]:
    """Run the relay that stores nothing, on one of `LOOPS`; yield its address."""
    port = free_ports(1)[0]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BARE, str(port), loop, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def through_bare(name: str, loop: str) -> tuple[float, list[float]]:
    """The same talk through the bare relay."""
    async with bare_relay(loop) as address, AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(quick(f"{address}/v1/agent")) for _ in range(AGENTS)]
        customers = [await stack.enter_async_context(quick(f"{address}/v1/customer/{n}")) for n in range(CUSTOMERS)]
        return await throughput(customers, agents, name)


async def agent_of(stack: AsyncExitStack, gateway: GatewayProcess, token: str) -> ClientConnection:
    """Connect an agent who takes conversations."""
    socket: ClientConnection = await stack.enter_async_context(quick(f"{gateway.sockets}/v1/agent"))
    await socket.send(json.dumps({"type": "hello", "version": 1, "token": token}))
    await receive(socket, "welcome")
    await socket.send(json.dumps({"type": "presence", "state": "online", "request_id": 1}))
    await receive(socket, "ack")
    return socket


async def customer_of(stack: AsyncExitStack, gateway: GatewayProcess) -> ClientConnection:
    """Connect a customer."""
    socket: ClientConnection = await stack.enter_async_context(quick(f"{gateway.sockets}/v1/customer"))
    await socket.send(json.dumps({"type": "hello", "version": 1}))
    await receive(socket, "welcome")
    return socket


async def until_held(socket: ClientConnection, key: str) -> None:
    """Ask for a person and wait for them."""
    await socket.send(json.dumps({"type": "request_agent", "client_message_id": key}))
    while True:
        event = (await receive(socket, "event"))["event"]
        if event["kind"] == "owner" and event["owner"] == "agent":
            return


async def through_gateway(
    gateways: Sequence[GatewayProcess], tokens: list[tuple[str, str]], name: str
) -> tuple[float, list[float]]:
    """The same talk through gateways, customers and agents at each in turns, with agents who hold the conversations."""
    turns = itertools.cycle(gateways)
    async with AsyncExitStack() as stack:
        agents = [await agent_of(stack, next(turns), token) for token, _ in tokens]
        customers = [await customer_of(stack, next(turns)) for _ in range(CUSTOMERS)]
        await asyncio.gather(*(until_held(one, f"{name}-ask-{number}") for number, one in enumerate(customers)))
        found = await throughput(customers, agents, name)
        for one in customers:
            await one.send(json.dumps({"type": "end"}))
        return found


async def measure_throughput() -> list[Line]:
    """Durable beside bare, in turns."""
    ours: list[tuple[float, list[float]]] = []
    bare: dict[str, list[tuple[float, list[float]]]] = {loop: [] for loop in LOOPS}
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as var:
        async with gateway_process(Path(var), NO_BOT, {}) as gateway:
            tokens = await gateway.agents(AGENTS, -(-CUSTOMERS // AGENTS))
            for number in range(ROUNDS):
                ours.append(await through_gateway([gateway], tokens, f"r{number}"))
                for loop, found in bare.items():
                    found.append(await through_bare(f"r{number}", loop))
    rate = _rate(ours)
    lines = [Line(f"gateway, {CUSTOMERS} customers to {AGENTS} agents, ack after commit", f"{rate:.0f} messages/s")]
    for loop, found in bare.items():
        bare_rate = _rate(found)
        lines += [
            Line(f"bare `websockets` relay that stores nothing, on {loop}", f"{bare_rate:.0f} messages/s"),
            Line("ratio of the medians", f"**{rate / bare_rate:.2f}**"),
        ]
    lines.append(Line("customer's frame to agent's socket at that load", _delays(ours)))
    lines += [Line(f"the same through the bare relay, on {loop}", _delays(found)) for loop, found in bare.items()]
    return lines


def _rate(found: list[tuple[float, list[float]]]) -> float:
    return statistics.median(rate for rate, _ in found)


def _delays(found: list[tuple[float, list[float]]]) -> str:
    delays = [delay for _, delays in found for delay in delays]
    return f"{milliseconds(delays)} · p99 {percentile(delays, 0.99) * 1000:.0f} ms"


async def measure_pair() -> list[Line]:
    """One and two gateways over PostgreSQL and Redis, in turns; customers often write to an agent at the other."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    delays: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as var:
        async with FakeBot() as bot, two_gateways(Path(var), bot) as pair:
            tokens = await pair.a.agents(AGENTS, -(-CUSTOMERS // AGENTS))
            for number in range(ROUNDS):
                for gateways in ([pair.a], [pair.a, pair.b]):
                    count = len(gateways)
                    rate, taken = await through_gateway(gateways, tokens, f"p{count}r{number}")
                    rates[count].append(rate)
                    delays[count] += taken
    return [
        Line(
            f"the same over PostgreSQL and Redis, {count} gateway{'s' * (count > 1)}",
            f"{statistics.median(rates[count]):.0f} messages/s · {milliseconds(delays[count])}",
        )
        for count in rates
    ]


# --- handoffs, crowds, growth ----------------------------------------------------------------------------------------


async def handoff_times(gateway: GatewayProcess, token: str, count: int, name: str) -> list[float]:
    """Seconds from a customer's request to the conversation on a free agent's screen."""
    times = []
    async with AsyncExitStack() as stack:
        agent = await agent_of(stack, gateway, token)
        for number in range(count):
            customer = await customer_of(stack, gateway)
            began = time.perf_counter()
            await customer.send(json.dumps({"type": "request_agent", "client_message_id": f"{name}-{number}"}))
            shown = await receive(agent, "conversation")
            while shown["conversation"].get("owner") != "agent":
                shown = await receive(agent, "conversation")
            times.append(time.perf_counter() - began)
            await customer.send(json.dumps({"type": "end"}))
            while (await receive(agent, "event"))["event"]["kind"] != "closed":
                pass
            await customer.close()
    return times


async def measure_handoffs() -> list[Line]:
    """From the request to the screen of an agent who is free."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as var:
        async with gateway_process(Path(var), NO_BOT, {}) as gateway:
            (token, _), *_ = await gateway.agents(1, 5)
            times = await handoff_times(gateway, token, HANDOFFS, "h")
    return [Line("request for a person to a free agent's screen", milliseconds(times))]


async def measure_crowd() -> list[Line]:
    """Memory of the gateway while thousands of customers have the page open, and a message among them."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as var:
        async with gateway_process(Path(var), NO_BOT, {}) as gateway, AsyncExitStack() as stack:
            (token, _), *_ = await gateway.agents(1, 5)
            before = psutil.Process(gateway.pid).memory_full_info().uss
            for _ in range(IDLE_AGENTS):
                idle = await stack.enter_async_context(quick(f"{gateway.sockets}/v1/agent"))
                await idle.send(json.dumps({"type": "hello", "version": 1, "token": token}))
            for _ in range(0, IDLE_CUSTOMERS, CONNECT_AT_ONCE):
                await asyncio.gather(*(customer_of(stack, gateway) for _ in range(CONNECT_AT_ONCE)))
            uss = psutil.Process(gateway.pid).memory_full_info().uss
            gc.freeze()  # these sockets here, which nobody has in one process: looking through them stops everything
            times = await handoff_times(gateway, token, HANDOFFS, "c")
            gc.unfreeze()
    return [
        Line(
            f"memory with {IDLE_CUSTOMERS:,} idle customers and {IDLE_AGENTS} agents' sockets", f"{uss / 2**20:.0f} MB"
        ),
        Line("of that for each socket", f"{(uss - before) / (IDLE_CUSTOMERS + IDLE_AGENTS) / 1024:.1f} KB"),
        Line("request for a person to the screen in that crowd", milliseconds(times)),
    ]


def fill(database: Path, have: int, wanted: int) -> None:
    """Store closed conversations of six events each, straight into the tables, up to `wanted` of them."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    with sqlite3.connect(database) as connection:
        state, *_ = connection.execute("SELECT state FROM conversations LIMIT 1").fetchone()
        columns = [row[1] for row in connection.execute("PRAGMA table_info(conversations)")]
        pattern = dict(zip(columns, connection.execute("SELECT * FROM conversations LIMIT 1").fetchone(), strict=True))
        customer_columns = [row[1] for row in connection.execute("PRAGMA table_info(customers)")]
        customer = dict(
            zip(customer_columns, connection.execute("SELECT * FROM customers LIMIT 1").fetchone(), strict=True)
        )
        for first in range(have, wanted, ROWS_AT_ONCE):
            numbers = range(first, min(wanted, first + ROWS_AT_ONCE))
            _insert(connection, "customers", [{**customer, "id": f"cus_f{n}", "token_hash": f"f{n}"} for n in numbers])
            _insert(
                connection,
                "conversations",
                [{**pattern, "id": f"con_f{n}", "customer_id": f"cus_f{n}", "state": state} for n in numbers],
            )
            _insert(connection, "events", [_event(n, seq, now) for n in numbers for seq in range(1, 7)])
            connection.commit()


def _event(number: int, seq: int, now: str) -> Frame:
    text = f"stored message {seq} of conversation {number}"
    data = {
        "seq": seq,
        "at": now,
        "kind": "message",
        "episode": 1,
        "epoch": 1,
        "message": {"role": "customer", "text": text},
    }
    return {
        "conversation_id": f"con_f{number}",
        "seq": seq,
        "at": now,
        "kind": "message",
        "author": "customer",
        "client_message_id": f"f{number}-{seq}",
        "search": text,
        "data": json.dumps(data),
    }


def _insert(connection: sqlite3.Connection, table: str, rows: list[Frame]) -> None:
    names = list(rows[0])
    marks = ", ".join("?" for _ in names)
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - names of our own tables
        [tuple(row.values()) for row in rows],
    )


async def measure_growth() -> list[str]:
    """A message's ack, a handoff and a start, by conversations stored; rows of a table."""
    rows = ["| conversations stored | start | message to ack | request to a free agent's screen |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        var, have = Path(folder), 0
        async with gateway_process(var, NO_BOT, {}) as gateway, AsyncExitStack() as stack:
            (token, _), *_ = await gateway.agents(1, 5)
            await (await customer_of(stack, gateway)).send(json.dumps({"type": "end"}))
        for stored in STORED:
            await asyncio.to_thread(fill, var / "gateway.db", have, stored)
            have, began = stored, time.perf_counter()
            async with gateway_process(var, NO_BOT, {}) as gateway:
                started = time.perf_counter() - began
                acks = await ack_times(gateway, f"g{stored}")
                handoffs = await handoff_times(gateway, token, HANDOFFS // 2, f"g{stored}")
            rows.append(f"| {stored:,} | {started:.1f} s | {milliseconds(acks, 1)} | {milliseconds(handoffs)} |")
    return rows


async def ack_times(gateway: GatewayProcess, name: str) -> list[float]:
    """Seconds from a customer's message, who waits for an agent, to its ack."""
    async with AsyncExitStack() as stack:
        customer = await customer_of(stack, gateway)
        await customer.send(json.dumps({"type": "request_agent", "client_message_id": f"{name}-ask"}))
        await receive(customer, "ack")
        times = []
        for number in range(STORED_MESSAGES):
            began = time.perf_counter()
            await customer.send(
                json.dumps({"type": "send", "client_message_id": f"{name}-{number}", "text": "still here"})
            )
            await receive(customer, "ack")
            times.append(time.perf_counter() - began)
        await customer.send(json.dumps({"type": "end"}))
        return times


def measure_relay() -> tuple[list[Line], list[str]]:
    """Return the gateway's table, and the one of how it grows."""
    lines = asyncio.run(measure_throughput())
    if postgres.HERE and redis_server.HERE:
        lines += asyncio.run(measure_pair())
    lines += asyncio.run(measure_handoffs())
    lines += asyncio.run(measure_crowd())
    return lines, asyncio.run(measure_growth())
