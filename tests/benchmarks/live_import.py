"""How soon a publish is found while a large file is imported, and once it is, in two processes over one database.

    python -m tests.benchmarks.live_import [ARTICLES …]

An editor publishes an article again and again, from before the import until both processes know all of the file. Each
is asked for, in both, until it is found. Texts are those of `live_index`; the encoder only hashes words.
"""

# ruff: noqa: ASYNC110 - asked again and again, as anybody outside would

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.benchmarks.live_index import Timing, Words, replica
from tests.benchmarks.timing import Line

PASSAGES = 4  # of an article, beside its title and an alternative question: a file of 30 MB at 10,000 articles
PASSAGE_WORDS = 90  # two do not fit into one passage
IMPORT_S = 1_800
IN_BENCH = 2_000  # articles, about a minute with all around it
ASK_AGAIN_S = 0.01
BEFORE = 5  # publishes before the import
AFTER = 5  # publishes once all of it is found


@dataclass(frozen=True)
class Published:
    """One publish: when it was asked for, and how long until both processes found it."""

    at: float
    committed_s: float
    found_s: float


@dataclass(frozen=True)
class ImportTimes:
    """What an import did to publishes.

    Attributes:
        import_s: from the upload to the report.
        found_s: from the report until both processes find the last article of the file.
        before: publish to found, before the upload.
        during: publish to found, of those asked for between upload and report.
        after: publish to found, of those asked for after the report.
        searches: in the process that does not import, between upload and the end.
    """

    import_s: float
    found_s: float
    before: Timing
    during: Timing
    after: Timing
    searches: Timing

    def lines(self, articles: int) -> list[Line]:
        """Return all of it as rows of a table."""
        parts = (("before it", self.before), ("meanwhile", self.during), ("afterwards", self.after))
        return [
            Line(f"import of {articles:,} articles, without encoding", f"{self.import_s:.0f} s"),
            Line("from its report until two processes find its last article", f"{self.found_s:.1f} s"),
            *(
                Line(f"from publish to found in both, {name}", f"{timing} · at most {max(timing.seconds):.2f} s")
                for name, timing in parts
            ),
            Line(
                "search in the other process meanwhile", f"{self.searches} · at most {max(self.searches.seconds):.2f} s"
            ),
        ]

    def __str__(self) -> str:
        """Return all of it in lines."""
        return "\n".join(
            [
                f"import {self.import_s:.1f} s, then found in both after {self.found_s:.2f} s",
                *(
                    f"publish to found {name}: {timing}, at most {max(timing.seconds):.2f} s ({len(timing.seconds)})"
                    for name, timing in (("before", self.before), ("during", self.during), ("after", self.after))
                ),
                f"searches meanwhile: {self.searches}, at most {max(self.searches.seconds):.2f} s",
            ]
        )


def jsonl(articles: int) -> bytes:
    """A file of so many articles."""
    words = Words()
    rows = (
        {
            "external_id": f"row-{number}",
            "title": words.text(7),
            "body": "\n\n".join(words.text(PASSAGE_WORDS) for _ in range(PASSAGES)),
            "questions": [f"Which is row{number}row?"],
            "state": "published",
        }
        for number in range(articles)
    )
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


async def found(clients: Sequence[httpx.AsyncClient], query: str, article_id: str) -> None:
    """Ask each process until it finds this first."""
    for client in clients:
        while True:
            hits = (
                (await client.post("/v1/search", json={"query": query, "limit": 1})).raise_for_status().json()["hits"]
            )
            if hits and hits[0]["article_id"] == article_id:
                break
            await asyncio.sleep(ASK_AGAIN_S)


async def publish(clients: Sequence[httpx.AsyncClient], number: int) -> Published:
    """Publish an article and wait until every process finds it."""
    name = f"zebra{number}zebra"
    began = time.perf_counter()
    content = {"id": name, "title": f"The {name}", "body": f"Stripes of the {name}.", "state": "published"}
    (await clients[0].post("/v1/articles", json=content)).raise_for_status()
    committed = time.perf_counter()
    await found(clients, name, name)
    return Published(began, committed - began, time.perf_counter() - began)


async def time_import(articles: int) -> ImportTimes:
    """Import so many articles into an empty base."""
    file = jsonl(articles)
    async with AsyncExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clients = [await stack.enter_async_context(replica(var)) for _ in range(2)]
        seen = [await publish(clients, number) for number in range(BEFORE + 1)]
        finished, searches = asyncio.Event(), list[float]()

        async def publish_on() -> None:
            while not finished.is_set():
                seen.append(await publish(clients, len(seen)))

        async def search_on() -> None:
            while not finished.is_set():
                began = time.perf_counter()
                await clients[1].post("/v1/search", json={"query": "how can you"})
                searches.append(time.perf_counter() - began)
                await asyncio.sleep(ASK_AGAIN_S)

        began = time.perf_counter()
        others = [asyncio.create_task(publish_on()), asyncio.create_task(search_on())]
        answer = await clients[0].post("/v1/import", files={"file": ("file.jsonl", file)}, timeout=IMPORT_S)
        report = answer.raise_for_status().json()
        reported = time.perf_counter()
        if report["created"] != articles:
            raise SystemExit(f"The import made {report['created']} articles.")
        last = f"row-{articles - 1}"
        await found(clients, f"which is row{articles - 1}row", last)
        known = time.perf_counter()
        for _ in range(AFTER):
            seen_already = len(seen)
            while len(seen) == seen_already:
                await asyncio.sleep(ASK_AGAIN_S)
        finished.set()
        await asyncio.gather(*others)
    return ImportTimes(
        reported - began,
        known - reported,
        Timing(tuple(each.found_s for each in seen[1:] if each.at < began)),  # the first loads the sentence rules
        Timing(tuple(each.found_s for each in seen if began <= each.at < reported)),
        Timing(tuple(each.found_s for each in seen if each.at >= reported)),
        Timing(tuple(searches)),
    )


def measure() -> list[Line]:
    """Return what `make bench` writes down."""
    return asyncio.run(time_import(IN_BENCH)).lines(IN_BENCH)


def main(sizes: Sequence[int]) -> None:
    """Print everything at each size."""
    for size in sizes:
        print(f"{size} articles: {asyncio.run(time_import(size))}", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10_000])
