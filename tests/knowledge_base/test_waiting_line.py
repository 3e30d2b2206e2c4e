"""Those who wait together are encoded together, and who waits too long is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from knowledge_base import service
from knowledge_base.errors import BusyError
from knowledge_base.search import waiting_line
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.waiting_line import WaitingLine
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import ARTICLES, HashingEncoder, running_knowledge_base


class CountingEncoder(HashingEncoder):
    """Remembers what was encoded in one call; refuses the text "poison"."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        self.calls.append(list(texts))
        if "poison" in texts:
            raise ValueError("cannot be read")
        return super().encode(texts)


class HeldThread(ModelThread):
    """A model thread that is busy until `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.submit(self.wait)

    def wait(self) -> None:
        """Be busy."""
        assert self.go.wait(60)


@pytest.fixture
async def thread() -> AsyncIterator[HeldThread]:
    thread = HeldThread()
    yield thread
    thread.go.set()
    thread.close()


def asked(line: WaitingLine, *texts: str) -> asyncio.Task[list[float]]:
    return asyncio.create_task(line.ask(texts, lambda rows: [float(row.sum()) for row in rows]))


async def test_those_who_wait_are_encoded_together_and_each_gets_their_own(thread: HeldThread) -> None:
    encoder = CountingEncoder()
    line = WaitingLine(thread, encoder)
    callers = [asked(line, "one"), asked(line, "two words", "three little words"), asked(line, "four words are here")]
    await asyncio.sleep(0)  # until all have asked
    thread.go.set()
    answers = await asyncio.gather(*callers)
    assert encoder.calls == [["one", "two words", "three little words", "four words are here"]]
    alone = HashingEncoder()
    assert answers[0] == pytest.approx([float(alone.encode(["one"]).sum())])
    assert answers[1] == pytest.approx(alone.encode(["two words", "three little words"]).sum(axis=1).tolist())
    assert answers[2] == pytest.approx([float(alone.encode(["four words are here"]).sum())])


async def test_a_batch_has_a_bound_and_others_of_the_thread_come_between(thread: HeldThread) -> None:
    encoder = CountingEncoder()
    line = WaitingLine(thread, encoder)
    callers = [asked(line, str(number)) for number in range(waiting_line.MOST_TEXTS + 3)]
    await asyncio.sleep(0)
    between = asyncio.create_task(thread.run(lambda: len(encoder.calls)))
    await asyncio.sleep(0)
    thread.go.set()
    await asyncio.gather(*callers)
    assert [len(call) for call in encoder.calls] == [waiting_line.MOST_TEXTS, 3]
    assert await between == 1


async def test_one_text_that_cannot_be_encoded_spoils_no_others_turn(
    thread: HeldThread, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = CountingEncoder()
    line = WaitingLine(thread, encoder)
    callers = [asked(line, "one"), asked(line, "poison"), asked(line, "two")]
    await asyncio.sleep(0)
    thread.go.set()
    first, second, third = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(second, ValueError)
    assert (first, third) == ([pytest.approx(1.0)], [pytest.approx(1.0)])
    assert "each is tried alone" in caplog.text
    assert await asked(line, "three") == [pytest.approx(1.0)], "the line goes on"


async def test_a_line_that_is_full_refuses_and_names_the_limit(thread: HeldThread) -> None:
    line = WaitingLine(thread, CountingEncoder(), most_waiting=2)
    callers = [asked(line, "one"), asked(line, "two")]
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="2 questions are waiting, which is the limit") as refused:
        await line.ask(["three"], np.sum)
    assert refused.value.retry_after_s == 1
    thread.go.set()
    await asyncio.gather(*callers)
    assert len(await asked(line, "four")) == 1


async def test_who_gave_up_is_not_encoded(thread: HeldThread) -> None:
    encoder = CountingEncoder()
    line = WaitingLine(thread, encoder)
    with pytest.raises(BusyError, match=r"limit of 0\.01 s"):
        await line.ask(["late"], np.sum, deadline_s=0.01)
    gone = asked(line, "gone")
    await asyncio.sleep(0)
    gone.cancel()
    stays = asked(line, "stays")
    await asyncio.sleep(0)
    thread.go.set()
    await stays
    assert encoder.calls == [["stays"]]


class SlowOnceReady(HashingEncoder):
    """An encoder that stops at a question until told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.begun = threading.Event()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        if "wait" in texts:
            self.begun.set()
            assert self.go.wait(60)
        return super().encode(texts)


async def test_the_wire_says_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WaitingLine", partial(WaitingLine, most_waiting=1))
    encoder = SlowOnceReady()
    async with running_knowledge_base(tmp_path, ARTICLES, lambda: encoder) as kb:
        served = asyncio.create_task(kb.client.post("/v1/search", json={"query": "wait"}))
        await asyncio.to_thread(encoder.begun.wait, 60)
        two = [asyncio.create_task(kb.client.post("/v1/search", json={"query": text})) for text in ("boots", "shoes")]
        done, waiting = await asyncio.wait(two, return_when=asyncio.FIRST_COMPLETED)
        encoder.go.set()
        refused = done.pop().result()
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["code"] == "busy"
        assert "1 questions are waiting, which is the limit" in refused.json()["error"]
        assert (await waiting.pop()).status_code == (await served).status_code == 200


async def test_a_long_embedding_call_is_served_in_pieces_and_whole(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    async with running_knowledge_base(tmp_path, ARTICLES, lambda: encoder) as kb:
        before = len(encoder.calls)
        texts = [f"text {number}" for number in range(70)]
        body = (await kb.client.post("/v1/embed", json={"texts": texts})).json()
        assert [len(call) for call in encoder.calls[before:]] == [32, 32, 6]
        assert np.allclose(body["vectors"], HashingEncoder().encode(texts))
        assert (await kb.client.post("/v1/embed", json={"texts": []})).json()["vectors"] == []
