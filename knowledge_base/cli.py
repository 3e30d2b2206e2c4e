"""The commands: `serve`, `import`, `export`, `reindex`, `evaluate`, `calibrate`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
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
            case "import":
                from knowledge_base.transfer import Wish, import_path

                return import_path(settings, Wish(options.path, options.dry_run, options.strict))
            case "export":
                from knowledge_base.transfer import export_to

                export_to(settings, options.file)
            case "reindex":
                from knowledge_base.encoder import load_encoder
                from knowledge_base.reindex import reindex

                asyncio.run(reindex(settings, partial(load_encoder, settings)))
            case "evaluate":
                from knowledge_base.evaluation.report import Outputs, evaluate

                outputs = Outputs(options.json, options.markdown, options.pictures)
                evaluate(settings, _data(options), options.split, options.peer, outputs)
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
    _add_transfer(commands)
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
    evaluate.add_argument("--split", choices=("dev", "test", "all"), default="all", help="of sets that have both")
    evaluate.add_argument("--peer", type=Path, metavar="PYTHON", help="measure txtai, installed there, beside it")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write figures and curves as JSON")
    evaluate.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    evaluate.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw risk-coverage and reliability there")
    calibrate = commands.add_parser(
        "calibrate",
        help="fit the confidence model",
        description="Fit the confidence model and its threshold on development sets, and write them.",
    )
    _add_data(calibrate)
    calibrate.add_argument("--output", type=Path, metavar="FILE", help="where to write (default: the package's own)")
    return parser


def _add_transfer(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    taken = commands.add_parser(
        "import",
        help="take over articles from a file or folder",
        description="Take over articles from JSONL, CSV, Markdown, HTML, DOCX or PDF files, or a zip or folder. "
        "A file goes in whole or not at all; rows that cannot be used are reported. The service may run meanwhile.",
        epilog=EPILOG,
    )
    taken.add_argument("path", type=Path, metavar="FILE_OR_FOLDER")
    taken.add_argument("--dry-run", action="store_true", help="report what would be done, and do nothing")
    taken.add_argument("--strict", action="store_true", help="do nothing if any row cannot be used")
    given = commands.add_parser(
        "export",
        help="write all articles as JSONL",
        description="Write all articles with all their versions as JSONL, which `import` turns into an equal base.",
        epilog=EPILOG,
    )
    given.add_argument("file", type=Path, nargs="?", metavar="FILE", help="where to write (default: standard output)")


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="folder of labelled sets (default: EVALUATION_DATA)"
    )


def _data(options: argparse.Namespace) -> Path | None:
    given: Path | None = options.data
    return given or evaluation_folder()
