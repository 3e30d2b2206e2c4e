"""A reading process with a parser that misbehaves as the file it is given says; run in place of the real one."""

from __future__ import annotations

import os
import sys
import time

from knowledge_base.importing import child, reader


def misbehave(text: str, *_: object) -> None:
    """Do what the file says."""
    match text.strip():
        case "spin":  # a loop in Python: the process ends it by itself
            while True:
                pass
        case "stuck":  # a loop in C, which no signal handler of Python interrupts: the process must be killed
            child.signal.pthread_sigmask(child.signal.SIG_BLOCK, {child.signal.SIGALRM})
            time.sleep(600)
        case "eat":
            eaten = []
            while True:
                eaten.append(bytes(64 * 1024 * 1024))  # address space alone, which takes no time
        case "die":
            os.abort()


if __name__ == "__main__":
    child.MAX_FILE_S = 10
    child.MAX_MEMORY = 512 * 1024 * 1024
    reader.read_markdown = misbehave  # type: ignore[assignment]
    sys.exit(child.main(sys.argv[1:]))
