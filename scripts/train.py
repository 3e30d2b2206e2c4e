"""Train the bot when something it is made from changed (`make train`).

Training asks the knowledge base for sentence vectors, so one is started for the purpose, empty and on a free port.
"""

import contextlib
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx

from scripts.settings import MODEL, ROOT, SystemSettings
from scripts.system import POLL_S, StartError, fail, free_ports

LOG = MODEL.with_name("train.log")
STAMP = MODEL.with_suffix(".stamp")
SOURCES = (
    "config.yml",
    "data/nlu/**/*",
    "data/escalation/**/*",
    "data/rules/**/*",
    "data/stories/**/*",
    "bot/**/*.py",
    "bot/**/*.yml",
    "requirements/rasa.txt",
)
NOT_IN_THE_MODEL = "bot/evaluate"  # only reads the model
ENCODER_SOURCES = ("knowledge_base/encoder/*.py",)
ENCODER_DEADLINE_S = 600.0  # it exports its model first on a new machine, which may be a slow one
TRAINING_DEADLINE_S = 2_000.0
SAY_EVERY_S = 30.0  # a terminal that is silent for minutes looks like one that hangs


def fingerprint(encoder: str) -> str:
    """One digest over everything the model is made from: data, configuration, components and encoder."""
    seen = hashlib.sha256(encoder.encode())
    for pattern in SOURCES + ENCODER_SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT)
            if path.is_file() and "__pycache__" not in path.parts and not name.is_relative_to(NOT_IN_THE_MODEL):
                seen.update(str(name).encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()


def is_trained(encoder: str) -> bool:
    """Whether the model on disk is made from what is there now."""
    return MODEL.exists() and STAMP.exists() and STAMP.read_text() == fingerprint(encoder)


@contextlib.contextmanager
def encoder_service(encoder: str) -> Iterator[dict[str, str]]:
    """An empty knowledge base that only encodes; yields the environment in which others find it."""
    with tempfile.TemporaryDirectory(prefix="tandem-train-") as var:
        settings = SystemSettings(Path(var), knowledge_port=free_ports(1)[0], encoder=encoder, demo=False)
        models = str(SystemSettings.from_env().var / "models")  # made ready here, it is there at the first start
        environment = {"TANDEM_MODEL_CACHE": models, **os.environ}
        environment |= settings.to_env()
        log = Path(var) / "knowledge_base.log"
        with log.open("wb") as output:
            service = subprocess.Popen(
                [str(ROOT / ".venv/bin/python"), "-m", "knowledge_base", "serve"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_for(f"http://127.0.0.1:{settings.knowledge_port}/health", service, log)
            yield environment
        finally:
            service.terminate()
            try:
                service.wait(10)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()


def _wait_for(address: str, service: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + ENCODER_DEADLINE_S
    with httpx.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline and service.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(address).status_code == httpx.codes.OK:
                    return
            time.sleep(POLL_S)
    said = log.read_text(errors="replace").strip().splitlines()
    raise StartError(f"The encoder did not come up for training: {said[-1] if said else 'it said nothing'}")


def say(text: str) -> None:
    """Print one line of progress at once, also into a pipe."""
    print(f"[train] {text}", flush=True)


def watched(command: list[str], environment: dict[str, str], output: IO[str], every_s: float = SAY_EVERY_S) -> int:
    """Run the training, and say now and then that it goes on; returns its exit code.

    Raises:
        StartError: it took far too long, and was ended.
    """
    training = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    started = time.monotonic()
    try:
        while True:
            try:
                return training.wait(every_s)
            except subprocess.TimeoutExpired as failure:  # noqa: PERF203 - a round takes half a minute
                seconds = time.monotonic() - started
                if seconds > TRAINING_DEADLINE_S:
                    raise StartError(f"Training took over {TRAINING_DEADLINE_S:.0f} s: see {LOG}.") from failure
                say(f"still training ({seconds:.0f} s)")
    finally:
        if training.poll() is None:
            training.kill()
            training.wait()


def train_if_needed(encoder: str) -> float:
    """Train unless the model is current; returns the seconds it took, 0 when nothing was to do.

    Raises:
        StartError: the encoder or the training failed; the message says which and why.
    """
    if is_trained(encoder):
        return 0.0
    why = "the bot's data, components or encoder changed" if MODEL.exists() else "the bot has not been trained here yet"
    say(f"{why}; training (two to ten minutes)")
    started = time.monotonic()
    made_from = fingerprint(encoder)
    with encoder_service(encoder) as environment:
        MODEL.parent.mkdir(exist_ok=True)
        with LOG.open("w") as output:  # Rasa says a lot, and nothing of it matters unless training fails
            ended = watched([str(ROOT / ".venv-rasa/bin/python"), "-m", "bot.train"], environment, output)
    if ended != 0 or not MODEL.exists():
        last = LOG.read_text(errors="replace").strip().splitlines()[-1:]
        raise StartError(f"Training failed ({''.join(last) or 'it said nothing'}): see {LOG}.")
    STAMP.write_text(made_from)
    seconds = time.monotonic() - started
    say(f"{MODEL.relative_to(ROOT)} is ready ({seconds:.0f} s)")
    return seconds


def main() -> None:
    """`make train`."""
    try:
        if train_if_needed(SystemSettings.from_env().encoder) == 0:
            say("the model is current; nothing to do")
    except (StartError, ValueError) as problem:
        fail(problem)


if __name__ == "__main__":
    main()
