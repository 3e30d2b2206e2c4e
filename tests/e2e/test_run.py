"""`make run` itself: it says where everything is, and Ctrl-C leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from scripts.settings import ROOT
from scripts.system import settings_on_free_ports

HEALTHY_S = 60.0


def wait_until_healthy(address: str) -> None:
    """Ask until all is well; on a busy machine a part may once answer too late for the gateway's probe."""
    deadline = time.monotonic() + HEALTHY_S
    while (answer := httpx.get(address, timeout=HEALTHY_S, trust_env=False).json())["status"] != "ok":
        assert time.monotonic() < deadline, answer


def test_run_announces_everything_and_ctrl_c_stops_it_cleanly(tmp_path: Path) -> None:
    settings = settings_on_free_ports(tmp_path / "var")
    run = subprocess.Popen(
        [sys.executable, "-m", "scripts.run"],
        cwd=ROOT,
        env={**os.environ, **settings.to_env()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = ""
        for line in run.stdout or ():
            said += line
            if "Ctrl-C stops everything" in line:
                break
        password = (settings.var / "secrets/admin_password").read_text().strip()
        for place in ("/", "/desk", "/editor", "/manage"):
            assert f"http://127.0.0.1:{settings.gateway_port}{place} " in said
        assert password in said
        assert (settings.var / "secrets/admin_password").stat().st_mode & 0o077 == 0
        wait_until_healthy(f"http://127.0.0.1:{settings.gateway_port}/health")
        family = psutil.Process(run.pid).children(recursive=True)
        assert len(family) >= 5  # supervisord and the four processes
        run.send_signal(signal.SIGINT)
        rest = run.communicate(timeout=60)[0]
    finally:
        run.kill()
        run.wait()
    assert run.returncode == 0, rest
    assert "Traceback" not in rest
    assert [process for process in family if process.is_running() and process.status() != "zombie"] == []
