"""Training as whoever waits for it sees it."""

import os
import sys
from pathlib import Path

import pytest

from scripts import train
from scripts.system import StartError


def test_a_long_training_says_that_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    said: list[str] = []

    def say(text: str) -> None:
        if not said:
            gate.open("w").close()  # lets the training end
        said.append(text)

    monkeypatch.setattr(train, "say", say)
    command = [sys.executable, "-c", f"open({str(gate)!r}).read(); raise SystemExit(3)"]
    with (tmp_path / "log").open("w") as output:
        assert train.watched(command, dict(os.environ), output, every_s=0.05) == 3
    assert said[0].startswith("still training (")


def test_a_training_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "TRAINING_DEADLINE_S", 0.0)
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    with (tmp_path / "log").open("w") as output, pytest.raises(StartError, match="Training took over"):
        train.watched(command, dict(os.environ), output, every_s=0.05)
