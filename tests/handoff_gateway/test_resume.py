"""What somebody who comes back is shown: all that they missed, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff_gateway.live.board import Board
from tests.handoff_gateway.test_rescue import answer, given
from tests.support.bot import FakeBot
from tests.support.gateway import Client, running_gateway


async def next_seq(client: Client) -> int:
    """Return the seq of the next event that is shown."""
    frame = await client.until("event")
    return int(frame["event"]["seq"])


async def test_an_agent_back_at_a_process_that_is_behind_is_shown_nothing_twice(
    tmp_path: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its board has not heard yet of what another process wrote, and the agent has seen already."""
    async with running_gateway(tmp_path, bot_port=bot.port) as gateway, gateway.customer() as customer:
        async with gateway.online("ada") as ada:
            await given(customer)
            behind = gateway.services.board.held_by(ada.welcome["agent"]["id"])
            for number in range(5):
                await answer(ada, customer, f"Answer {number}")
            seen = len(await gateway.log(customer).events())
        monkeypatch.setattr(Board, "held_by", lambda _board, _agent: behind)
        known = {customer.conversation_id: seen}
        async with gateway.agent(await gateway.account("ada"), conversations=known) as ada:
            assert ada.welcome["conversations"][0]["conversation_id"] == customer.conversation_id
            await customer.say("Thank you")
            assert await next_seq(ada) == seen + 1
            await customer.say("Goodbye")
            assert await next_seq(ada) == seen + 2


@pytest.mark.parametrize("role", ["customer", "agent"])
async def test_who_names_a_seq_the_log_does_not_have_is_shown_what_comes(
    tmp_path: Path, bot: FakeBot, role: str
) -> None:
    async with (
        running_gateway(tmp_path, bot_port=bot.port) as gateway,
        gateway.online("ada") as ada,
        gateway.customer() as customer,
    ):
        await given(customer)
        seen = len(await gateway.log(customer).events())
        far = seen + 1000
        if role == "customer":
            coming = gateway.customer(token=customer.welcome["token"], after_seq=far)
        else:
            known = {customer.conversation_id: far}
            coming = gateway.agent(await gateway.account("ada"), conversations=known)
        async with coming as lost:
            await answer(ada, customer)
            assert await next_seq(lost) == seen + 1
