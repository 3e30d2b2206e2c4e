"""Starting and training: what is checked first, and what Rasa is told."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.serve import check, command, environment
from bot.settings import Settings
from bot.train import command as train_command
from tests.actions.knowledge_base import TOKEN


@pytest.fixture
def settings(environment: Path, tmp_path: Path) -> Settings:
    model = tmp_path / "bot.tar.gz"
    model.write_bytes(b"")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return replace(Settings.from_env(), model=model, rasa_port=port)


def test_with_everything_there_the_token_is_returned(settings: Settings) -> None:
    assert check(settings) == TOKEN


def test_a_missing_model_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="make train"):
        check(replace(settings, model=settings.var / "missing.tar.gz"))


def test_a_missing_token_says_who_makes_it(settings: Settings) -> None:
    settings.token_path.unlink()
    with pytest.raises(SettingsError, match="knowledge base or the gateway"):
        check(settings)


def test_a_missing_list_of_sensitive_words_says_where_it_should_be(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"data/policy\.yml cannot be read"):
        check(settings)


def test_a_taken_port_says_which_setting_moves_it(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.rasa_port))
        taken.listen()
        with pytest.raises(SettingsError, match="TANDEM_RASA_PORT"):
            check(settings)


def test_rasa_is_bound_to_loopback_and_told_no_secret_on_its_command_line(settings: Settings) -> None:
    arguments = command(settings)
    assert arguments[arguments.index("--interface") + 1] == "127.0.0.1"
    assert not any(TOKEN in argument for argument in arguments)
    assert environment(settings, TOKEN)["TANDEM_SERVICE_TOKEN"] == TOKEN
    assert environment(settings, TOKEN)["RASA_TELEMETRY_ENABLED"] == "false"


def test_training_writes_the_model_where_serving_looks(settings: Settings) -> None:
    arguments = train_command(settings)
    out, name = arguments[arguments.index("--out") + 1], arguments[arguments.index("--fixed-model-name") + 1]
    assert Path(out) / f"{name}.tar.gz" == settings.model


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", ""])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="TANDEM_RASA_PORT"):
        Settings.from_env({"TANDEM_RASA_PORT": port})
