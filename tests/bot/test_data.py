"""Rasa's own validation of domain, rules, stories and language data."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.serve import QUIET


@pytest.mark.timeout(300)
def test_rasa_data_validate_passes() -> None:
    arguments = ["data", "validate", "--domain", "bot/domain", "--data", "data/nlu", "data/rules", "data/stories"]
    done = subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3_000:]
    assert "No story structure conflicts found" in said
    assert "labeled with" not in said, "one example under two intents"
