"""The one thread that may touch the encoder and FAISS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class ModelThread:
    """Runs jobs one after the other."""

    def __init__(self) -> None:
        """Make the thread; it starts with its first job."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def run(self, job: Callable[[], Result]) -> Result:
        """Run `job` on the thread and wait for its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job` on the thread, in its turn; it must see to its own errors."""
        self._executor.submit(job)

    def close(self) -> None:
        """Drop the jobs not begun; one that is running is not waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)
