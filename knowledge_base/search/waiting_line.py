"""Questions that wait for the model thread: those that wait together are encoded together.

One forward pass over eight questions takes half as long as eight of them. A question that finds the thread idle is
begun at once: nothing is held back to make a batch larger.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from knowledge_base.encoder import Encoder
from knowledge_base.errors import BusyError
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.vectors import Vectors

logger = logging.getLogger(__name__)

MOST_WAITING = 200  # two seconds' worth on a small machine: whoever came later would be answered to nobody
MOST_TEXTS = 32  # encoded together: the first of them waits for the last
DEADLINE_S = 2.0  # the action server gives up after as long
RETRY_AFTER_S = 1

Result = TypeVar("Result")


@dataclass(eq=False)
class _Waiting:
    """One caller's texts, and what to do with their vectors."""

    texts: Sequence[str]
    job: Callable[[Vectors], Any]
    answer: asyncio.Future[Any]


class WaitingLine:
    """Callers in order of arrival; entered on the event loop, served on the model thread."""

    def __init__(
        self,
        thread: ModelThread,
        encoder: Encoder,
        most_waiting: int = MOST_WAITING,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Stand in front of `encoder` with room for `most_waiting` callers, who wait `deadline_s` unless they say."""
        self._thread = thread
        self._encoder = encoder
        self._most_waiting = most_waiting
        self._deadline_s = deadline_s
        self._lock = threading.Lock()  # of the two below
        self._waiting: deque[_Waiting] = deque()
        self._served = False  # whether a job on the thread is going to serve them

    async def ask(
        self, texts: Sequence[str], job: Callable[[Vectors], Result], deadline_s: float | None = None
    ) -> Result:
        """Return what `job` makes of the vectors of `texts`, on the model thread.

        Raises:
            BusyError: too many are waiting, or the turn did not come in time.
        """
        deadline_s = self._deadline_s if deadline_s is None else deadline_s
        waiting = _Waiting(texts, job, asyncio.get_running_loop().create_future())
        with self._lock:
            if len(self._waiting) >= self._most_waiting:
                raise BusyError(f"{self._most_waiting} questions are waiting, which is the limit", RETRY_AFTER_S)
            self._waiting.append(waiting)
            first, self._served = not self._served, True
        if first:
            self._thread.submit(self._serve)
        try:
            async with asyncio.timeout(deadline_s):
                result: Result = await waiting.answer
                return result
        except TimeoutError:
            raise BusyError(f"the turn did not come within the limit of {deadline_s:g} s", RETRY_AFTER_S) from None

    def _serve(self) -> None:
        """Serve some of those who wait, and queue up again for the rest: other jobs of the thread get their turn."""
        try:
            batch = self._next()
            for waiting, vectors in zip(batch, self._encoded(batch), strict=True):
                _answer(waiting, vectors)
        finally:
            with self._lock:
                self._served = bool(self._waiting)
            if self._served:
                self._thread.submit(self._serve)

    def _next(self) -> list[_Waiting]:
        """Take the first in line, up to `MOST_TEXTS` texts; those who gave up are passed over."""
        batch: list[_Waiting] = []
        texts = 0
        with self._lock:
            while self._waiting and (not batch or texts + len(self._waiting[0].texts) <= MOST_TEXTS):
                waiting = self._waiting.popleft()
                if not waiting.answer.done():
                    batch.append(waiting)
                    texts += len(waiting.texts)
        return batch

    def _encoded(self, batch: Sequence[_Waiting]) -> list[Callable[[], Vectors]]:
        """Return how to get each caller's vectors: encoded together, or alone where that fails for one of them."""
        if len(batch) > 1:
            try:
                rows = self._encoder.encode([text for waiting in batch for text in waiting.texts])
            except Exception:
                logger.exception("Questions could not be encoded together; each is tried alone")
            else:
                ends = np.cumsum([len(waiting.texts) for waiting in batch]).tolist()
                return [partial(_same, part) for part in np.split(rows, ends[:-1])]
        return [partial(self._encoder.encode, waiting.texts) for waiting in batch]


def _same(rows: Vectors) -> Vectors:
    return rows


def _answer(waiting: _Waiting, vectors: Callable[[], Vectors]) -> None:
    """Do one caller's job and hand over what came of it."""
    result: Any = None
    error: Exception | None = None
    try:
        result = waiting.job(vectors())
    except Exception as raised:  # noqa: BLE001 - the caller's own, and raised there
        error = raised
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        waiting.answer.get_loop().call_soon_threadsafe(_deliver, waiting.answer, result, error)


def _deliver(answer: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    if answer.done():  # the caller gave up
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
