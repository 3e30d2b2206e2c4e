"""One whole Tandem for all end-to-end tests: four processes under supervisord, on free ports, in their own folder."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scripts.system import System, gateway_url, running_system
from scripts.train import is_trained

TEST_S = 1_800.0  # the first test pays for the start of everything, and on a slow machine a hundred turns take minutes
FILLED_S = 600.0  # the multilingual encoder reads the demo's articles beside everything else a start does


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every end-to-end test the time that a start may take."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TEST_S))


class Running:
    """A running system, as tests use it: addresses, tokens and the processes behind them."""

    def __init__(self, system: System) -> None:
        """Wrap a started system."""
        self.system = system
        self.http = gateway_url(system.settings)
        self.ws = f"ws://127.0.0.1:{system.settings.gateway_ws_port}"

    def sign_in(self, email: str) -> str:
        """Sign an account in; returns its token."""
        answer = httpx.post(
            f"{self.http}/v1/login",
            json={"email": email, "password": self.system.admin_password()},
            timeout=60,
            trust_env=False,
        )
        answer.raise_for_status()
        return str(answer.json()["token"])


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The system under test; started once, stopped after the last test."""
    if not is_trained(""):
        pytest.fail("the bot is not trained: run 'make train' first (make test does)")
    with tempfile.TemporaryDirectory(prefix="tandem-e2e-") as var, running_system(Path(var)) as system:
        wait_until_all_is_compared(system)
        yield Running(system)


def wait_until_all_is_compared(system: System) -> None:
    """Wait until questions in every language find what they should; searches are answered before that."""
    address = next(part.health for part in system.parts if part.name == "knowledge_base")
    deadline = time.monotonic() + FILLED_S
    while (health := httpx.get(address, timeout=FILLED_S, trust_env=False).json())["pending"] != 0:
        assert time.monotonic() < deadline, health
        time.sleep(0.5)  # it says so to nobody who does not ask
