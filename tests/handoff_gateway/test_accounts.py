"""Accounts of people who work here: changed, closed and opened again by admins, and the own password."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.bot import FakeBot
from tests.support.gateway import PASSWORD, Gateway, running_gateway

NEW = "another good one"


@pytest.fixture
async def gateway(tmp_path: Path, bot: FakeBot) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path, bot_port=bot.port, rescue_s=0.1, presence_grace_s=0.1) as gateway:
        yield gateway


async def change(gateway: Gateway, account_id: str, **fields: Any) -> httpx.Response:
    """As an admin."""
    return await gateway.http.patch(f"/v1/accounts/{account_id}", headers=await gateway.admin(), json=fields)


async def sign_in(gateway: Gateway, name: str, password: str = PASSWORD) -> int:
    body = {"email": f"{name}@example.org", "password": password}
    answer = await gateway.http.post("/v1/login", json=body)
    gateway.http.cookies.clear()
    return answer.status_code


async def signed_in(gateway: Gateway, name: str) -> dict[str, str]:
    """Sign in once more."""
    answer = await gateway.http.post("/v1/login", json={"email": f"{name}@example.org", "password": PASSWORD})
    gateway.http.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_a_closed_account_signs_nobody_in_and_holds_no_conversation(gateway: Gateway) -> None:
    """What they had in hand goes on with somebody else; what they said stays under their name."""
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("agent")
        ada_id = ada.welcome["agent"]["id"]
        answer = await change(gateway, ada_id, closed=True)
        assert answer.json()["account"]["closed"] is True
        await ada.connection.wait_closed()
        assert await sign_in(gateway, "ada") == 401
        async with gateway.online("bo") as bo:
            owned = await customer.event("owner", lambda e: (e.get("agent") or {}).get("id") not in {None, ada_id})
            assert owned["agent"]["id"] == bo.welcome["agent"]["id"]
            refused = await bo.do("transfer", conversation_id=customer.conversation_id, agent_id=ada_id)
            assert (refused["type"], refused["code"]) == ("error", "not_found")
    listed = (await gateway.http.get("/v1/agents", headers=await gateway.admin())).json()["agents"]
    assert {"Ada", "Bo"} & {agent["name"] for agent in listed} == {"Bo"}
    assert "closed" not in (await change(gateway, ada_id, closed=False)).json()["account"]
    assert await sign_in(gateway, "ada") == 200


async def test_the_token_of_a_closed_account_opens_nothing(gateway: Gateway) -> None:
    token = await gateway.account("ada")
    await change(gateway, await gateway.account_id("ada"), closed=True)
    assert (await gateway.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    async with gateway.raw("/v1/agent") as stranger:
        await stranger.send("hello", version=1, token=token)
        assert (await stranger.receive())["code"] == "unauthorized"


async def test_who_answers_no_more_is_in_no_team(gateway: Gateway) -> None:
    """Else the team could not be changed any more: it would name somebody who is no agent."""
    ada, bo = await gateway.account_id("ada"), await gateway.account_id("bo")
    team = await gateway.team("Returns", "ada", "bo")
    await change(gateway, ada, roles=["editor"])
    await change(gateway, bo, closed=True)
    teams = (await gateway.http.get("/v1/teams", headers=await gateway.admin())).json()["teams"]
    assert next(each for each in teams if each["id"] == team["id"])["members"] == []


async def test_new_roles_count_at_once(gateway: Gateway) -> None:
    async with gateway.online("ada") as ada:
        account_id = ada.welcome["agent"]["id"]
        answer = await change(gateway, account_id, roles=["editor"], name="Ada Lovelace")
        assert answer.json()["account"]["roles"] == ["editor"]
        await ada.connection.wait_closed()
    token = await gateway.account("ada")
    async with gateway.raw("/v1/agent") as again:
        await again.send("hello", version=1, token=token)
        assert (await again.receive())["code"] == "forbidden"
    me = await gateway.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["account"]["name"] == "Ada Lovelace"


async def test_a_password_set_by_an_admin_ends_the_sign_ins_with_the_old_one(gateway: Gateway) -> None:
    token = await gateway.account("ada")
    assert (await change(gateway, await gateway.account_id("ada"), password=NEW)).status_code == 200
    assert (await gateway.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    assert await sign_in(gateway, "ada") == 401
    assert await sign_in(gateway, "ada", NEW) == 200


async def test_ones_own_password_takes_the_present_one_and_ends_all_other_sign_ins(gateway: Gateway) -> None:
    await gateway.account("ada")
    here, phone = [await signed_in(gateway, "ada") for _ in range(2)]

    async def choose(password: str, new: str) -> httpx.Response:
        body = {"password": password, "new_password": new}
        return await gateway.http.post("/v1/password", headers=here, json=body)

    assert (await choose("not this one", NEW)).status_code == 401
    short = await choose(PASSWORD, "short")
    assert (short.status_code, short.json()["message"]) == (400, "new_password: at least 10 characters")
    assert (await choose(PASSWORD, NEW)).status_code == 204
    assert (await gateway.http.get("/v1/me", headers=here)).status_code == 200
    assert (await gateway.http.get("/v1/me", headers=phone)).status_code == 401
    assert await sign_in(gateway, "ada", NEW) == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"roles": []}, "roles: one or more of admin, agent, editor, supervisor"),
        ({"roles": ["service"]}, "roles: one or more of admin, agent, editor, supervisor"),
        ({"roles": "agent"}, "roles: must be a list of strings"),
        ({"name": " "}, "name: must be a text of 1 to 100 characters"),
        ({"password": "short"}, "password: at least 10 characters"),
        ({"closed": "yes"}, "closed: must be true or false"),
        ({"closed": None}, "closed: must be true or false"),
        ({"email": "x@example.org"}, "email: not a field of these: closed, name, password, roles"),
    ],
)
async def test_what_cannot_be_used_is_named(gateway: Gateway, fields: dict[str, Any], message: str) -> None:
    answer = await change(gateway, await gateway.account_id("ada"), **fields)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


async def test_nobody_changes_an_account_there_is_not(gateway: Gateway) -> None:
    assert (await change(gateway, "acc_0", name="Nobody")).status_code == 404


async def test_an_admin_remains(gateway: Gateway) -> None:
    """Two who close each other, or give the role up, at the same moment: one of them is refused."""
    tokens = [await gateway.account(name, "admin") for name in ("root", "deputy")]
    ids = {name: await gateway.account_id(name) for name in ("root", "deputy")}
    everybody = (await gateway.http.get("/v1/accounts", headers=await gateway.admin())).json()["accounts"]
    for other in everybody:
        if "admin" in other["roles"] and other["id"] not in ids.values():
            assert (await change(gateway, other["id"], closed=True)).status_code == 200

    async def as_(token: str, account_id: str, **fields: Any) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await gateway.http.patch(f"/v1/accounts/{account_id}", headers=headers, json=fields)
        return answer.status_code

    assert await as_(tokens[0], ids["root"], closed=True) == 403
    assert await as_(tokens[0], ids["root"], password=NEW) == 403
    both = await asyncio.gather(
        as_(tokens[0], ids["deputy"], closed=True), as_(tokens[1], ids["root"], roles=["agent"])
    )
    assert both.count(200) == 1
    assert set(both) <= {200, 401, 403}
