"""What tests of killed processes ask: whether it serves, what it answers, and a copy of its database alone."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings
from tests.support.hashing_process import HashingProcess

DEADLINE_S = 60


@contextlib.asynccontextmanager
async def client_of(process: HashingProcess, var: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that may call the process."""
    token = ensure_service_token(Settings(var=var).service_token_file)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=DEADLINE_S) as client:
        yield client


async def until_ready(client: httpx.AsyncClient) -> None:
    """Ask until searches are answered and know everything."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            answer = await client.get("/health")
            if answer.status_code == 200 and answer.json()["pending"] == 0:
                return
            await asyncio.sleep(0.01)


async def answers(client: httpx.AsyncClient, queries: Sequence[str]) -> list[dict[str, Any]]:
    """Everything search says, but for the id of the question."""
    found = []
    for query in queries:
        answer = (await client.post("/v1/search", json={"query": query, "limit": 20})).raise_for_status().json()
        found.append({name: value for name, value in answer.items() if name != "query_id"})
    return found


def copied(var: Path, to: Path) -> None:
    """Copy the database and nothing else."""
    to.mkdir()
    with (
        contextlib.closing(sqlite3.connect(Settings(var=var).database)) as source,
        contextlib.closing(sqlite3.connect(Settings(var=to).database)) as target,
    ):
        source.backup(target)
