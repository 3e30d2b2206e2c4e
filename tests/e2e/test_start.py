"""A part that cannot start is named, with its own sentence, instead of a long wait."""

import shutil
from pathlib import Path

import pytest

from scripts.settings import SystemSettings
from scripts.system import StartError, System, free_ports


@pytest.mark.timeout(120)
def test_part_that_cannot_start_is_named_with_its_reason(tmp_path: Path) -> None:
    ports = free_ports(5)
    settings = SystemSettings(
        tmp_path / "var",
        gateway_port=ports[0],
        gateway_ws_port=ports[1],
        knowledge_port=ports[2],
        rasa_port=ports[3],
        actions_port=ports[4],
    )
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
