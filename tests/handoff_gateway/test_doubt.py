"""The database fails in the middle of something: what was written is told, and what was not is written later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from handoff_gateway.core.commands import CustomerSends
from handoff_gateway.errors import UnavailableError
from handoff_gateway.routing import staff
from handoff_gateway.store.database import Database
from tests.support.bot import FakeBot
from tests.support.gateway import PATIENCE_S, Gateway, running_gateway
from tests.support.postgres import BOTH, empty_database


@pytest.fixture(params=BOTH)
async def gateway(request: pytest.FixtureRequest, tmp_path: Path, bot: FakeBot) -> AsyncIterator[Gateway]:
    address = "" if request.param == "sqlite" else empty_database().render_as_string(hide_password=False)
    async with running_gateway(tmp_path, bot_port=bot.port, database_url=address) as gateway:
        yield gateway


def lose_the_answer_to_one_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next commit take place, and say that the connection was lost."""
    dialect = database._writer.dialect
    commit = dialect.do_commit

    def commit_and_break(connection: Any) -> None:
        monkeypatch.setattr(dialect, "do_commit", commit)
        commit(connection)
        raise dialect.loaded_dbapi.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", commit_and_break)


async def test_a_message_whose_commit_was_in_doubt_is_answered(
    gateway: Gateway, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway.customer() as customer:
        lose_the_answer_to_one_commit(gateway.services.database, monkeypatch)
        await customer.send("send", text="Hello?", client_message_id="once")
        assert (await customer.until("error"))["code"] == "unavailable"
        await customer.say("Hello?", client_message_id="once")
        assert (await customer.said("customer"))["text"] == "Hello?"
        assert (await customer.said("bot"))["text"] == "You said: Hello?"
        assert await gateway.log(customer).messages("customer") == ["Hello?"]
        assert len(bot.asked) == 1


async def test_messages_of_one_commit_in_doubt_are_answered(
    gateway: Gateway, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that share a commit are written again, and found to be there: nobody sends them a second time."""
    async with gateway.customer() as one, gateway.customer() as other:
        lose_the_answer_to_one_commit(gateway.services.database, monkeypatch)
        desk = gateway.services.desk
        await asyncio.gather(
            *(desk.submit(each.conversation_id, CustomerSends("once", "Hello?")) for each in (one, other))
        )
        for each in (one, other):
            assert (await each.said("bot"))["text"] == "You said: Hello?"
            assert await gateway.log(each).messages("customer") == ["Hello?"]
        assert len(bot.asked) == 2


async def test_an_assignment_in_doubt_is_on_the_agents_screen(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("queue")
        async with gateway.agent(await gateway.account("ada")) as agent:
            await agent.do("presence", state="away")
            await gateway.services.database.settle()  # who came is written down beside
            lose_the_answer_to_one_commit(gateway.services.database, monkeypatch)
            claim = await agent.do("claim", conversation_id=customer.conversation_id)
            assert claim["code"] == "unavailable"
            await customer.owner("agent")
            await agent.until("conversation", lambda frame: frame["conversation"]["owner"] == "agent")


async def test_who_left_while_the_database_was_away_is_missed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written down once the database is back: else other processes would give them conversations for ever."""
    services = gateway.services
    attend, written, refused = services.staff._attend, asyncio.Event(), 0
    account_id = await gateway.account_id("ada")

    async def away_for_a_while(who: str, gone_at: datetime | None) -> None:
        nonlocal refused
        if gone_at is not None:
            refused += 1
            if refused < 3:
                raise UnavailableError("the database refused: it is away")
        await attend(who, gone_at)
        if gone_at is not None:
            written.set()

    monkeypatch.setattr(staff, "RETRY_S", 0.01)
    monkeypatch.setattr(services.staff, "_attend", away_for_a_while)
    async with gateway.agent(await gateway.account("ada")) as agent:
        await agent.do("presence", state="online")
    async with asyncio.timeout(PATIENCE_S):
        await written.wait()
    query = "SELECT gone_at IS NOT NULL FROM accounts WHERE id = :id"
    assert await services.database.read(lambda tx: tx.execute(text(query), {"id": account_id}).scalar())
