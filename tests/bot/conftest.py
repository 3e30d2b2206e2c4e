"""The bot's tests run in Rasa's environment; its old packages warn when imported, ours may not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.knowledge_base import TOKEN, StandIn

# Before anything imports Rasa: no telemetry, no banner of TensorFlow, no search for a GPU.
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

IGNORED_WARNINGS = (
    "ignore::DeprecationWarning",  # Rasa 3.6's pins of 2022 and 2023 import what newer ones renamed
    "ignore::PendingDeprecationWarning",
    "ignore:pkg_resources is deprecated:UserWarning",
    "ignore:Slot auto-fill has been removed:UserWarning",  # Rasa says so on every load of any domain with slots
    "ignore::FutureWarning:rasa.*",
    "ignore::ResourceWarning:rasa.*",
)


def pytest_configure(config: pytest.Config) -> None:
    """Let Rasa's own dependencies warn."""
    for line in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def knowledge() -> Iterator[StandIn]:
    """A knowledge base that answers what it is told."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture
def environment(tmp_path: Path, knowledge: StandIn, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that point at the knowledge base, with a token; returns TANDEM_VAR."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "service_token").write_text(TOKEN)
    monkeypatch.setenv("TANDEM_VAR", str(tmp_path))
    monkeypatch.delenv("TANDEM_MODEL_CACHE", raising=False)
    monkeypatch.setenv("TANDEM_KNOWLEDGE_PORT", str(knowledge.port))
    return tmp_path
