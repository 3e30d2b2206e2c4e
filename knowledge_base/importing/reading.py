"""Reads a file in a process of its own, and ends that process when it overruns."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from knowledge_base.importing.child import MAX_FILE_S
from knowledge_base.importing.messages import Begun, Ended, from_line
from knowledge_base.importing.reader import Ignored
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.rows import FileError, ImportRow, Reading, Refusal

logger = logging.getLogger(__name__)

CHILD = "knowledge_base.importing.child"
ROOT = Path(__file__).parents[2]
SILENCE_S = MAX_FILE_S + 15  # the process ends a slow file by itself; when it cannot, it is killed soon after

ENVIRONMENT = {"LANG": "C.UTF-8"}  # no more than it needs, and none of the secrets there may be


def read_file(path: Path, name: str, defaults: Defaults) -> Reading:
    """Return everything that a file or folder holds; blocks, for minutes when there is much to convert.

    Args:
        name: what the file was called where it came from; its ending tells the kind.

    Raises:
        FileError: the file as a whole cannot be used.
    """
    rows: list[ImportRow] = []
    refused: list[Refusal] = []
    ignored: list[str] = []
    file = name
    with _child(path, name, defaults) as (output, silence):
        for line in output:
            silence.heard()
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
    why = f"took longer than {SILENCE_S} s" if silence.fell else "needed more memory or time than an import may take"
    logger.warning("A file could not be imported", extra={"file": file, "reason": why})
    raise FileError(f"reading {file!r:.200} {why}; import the rest without it")


class _Silence:
    """Kills a process that says nothing for too long."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._heard = threading.Event()
        self._over = False
        self.fell = False
        self._thread = threading.Thread(target=self._watch, name="import-deadline", daemon=True)
        self._thread.start()

    def heard(self) -> None:
        self._heard.set()

    def end(self) -> None:
        self._over = True
        self._heard.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over:
            if not self._heard.wait(SILENCE_S):
                self.fell = True
                self._process.kill()
                return
            self._heard.clear()


@contextmanager
def _child(path: Path, name: str, defaults: Defaults) -> Iterator[tuple[IO[bytes], _Silence]]:
    command = [sys.executable, "-m", CHILD, str(path.resolve()), name, defaults.language, defaults.state.value]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        silence = _Silence(process)
        try:
            yield process.stdout, silence
        finally:
            process.kill()
            silence.end()
