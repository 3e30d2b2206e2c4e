"""A storm: many customers and agents through a bad network, while the gateway is killed again and again.

    python -m tests.chaos.storm                  # the long one, part of `make chaos`: minutes
    python -m tests.chaos.storm --processes 2    # over two gateways with one PostgreSQL and one Redis, killed in turns

Afterwards the log, read as a tool reads it, is held against what everybody sent and saw: nothing lost, nothing doubled,
nothing out of order, every ack in the log.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.people import BrokenPromiseError, Following, Person, StormAgent, StormCustomer, Tally, is_from
from tests.chaos.proxy import StormProxy, Weather
from tests.support.bot import FakeBot
from tests.support.gateway_process import GatewayProcess, gateway_process
from tests.support.replicas import two_gateways

Frame = dict[str, Any]

HEARTBEAT_S = 1.0  # short, so that a frozen connection is left within two seconds
LONG_GRACE_S = 3600.0  # agents are away for seconds all the time here; that others take over is tested elsewhere
ENVIRONMENT = {"TANDEM_HEARTBEAT_S": str(HEARTBEAT_S), "TANDEM_PRESENCE_GRACE_S": str(LONG_GRACE_S)}


@dataclass(frozen=True)
class Plan:
    """How large a storm is.

    Attributes:
        processes: gateways, one with a database of its own or two that share theirs.
        to_bot, to_agent: messages of each customer.
        kills: how often a gateway is killed; of two in turns.
        least_broken: the storm goes on until so many connections broke.
        deadline_s: somebody who has not been served by then waits for ever.
    """

    processes: int = 1
    customers: int = 200
    agents: int = 20
    to_bot: int = 2
    to_agent: int = 24
    kills: int = 20
    least_broken: int = 1_000
    weather: Weather = Weather()  # noqa: RUF009 - frozen
    seed: int = 7
    deadline_s: float = 1_500.0

    @property
    def capacity(self) -> int:
        """Conversations an agent holds: enough for all."""
        return -(-self.customers // self.agents)


@dataclass(frozen=True)
class Report:
    """What happened.

    Attributes:
        messages: in the log, of customers, agents and the bot.
        broken: connections cut or frozen.
        resumed: connections made anew.
        wrong: every promise that was broken, as a sentence; empty is the only good answer.
    """

    messages: int
    broken: int
    faults: dict[str, int]
    resumed: int
    kills: int
    seconds: float
    wrong: list[str]

    def __str__(self) -> str:
        """As a few lines."""
        faults = ", ".join(f"{count} × {name}" for name, count in sorted(self.faults.items()))
        lines = [
            f"{self.messages} messages in the log; the gateway killed {self.kills} times; {self.seconds:.0f} s",
            f"{self.broken} connections broken ({faults}); {self.resumed} resumed",
            f"lost, doubled, out of order or acknowledged without being there: {len(self.wrong)}",
        ]
        return "\n".join(lines + [f"    {sentence}" for sentence in self.wrong[:20]])


class Gateways:
    """The processes the storm is about, as one."""

    def __init__(self, *processes: GatewayProcess) -> None:
        """Have them killed in this order."""
        self._processes = processes
        self._next = itertools.cycle(processes)

    @property
    def socket_ports(self) -> list[int]:
        """Where customers and agents connect."""
        return [process.socket_port for process in self._processes]

    @property
    def kills(self) -> int:
        """How often any was killed."""
        return sum(process.kills for process in self._processes)

    async def kill(self) -> None:
        """Kill the next one, and start it again."""
        await next(self._next).kill()

    async def agents(self, count: int, capacity: int) -> list[tuple[str, str]]:
        """Make accounts of agents; return token and id of each."""
        return await self._processes[0].agents(count, capacity)

    async def log(self, conversation_id: str) -> list[Frame]:
        """Return what is stored of a conversation, as the process says that was killed last."""
        return await self._processes[-1].log(conversation_id)


@asynccontextmanager
async def gateways(processes: int, var: Path, bot: FakeBot) -> AsyncIterator[Gateways]:
    """Run one gateway, or two over one database."""
    if processes == 1:
        async with gateway_process(var, bot.port, ENVIRONMENT) as alone:
            yield Gateways(alone)
    else:
        async with two_gateways(var, bot, **ENVIRONMENT) as pair:
            yield Gateways(pair.a, pair.b)


async def storm(plan: Plan, var: Path) -> Report:
    """Let it rage, and look what is left."""
    began = time.monotonic()
    async with FakeBot() as bot, gateways(plan.processes, var, bot) as running:
        agents_known = await running.agents(plan.agents, plan.capacity)
        proxy = StormProxy(running.socket_ports, plan.weather, plan.seed)
        address = f"ws://127.0.0.1:{await proxy.start()}"
        acks = Tally()
        agents = [StormAgent(address, token, agent_id, acks) for token, agent_id in agents_known]
        customers = [StormCustomer(address, f"c{number:03}", acks) for number in range(plan.customers)]
        wrong: list[str] = []
        try:
            await rage(plan, running, proxy, agents, customers, acks)
        except BrokenPromiseError as broken:
            wrong.append(str(broken))
        await proxy.close()
        logs = {}
        if not wrong:  # else it ended in the middle of things, maybe with a gateway down
            logs = {c.conversation_id: await running.log(c.conversation_id) for c in customers if c.conversation_id}
            wrong = check(customers, agents, logs)
        messages = sum(event["kind"] == "message" for log in logs.values() for event in log)
        resumed = sum(person.resumed for person in [*agents, *customers])
        seconds = time.monotonic() - began
        return Report(messages, proxy.broken, dict(proxy.faults), resumed, running.kills, seconds, wrong)


async def rage(
    plan: Plan,
    running: Gateways,
    proxy: StormProxy,
    agents: list[StormAgent],
    customers: list[StormCustomer],
    acks: Tally,
) -> None:
    """Have every customer live through their conversation while the gateway is killed.

    Raises BrokenPromiseError as soon as somebody sees what must not be, or when somebody waits for ever.
    """
    people: list[Person] = [*agents, *customers]
    staying = [asyncio.create_task(person.run()) for person in people]
    story = asyncio.create_task(tell(plan, running, proxy, agents, customers, acks))
    try:
        done, _ = await asyncio.wait([story, *staying], timeout=plan.deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            waiting = [c.name for c in customers if c.owing or c.owner != "agent"]
            raise BrokenPromiseError(f"it did not end within {plan.deadline_s:g} s; still waiting: {waiting}")
        for task in done:
            task.result()
        for person in people:
            await person.leave()
        await asyncio.gather(*staying)
    finally:
        for task in (story, *staying):
            task.cancel()
        await asyncio.gather(story, *staying, return_exceptions=True)


async def tell(
    plan: Plan,
    running: Gateways,
    proxy: StormProxy,
    agents: list[StormAgent],
    customers: list[StormCustomer],
    acks: Tally,
) -> None:
    """Let everybody talk, kill the gateway on the way, and wait until all is said and shown."""
    living = [asyncio.create_task(customer.live(plan.to_bot, plan.to_agent)) for customer in customers]
    try:
        messages = 2 * plan.customers * plan.to_agent
        for number in range(1, plan.kills + 1):
            await acks.reach(messages * number // (plan.kills + 1))
            await running.kill()
        await asyncio.gather(*living)
        await proxy.until_broken(plan.least_broken)  # the weather may have been too good; all stay and reconnect
        proxy.calm = True
        await settle(running, agents, customers)
    finally:
        for task in living:
            task.cancel()


async def settle(running: Gateways, agents: list[StormAgent], customers: list[StormCustomer]) -> None:
    """Wait until everybody has been shown all of their conversations."""
    newest = {c.conversation_id: len(await running.log(c.conversation_id)) for c in customers}

    def shown(person: Person) -> bool:
        if person.owing:
            return False
        if isinstance(person, StormCustomer):
            return len(person.seen.events) >= newest[person.conversation_id]
        assert isinstance(person, StormAgent)
        return all(len(seen.events) >= newest[one] for one, seen in person.seen.items())

    for person in [*agents, *customers]:
        await person.until(lambda person=person: shown(person))


def check(customers: list[StormCustomer], agents: list[StormAgent], logs: dict[str, list[Frame]]) -> list[str]:
    """Hold the logs against what was sent, acknowledged and shown; return what is wrong."""
    wrong = []
    for one, log in logs.items():
        if [event["seq"] for event in log] != list(range(1, len(log) + 1)):
            wrong.append(f"{one}: the log has a hole")
        replies = Counter(e["message"]["in_reply_to"] for e in log if is_from(e, "bot"))
        wrong += [f"{one}: the bot answered {seq} {count} times" for seq, count in replies.items() if count > 1]
    for person in [*customers, *agents]:
        for one, keys in person.sent.items():
            wrong += check_sender(person, one, keys, logs.get(one, []))
    for customer in filter(lambda customer: customer.conversation_id in logs, customers):
        wrong += check_reader(customer.conversation_id, customer.seen, logs[customer.conversation_id])
    for agent in agents:
        for one, seen in agent.seen.items():
            wrong += check_reader(one, seen, logs.get(one, []))
    return wrong


def check_sender(person: Person, one: str, keys: list[str], log: list[Frame]) -> list[str]:
    """Every message once, in the order sent, at the seq of its ack."""
    at: dict[str, list[int]] = {}
    for event in log:
        key = (event.get("message") or {}).get("client_message_id")
        if key is not None:
            at.setdefault(key, []).append(event["seq"])
    messages = [key for key in keys if key in at]
    wrong = [f"{one}: {key} stands {len(at[key])} times in the log" for key in messages if len(at[key]) > 1]
    wrong += [f"{one}: {key} was never acknowledged" for key in keys if key not in person.acked]
    wrong += [
        f"{one}: {key} was acknowledged at {person.acked[key]} and stands at {at[key]}"
        for key in messages
        if key in person.acked and at[key] != [person.acked[key]]
    ]
    if isinstance(person, StormCustomer):
        lost = [key for key in keys if key not in at]
        if len(lost) > 1:  # the request for a person is no message
            wrong.append(f"{one}: {len(lost) - 1} messages are lost")
    else:
        wrong += [f"{one}: {key} is lost" for key in keys if key not in at]
    order = [at[key][0] for key in messages]
    if order != sorted(order):
        wrong.append(f"{one}: messages stand out of order")
    return wrong


def check_reader(one: str, seen: Following, log: list[Frame]) -> list[str]:
    """What was shown is what is stored."""
    if len(seen.events) != len(log):
        return [f"{one}: {len(seen.events)} of {len(log)} events were shown"]
    texts = [(e["seq"], e["kind"], (e.get("message") or {}).get("text")) for e in log]
    shown = [(e["seq"], e["kind"], (e.get("message") or {}).get("text")) for e in seen.events]
    return [] if shown == texts else [f"{one}: something else was shown than is stored"]


def main() -> None:
    """Run the long storm; fail when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--processes", type=int, choices=(1, 2), default=Plan.processes)
    options = parser.parse_args()
    plan = Plan(seed=options.seed, processes=options.processes)
    with tempfile.TemporaryDirectory(prefix="tandem-chaos-") as folder:
        report = asyncio.run(storm(plan, Path(folder)))
    print(report)
    if report.wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
