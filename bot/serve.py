"""``python -m bot.serve``: start Rasa with Tandem's settings.

Replaces itself by ``rasa run``, so that signals reach Rasa. Exits with one sentence when something needed is missing.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from bot.errors import SettingsError
from bot.escalation.topics import load_topics
from bot.settings import HOST, Settings

QUIET = {  # PITFALLS of a headless Rasa: no telemetry, no banner of TensorFlow, no search for a GPU
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONUNBUFFERED": "1",
}


def environment(settings: Settings, token: str) -> dict[str, str]:
    """Return the variables Rasa, its components and ``endpoints.yml`` read."""
    return {
        **os.environ,
        **QUIET,
        "TANDEM_VAR": str(settings.var),
        "TANDEM_ACTIONS_PORT": str(settings.actions_port),
        "TANDEM_KNOWLEDGE_PORT": str(settings.knowledge_port),
        "TANDEM_SERVICE_TOKEN": token,
    }


def command(settings: Settings) -> list[str]:
    """Return the command line of ``rasa run``."""
    arguments = ["run", "--interface", HOST, "--port", str(settings.rasa_port), "--model", str(settings.model)]
    arguments += ["--credentials", "bot/credentials.yml", "--endpoints", "endpoints.yml"]
    return [sys.executable, "-m", "rasa", *arguments]


def check(settings: Settings) -> str:
    """Return the service token when everything needed is there.

    Raises:
        SettingsError: the model or the token is missing, the list of sensitive words is wrong, or the port is taken.
    """
    if not settings.model.is_file():
        raise SettingsError(f"There is no model at {settings.model}; run `make train`.")
    load_topics()
    token = settings.service_token()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, settings.rasa_port))
        except OSError as error:
            raise SettingsError(
                f"Port {settings.rasa_port} for Rasa is taken; stop what uses it or set TANDEM_RASA_PORT."
            ) from error
    return token


def main() -> int:
    """Start Rasa in place of this process; return 1 with one sentence when it cannot start."""
    try:
        settings = Settings.from_env()
        if not Path("bot/credentials.yml").is_file():
            raise SettingsError("Start the bot from the folder that holds bot/, config.yml and endpoints.yml.")
        token = check(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    arguments = command(settings)
    return os.execve(arguments[0], arguments, environment(settings, token))  # noqa: S606 - the command is ours


if __name__ == "__main__":
    sys.exit(main())
