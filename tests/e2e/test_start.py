"""A part that cannot start is named, with its own sentence, instead of a long wait."""

import shutil
from pathlib import Path

import pytest

from scripts.system import StartError, System, settings_on_free_ports


def test_part_that_cannot_start_is_named_with_its_reason(tmp_path: Path) -> None:
    settings = settings_on_free_ports(tmp_path / "var")
    settings.var.mkdir()
    (settings.var / "gateway.db").write_text("this was a database once " * 1000)
    system = System(settings)
    try:
        system.start()
        with pytest.raises(StartError, match=r"handoff_gateway does not start: .*gateway\.db"):
            system.wait_until_ready()
    finally:
        system.stop()
        shutil.rmtree(settings.var)
