"""The encoder for an evaluation: the running knowledge base's, else one started for it, empty, on a free port."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx

from bot.errors import BotError, SettingsError
from bot.nlu.encoder_client import EncoderClient
from bot.settings import HOST, Settings

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv/bin/python"  # of the other environment, which the knowledge base runs in
START_S = 120.0  # loading the encoder takes seconds, on a busy machine much longer
STOP_S = 10.0
POLL_S = 0.2
PROBE_S = 2.0


@contextlib.contextmanager
def encoder(settings: Settings) -> Iterator[Settings]:
    """Yield settings under which a knowledge base answers ``/v1/embed``.

    Raises:
        SettingsError: none runs and none could be started.
    """
    if _answers(settings):
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="tandem-evaluate-") as folder:
        own = replace(settings, var=Path(folder), knowledge_port=_free_port())
        log = Path(folder) / "knowledge_base.log"
        with log.open("wb") as output:
            service = subprocess.Popen(
                [str(_python()), "-m", "knowledge_base", "serve"],
                cwd=ROOT,
                env=_environment(settings, own),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(own, service, log)
            yield own
        finally:
            service.terminate()
            try:
                service.wait(STOP_S)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()


def _answers(settings: Settings) -> bool:
    try:
        client = EncoderClient(settings.knowledge_url, settings.service_token(), PROBE_S)
        try:
            client.model()
        finally:
            client.close()
    except BotError:  # no token, nobody there, another system's token: all the same here
        return False
    return True


def _environment(settings: Settings, own: Settings) -> dict[str, str]:
    cache = str((settings.var / "models").resolve())  # the fast copy of the encoder, made by training
    return {
        "TANDEM_MODEL_CACHE": cache,
        **os.environ,
        "TANDEM_VAR": str(own.var),
        "TANDEM_KNOWLEDGE_PORT": str(own.knowledge_port),
        "TANDEM_DEMO": "0",
    }


def _python() -> Path:
    if not PYTHON.exists():
        raise SettingsError("No knowledge base runs, and there is no .venv to start one from; run `make train` first.")
    return PYTHON


def _wait(settings: Settings, service: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    with httpx.Client(timeout=PROBE_S, trust_env=False) as client:
        while time.monotonic() < deadline and service.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(f"{settings.knowledge_url}/health").status_code == 200:
                    return
            time.sleep(POLL_S)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise SettingsError(f"The encoder did not start: {said[-1] if said else 'it said nothing'}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
