"""The model thread."""

from __future__ import annotations

import threading

from threadpoolctl import threadpool_info

from knowledge_base.search.model_thread import ModelThread


async def test_jobs_share_one_thread_and_numpy_multiplies_on_it_alone() -> None:
    thread = ModelThread()
    try:
        names = {await thread.run(lambda: threading.current_thread().name) for _ in range(3)}
        pools = await thread.run(threadpool_info)
    finally:
        thread.close()
    assert len(names) == 1
    blas = [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]
    assert blas
    assert set(blas) == {1}
