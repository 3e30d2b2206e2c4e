"""Rasa's own checks: of domain, rules, stories and language data, and of whole legs against the model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.serve import QUIET
from tests.bot.system import ROOT


def rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of Rasa's commands."""
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.mark.timeout(1_000)
def test_rasa_data_validate_passes() -> None:
    done = rasa("data", "validate", "--domain", "bot/domain", "--data", "data/nlu", "data/rules", "data/stories")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3_000:]
    assert "No story structure conflicts found" in said
    assert "labeled with" not in said, "one example under two intents"


@pytest.mark.timeout(1_000)
@pytest.mark.usefixtures("environment")
def test_rasas_own_story_tests_pass(tmp_path: Path) -> None:
    """`rasa test` replays the legs of `stories/` against the trained model; a wrong action fails it."""
    arguments = ["test", "core", "--model", "models/bot.tar.gz", "--stories", "tests/bot/stories"]
    arguments += ["--out", str(tmp_path), "--fail-on-prediction-errors", "--no-plot"]
    done = rasa(*arguments)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3_000:]
    report = json.loads((tmp_path / "story_report.json").read_text(encoding="utf-8"))
    stories = yaml.safe_load((ROOT / "tests/bot/stories/test_escalation.yml").read_text(encoding="utf-8"))["stories"]
    assert report["conversation_accuracy"]["total"] == len(stories)
    assert report["conversation_accuracy"]["correct"] == len(stories)
