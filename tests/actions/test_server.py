"""The action server as Rasa meets it: a process on a real socket, behind the service token."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.settings import Settings
from tests.actions.dialogue import Dialogue, domain
from tests.actions.knowledge_base import TOKEN, StandIn, hit

START_S = 100.0
POLL_S = 0.05


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, port: int, knowledge_port: int = 1) -> subprocess.Popen[str]:
    settings = {"TANDEM_VAR": str(var), "TANDEM_ACTIONS_PORT": str(port), "TANDEM_KNOWLEDGE_PORT": str(knowledge_port)}
    return subprocess.Popen(
        [sys.executable, "-m", "actions"], env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    )


def write_token(var: Path) -> None:
    (var / "secrets").mkdir()
    (var / "secrets" / "service_token").write_text(TOKEN)


@pytest.fixture
def served(tmp_path: Path, knowledge: StandIn) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    write_token(tmp_path)
    port = free_port()
    process = start(tmp_path, port, knowledge.port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_S, trust_env=False) as http:
        deadline = time.monotonic() + START_S
        while True:
            try:
                assert http.get("/health").json() == {"status": "ok"}
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(POLL_S)  # a process that starts has no event to wait on
        yield http, process
    process.kill()
    process.communicate()


def call(text: str) -> dict[str, Any]:
    tracker = Dialogue().says(text)
    state = {
        "sender_id": "c1.1",
        "slots": tracker.slots,
        "events": tracker.events,
        "latest_message": {},
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {
        "next_action": "action_answer",
        "sender_id": "c1.1",
        "tracker": state,
        "domain": domain(),
        "version": "3.6.21",
    }


def test_answers_rasas_call_with_the_token_and_stops_cleanly(
    knowledge: StandIn, served: tuple[httpx.Client, subprocess.Popen[str]]
) -> None:
    http, process = served
    knowledge.answer("how?", hit("return-an-item", "Like this."))
    assert http.post("/webhook", json=call("how?")).status_code == 401
    assert http.post("/webhook", json=call("how?"), headers={"Authorization": "Bearer wrong"}).status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = http.post("/webhook", json=call("how?"), headers=headers)
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["custom"]["answer"]["article_id"] == "return-an-item"
    assert (
        http.post("/webhook", json={**call("x"), "next_action": "action_unknown"}, headers=headers).status_code == 404
    )
    assert http.post("/webhook", json=[], headers=headers).status_code == 400
    process.send_signal(signal.SIGTERM)
    assert process.wait(START_S) == 0


def test_says_in_one_sentence_that_the_token_is_missing(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    _, said = process.communicate(timeout=START_S)
    assert process.returncode == 1
    assert said.strip().count("\n") == 0
    assert "service token" in said


def test_says_in_one_sentence_that_the_port_is_taken(tmp_path: Path) -> None:
    write_token(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(tmp_path, taken.getsockname()[1])
        _, said = process.communicate(timeout=START_S)
    assert process.returncode == 1
    assert said.strip().count("\n") == 0
    assert "TANDEM_ACTIONS_PORT" in said


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("VAR", "ACTIONS_PORT", "KNOWLEDGE_PORT")
    assert Settings.from_env({f"TANDEM_{name}": "" for name in names}) == Settings.from_env({})
