"""The actions against a knowledge base on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from actions.knowledge_base_client import KnowledgeBaseClient
from tests.actions.knowledge_base import TOKEN, StandIn

DEADLINE_S = 30.0  # for a call that is answered; the machine may be busy
SHORT_S = 0.3  # for a call that is not


def pytest_configure(config: pytest.Config) -> None:
    """Let the old packages beside rasa-sdk 3.6 warn; ours may not."""
    for line in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", line)


IGNORED_WARNINGS = (
    "ignore::DeprecationWarning:sanic.*",  # sanic 21.12, pinned by rasa
    "ignore::DeprecationWarning:sanic_cors.*",
    "ignore::DeprecationWarning:websockets.*",
    "ignore::DeprecationWarning:pkg_resources.*",
    "ignore:pkg_resources is deprecated:DeprecationWarning",
    "ignore:pkg_resources is deprecated:UserWarning",
)


@pytest.fixture
def knowledge() -> Iterator[StandIn]:
    """A knowledge base that answers what it is told."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@pytest_asyncio.fixture
async def client(knowledge: StandIn) -> AsyncIterator[KnowledgeBaseClient]:
    """A client of it."""
    client = KnowledgeBaseClient(knowledge.url, TOKEN, DEADLINE_S)
    yield client
    await client.aclose()


@pytest_asyncio.fixture
async def hurried(knowledge: StandIn) -> AsyncIterator[KnowledgeBaseClient]:
    """A client that gives up soon: for a knowledge base that hangs."""
    client = KnowledgeBaseClient(knowledge.url, TOKEN, SHORT_S)
    yield client
    await client.aclose()


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take longer than a customer would wait."""
    monkeypatch.setattr("actions.outcome.BUDGET_S", DEADLINE_S)
    monkeypatch.setattr("actions.handoff.REPORT_S", DEADLINE_S)
