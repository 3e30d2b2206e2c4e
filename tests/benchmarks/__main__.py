"""`make bench`: how long Tandem takes to start, to train and to answer, and how much memory it holds.

    python -m tests.benchmarks            # everything, the cold start included (minutes; fetches 1.5 GB anew)
    python -m tests.benchmarks --warm     # what this checkout can tell without fetching anything
    python -m tests.benchmarks --search   # search and the index alone, without starting the system
    python -m tests.benchmarks --gateway  # the gateway alone

Prints tables and writes them into docs/performance.md, with the date and the machine.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from scripts.settings import MODEL, ROOT
from scripts.system import System, free_ports, running_system
from scripts.train import STAMP, train_if_needed
from tests.benchmarks import index_sizes, live_import, live_index, relay, searching
from tests.benchmarks.timing import Line, milliseconds
from tests.e2e.acceptance import SHOP_QUESTIONS, rows
from tests.support.report import measured_with, write_between
from tests.support.wire import Customer

PAGE = ROOT / "docs/performance.md"
TURNS = 60  # a customer's worth at one; at ten customers each asks a tenth of three times as many
COLD_DEADLINE_S = 1500
UP = "Tandem is up"
MANY_ARTICLES = 10_000


# --- starting --------------------------------------------------------------------------------------------------------


def time_make_run(folder: Path, environment: dict[str, str]) -> float:
    """Seconds from `make run` to the printed addresses; stops it again."""
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    try:
        for line in process.stdout or ():
            said.append(line)
            if UP in line:
                return time.monotonic() - started
            if time.monotonic() - started > COLD_DEADLINE_S:
                break
        raise SystemExit("make run did not come up:\n" + "".join(said[-15:]))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def own_ports() -> dict[str, str]:
    """Ports and nothing else, so that a benchmark runs beside a system in use."""
    names = ("GATEWAY", "GATEWAY_WS", "KNOWLEDGE", "RASA", "ACTIONS")
    return {f"TANDEM_{name}_PORT": str(port) for name, port in zip(names, free_ports(5), strict=True)}


def measure_cold_and_warm() -> list[Line]:
    """A bare clone with empty caches, then the same clone again."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as temporary:
        clone = Path(temporary) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {**os.environ, **own_ports(), "UV_CACHE_DIR": f"{temporary}/uv", "TANDEM_VAR": f"{temporary}/var"}
        cold = time_make_run(clone, environment)
        warm = [time_make_run(clone, environment) for _ in range(3)]
    return [
        Line("`make run`, bare clone, empty caches: set-up, training, first start", f"{cold:.0f} s"),
        Line("`make run` again (median of 3)", f"{statistics.median(warm):.1f} s"),
    ]


def measure_training() -> list[Line]:
    """Training from nothing, Rasa's own cache included."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as temporary:
        kept = Path(temporary)
        for file in (MODEL, STAMP):
            shutil.copy2(file, kept / file.name)
        STAMP.unlink()
        os.environ["RASA_CACHE_DIRECTORY"] = f"{temporary}/rasa-cache"
        try:
            seconds = train_if_needed("")
        finally:
            del os.environ["RASA_CACHE_DIRECTORY"]
            for file in (MODEL, STAMP):
                shutil.copy2(kept / file.name, file)
    return [Line("training, the encoder's own start included", f"{seconds:.0f} s")]


# --- turns -----------------------------------------------------------------------------------------------------------


async def time_turns(gateway_ws: str, questions: Sequence[str]) -> list[float]:
    """One customer asks one question after the other; seconds from each send to the bot's reply."""
    taken = []
    for question in questions:  # a customer each, as a leg that asks the same again would rightly reach a person
        async with Customer(gateway_ws) as customer:
            started = time.perf_counter()
            await customer.ask(question)
            taken.append(time.perf_counter() - started)
            await customer.put({"type": "end"})
    return taken


