"""The reading process: `python -m knowledge_base.importing.child FILE NAME LANGUAGE STATE`.

Parsers meet files that nobody has checked, so they run in a process of their own that may take only so much memory and
time, writes no file, and is killed by `reading.py` when it overruns. It prints what it finds, see `messages.py`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from knowledge_base.articles.articles import ArticleState
from knowledge_base.importing.limits import MIB
from knowledge_base.importing.messages import Begun, Ended, Message, to_line
from knowledge_base.importing.reader import read_path
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.rows import FileError, RowError

MAX_MEMORY = 1536 * MIB  # of address space; converters take about 250 MiB, a table of 50 MiB about 600
MAX_FILE_S = 60  # for one file of the upload; a page of PDF takes 0.05 to 0.3 s
MAX_CPU_S = 1_800  # altogether, should nobody be left to end this process


class _TooSlowError(BaseException):
    """Raised wherever the process is when a file takes too long; no parser's own `except Exception` can catch it."""


def main(arguments: list[str]) -> int:
    """Read a file or folder, print what is in it, and return 0."""
    path, name, language, state = arguments
    _limit()
    warnings.simplefilter("ignore")  # about the files, for nobody to read
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a parser prints must not end up between the messages

    def say(message: Message) -> None:
        out.write(to_line(message))

    @contextlib.contextmanager
    def watch(file: str) -> Iterator[None]:
        say(Begun(file))
        out.flush()
        signal.setitimer(signal.ITIMER_REAL, MAX_FILE_S)
        try:
            yield
        except _TooSlowError:
            raise RowError(f"reading the file takes longer than {MAX_FILE_S} s") from None
        except MemoryError:
            raise RowError("the file needs more memory than an import may take") from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    try:
        for found in read_path(Path(path), name, Defaults(language, ArticleState(state)), watch):
            say(found)
        say(Ended())
    except FileError as error:
        say(error)
    except RowError as error:  # of a file that came alone
        say(FileError(error.error))
    except _TooSlowError:
        say(FileError(f"reading the file takes longer than {MAX_FILE_S} s"))
    except MemoryError:
        say(FileError("the file needs more memory than an import may take", 413))
    out.flush()
    return 0


def _limit() -> None:
    with contextlib.suppress(ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # searches come first
    signal.signal(signal.SIGALRM, _too_slow)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the process that started this one


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise _TooSlowError


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
