"""Which turns the bot owes, when the log is read at the very moment it grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff_gateway.core.commands import CustomerSends
from handoff_gateway.store.projection import Entry
from tests.support.bot import FakeBot
from tests.support.gateway import running_gateway


async def test_a_message_written_while_the_log_is_read_is_answered(
    tmp_path: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow disk a customer's answer to an ask-back fell between the last look at the log and the turn's end."""
    async with running_gateway(tmp_path, bot_port=bot.port) as gateway, gateway.customer() as customer:
        desk = gateway.services.desk
        read, sent = desk.entry, False

        async def read_slowly(conversation_id: str) -> Entry:
            """Hand over what was read only after the next message was committed and told."""
            nonlocal sent
            entry = await read(conversation_id)
            if not entry.state.pending and not sent:
                sent = True
                await desk.perform(conversation_id, CustomerSends("second", "and the second?"))
            return entry

        monkeypatch.setattr(desk, "entry", read_slowly)
        await customer.say("the first")
        assert (await customer.said("bot"))["text"] == "You said: the first"
        assert (await customer.said("bot"))["text"] == "You said: and the second?"
        assert sent
        assert [turn["message"] for turn in bot.asked] == ["the first", "and the second?"]
