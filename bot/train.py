"""``python -m bot.train``: train the model at ``models/bot.tar.gz``, headless.

Needs a running knowledge base (``TANDEM_KNOWLEDGE_PORT``, token under ``TANDEM_VAR``): its encoder makes the features.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.errors import BotError
from bot.nlu.encoder_client import EncoderClient
from bot.serve import environment
from bot.settings import Settings

DEADLINE_S = 1_800  # it takes minutes on two idle cores; this only ends one that hangs


def command(settings: Settings) -> list[str]:
    """Return the command line of ``rasa train``."""
    name = settings.model.name
    arguments = ["train", "--fixed-model-name", name[: -len(".tar.gz")] if name.endswith(".tar.gz") else name]
    arguments += ["--out", str(settings.model.parent), "--config", "config.yml", "--domain", "bot/domain"]
    arguments += ["--data", "data/nlu", "data/rules", "data/stories"]
    return [sys.executable, "-m", "rasa", *arguments]


def main() -> int:
    """Train; return 0 when there is a model."""
    try:
        settings = Settings.from_env()
        token = settings.service_token()
        client = EncoderClient(settings.knowledge_url, token, settings.train_embed_deadline_s)
        try:
            model = client.model()
        finally:
            client.close()
    except BotError as error:
        print(error, file=sys.stderr)
        return 1
    if not Path("config.yml").is_file():
        print("Train the bot from the folder that holds bot/, data/ and config.yml.", file=sys.stderr)
        return 1
    print(f"Training the bot with the encoder {model}.", flush=True)
    try:
        code = subprocess.run(
            command(settings), env=environment(settings, token), timeout=DEADLINE_S, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"Training did not end within {DEADLINE_S} s; it was stopped.", file=sys.stderr)
        return 1
    if code != 0 or not settings.model.is_file():
        print(f"Training failed (rasa train ended with {code}); its messages are above.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
