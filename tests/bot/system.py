"""Bot and actions as processes, with the real encoder and a search that answers what it is told.

Runs in either environment: only the standard library and httpx.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.actions.knowledge_base import TOKEN, StandIn

ROOT = Path(__file__).resolve().parents[2]
PYTHON, RASA_PYTHON = ROOT / ".venv/bin/python", ROOT / ".venv-rasa/bin/python"
MODEL = ROOT / "models/bot.tar.gz"
START_S = 240.0  # Rasa needs 15 s alone, much more while other tests use the two cores
POLL_S = 0.1
LOOKS = 6  # each waits up to 20 s while an encoder is being loaded, and not at all where there is none
PATIENCE_S = 60.0  # for one message; how long it may take is the bot's own deadline


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    """What the channel returned for one message."""

    status: int
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """All the replies' words."""
        return "\n".join(reply["text"] for reply in self.body["replies"])

    @property
    def buttons(self) -> dict[str, str]:
        """Titles and payloads of all buttons."""
        return {b["title"]: b["payload"] for reply in self.body["replies"] for b in reply.get("buttons", [])}

    @property
    def reason(self) -> str | None:
        """Why the conversation was handed off, if it was."""
        handoff = self.body["handoff"]
        return None if handoff is None else str(handoff["reason"])


@dataclass
class BotSystem:
    """All processes of the bot's side."""

    var: Path
    knowledge: StandIn = field(default_factory=StandIn)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.var / "secrets").mkdir(mode=0o700)
        (self.var / "secrets" / "service_token").write_text(TOKEN)
        (self.var / "secrets" / "service_token").chmod(0o600)
        self.ports = {name: free_port() for name in ("encoder", "actions", "bot")}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.ports['bot']}", timeout=PATIENCE_S, trust_env=False)

    def start(self) -> None:
        """Start everything and wait until it serves."""
        encoder = {"TANDEM_KNOWLEDGE_PORT": str(self.ports["encoder"]), "TANDEM_DEMO": "0"}
        self._spawn("encoder", [str(PYTHON), "-m", "knowledge_base", "serve"], encoder)
        self.start_actions()
        self._spawn("bot", [str(RASA_PYTHON), "-m", "bot.serve"], self._settings())
        self._wait("encoder", f"http://127.0.0.1:{self.ports['encoder']}/health")
        self.knowledge.encoder_url = f"http://127.0.0.1:{self.ports['encoder']}"
        self._wait_for_both_encoders(f"{self.knowledge.encoder_url}/v1/embed")
        self.wait_for_health()

    def start_actions(self) -> None:
        """Start the action server."""
        self._spawn("actions", [str(RASA_PYTHON), "-m", "actions"], self._settings())

    def wait_for_actions(self) -> None:
        """Wait until the action server serves."""
        self._wait("actions", f"http://127.0.0.1:{self.ports['actions']}/health")

    def wait_for_health(self) -> None:
        """Wait until the bot says that all is well: it gives a busy action server only a second to answer."""
        self._wait("bot", f"http://127.0.0.1:{self.ports['bot']}/webhooks/gateway/health")

    def kill(self, name: str) -> None:
        """Kill a process as hard as it gets."""
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.http.close()
        self.knowledge.close()

    def say(self, sender: str, message: str, payload: str | None = None, **metadata: Any) -> Answer:
        """Send one message as the gateway does."""
        body: dict[str, Any] = {"sender": sender, "message": message}
        body["metadata"] = {
            "message_id": uuid.uuid4().hex,
            "language": "en",
            "channel": "web",
            "customer": {},
            **metadata,
        }
        if payload is not None:
            body["payload"] = payload
        return self.post(body)

    def forget(self, conversation_id: Any, token: str | None = TOKEN) -> Answer:
        """Ask to forget a conversation as the gateway does when a customer is erased."""
        return self.post({"conversation_id": conversation_id}, token, "forget")

    def post(self, body: Any, token: str | None = TOKEN, route: str = "webhook") -> Answer:
        """Post any body."""
        headers = {"content-type": "application/json"}
        headers.update({} if token is None else {"Authorization": f"Bearer {token}"})
        answer = self.http.post(f"/webhooks/gateway/{route}", content=json.dumps(body), headers=headers)
        return Answer(answer.status_code, answer.json())

    def _settings(self) -> dict[str, str]:
        return {
            "TANDEM_KNOWLEDGE_PORT": str(self.knowledge.port),
            "TANDEM_ACTIONS_PORT": str(self.ports["actions"]),
            "TANDEM_RASA_PORT": str(self.ports["bot"]),
        }

    def _spawn(self, name: str, command: list[str], settings: dict[str, str]) -> None:
        environment = {**os.environ, **settings, "TANDEM_VAR": str(self.var)}
        with (self.var / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def _wait(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                if httpx.get(url, timeout=10, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            log = (self.var / f"{name}.log").read_text(errors="replace")[-2_000:]
            assert self.processes[name].poll() is None, f"{name} ended: {log}"
            assert time.monotonic() < deadline, f"{name} did not come up: {log}"
            time.sleep(POLL_S)  # a process that starts has no event to wait on

    def _wait_for_both_encoders(self, url: str) -> None:
        """Wait for the multilingual encoder, if there is one here: while it is loaded no question gets its turn."""
        body, headers = {"texts": ["ready?"], "multilingual": "wait"}, {"Authorization": f"Bearer {TOKEN}"}
        for _ in range(LOOKS):
            answer = httpx.post(url, json=body, headers=headers, timeout=START_S, trust_env=False)
            if answer.status_code == 200 and answer.json()["multilingual"] is not None:
                return


def leg() -> str:
    """Return a sender nobody used."""
    return f"{uuid.uuid4().hex}.1"
