"""`python -m knowledge_base serve` itself is killed while it imports: it comes back wholly before or after."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from knowledge_base.store import live
from knowledge_base.store.database import Database
from tests.knowledge_base.test_process import free_port, process, search, wait_until_ready
from tests.support.knowledge_base import ARTICLES, fill
from tests.support.tiny_models import tiny_sentence_model

MANY = 200  # articles, so that the import is staged
DEADLINE_S = 120


def rows() -> bytes:
    made = (
        {"external_id": f"wax-{n}", "title": f"Wax {n}", "body": f"Rub wax {n} in with a dry cloth.\n"}
        for n in range(MANY)
    )
    return "".join(json.dumps(row) + "\n" for row in made).encode()


def send(var: Path, port: int) -> httpx.Response:
    token = (var / "secrets" / "service_token").read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {token}"}
    files = {"file": ("wax.jsonl", rows())}
    return httpx.post(f"http://127.0.0.1:{port}/v1/import", files=files, headers=headers, timeout=DEADLINE_S)


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_service_killed_while_an_import_is_made_ready_comes_back_whole(tmp_path: Path) -> None:
    encoder = str(tiny_sentence_model(tmp_path / "tiny"))
    var, port = tmp_path / "var", free_port()
    database = Database(var / "knowledge.db")
    fill(database, ARTICLES)
    before = database.write_now(live.live_base)

    def import_until_killed() -> None:
        with contextlib.suppress(httpx.TransportError):
            send(var, port)

    with process(var, port, TANDEM_ENCODER=encoder) as running:
        wait_until_ready(port, running)
        importing = threading.Thread(target=import_until_killed)
        importing.start()
        until(lambda: asyncio.run(database.read(live.look)).staged is not None)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        importing.join(DEADLINE_S)
    left = asyncio.run(database.read(live.live_base))
    assert len(left.articles) in (len(before.articles), len(before.articles) + MANY), "half an import"
    with process(var, port, TANDEM_ENCODER=encoder) as running:
        health = wait_until_ready(port, running)
        assert (health["generation"], health["articles"]) == (left.generation, len(left.articles))
        assert search(var, port, "when are you open")["generation"] == left.generation
        report = send(var, port).json()
        assert report["created"] + report["unchanged"] == MANY
        until(lambda: search(var, port, "wax 7")["generation"] == report["generation"])
        running.send_signal(signal.SIGKILL)  # once more, right after it has answered
        running.wait(10)
    with process(var, port, TANDEM_ENCODER=encoder) as running:
        assert wait_until_ready(port, running)["articles"] == len(before.articles) + MANY
    database.close()
