"""``python -m bot.evaluate FILE.jsonl``: replay recorded dialogues against the trained bot; see docs/evaluation.md.

Checks the file first, finds or starts an encoder, then lets ``bot.evaluate.worker`` do the work with Rasa.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.errors import BotError, SettingsError
from bot.evaluate.dialogues import read_dialogues
from bot.evaluate.encoder import encoder
from bot.evaluate.metrics import measure
from bot.evaluate.options import Options, parse
from bot.evaluate.predictions import judged, read_predictions
from bot.evaluate.report import write
from bot.serve import environment
from bot.settings import Settings


def measure_predictions(options: Options, predictions: Path) -> None:
    """Measure another detector's verdicts; neither model nor encoder are needed."""
    dialogues = read_dialogues(options.file)
    pairs = judged(dialogues, read_predictions(predictions, dialogues))
    if not pairs:
        raise SettingsError(f"{options.file} holds no labels to measure against.")
    write(measure(pairs), options.json)


def evaluate(options: Options, arguments: list[str]) -> int:
    """Run the worker where vectors are to be had; return its exit code."""
    settings = Settings.from_env()
    if not settings.model.is_file():
        raise SettingsError(f"There is no model at {settings.model}; run `make train`.")
    read_dialogues(options.file)  # a bad file is refused before anything is started
    if options.knowledge is not None:
        settings.service_token()
        arguments = [*arguments, "--knowledge-token-file", str(settings.token_path.resolve())]
    with encoder(settings) as having:
        command = [sys.executable, "-W", "ignore", "-m", "bot.evaluate.worker", *arguments]
        return subprocess.run(command, env=environment(having, having.service_token()), check=False).returncode


def main(arguments: list[str]) -> int:
    """Evaluate; return 1 with one sentence when something is missing or wrong."""
    signal.signal(signal.SIGTERM, _end)  # so that an encoder started here is stopped
    options = parse(arguments)
    try:
        if options.predictions is not None:
            measure_predictions(options, options.predictions)
            return 0
        return evaluate(options, arguments)
    except BotError as error:
        print(error, file=sys.stderr)
        return 1


def _end(number: int, frame: Any) -> None:  # noqa: ARG001 - the signature of a signal handler
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
