"""Every route and every frame of the agent socket has one case that is let in and one that is kept out.

The cases are made from the route table: a new route without an entry here fails.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from handoff_gateway.core.permissions import FRAME_RIGHTS, GRANTS, PEOPLE, AccountRole, Right, may
from handoff_gateway.wire import AGENT_FRAMES, CUSTOMER_FRAMES
from tests.support.gateway import PASSWORD, Client, Gateway, fresh_id

Json = dict[str, Any]

# What is sent to each route; `{id}` is a conversation. A guarded route is tried with and without its right.
ROUTES: dict[tuple[str, str], Json] = {
    ("GET", "/"): {},
    ("GET", "/desk"): {},
    ("GET", "/manage"): {},
    ("GET", "/widget.js"): {},
    ("GET", "/static/<path:path>"): {"path": "/static/widget/widget.js"},
    ("GET", "/help/<article_id:str>"): {"path": "/help/return-an-item"},
    ("GET", "/v1/config"): {},
    ("POST", "/v1/login"): {"json": {"email": "ada@example.org", "password": PASSWORD}},
    ("POST", "/v1/logout"): {"status": 204},
    ("GET", "/v1/me"): {},
    ("GET", "/v1/accounts"): {},
    ("GET", "/v1/audit"): {},
    ("GET", "/v1/sign-ins"): {},
    ("DELETE", "/v1/sign-ins"): {"status": 204},
    ("DELETE", "/v1/sign-ins/<sign_in_id:str>"): {"path": "/v1/sign-ins/0123456789abcdef", "status": 404},
    ("POST", "/v1/second-factor"): {"json": {"password": PASSWORD}, "status": 201},
    ("POST", "/v1/second-factor/confirm"): {"json": {"code": "123456"}, "status": 404},
    ("DELETE", "/v1/second-factor"): {"json": {"password": PASSWORD, "code": "123456"}, "status": 404},
    ("GET", "/v1/accounts/<account_id:str>/sign-ins"): {"path": "/v1/accounts/{agent}/sign-ins"},
    ("DELETE", "/v1/accounts/<account_id:str>/sign-ins"): {"path": "/v1/accounts/{agent}/sign-ins", "status": 204},
    ("DELETE", "/v1/accounts/<account_id:str>/second-factor"): {
        "path": "/v1/accounts/{agent}/second-factor",
        "status": 404,  # they have none
    },
    ("POST", "/v1/accounts"): {
        "json": {"email": "new@example.org", "name": "New", "password": PASSWORD, "roles": ["agent"]},
        "status": 201,
    },
    ("PATCH", "/v1/accounts/<account_id:str>"): {"path": "/v1/accounts/{agent}", "json": {"name": "Ada L."}},
    ("POST", "/v1/password"): {"json": {"password": PASSWORD, "new_password": f"{PASSWORD} and more"}, "status": 204},
    ("GET", "/v1/teams"): {},
    ("POST", "/v1/teams"): {"json": {"name": "Returns"}, "status": 201},
    ("PUT", "/v1/teams/<team_id:str>"): {"path": "/v1/teams/general", "json": {"mode": "manual"}},
    ("DELETE", "/v1/teams/<team_id:str>"): {"path": "/v1/teams/{team}", "status": 204},
    ("GET", "/v1/agents"): {},
    ("PUT", "/v1/agents/<account_id:str>"): {"path": "/v1/agents/{agent}", "json": {"languages": ["cs"]}},
    ("GET", "/v1/canned-replies"): {},
    ("POST", "/v1/canned-replies"): {"json": {"title": "Greeting", "text": "Hello!"}, "status": 201},
    ("PUT", "/v1/canned-replies/<reply_id:str>"): {"path": "/v1/canned-replies/{canned}", "json": {"text": "Hi!"}},
    ("DELETE", "/v1/canned-replies/<reply_id:str>"): {"path": "/v1/canned-replies/{canned}", "status": 204},
    ("GET", "/v1/conversations"): {},
    ("GET", "/v1/conversations/<conversation_id:str>"): {"path": "/v1/conversations/{id}"},
    ("GET", "/v1/conversations/<conversation_id:str>/events"): {"path": "/v1/conversations/{id}/events"},
    ("GET", "/v1/customers/<customer:str>"): {"path": "/v1/customers/{id}"},
    ("DELETE", "/v1/customers/<customer:str>"): {"path": "/v1/customers/{id}"},
    ("POST", "/v1/conversations/<conversation_id:str>/events/<seq:int>/reveal"): {
        "path": "/v1/conversations/{id}/events/1/reveal",
        "status": 404,  # nothing is masked in it
    },
    ("POST", "/v1/conversations/<conversation_id:str>/messages"): {
        "path": "/v1/conversations/{id}/messages",
        "json": {"text": "Hello"},
        "status": 201,
    },
    ("GET", "/health"): {"status": 503},  # no knowledge base behind this gateway
    ("GET", "/metrics"): {},
    ("GET", "/editor"): {},
    ("GET", "/editor/<path:path>"): {"path": "/editor/js/main.js"},
    **{
        (method, "/knowledge/<path:path>"): {"path": "/knowledge/v1/articles", "status": 503}
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
}
# Routes whose answer to those let in depends on other parts; that they are let in is what counts here.
ELSEWHERE = {("GET", "/help/<article_id:str>"), ("GET", "/editor"), ("GET", "/editor/<path:path>")}
FRAMES: dict[str, Json] = {
    "presence": {"state": "away"},
    "open": {},
    "read": {"seq": 1},
    "typing": {"on": True},
    "claim": {},
    "send": {"text": "Hello"},
    "note": {"text": "VIP"},
    "transfer": {},
    "hand_back": {},
    "close": {},
    "call_back_done": {},
    "follow_up_done": {},
}
# Frames of the customer socket: refused to whoever has not said hello, carried out for whoever has.
CUSTOMER_FRAMES_SENT: dict[str, Json] = {
    "send": {"client_message_id": "x", "text": "Hello"},
    "request_agent": {"client_message_id": "x"},
    "call_back": {"client_message_id": "x"},
    "leave_queue": {},
    "end": {},
    "typing": {"on": True},
    "read": {"seq": 1},
    "feedback": {"seq": 2, "helpful": True},
    "survey": {"survey_id": "s", "answers": {}},
}
SILENT = {"typing"}  # frames without an ack; a refusal is answered all the same


def handlers(gateway: Gateway) -> dict[tuple[str, str], Right]:
    from sanic import Sanic

    app = next(app for app in Sanic._app_registry.values() if getattr(app.ctx, "services", None) is gateway.services)
    return {(method, f"/{route.path}"): route.handler.right for route in app.router.routes for method in route.methods}


async def account_without(gateway: Gateway, right: Right) -> str:
    role = next(role for role in ("editor", "supervisor", "agent", "admin") if not may({AccountRole(role)}, right))
    return await gateway.account(f"not-{role}", role)


async def account_with(gateway: Gateway, right: Right) -> str:
    roles = {role.value for role in GRANTS[right]} - {"service"}
    role = "agent" if "agent" in roles else sorted(roles)[0]
    return await gateway.account("ada" if role == "agent" else f"some-{role}", role)


async def test_the_cases_are_the_route_table(gateway: Gateway) -> None:
    assert set(handlers(gateway)) == set(ROUTES)


def test_the_cases_are_the_frame_table() -> None:
    assert set(FRAME_RIGHTS) == set(AGENT_FRAMES)
    assert set(FRAMES) | {"hello"} == set(AGENT_FRAMES)


def test_the_customer_cases_are_the_frame_table() -> None:
    assert set(CUSTOMER_FRAMES_SENT) | {"hello"} == set(CUSTOMER_FRAMES)


@pytest.mark.parametrize("frame", CUSTOMER_FRAMES_SENT)
async def test_every_customer_frame_is_for_who_has_said_hello(gateway: Gateway, frame: str) -> None:
    async with gateway.raw("/v1/customer") as stranger:
        await stranger.send(frame, **CUSTOMER_FRAMES_SENT[frame])
        assert (await stranger.receive())["message"] == "type: the first frame must be hello"
    async with gateway.customer() as customer:
        await customer.say("Hello")
        answer = await customer.event("message", lambda e: e["message"]["role"] == "bot")
        fields = {**CUSTOMER_FRAMES_SENT[frame]}
        if frame in {"feedback", "read"}:
            fields["seq"] = answer["seq"]
        await customer.send(frame, **fields)
        await customer.send("send", client_message_id="last", text="After it")  # frames are carried out in order
        await customer.until("ack", lambda f: f["client_message_id"] == "last")
        assert not [refusal for refusal in customer.frames if refusal["type"] == "error"]


def test_every_right_is_granted_to_somebody() -> None:
    assert set(GRANTS) == set(Right) - {Right.PUBLIC}
    assert all(GRANTS.values())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
async def test_every_route_lets_in_and_keeps_out(gateway: Gateway, route: tuple[str, str]) -> None:
    await gateway.account("ada", "agent")
    right = handlers(gateway)[route]
    case, (method, pattern) = ROUTES[route], route
    async with gateway.customer() as customer, gateway.agent(await gateway.account("ada")) as agent:
        await agent.do("claim", conversation_id=customer.conversation_id)
        path = case.get("path", pattern).replace("{id}", customer.conversation_id)
        path = path.replace("{agent}", agent.welcome["agent"]["id"])
        if "{canned}" in path:
            path = path.replace("{canned}", (await gateway.canned_reply("Farewell", "Goodbye!"))["id"])
        if "{team}" in path:
            path = path.replace("{team}", (await gateway.team("Returns"))["id"])

        async def call(token: str | None) -> int:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            answer = await gateway.http.request(method, path, json=case.get("json"), headers=headers)
            return answer.status_code

        if right is Right.PUBLIC:
            status = await call(None)
            assert status not in {401, 403}
            assert route in ELSEWHERE or status == case.get("status", 200)
            return
        assert await call(None) == 401
        assert await call("forged") == 401
        if PEOPLE - GRANTS[right]:  # else everybody who is signed in has it
            assert await call(await account_without(gateway, right)) == 403
        assert await call(await account_with(gateway, right)) == case.get("status", 200)


@pytest.mark.parametrize("frame", FRAMES)
async def test_every_agent_frame_lets_in_and_keeps_out(gateway: Gateway, frame: str) -> None:
    right = FRAME_RIGHTS[frame]
    async with gateway.customer() as customer, gateway.agent(await gateway.account("ada")) as agent:
        await agent.do("claim", conversation_id=customer.conversation_id)
        fields: Json = {"conversation_id": customer.conversation_id, "client_message_id": fresh_id(), **FRAMES[frame]}
        if may({AccountRole.SUPERVISOR}, right):  # then those without the right are not let in at all: see below
            await refused_at_the_door(gateway, await gateway.account("not-agent", "editor"))
        else:
            async with gateway.agent(await gateway.account("sam", "supervisor")) as supervisor:
                await supervisor.send(frame, **fields)
                assert (await supervisor.until("error"))["code"] == "forbidden"
        if frame in SILENT:
            await agent.send(frame, **fields)
            assert (await customer.until("typing"))["role"] == "agent"
        else:
            assert (await agent.do(frame, **fields))["type"] == "ack"


@pytest.mark.parametrize("role", ["editor", "admin"])
async def test_hello_is_for_those_who_may_see_conversations(gateway: Gateway, role: str) -> None:
    await refused_at_the_door(gateway, await gateway.account(f"not-{role}", role))
    await refused_at_the_door(gateway, gateway.service_token)


async def refused_at_the_door(gateway: Gateway, token: str) -> None:
    async with gateway.raw("/v1/agent") as stranger:
        await say_hello(stranger, token)
        assert (await stranger.receive())["code"] == "forbidden"
        await stranger.connection.wait_closed()
        assert stranger.connection.close_code == 1008


async def say_hello(client: Client, token: str) -> None:
    await client.connection.send(json.dumps({"type": "hello", "version": 1, "token": token}))
