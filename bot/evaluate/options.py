"""The command line of ``python -m bot.evaluate``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EPILOG = """\
Rows: {"id", "language", "turns": [{"role": "customer"|"bot"|"agent", "text"}, …],
       "label"?: {"handoff", "reason"?, "turn"?}}; turns are counted from 0.
Prints one JSON line for each dialogue and, where labels are, the figures on stderr.
"""


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    file: Path
    json: Path | None = None
    knowledge: str | None = None
    predictions: Path | None = None
    knowledge_token_file: Path | None = None


def parse(arguments: Sequence[str]) -> Options:
    """Return the options; wrong ones end the process with a usage line."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluate",
        description="Say for recorded dialogues whether, when and why the trained bot would have called a person.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE.jsonl")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument(
        "--knowledge", metavar="URL", help="ask this knowledge base instead of going by what the recorded bot said"
    )
    parser.add_argument(
        "--predictions", type=Path, metavar="FILE", help="measure these verdicts instead of making them"
    )
    parser.add_argument("--knowledge-token-file", type=Path, help=argparse.SUPPRESS)  # set for the worker
    return Options(**vars(parser.parse_args(arguments)))
