"""Teams over the wire: who is given what, who claims, and what administrators may do."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from handoff_gateway.core.commands import RequestAgent
from handoff_gateway.core.conversation import Conversation
from handoff_gateway.core.house import Limits
from handoff_gateway.store.execution import execute
from handoff_gateway.store.projection import Customer, start
from tests.support.bot import Answer, FakeBot, reply
from tests.support.clock import MONDAY
from tests.support.gateway import PATIENCE_S, Client, Gateway, running_gateway

Json = dict[str, Any]


def asks_for(team: str) -> Any:
    async def behave(turn: Json) -> Answer:
        return reply(handoff={"reason": "policy", "line": "I pass you on.", "team": team})

    return behave


async def taken_by(customer: Client) -> str:
    owner = await customer.owner("agent")
    return str(owner["agent"]["name"])


async def test_a_handoff_goes_to_the_team_it_names(gateway: Gateway, bot: FakeBot) -> None:
    returns = await gateway.team("Returns", "rita")
    bot.behave = asks_for("returns")
    async with gateway.online("ada"), gateway.online("rita"), gateway.customer() as customer:
        await customer.say("I want to send this back")
        queued = await customer.owner("queue")
        assert queued["team"] == returns["id"]
        given = await customer.owner("agent")
        assert (given["agent"]["name"], given["team"]) == ("Rita", returns["id"])


async def test_a_team_that_does_not_exist_is_the_default_one(gateway: Gateway, bot: FakeBot) -> None:
    bot.behave = asks_for("nowhere")
    async with gateway.customer() as customer:
        await customer.say("?")
        assert (await customer.owner("queue"))["team"] == "general"


async def test_who_names_no_team_goes_where_their_language_is_spoken(gateway: Gateway) -> None:
    czech = await gateway.team("Czech", "hana", languages=["cs"])
    await gateway.change_team("general", languages=["en", "de"])
    async with gateway.customer(language="cs-CZ") as one, gateway.customer(language="lt") as other:
        await one.request_agent()
        await other.request_agent()
        assert (await one.owner("queue"))["team"] == czech["id"]
        assert (await other.owner("queue"))["team"] == "general"


async def test_the_customers_language_comes_first_and_any_other_after_it(gateway: Gateway) -> None:
    hana, ida = await gateway.account_id("hana"), await gateway.account_id("ida")
    for who, languages in ((hana, ["cs", "en"]), (ida, ["en"])):
        answer = await gateway.http.put(
            f"/v1/agents/{who}", headers=await gateway.admin(), json={"languages": languages, "capacity": 1}
        )
        assert answer.status_code == 200
    async with gateway.online("ida"), gateway.online("hana"):
        names = []
        async with AsyncExitStack() as stack:
            for _ in range(2):
                customer = await stack.enter_async_context(gateway.customer(language="cs"))
                await customer.request_agent()
                names.append(await taken_by(customer))
    assert names == ["Hana", "Ida"]


async def test_only_those_with_the_skill_are_given_what_asks_for_it(gateway: Gateway, bot: FakeBot) -> None:
    await gateway.team("Billing", "bea", "carl", skills=["refunds"])
    bot.behave = asks_for("Billing")
    await gateway.http.put(
        f"/v1/agents/{await gateway.account_id('carl')}", headers=await gateway.admin(), json={"skills": ["Refunds"]}
    )
    async with gateway.online("bea"), gateway.customer() as customer:
        await customer.say("my money!")
        await customer.owner("queue")
        async with gateway.online("carl"):
            assert await taken_by(customer) == "Carl"


async def test_a_fallback_helps_out_only_when_the_team_has_no_room(gateway: Gateway, bot: FakeBot) -> None:
    helpers = await gateway.team("Helpers", "hal")
    await gateway.team("Small", "sue", fallback=helpers["id"])
    bot.behave = asks_for("Small")
    await gateway.http.put(
        f"/v1/agents/{await gateway.account_id('sue')}", headers=await gateway.admin(), json={"capacity": 1}
    )
    async with gateway.online("hal"), gateway.online("sue"), AsyncExitStack() as stack:
        names = []
        for _ in range(2):
            customer = await stack.enter_async_context(gateway.customer())
            await customer.say("?")
            names.append(await taken_by(customer))
    assert names == ["Sue", "Hal"]


async def test_where_members_claim_by_hand_nobody_is_given_anything(gateway: Gateway) -> None:
    await gateway.change_team("general", mode="manual")
    async with gateway.online("ada") as agent, gateway.customer() as customer:
        await customer.request_agent()
        await agent.until("queue", lambda frame: frame["waiting_total"] == 1)
        assert (await gateway.log(customer).events())[-1]["owner"] == "queue"
        await agent.do("claim", conversation_id=customer.conversation_id)
        assert (await customer.owner("agent"))["cause"] == "claimed"
        async with gateway.customer() as second:
            await second.request_agent()
            await second.owner("queue")
            await gateway.change_team("general", mode="auto")
            assert (await second.owner("agent"))["cause"] == "assigned"


async def test_positions_are_those_in_ones_own_team(gateway: Gateway, bot: FakeBot) -> None:
    await gateway.team("Returns")
    bot.behave = asks_for("Returns")
    async with gateway.customer() as general, gateway.customer() as returns:
        await general.request_agent()
        await returns.say("?")
        assert (await general.until("queue"))["position"] == 1
        assert (await returns.until("queue"))["position"] == 1


async def test_13_five_hundred_parallel_arrivals(gateway: Gateway) -> None:
    """500 arrivals at once, 10 agents who may hold 3 each: 30 are held, 470 wait, nobody ever has more."""
    services = gateway.services
    ids = [f"con_{number:03}" for number in range(500)]

    def arrive(tx: Any) -> None:
        for number, name in enumerate(ids):
            start(tx, Conversation(name), Customer(f"cus_{number}", None, verified=False), f"h{number}", MONDAY)

    await services.database.write(arrive)
    most: dict[str, int] = {}

    def watch(_outcome: object) -> None:
        for agent in services.board.held():
            holder = agent.state.agent
            assert holder is not None
            most[holder.id] = max(most.get(holder.id, 0), len(services.board.held_by(holder.id)))

    services.desk.observe(watch)
    async with AsyncExitStack() as stack:
        for number in range(10):
            await stack.enter_async_context(gateway.online(f"agent{number}", 3))
        await asyncio.gather(*(services.desk.perform(name, RequestAgent(f"m {name}")) for name in ids))
        async with asyncio.timeout(PATIENCE_S):
            while len(await gateway.owned_by("agent")) < 30:
                pass  # each look is a request, so others get their turn
    assert [len(await gateway.owned_by(owner)) for owner in ("agent", "queue")] == [30, 470]
    assert sorted(most.values()) == [3] * 10


async def test_a_higher_priority_goes_first_and_only_it_can_push_back(gateway: Gateway) -> None:
    async with gateway.online("ada", capacity=1) as ada, gateway.customer() as first, gateway.customer() as second:
        await first.request_agent()
        await first.owner("agent")
        await second.request_agent()
        assert (await second.until("queue"))["position"] == 1
        await ada.do("transfer", conversation_id=first.conversation_id)
        assert (await first.until("queue"))["position"] == 1
        positions = [frame["position"] for frame in second.frames if frame["type"] == "queue"]
        assert positions in ([1], [1, 2])  # taken by Ada at once, or passed for a moment


class TestAdministration:
    async def test_a_team_is_made_changed_and_deleted(self, gateway: Gateway) -> None:
        made = await gateway.team("Returns", "rita", languages=["cs-CZ", "en"], targets={"first_response_s": 60})
        assert (made["languages"], made["open"], made["mode"]) == (["cs", "en"], True, "auto")
        changed = await gateway.change_team(made["id"], hours={"time_zone": "Europe/Prague", "weekly": {}})
        assert (changed["open"], changed["opens_at"], changed["name"]) == (False, None, "Returns")
        assert changed["members"] == made["members"]
        headers = await gateway.admin()
        listed = (await gateway.http.get("/v1/teams", headers=headers)).json()["teams"]
        assert [team["name"] for team in listed] == ["General", "Returns"]
        assert (await gateway.http.delete(f"/v1/teams/{made['id']}", headers=headers)).status_code == 204
        assert (await gateway.http.delete(f"/v1/teams/{made['id']}", headers=headers)).status_code == 404

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": " "}, "name"),
            ({"name": "general"}, "name"),
            ({"name": "X" * 61}, "name"),
            ({"name": "X", "languages": "cs"}, "languages"),
            ({"name": "X", "languages": ["čeština"]}, "languages"),
            ({"name": "X", "skills": ["x" * 41]}, "skills"),
            ({"name": "X", "mode": "random"}, "mode"),
            ({"name": "X", "fallback": "nowhere"}, "fallback"),
            ({"name": "X", "fallback": 5}, "fallback"),
            ({"name": "X", "targets": {"first_response_s": 0}}, "first_response_s"),
            ({"name": "X", "targets": {"resolution_s": float(2**60)}}, "resolution_s"),
            ({"name": "X", "targets": 5}, "targets"),
            ({"name": "X", "members": ["acc_none"]}, "members"),
            ({"name": "X", "hours": {"time_zone": "Mars"}}, "time_zone"),
        ],
    )
    async def test_what_cannot_be_used_is_named(self, gateway: Gateway, body: Json, field: str) -> None:
        answer = await gateway.http.post("/v1/teams", headers=await gateway.admin(), json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_frame")
        assert field in answer.json()["message"]
        assert len((await gateway.services.desk.teams()).by_id) == 1

    async def test_fallbacks_never_go_round_in_a_circle(self, gateway: Gateway) -> None:
        one = await gateway.team("One")
        two = await gateway.team("Two", fallback=one["id"])
        answer = await gateway.http.put(
            f"/v1/teams/{one['id']}", headers=await gateway.admin(), json={"fallback": two["id"]}
        )
        assert (answer.status_code, "fallback" in answer.json()["message"]) == (400, True)

    async def test_a_team_in_use_is_not_deleted(self, gateway: Gateway, bot: FakeBot) -> None:
        headers = await gateway.admin()
        team = await gateway.team("Returns")
        await gateway.team("Small", fallback=team["id"])
        assert (await gateway.http.delete("/v1/teams/general", headers=headers)).status_code == 403
        refused = await gateway.http.delete(f"/v1/teams/{team['id']}", headers=headers)
        assert (refused.status_code, "Small" in refused.json()["message"]) == (403, True)
        bot.behave = asks_for("Small")
        async with gateway.customer() as customer:
            await customer.say("?")
            waits_for = (await customer.owner("queue"))["team"]
            refused = await gateway.http.delete(f"/v1/teams/{waits_for}", headers=headers)
            assert (refused.status_code, "1 conversations" in refused.json()["message"]) == (403, True)

    async def test_agents_are_listed_with_what_they_can_be_given(self, gateway: Gateway) -> None:
        team = await gateway.team("Returns", "rita")
        async with gateway.online("ada"):
            answer = await gateway.http.get("/v1/agents", headers=await gateway.admin())
        shown = {agent["name"]: (agent["online"], agent["teams"]) for agent in answer.json()["agents"]}
        assert shown["Ada"] == (True, ["general"])
        assert shown["Rita"] == (False, [team["id"]])
        bad = await gateway.http.put("/v1/agents/acc_none", headers=await gateway.admin(), json={"capacity": 2})
        assert bad.status_code == 404
        bad = await gateway.http.put("/v1/agents/acc_none", headers=await gateway.admin(), json={"capacity": "2"})
        assert bad.status_code == 400

    async def test_the_command_line_works_beside_a_running_gateway(self, tmp_path: Path, bot: FakeBot) -> None:
        async def command(*arguments: str, given: str = "") -> tuple[int | None, str, str]:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "handoff_gateway", "teams", *arguments),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env={**os.environ, "TANDEM_VAR": str(tmp_path)},
            )
            out, errors = await process.communicate(given.encode())
            return process.returncode, out.decode(), errors.decode()

        async with running_gateway(tmp_path, bot_port=bot.port) as gateway:
            rita = await gateway.account_id("rita")
            team = {"name": "Returns", "members": [rita], "mode": "manual"}
            code, out, _ = await command("add", "-", given=json.dumps(team))
            team_id = out.removeprefix("added ").strip()
            assert code == 0
            assert (await command("add", "-", given=json.dumps(team)))[::2] == (
                1,
                "name: there is a team of this name\n",
            )
            (tmp_path / "change.json").write_text('{"mode": "auto"}')
            assert (await command("change", team_id, str(tmp_path / "change.json")))[0] == 0
            assert (await command("agent", "rita@example.org", "--language", "cs", "--skill", "refunds"))[0] == 0
            shown = [json.loads(line) for line in (await command("list"))[1].splitlines()]
            assert next(t["mode"] for t in shown if t["id"] == team_id) == "auto"
            bot.behave = asks_for("Returns")
            async with gateway.online("rita"), gateway.customer() as customer:
                await customer.say("?")
                assert await taken_by(customer) == "Rita"
            assert (await command("remove", "general"))[0] == 1
            assert "cannot be read" in (await command("add", str(tmp_path / "none.json")))[2]


async def test_a_plain_command_knows_no_teams(gateway: Gateway) -> None:
    """What is said to the bot is stored without a look at the teams; a handoff looks."""
    database = gateway.services.database
    customer = Customer("cus_x", None, verified=False)
    await database.write(lambda tx: start(tx, Conversation("con_x"), customer, "hash", MONDAY))
    outcome = await database.write(lambda tx: execute(tx, "con_x", RequestAgent("m1"), MONDAY, Limits()))
    assert outcome.entry.state.team == "general"
