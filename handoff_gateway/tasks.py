"""An owner for background tasks: nothing runs that nobody cancels, and no failure goes unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

PAUSE_S = 1.0  # before work that lasts begins anew: what fails at once must not fill the log

T = TypeVar("T")
logger = logging.getLogger(__name__)


class TaskOwner:
    """Starts tasks, keeps them, and ends them at `aclose`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], *, watched: bool = False) -> asyncio.Task[T]:
        """Run `work`. With `watched`, somebody awaits the task and sees its failure; else it is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget_quietly if watched else self._forget)
        return task

    def last(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `work`, which never ends by itself; after a failure nobody foresaw it begins anew."""
        self.start(self._last(work))

    @staticmethod
    async def _last(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await work()
                return
            except Exception:  # noqa: PERF203 - to begin anew is the purpose
                logger.exception("work that lasts failed, and begins anew")
                await asyncio.sleep(PAUSE_S)

    async def finish(self) -> None:
        """Wait for the tasks that run now."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Cancel every task and wait until it has ended."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.finish()

    def _forget_quietly(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen by whoever awaits the task, unless they were cancelled meanwhile

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)
