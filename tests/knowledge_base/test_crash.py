"""A process that is killed, or starts over damaged files or with another encoder, answers right or not at all."""

# ruff: noqa: ASYNC110 - asked again and again, as anybody outside would

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx

from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from tests.support.hashing_process import hashing_process
from tests.support.killed import DEADLINE_S, answers, client_of, copied, until_ready
from tests.support.knowledge_base import ARTICLES, an_article, fill, running_knowledge_base

EDITORS = 8
FOR_EVER_S = 600.0  # an encoder that is never done
KILLS = 4
FIRST_HITS = {
    "can I send something back": "return-an-item",
    "when are you open": "opening-hours",
    "rub wax into leather boots": "boot-care",
    "how to wash a down jacket": "down-jacket",
}
DOWN = an_article(
    "down-jacket", "Wash a down jacket", "Wash the down jacket at thirty degrees, then dry it with balls.\n"
)


def filled(var: Path) -> None:
    database = Database(Settings(var=var).database)
    fill(database, [*ARTICLES, DOWN])
    database.close()


async def right_or_not_at_all(client: httpx.AsyncClient) -> int:
    """Search from the first moment until it is ready; return how often it was told to come back."""
    refused = 0
    async with asyncio.timeout(DEADLINE_S):
        while True:
            ready = (await client.get("/health")).status_code == 200
            for query, wanted in FIRST_HITS.items():
                answer = await client.post("/v1/search", json={"query": query})
                if answer.status_code == 503:
                    assert not ready, "it said it was ready"
                    refused += 1
                else:
                    assert answer.status_code == 200, answer.text
                    assert [hit["article_id"] for hit in answer.json()["hits"]][:1] == [wanted]
            if ready:
                return refused


async def write(client: httpx.AsyncClient, editor: int, acknowledged: dict[str, int], asked: dict[str, int]) -> None:
    """Publish version after version of an article, and drop every fifth from search for a moment, until the end."""
    name = f"zebra-{editor}"
    known = await client.get(f"/v1/articles/{name}")
    version = 0 if known.status_code == 404 else int(known.json()["version"])
    number = asked.get(name, 0)
    while True:
        number += 1
        content = {
            "title": f"Zebra {name} n{number}",
            "body": f"The zebra crossing {name} is striped n{number}. " * 5,
            "questions": [f"Which zebra is {name}?"],
            "state": "published",
        }
        asked[name] = number
        if version:
            answer = await client.put(f"/v1/articles/{name}", json={"version": version, **content})
        else:
            answer = await client.post("/v1/articles", json={"id": name, **content})
        assert answer.status_code in (200, 201), answer.text
        version, acknowledged[name] = int(answer.json()["version"]), number
        if number % 5 == 0:
            await client.post(f"/v1/articles/{name}/archive", json={})
            await client.post(f"/v1/articles/{name}/publish", json={})


async def test_killed_with_many_publishes_under_way_search_equals_a_rebuild(tmp_path: Path) -> None:
    var = tmp_path / "var"
    filled(var)
    chance = random.Random(11)  # noqa: S311 - moments, not secrets
    acknowledged: dict[str, int] = {}
    asked: dict[str, int] = {}
    for _ in range(KILLS):
        async with hashing_process(var, 0.001, 0.05) as process, client_of(process, var) as client:
            await until_ready(client)
            before = sum(acknowledged.values())
            editors = [asyncio.create_task(write(client, n, acknowledged, asked)) for n in range(EDITORS)]
            async with asyncio.timeout(DEADLINE_S):
                while sum(acknowledged.values()) < before + 3 * EDITORS:
                    await asyncio.sleep(0.001)
            await asyncio.sleep(chance.uniform(0, 0.1))  # a moment that nobody chose
            await process.kill()
            ended = await asyncio.gather(*editors, return_exceptions=True)
        assert all(isinstance(error, httpx.TransportError) for error in ended), ended
    queries = [*FIRST_HITS, *(f"zebra crossing zebra-{editor}" for editor in range(EDITORS)), "striped"]
    async with hashing_process(var) as process, client_of(process, var) as client:
        await until_ready(client)
        after_the_kills = await answers(client, queries)
        for name, number in acknowledged.items():
            article = (await client.get(f"/v1/articles/{name}")).raise_for_status().json()
            kept = int(article["title"].rpartition(" n")[2])
            assert number <= kept <= asked[name], "an acknowledged version is lost, or one nobody asked for is there"
    copied(var, tmp_path / "copy")
    async with running_knowledge_base(tmp_path / "copy") as anew:
        rebuilt = await answers(anew.client, queries)
    assert after_the_kills == rebuilt
    assert len({hit["article_id"] for answer in rebuilt for hit in answer["hits"]}) >= EDITORS


