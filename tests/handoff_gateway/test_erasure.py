"""One customer's data: handed out, erased everywhere, and gone when its time is over."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from handoff_gateway.privacy import erasure
from handoff_gateway.privacy.keeper import Keeper
from handoff_gateway.store import tables
from tests.handoff_gateway.test_identity import signed
from tests.support.bot import FakeBot, reply
from tests.support.both import gateway_and_knowledge_base
from tests.support.clock import FakeClock
from tests.support.gateway import PATIENCE_S, Client, Gateway, running_gateway

Json = dict[str, Any]


async def rows(gateway: Gateway) -> dict[str, int]:
    """Return how many rows each table about customers has."""
    watched = (tables.customers, tables.conversations, tables.events, tables.pickups, tables.originals)

    def count(tx: Any) -> dict[str, int]:
        return {table.name: len(tx.execute(select(table)).all()) for table in watched}

    return await gateway.services.database.read(count)


async def until_rows(gateway: Gateway, table: str, wanted: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await rows(gateway))[table] != wanted:  # noqa: ASYNC110 - asked as anybody outside would
            await asyncio.sleep(0.01)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("gateway.db*"))


async def a_life(gateway: Gateway, agent: Client, customer: Client) -> None:
    """Ask the bot, show a card, wait for a person, be answered."""
    await customer.say("Where is my xylophone?")
    await customer.say("My card is 4111 1111 1111 1111")
    await customer.request_agent()
    await customer.owner("agent")
    await agent.do(
        "note", conversation_id=customer.conversation_id, client_message_id="n", text="He plays the xylophone badly"
    )


async def test_everything_about_a_customer_goes_and_a_receipt_stays(tmp_path: Path, bot: FakeBot) -> None:
    async with running_gateway(tmp_path, bot_port=bot.port) as gateway:
        headers = await gateway.admin()
        async with gateway.online() as agent, gateway.customer() as other:
            await other.say("Somebody else's question")
            await other.said("bot")
            hello = {"identity": signed(gateway, name="Zbyněk Xylofon", email="zbynek@example.org")}
            async with gateway.customer(**hello) as customer:
                await a_life(gateway, agent, customer)
                before = await rows(gateway)
                answer = await gateway.http.delete("/v1/customers/shop-7", headers=headers)
                assert answer.status_code == 200, answer.text
                receipt = answer.json()
                await customer.connection.wait_closed()
                gone = await agent.until("erased")
                assert gone == {"type": "erased", "conversation_id": customer.conversation_id}
            assert await gateway.services.desk.read(customer.conversation_id, 0) == [], "not in memory either"
            assert await rows(gateway) == {
                "customers": 1,
                "conversations": 1,
                "events": before["events"] - receipt["rows"]["events"] + 2,  # the end of it was written, then erased
                "pickups": 0,
                "originals": 0,
            }
            assert {name: count for name, count in receipt["rows"].items() if name != "events"} == {
                "customers": 1,
                "conversations": 1,
                "pickups": 1,
                "originals": 1,
            }
            assert receipt["customer_id"] == customer.welcome["customer_id"]
            assert await gateway.log(other).messages("customer") == ["Somebody else's question"]
            assert (await gateway.http.delete("/v1/customers/shop-7", headers=headers)).status_code == 404
            async with gateway.raw("/v1/customer") as back:
                await back.send("hello", version=1, token=customer.welcome["token"])
                assert (await back.receive())["code"] == "unauthorized"
            # The agent has room again: nothing of the conversation is left in memory either.
            await other.request_agent()
            await other.owner("agent")
            audit = (await gateway.http.get("/v1/audit", headers=headers)).json()["audit"]
            assert (audit[0]["action"], audit[0]["subject"]) == ("erase customer", receipt["customer_id"])
            assert audit[0]["details"]["rows"] == receipt["rows"]
            assert "example.org" not in json.dumps(audit)
    left = everything(tmp_path).decode(errors="replace")
    for word in ("xylophone", "Xylofon", "zbynek@", "shop-7", customer.conversation_id + '"'):
        assert word not in left


async def test_everything_about_a_customer_is_handed_out(gateway: Gateway) -> None:
    headers = await gateway.admin()
    async with gateway.customer(identity=signed(gateway, name="Nela")) as customer:
        await customer.say("My pin is 4821 and I want my boots")
        await customer.said("bot")
    for name in ("shop-7", customer.welcome["customer_id"], customer.conversation_id):
        found = (await gateway.http.get(f"/v1/customers/{name}", headers=headers)).json()
        assert (found["customer"]["name"], found["customer"]["external_id"]) == ("Nela", "shop-7")
        assert [event["message"]["role"] for event in found["events"]] == ["customer", "bot"]
        assert "4821" not in json.dumps(found)
        assert "token" not in json.dumps(found)
    assert (await gateway.http.get("/v1/customers/nobody", headers=headers)).status_code == 404


async def test_what_is_too_old_goes_by_itself(tmp_path: Path, bot: FakeBot) -> None:
    clock = FakeClock()
    changes: Json = {"retention_days": 30, "reveal_hours": 2, "bot_port": bot.port}
    async with running_gateway(tmp_path, clock=clock, **changes) as gateway:
        keeper: Keeper = gateway.services.keeper
        async with gateway.customer() as old, gateway.customer() as waiting:
            await old.say("My card is 4111 1111 1111 1111")
            await old.said("bot")
            await waiting.request_agent()
            await waiting.owner("queue")
        clock.now += timedelta(days=20)
        keeper.wake()
        await until_rows(gateway, "originals", 0)
        assert (await rows(gateway))["conversations"] == 2
        async with gateway.customer() as young:
            await young.say("Hello")
        clock.now += timedelta(days=11)
        keeper.wake()
        await until_rows(gateway, "conversations", 2)
        headers = await gateway.admin()
        listed = (await gateway.http.get("/v1/conversations", headers=await agent_of(gateway))).json()["conversations"]
        # Whoever waits for a person is never forgotten.
        assert {c["conversation_id"] for c in listed} == {waiting.conversation_id, young.conversation_id}
        audit = (await gateway.http.get("/v1/audit", headers=headers)).json()["audit"]
        assert [(entry["actor"], entry["action"]) for entry in audit] == [("gateway", "erase customer")]


async def agent_of(gateway: Gateway) -> dict[str, str]:
    return {"Authorization": f"Bearer {await gateway.account('ada')}"}


@pytest.mark.parametrize("running", [True, False])
async def test_the_commands_work_beside_a_gateway_and_without_one(tmp_path: Path, bot: FakeBot, running: bool) -> None:
    async def command(name: str, port: int) -> tuple[int, str, str]:
        environ = {**os.environ, "TANDEM_VAR": str(tmp_path), "TANDEM_GATEWAY_PORT": str(port)}
        arguments = (sys.executable, "-m", "handoff_gateway", name, "shop-7")
        pipes: Json = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = await asyncio.create_subprocess_exec(*arguments, env=environ, **pipes)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), err.decode()

    async def both(port: int) -> None:
        code, out, err = await command("export", port)
        assert code == 0, err
        assert json.loads(out)["events"][0]["message"]["text"] == "Hello"
        code, out, err = await command("erase", port)
        assert code == 0, err
        assert json.loads(out)["rows"]["customers"] == 1
        assert json.loads(out)["by"] == ("service" if running else "command line")
        code, out, err = await command("erase", port)
        assert (code, out) == (1, "")
        assert err.startswith("customer: there is nobody")

    async with running_gateway(tmp_path, bot_port=bot.port) as gateway:
        async with gateway.customer(identity=signed(gateway)) as customer:
            await customer.say("Hello")
        if running:
            await both(int(gateway.origin.rpartition(":")[2]))
    if not running:
        await both(9)


async def test_the_bot_forgets_what_was_said_even_when_it_was_down(tmp_path: Path) -> None:
    async with FakeBot() as bot, gateway_and_knowledge_base(tmp_path, bot_port=bot.port) as (gateway, _base):

        async def erase(customer: Client) -> None:
            path = f"/v1/customers/{customer.conversation_id}"
            assert (await gateway.http.delete(path, headers=await gateway.admin())).is_success

        async with gateway.customer() as customer, gateway.customer() as other:
            await customer.say("I play the xylophone")
            await customer.said("bot")
            bot.refuses = True
            await erase(customer)
            await erase(other)
            await bot.refused.wait()
        assert len(await gateway.services.database.read(erasure.owed)) == 2
        bot.refuses = False
        gateway.services.keeper.wake()
        async with asyncio.timeout(PATIENCE_S):
            while await gateway.services.database.read(erasure.owed):  # noqa: ASYNC110 - as `until_rows`
                await asyncio.sleep(0.01)
        assert bot.forgotten == [customer.conversation_id, other.conversation_id]


async def test_the_knowledge_base_forgets_the_questions_too(tmp_path: Path, bot: FakeBot) -> None:
    async with gateway_and_knowledge_base(tmp_path, bot_port=bot.port) as (gateway, base):

        async def search(question: str) -> str:
            return str((await base.client.post("/v1/search", json={"query": question})).json()["query_id"])

        asked = await search("Do you lend xylophones to lighthouse keepers?")
        handed_off = await search("Do you repair xylophones of lighthouse keepers?")
        others = await search("Do you sell gramophones?")

        async def behave(_turn: Json) -> Any:
            handoff = {"reason": "low_confidence", "line": "", "query_id": handed_off}
            return reply("No idea.", answer={"query_id": asked, "confidence": 0.1}, handoff=handoff)

        bot.behave = behave
        async with gateway.customer() as customer:
            await customer.say("Do you lend xylophones?")
            await customer.owner("queue")
        proposal = {"question": "xylophones?", "answer": "No.", "conversation_id": customer.conversation_id}
        await base.client.post("/v1/proposals", json=proposal)
        await base.base.gaps.settled()
        path = f"/v1/customers/{customer.conversation_id}"
        receipt = (await gateway.http.delete(path, headers=await gateway.admin())).json()
        assert receipt["questions"] == 2
        async with asyncio.timeout(PATIENCE_S):
            while await gateway.services.database.read(erasure.owed):  # noqa: ASYNC110 - as `until_rows`
                await asyncio.sleep(0.01)
        kept = json.dumps([(await base.client.get(f"/v1/{what}")).json() for what in ("gaps", "proposals")])
        assert "xylophone" not in kept
        assert "gramophones" in kept
        again = await base.client.post("/v1/feedback", json={"query_id": asked, "helpful": True})
        assert again.status_code == 404
        assert (await base.client.post("/v1/feedback", json={"query_id": others, "helpful": True})).is_success


async def test_what_the_knowledge_base_refuses_keeps_nothing_else_from_being_forgotten(
    tmp_path: Path, bot: FakeBot
) -> None:
    refused = {"conversation_id": "con_of_before", "query_ids": json.dumps(["x" * 300])}  # longer than it takes
    async with gateway_and_knowledge_base(tmp_path, bot_port=bot.port) as (gateway, _base):
        add = insert(tables.forgetting).values(**refused)
        await gateway.services.database.write(lambda tx: tx.execute(add).close())
        async with gateway.customer() as customer:
            await customer.say("Hello")
            await customer.said("bot")
            path = f"/v1/customers/{customer.conversation_id}"
            assert (await gateway.http.delete(path, headers=await gateway.admin())).is_success
        async with asyncio.timeout(PATIENCE_S):
            while len(left := await gateway.services.database.read(erasure.owed)) > 1:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        assert [body["conversation_id"] for _, body in left] == ["con_of_before"]
