"""The gateway as its users run it: a process on free ports, which can be killed and comes back."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from scripts.system import free_ports

Frame = dict[str, Any]

PASSWORD = "storm and calm 1"
START_S = 120.0
HTTP_S = 60.0  # signing in costs a second each on a busy machine


class GatewayProcess:
    """A gateway of one's own.

    Attributes:
        kills: how often it was killed.
    """

    def __init__(self, var: Path, bot_port: int, environment: Mapping[str, str]) -> None:
        """Prepare on free ports; `environment` holds further settings."""
        self.port, self.socket_port, knowledge = free_ports(3)
        self._environment = {
            **os.environ,
            "TANDEM_VAR": str(var),
            "TANDEM_DEMO": "0",
            "TANDEM_LIMITS": "0",  # measurements and storms are faster than people
            "TANDEM_GATEWAY_PORT": str(self.port),
            "TANDEM_GATEWAY_WS_PORT": str(self.socket_port),
            "TANDEM_RASA_PORT": str(bot_port),
            "TANDEM_KNOWLEDGE_PORT": str(knowledge),
            **environment,
        }
        self._var = var
        self._process: asyncio.subprocess.Process | None = None
        self.kills = 0

    @property
    def service_token(self) -> str:
        """What tools sign with."""
        return (self._var / "secrets/service_token").read_text(encoding="ascii").strip()

    @property
    def admin_password(self) -> str:
        """That of the first account."""
        return (self._var / "secrets/admin_password").read_text(encoding="utf-8").strip()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    @property
    def sockets(self) -> str:
        """Address of the sockets."""
        return f"ws://127.0.0.1:{self.socket_port}"

    async def start(self) -> None:
        """Start, and wait until it serves."""
        log = self._var / "gateway.log"
        with log.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "handoff_gateway", "serve"),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=self._environment,
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            line = await self._process.stdout.readline()
        if not line.startswith(b"Gateway: "):
            raise SystemExit(f"the gateway did not start: {log.read_text()[-2000:]}")

    async def kill(self) -> None:
        """Kill it without a warning, and start it again."""
        await self.stop(signal.SIGKILL)
        self.kills += 1
        await self.start()

    def sleep(self) -> None:
        """Stop it where it is, with every connection open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake_up(self) -> None:
        """Let it go on; one that did not sleep does not notice, one that has ended neither."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the process."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await self._process.communicate()

    async def agents(self, count: int, capacity: int, name: str = "a") -> list[tuple[str, str]]:
        """Make accounts of agents, called by `name` and a number, and sign in; return token and id of each."""
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=HTTP_S, trust_env=False
        ) as client:
            body = {"email": "admin@localhost", "password": self.admin_password}
            admin = {"Authorization": f"Bearer {(await client.post('/v1/login', json=body)).json()['token']}"}
            known = []
            for number in range(count):
                account = {"email": f"{name}{number}@example.org", "name": f"Agent {number}", "password": PASSWORD}
                more = {"roles": ["agent"], "capacity": capacity}
                (await client.post("/v1/accounts", json=account | more, headers=admin)).raise_for_status()
                answer = await client.post("/v1/login", json={"email": account["email"], "password": PASSWORD})
                answer.raise_for_status()
                known.append((str(answer.json()["token"]), str(answer.json()["account"]["id"])))
            return known

    async def log(self, conversation_id: str) -> list[Frame]:
        """Return what is stored of a conversation."""
        events: list[Frame] = []
        address = f"http://127.0.0.1:{self.port}/v1/conversations/{conversation_id}/events"
        headers = {"Authorization": f"Bearer {self.service_token}"}
        async with httpx.AsyncClient(timeout=HTTP_S, trust_env=False, headers=headers) as client:
            while True:
                answer = await client.get(address, params={"after": len(events)})
                answer.raise_for_status()
                page: list[Frame] = answer.json()["events"]
                if not page:
                    return events
                events += page


@asynccontextmanager
async def gateway_process(var: Path, bot_port: int, environment: Mapping[str, str]) -> AsyncIterator[GatewayProcess]:
    """Run a gateway."""
    running = GatewayProcess(var, bot_port, environment)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
