"""Reads a file in a process of its own, and ends that process when it overruns."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from knowledge_base.importing.child import MAX_FILE_S
from knowledge_base.importing.limits import MAX_FILE
from knowledge_base.importing.messages import Begun, Ended, from_line
from knowledge_base.importing.reader import Ignored
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.rows import FileError, ImportRow, Reading, Refusal

logger = logging.getLogger(__name__)

CHILD = "knowledge_base.importing.child"
ROOT = Path(__file__).parents[2]
SILENCE_S = MAX_FILE_S + 15  # the process ends a slow file by itself; when it cannot, it is killed soon after
LONGEST_LINE = 2 * MAX_FILE  # bytes of what the process says of one row
ENVIRONMENT = {"LANG": "C.UTF-8"}  # no more than it needs, and none of the secrets there may be


async def read_file(path: Path, name: str, defaults: Defaults) -> Reading:
    """Return everything that a file or folder holds; takes minutes when there is much to convert.

    Args:
        path: absolute.
        name: what the file was called where it came from; its ending tells the kind.

    Raises:
        FileError: the file as a whole cannot be used.
    """
    rows: list[ImportRow] = []
    refused: list[Refusal] = []
    ignored: list[str] = []
    file, why = name, "needed more memory or time than an import may take"
    async with _child(path, name, defaults) as output:
        while line := await _line(output):
            match message := from_line(line):
                case ImportRow():
                    rows.append(message)
                case Refusal():
                    refused.append(message)
                case Ignored():
                    ignored.append(message.path)
                case Begun():
                    file = message.name
                case FileError():
                    raise message
                case Ended():
                    return Reading(tuple(rows), tuple(refused), tuple(ignored))
        if line is None:
            why = f"took longer than {SILENCE_S} s"
    logger.warning("A file could not be imported", extra={"file": file, "reason": why})
    raise FileError(f"reading {file!r:.200} {why}; import the rest without it")


async def _line(output: asyncio.StreamReader) -> bytes | None:
    """Return the next line, nothing when the process has ended, `None` when it has been silent for too long."""
    try:
        async with asyncio.timeout(SILENCE_S):
            line = await output.readline()
    except TimeoutError:
        return None
    except ValueError:
        raise FileError("an article of the file is too large") from None
    return line if line.endswith(b"\n") else b""  # half a line: killed while it spoke


@asynccontextmanager
async def _child(path: Path, name: str, defaults: Defaults) -> AsyncIterator[asyncio.StreamReader]:
    """Run the reading process; it is gone when the block ends, however it ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", CHILD, str(path), name, defaults.language, defaults.state.value),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE,
    )
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        yield process.stdout
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