DAMAGES = ["missing", "empty", "cut", "flipped", "noise", "note missing", "note damaged", "of another model", "folder"]


def damage(file: Path, kind: str) -> None:
    """Do something to the index file, or to the note that vouches for it."""
    note = file.with_name(file.name + ".json")
    data = file.read_bytes()
    match kind:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(data[: len(data) // 2])
        case "flipped":
            file.write_bytes(data[:-20] + bytes([data[-20] ^ 0xFF]) + data[-19:])
        case "noise":
            file.write_bytes(random.Random(3).randbytes(len(data)))  # noqa: S311
        case "note missing":
            note.unlink()
        case "note damaged":
            note.write_text("{", encoding="utf-8")
        case "of another model":
            note.write_text(note.read_text(encoding="utf-8").replace("hashing", "another"), encoding="utf-8")
        case "folder":
            file.unlink()
            file.mkdir()


async def test_over_a_damaged_index_file_it_answers_right_or_not_at_all(tmp_path: Path) -> None:
    filled(tmp_path)
    settings = Settings(var=tmp_path)
    for kind in DAMAGES:
        if settings.index_file.is_dir():
            settings.index_file.rmdir()
        async with running_knowledge_base(tmp_path):
            pass  # made, and saved at the latest at its end
        damage(settings.index_file, kind)
        async with hashing_process(tmp_path) as process, client_of(process, tmp_path) as client:
            await right_or_not_at_all(client)


async def test_an_index_file_lost_while_it_runs_is_written_again(tmp_path: Path) -> None:
    filled(tmp_path)
    file = Settings(var=tmp_path).index_file
    async with hashing_process(tmp_path, save_every_s=0.05) as process, client_of(process, tmp_path) as client:
        await until_ready(client)
        file.unlink()
        body = {"id": "zebra", "title": "Zebra", "body": "Stripes.", "state": "published"}
        (await client.post("/v1/articles", json=body)).raise_for_status()
        async with asyncio.timeout(DEADLINE_S):
            while not file.exists():
                await asyncio.sleep(0.01)
        await process.kill()
    async with hashing_process(tmp_path) as process, client_of(process, tmp_path) as client:
        await right_or_not_at_all(client)
        found = await answers(client, ["zebra stripes"])
        assert found[0]["hits"][0]["article_id"] == "zebra"


async def test_an_encoder_of_another_dimension_takes_over_the_base(tmp_path: Path) -> None:
    """Even under the name of the last, so that only the length of its vectors tells them apart; and killed halfway."""
    filled(tmp_path)
    for dimension, pause_s in ((64, 0.0), (48, FOR_EVER_S), (48, 0.01), (64, 0.05)):
        async with (
            hashing_process(tmp_path, pause_s, dimension=dimension) as process,
            client_of(process, tmp_path) as client,
        ):
            if pause_s == FOR_EVER_S:  # killed before it is done
                assert (await client.post("/v1/search", json={"query": "when are you open"})).status_code == 503
                await process.kill()
                continue
            await right_or_not_at_all(client)
            embedded = (await client.post("/v1/embed", json={"texts": ["one"]})).raise_for_status().json()
            assert embedded["dimension"] == dimension
            await process.kill()
