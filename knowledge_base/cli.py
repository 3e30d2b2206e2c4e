"""The commands: `serve`, `reindex`, `evaluate`, `calibrate`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from knowledge_base import logs
from knowledge_base.errors import CannotStartError
from knowledge_base.settings import Settings, evaluation_folder

EPILOG = "Settings come from the environment: TANDEM_VAR, TANDEM_DEMO, TANDEM_KNOWLEDGE_PORT, TANDEM_ENCODER."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; what cannot be done is said in one sentence."""
    options = _parser().parse_args(arguments)
    logs.configure()
    try:
        settings = Settings.from_env()
        match options.command:
            case "serve":
                from knowledge_base.server import run

                run(settings)
            case "reindex":
                from knowledge_base.encoder import SentenceTransformerEncoder
                from knowledge_base.reindex import reindex

                asyncio.run(reindex(settings, lambda: SentenceTransformerEncoder(settings.encoder)))
            case "evaluate":
                from knowledge_base.evaluation.report import evaluate

                evaluate(settings, _data(options), options.json, options.markdown)
            case "calibrate":
                from knowledge_base.evaluation.calibrate import calibrate

                calibrate(settings, _data(options), options.output)
    except CannotStartError as error:
        print(f"knowledge_base: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge_base", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="run the service", description="Run the service until SIGTERM.", epilog=EPILOG)
    commands.add_parser(
        "reindex",
        help="make passages, vectors and the index anew",
        description="Make every passage and vector and the index file anew from the articles. Stop the service first.",
        epilog=EPILOG,
    )
    evaluate = commands.add_parser(
        "evaluate",
        help="measure search on labelled questions",
        description="Measure search and its confidence on data/evaluation/shop and on every set of the folder.",
    )
    _add_data(evaluate)
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    evaluate.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    calibrate = commands.add_parser(
        "calibrate",
        help="fit the confidence model",
        description="Fit the confidence model and its threshold on development sets, and write them.",
    )
    _add_data(calibrate)
    calibrate.add_argument("--output", type=Path, metavar="FILE", help="where to write (default: the package's own)")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="folder of labelled sets (default: EVALUATION_DATA)"
    )


def _data(options: argparse.Namespace) -> Path | None:
    given: Path | None = options.data
    return given or evaluation_folder()