async def measure_turns(system: System) -> list[Line]:
    """Turn times at one customer and at ten at once."""
    gateway_ws = f"ws://127.0.0.1:{system.settings.gateway_ws_port}"
    questions = [
        row["text"]
        for row in rows(SHOP_QUESTIONS)
        if row["split"] == "dev" and row["kind"] == "routine" and row["language"] == "en"
    ]
    await time_turns(gateway_ws, questions[:5])
    alone = await time_turns(gateway_ws, questions[:TURNS])
    started = time.perf_counter()
    shares = [
        [questions[(start + step) % len(questions)] for step in range(TURNS * 3 // 10)] for start in range(0, 10 * 7, 7)
    ]
    crowd = [
        seconds
        for share in await asyncio.gather(*(time_turns(gateway_ws, share) for share in shares))
        for seconds in share
    ]
    rate = len(crowd) / (time.perf_counter() - started)
    return [
        Line(f"one turn, question to answer, one customer ({len(alone)} turns)", milliseconds(alone)),
        Line(f"the same, ten customers at once ({len(crowd)} turns)", f"{milliseconds(crowd)} · {rate:.1f} turns/s"),
    ]


def measure_memory(system: System) -> list[Line]:
    """Memory of each process after the turns: proportional set size, so that shared pages count once."""
    lines = []
    for name, info in system.processes().items():
        tree = [psutil.Process(int(info["pid"])), *psutil.Process(int(info["pid"])).children(recursive=True)]
        held = sum(process.memory_full_info().pss for process in tree)
        lines.append(Line(f"memory of {name.replace('_', ' ')}", f"{held / 2**20:.0f} MB"))
    return lines


# --- search ---------------------------------------------------------------------------------------------------------


def measure_many_articles() -> list[Line]:
    """Search, starts and publishes at ten thousand articles, without the encoder's time."""
    units = f"{MANY_ARTICLES:,} articles ({MANY_ARTICLES * live_index.UNITS:,} units)"
    built, search = live_index.time_search(MANY_ARTICLES)
    times = asyncio.run(live_index.time_processes(MANY_ARTICLES))
    return [
        Line(f"search beside encoding, {units}", str(search)),
        Line("building its lexical index", f"{built:.1f} s"),
        Line("start from the saved index", f"{times.start_s:.1f} s"),
        Line("start without the index file, vectors in the database", f"{times.start_without_file_s:.1f} s"),
        Line("from publish to found, in another process", str(times.publish)),
    ]


def measure_index() -> str:
    """The vector index by size."""
    return "\n".join([index_sizes.HEAD, *map(str, index_sizes.measure())])


# --- writing ---------------------------------------------------------------------------------------------------------


def table_of(lines: list[Line]) -> str:
    """A table of two columns."""
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {line.what} | {line.value} |" for line in lines)])


def write(name: str, table: str) -> None:
    """Print a table and put it between its markers in docs/performance.md."""
    print(table, flush=True)
    write_between(PAGE, name, f"{measured_with('make bench')}\n\n{table}")


def measure_gateway() -> None:
    """Measure the gateway without a bot, and write it down."""
    lines, growth = relay.measure_relay()
    write("gateway", table_of(lines))
    write("growth", "\n".join(growth))


def main() -> None:
    """Measure everything asked for, then write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warm", action="store_true", help="leave out the cold start, which fetches everything anew")
    parser.add_argument("--search", action="store_true", help="search and the index alone")
    parser.add_argument("--import", action="store_true", dest="only_import", help="publishing beside an import alone")
    parser.add_argument("--gateway", action="store_true", help="the gateway alone")
    options = parser.parse_args()
    if options.gateway:
        measure_gateway()
        return
    if options.only_import:
        write("import", table_of(live_import.measure()))
        return
    write("search", table_of([*searching.measure(), *measure_many_articles()]))
    write("import", table_of(live_import.measure()))
    write("index", measure_index())
    if options.search:
        return
    measure_gateway()
    train_if_needed("")
    lines = [] if options.warm else measure_cold_and_warm()
    lines += measure_training()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as var, running_system(Path(var)) as system:
        lines += asyncio.run(measure_turns(system))
        lines += measure_memory(system)
    write("bench", table_of(lines))


if __name__ == "__main__":
    main()
