"""The one thread that may touch the encoder and FAISS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")


def one_blas_thread() -> None:
    """Have numpy multiply on the thread that asks.

    From some thousand rows on OpenBLAS shares a product with a second thread and waits for it: a question against 3,000
    vectors took 7 ms so, and 18 on cores that others use too; it takes 0.1 ms on one thread. OpenMP's threads, which
    the encoders use, are left alone.
    """
    import numpy  # noqa: F401 - first, as only libraries that are loaded can be told

    threadpool_limits(limits=1, user_api="blas")


class ModelThread:
    """Runs jobs one after the other."""

    def __init__(self) -> None:
        """Make the thread; it starts with its first job."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model", initializer=one_blas_thread)

    async def run(self, job: Callable[[], Result]) -> Result:
        """Run `job` on the thread and wait for its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job` on the thread, in its turn; it must see to its own errors."""
        self._executor.submit(job)

    def close(self) -> None:
        """Drop the jobs not begun; one that is running is not waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)
