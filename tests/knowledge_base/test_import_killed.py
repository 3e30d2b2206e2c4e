"""The server is killed in the middle of an import: the base is as before or as after, and search is right."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import httpx

from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from tests.support.hashing_process import hashing_process
from tests.support.killed import answers, client_of, copied, until_ready
from tests.support.knowledge_base import ARTICLES, HOURS, an_article, fill, running_knowledge_base

OLD, NEW = 40, 60  # articles that the import changes, and those it adds
BATCH_S = 0.02  # the encoder takes its time, so that kills meet it
# Shares of the time an undisturbed import takes. Moments nobody chose: in reading, encoding, writing, taking over.
MOMENTS = (0.4, 0.8, 0.95)
MOST_KILLS = 7
QUERIES = ("when are you open", "which wax 7", "which wax 90", "how is wax 12 rubbed in")


def rows() -> bytes:
    made = [
        {
            "external_id": f"wax-{n}",
            "title": f"Wax {n}",
            "body": f"Rub wax {n} in with a dry cloth.\n\n## Later\n\nShine it at number {n} by the sea.\n",
            "questions": [f"Which wax {n}?"],
            "state": "published",
        }
        for n in range(OLD + NEW)
    ]
    made.append({"external_id": HOURS.external_id, "title": "Opening hours", "body": "From ten.\n"})
    return "".join(json.dumps(row) + "\n" for row in made).encode()


async def send(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/v1/import", files={"file": ("wax.jsonl", rows())}, timeout=120)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def state(client: httpx.AsyncClient) -> dict[str, tuple[Any, ...]]:
    """Return what the base holds, but for times."""
    lines = (await client.get("/v1/export")).raise_for_status().text.splitlines()
    names = ("title", "body", "questions", "state", "version", "live_version")
    return {row["id"]: tuple(str(row.get(name)) for name in names) for row in map(json.loads, lines)}


def begun(var: Path) -> None:
    """Fill a base."""
    database = Database(Settings(var=var).database)
    old = [an_article(f"wax-{n}", f"Old wax {n}", f"Old text of number {n}.\n") for n in range(OLD)]
    fill(database, [*ARTICLES, *old])
    database.close()


async def test_a_server_killed_during_an_import_comes_back_wholly_before_or_after(tmp_path: Path) -> None:
    begun(tmp_path / "begun")
    var = tmp_path / "undisturbed"
    copied(tmp_path / "begun", var)
    async with hashing_process(var, BATCH_S) as process, client_of(process, var) as client:
        await until_ready(client)
        before, started = await state(client), time.monotonic()
        assert (await send(client))["changed"] == OLD + 1
        usual_s = time.monotonic() - started
        await process.kill()  # answered, so it is there, whether search had taken it over or not
    async with hashing_process(var, BATCH_S) as process, client_of(process, var) as client:
        await until_ready(client)
        after = await state(client)
        assert len(after) == len(before) + NEW
        after_answers = [[hit["article_id"] for hit in answer["hits"]] for answer in await answers(client, QUERIES)]
        assert after_answers[1][0] == "wax-7"
        assert (await send(client))["unchanged"] == OLD + NEW + 1
    came_back: list[bool] = []
    moments = list(MOMENTS)
    for number, moment in enumerate(moments):
        var = tmp_path / f"killed-{number}"
        copied(tmp_path / "begun", var)
        async with hashing_process(var, BATCH_S) as process, client_of(process, var) as client:
            await until_ready(client)
            importing = asyncio.create_task(send(client))
            await asyncio.sleep(moment * usual_s)
            await process.kill()
            with contextlib.suppress(httpx.TransportError):
                await importing
        async with hashing_process(var, BATCH_S) as process, client_of(process, var) as client:
            await until_ready(client)
            found = await state(client)
            assert found in (before, after), "half an import"
            came_back.append(found == after)
            if all(came_back) and len(came_back) == len(moments) < MOST_KILLS:
                moments.append(min(moments) / 3)  # the machine has become faster since `usual_s` was measured
            searched = await answers(client, QUERIES)
            copied(var, tmp_path / f"copy-{number}")
            async with running_knowledge_base(tmp_path / f"copy-{number}") as anew:
                assert searched == await answers(anew.client, QUERIES), "search is another than that of a rebuild"
            again = await send(client)
            assert again["unchanged"] == (OLD + NEW + 1 if found == after else 0)
            await until_ready(client)
            assert await state(client) == after
            hits = [[hit["article_id"] for hit in answer["hits"]] for answer in await answers(client, QUERIES)]
            assert hits == after_answers
    assert not all(came_back), "no kill met the import"
