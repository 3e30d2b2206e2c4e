"""Starting refuses clearly where it cannot work, and training knows when it is due."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import setup, train
from scripts.settings import SystemSettings
from scripts.system import Part, StartError, System, check_machine, settings_on_free_ports


@pytest.fixture
def settings(tmp_path: Path) -> SystemSettings:
    return settings_on_free_ports(tmp_path / "var")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken


def test_taken_port_is_named_with_its_owner_and_the_way_out(tmp_path: Path, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    settings = replace(settings_on_free_ports(tmp_path), knowledge_port=port)
    with pytest.raises(StartError, match=rf"Port {port} .* process \d+.* TANDEM_KNOWLEDGE_PORT=…"):
        check_machine(settings)


def test_unwritable_folder_is_named(settings: SystemSettings, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    with pytest.raises(StartError, match="set TANDEM_VAR"):
        check_machine(settings)


def test_full_disk_is_named(settings: SystemSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.system.NEEDED_DISK_BYTES", 2**62)
    with pytest.raises(StartError, match=r"Only \d+ MB are free .* TANDEM_VAR"):
        check_machine(settings)


def test_machine_in_order_passes_and_makes_the_folder_private(settings: SystemSettings) -> None:
    check_machine(settings)
    assert settings.var.stat().st_mode & 0o077 == 0


def test_too_long_a_path_is_refused(settings: SystemSettings) -> None:
    with pytest.raises(StartError, match="too long a path"):
        System(SystemSettings(settings.var / ("x" * 100)))


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_bad_port_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="TANDEM_RASA_PORT"):
        SystemSettings.from_env({"TANDEM_RASA_PORT": port})


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("VAR", "HOST", "GATEWAY_PORT", "RASA_PORT", "ENCODER", "DEMO")
    assert SystemSettings.from_env({f"TANDEM_{name}": "" for name in names}) == SystemSettings.from_env({})


def test_a_switch_is_on_or_off_and_nothing_else() -> None:
    assert not SystemSettings.from_env({"TANDEM_DEMO": "0"}).demo
    with pytest.raises(ValueError, match="TANDEM_DEMO is 'false'"):
        SystemSettings.from_env({"TANDEM_DEMO": "false"})


def test_settings_survive_the_way_through_the_environment(settings: SystemSettings) -> None:
    assert SystemSettings.from_env(settings.to_env()) == settings


def test_training_is_due_when_the_encoder_changes() -> None:
    assert train.fingerprint("") == train.fingerprint("")
    assert train.fingerprint("") != train.fingerprint("another/encoder")


def test_training_is_due_when_a_source_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "ROOT", tmp_path)
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "rules.py").write_text("old")
    before = train.fingerprint("")
    (tmp_path / "bot" / "rules.py").write_text("new")
    assert train.fingerprint("") != before


def test_interpreter_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "bin" / "python3.10"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\necho 'the command exists in another version' >&2\nexit 127\n")
    shim.chmod(0o755)
    real = tmp_path / "pyenv/versions/3.10.13/bin/python"
    real.parent.mkdir(parents=True)
    real.write_text("#!/bin/sh\nexit 0\n")
    real.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert setup.find_python(("3.10",)) == str(real)


def test_environment_made_from_another_list_is_not_current(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").touch()
    setup.mark(tmp_path, "digest of the old list")
    assert setup.is_current(tmp_path, "digest of the old list")
    assert not setup.is_current(tmp_path, "digest of the new list")


def test_part_that_ends_late_again_and_again_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine a start takes seconds to fail, which supervisord takes for a start that succeeded."""
    fails = (sys.executable, "-c", "'import time; time.sleep(1.5); print(\"No way.\"); raise SystemExit(1)'")
    monkeypatch.setattr("scripts.system.parts_of", lambda _: (Part("late", fails, "http://127.0.0.1:9/health"),))
    system = System(settings_on_free_ports(tmp_path / "var"))
    try:
        system.start()
        with pytest.raises(StartError, match=r"late does not start: No way\."):
            system.wait_until_ready()
    finally:
        system.stop()
