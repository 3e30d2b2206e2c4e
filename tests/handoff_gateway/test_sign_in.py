"""Signing in: the second factor, where one is signed in, and pages that nobody else's page can use or change."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from tests.handoff_gateway.test_permissions import ROUTES, handlers
from tests.support.bot import FakeBot
from tests.support.clock import FakeClock
from tests.support.gateway import PASSWORD, Gateway, running_gateway

Json = dict[str, Any]
EMAIL = "ada@example.org"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Ada:
    """An agent with an app."""

    def __init__(self, gateway: Gateway, clock: FakeClock) -> None:
        self.gateway = gateway
        self.clock = clock
        self.headers: dict[str, str] = {}
        self.secret = ""
        self.recovery_codes: list[str] = []

    async def enrol(self) -> None:
        self.headers = bearer(await self.gateway.account("ada"))
        begun = await self.call("POST", "/v1/second-factor", password=PASSWORD)
        assert begun.status_code == 201
        assert begun.json()["uri"].startswith("otpauth://totp/Tandem:ada%40example.org?secret=")
        self.secret = begun.json()["secret"]
        done = await self.call("POST", "/v1/second-factor/confirm", code=self.code())
        assert done.status_code == 200, done.text
        self.recovery_codes = done.json()["recovery_codes"]
        self.clock.advance(30)

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.clock.now)

    async def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        return await self.gateway.http.request(method, path, json=body, headers=self.headers)

    async def sign_in(self, code: str | None = None, password: str = PASSWORD) -> httpx.Response:
        body = {"email": EMAIL, "password": password} | ({} if code is None else {"code": code})
        answer = await self.gateway.http.post("/v1/login", json=body)
        self.gateway.http.cookies.clear()
        return answer


@pytest.fixture
async def ada(tmp_path: Path, bot: FakeBot) -> AsyncIterator[Ada]:
    clock = FakeClock()
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway:
        yield Ada(gateway, clock)


async def test_a_code_is_asked_for_only_after_the_right_password(ada: Ada) -> None:
    await ada.enrol()
    assert (await ada.call("GET", "/v1/me")).json()["account"]["second_factor"] is True
    wrong, right = await ada.sign_in(password="wrong"), await ada.sign_in()
    assert (wrong.status_code, wrong.json().get("second_factor")) == (401, None)
    assert (right.status_code, right.json()["second_factor"], "token" in right.json()) == (401, "required", False)
    assert (await ada.sign_in("000000")).status_code == 401
    assert (await ada.sign_in(ada.code(), password="wrong")).status_code == 401
    assert (await ada.sign_in(ada.code())).status_code == 200


async def test_a_code_is_good_once_and_not_for_long(ada: Ada) -> None:
    await ada.enrol()
    seen = ada.code()
    assert (await ada.sign_in(seen)).status_code == 200
    assert (await ada.sign_in(seen)).status_code == 401
    ada.clock.advance(30)
    late = ada.code()
    ada.clock.advance(120)
    assert (await ada.sign_in(late)).status_code == 401
    assert (await ada.sign_in(f" {ada.code()[:3]} {ada.code()[3:]}")).status_code == 200


async def test_a_recovery_code_replaces_the_phone_once(ada: Ada) -> None:
    await ada.enrol()
    assert len(set(ada.recovery_codes)) == 10
    assert (await ada.sign_in(ada.recovery_codes[3].upper())).status_code == 200
    assert (await ada.sign_in(ada.recovery_codes[3])).status_code == 401
    assert (await ada.sign_in(ada.recovery_codes[4])).status_code == 200


async def test_a_secret_counts_only_once_confirmed(ada: Ada) -> None:
    ada.headers = bearer(await ada.gateway.account("ada"))
    assert (await ada.call("POST", "/v1/second-factor", password="wrong")).status_code == 401
    assert (await ada.call("POST", "/v1/second-factor/confirm", code="123456")).status_code == 404
    first = (await ada.call("POST", "/v1/second-factor", password=PASSWORD)).json()["secret"]
    ada.secret = (await ada.call("POST", "/v1/second-factor", password=PASSWORD)).json()["secret"]
    assert ada.secret != first
    assert (await ada.call("POST", "/v1/second-factor/confirm", code="123456")).status_code == 401
    assert (await ada.sign_in()).status_code == 200  # nobody is locked out by a phone that never worked
    assert (await ada.call("POST", "/v1/second-factor/confirm", code=ada.code())).status_code == 200
    assert (await ada.call("POST", "/v1/second-factor", password=PASSWORD)).status_code == 403


async def test_doing_without_it_takes_password_and_code(ada: Ada) -> None:
    await ada.enrol()
    for body in ({"password": "wrong", "code": ada.code()}, {"password": PASSWORD, "code": "000000"}):
        assert (await ada.call("DELETE", "/v1/second-factor", **body)).status_code == 401
    assert (await ada.call("DELETE", "/v1/second-factor", password=PASSWORD, code=ada.code())).status_code == 204
    assert (await ada.sign_in()).status_code == 200


async def test_an_admin_lets_in_who_has_lost_everything(ada: Ada) -> None:
    await ada.enrol()
    account_id = (await ada.call("GET", "/v1/me")).json()["account"]["id"]
    path = f"/v1/accounts/{account_id}/second-factor"
    assert (await ada.gateway.http.delete(path, headers=await ada.gateway.admin())).status_code == 204
    assert (await ada.call("GET", "/v1/me")).status_code == 401  # whoever held a sign-in proves themselves anew
    assert (await ada.sign_in()).status_code == 200
    assert (await ada.gateway.http.delete(path, headers=await ada.gateway.admin())).status_code == 404


async def test_the_command_lets_in_who_has_lost_everything(ada: Ada) -> None:
    await ada.enrol()
    command = [sys.executable, "-m", "handoff_gateway", "accounts", "reset-second-factor", EMAIL]
    environ = {**os.environ, "TANDEM_VAR": str(ada.gateway.services.settings.var)}
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=subprocess.PIPE)
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert b"password alone" in said
    assert (await ada.sign_in()).status_code == 200
    audit = await ada.gateway.http.get("/v1/audit", headers=await ada.gateway.admin())
    assert ("command line", "accounts reset-second-factor") in {
        (e["actor"], e["action"]) for e in audit.json()["audit"]
    }


async def test_no_secret_lies_in_the_database(ada: Ada) -> None:
    await ada.enrol()
    content = b"".join(path.read_bytes() for path in ada.gateway.services.settings.var.glob("gateway.db*"))
    for secret in (ada.secret, *ada.recovery_codes, ada.recovery_codes[0].replace("-", "")):
        assert secret.encode() not in content


# --- where one is signed in ---


async def test_sign_ins_are_listed_and_ended_one_by_one_or_all(ada: Ada) -> None:
    ada.headers = bearer(await ada.gateway.account("ada"))
    phone = (await ada.sign_in()).json()["token"]
    listed = (await ada.call("GET", "/v1/sign-ins")).json()["sign_ins"]
    assert sorted(entry["current"] for entry in listed) == [False, True]
    assert {entry["device"].split("/")[0] for entry in listed} == {"python-httpx"}
    assert phone not in str(listed)
    other = next(entry["id"] for entry in listed if not entry["current"])
    assert (await ada.call("DELETE", f"/v1/sign-ins/{other}")).status_code == 204
    assert (await ada.call("DELETE", f"/v1/sign-ins/{other}")).status_code == 404
    assert (await ada.gateway.http.get("/v1/me", headers=bearer(phone))).status_code == 401
    assert (await ada.call("GET", "/v1/me")).status_code == 200
    assert (await ada.call("DELETE", "/v1/sign-ins")).status_code == 204
    assert (await ada.call("GET", "/v1/me")).status_code == 401


async def test_nobody_ends_anothers_sign_in(ada: Ada) -> None:
    ada.headers = bearer(await ada.gateway.account("ada"))
    bo = bearer(await ada.gateway.account("bo"))
    theirs = (await ada.gateway.http.get("/v1/sign-ins", headers=bo)).json()["sign_ins"][0]["id"]
    assert (await ada.call("DELETE", f"/v1/sign-ins/{theirs}")).status_code == 404
    assert (await ada.gateway.http.get("/v1/me", headers=bo)).status_code == 200


async def test_ending_a_sign_in_closes_its_sockets(ada: Ada) -> None:
    async with ada.gateway.online() as agent:
        account_id = agent.welcome["agent"]["id"]
        path = f"/v1/accounts/{account_id}/sign-ins"
        listed = await ada.gateway.http.get(path, headers=await ada.gateway.admin())
        assert len(listed.json()["sign_ins"]) == 1
        assert (await ada.gateway.http.delete(path, headers=await ada.gateway.admin())).status_code == 204
        await agent.connection.wait_closed()
        assert agent.connection.close_code == 1008


async def test_a_sign_in_that_has_run_out_ends_an_open_socket(tmp_path: Path, bot: FakeBot) -> None:
    clock = FakeClock()
    async with (
        running_gateway(tmp_path, clock=clock, bot_port=bot.port, sign_in_days=1) as gateway,
        gateway.online() as ada,
    ):
        clock.advance(25 * 3600)
        await ada.send("presence", state="away")
        await ada.connection.wait_closed()
        assert (ada.connection.close_code, ada.connection.close_reason) == (1008, "signed out; sign in again")


# --- the audit log ---


async def test_what_administrators_do_is_written_down(ada: Ada) -> None:
    headers, http = await ada.gateway.admin(), ada.gateway.http
    me = (await http.get("/v1/me", headers=headers)).json()["account"]["id"]
    new = {"email": "new@example.org", "name": "New", "password": "a secret password", "roles": ["agent"]}
    await http.post("/v1/accounts", headers=headers, json=new)
    await http.post("/v1/accounts", headers=headers, json=new)  # there is one now
    await ada.gateway.team("Warehouse")
    log = (await http.get("/v1/audit", headers=headers)).json()["audit"]
    done = [(entry["actor"], entry["action"], entry["details"]) for entry in reversed(log)]
    fields = {"fields": ["email", "name", "password", "roles"]}
    assert done[:3] == [
        (me, "POST /v1/accounts", fields),
        (me, "POST /v1/accounts", fields),
        (me, "POST /v1/accounts", {"refused": "bad_frame"}),
    ]
    assert done[3][:2] == (me, "POST /v1/teams")
    assert "a secret password" not in str(log)
    before = await http.get(f"/v1/audit?before={log[0]['id']}", headers=headers)
    assert before.json()["audit"] == log[1:]
    assert (await http.get("/v1/audit?before=x", headers=headers)).status_code == 400


async def test_nobody_can_change_the_audit_log(ada: Ada) -> None:
    from sqlalchemy import text

    from handoff_gateway.errors import GatewayError

    await ada.gateway.team("Warehouse")
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(GatewayError, match="append-only"):
            await ada.gateway.services.database.write(lambda tx, s=statement: tx.execute(text(s)) and None)
    assert len((await ada.gateway.http.get("/v1/audit", headers=await ada.gateway.admin())).json()["audit"]) == 1


# --- other people's pages ---


async def test_no_route_takes_the_cookie_from_a_foreign_page(gateway: Gateway) -> None:
    """Made from the route table: a new route that changes something is in it."""
    cookies = {"Cookie": f"tandem_session={await gateway.account('root', 'admin', 'agent', 'supervisor', 'editor')}"}
    changing = [
        route for route in handlers(gateway) if route[0] not in {"GET", "HEAD"} and route != ("POST", "/v1/login")
    ]
    assert len(changing) > 10
    for method, pattern in changing:
        path = ROUTES[method, pattern].get("path", pattern).replace("{id}", "con_x")
        for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            answer = await gateway.http.request(method, path, headers={**cookies, **origin}, json={})
            assert answer.status_code == 403, (method, path, origin)


async def test_no_foreign_page_signs_anybody_in(gateway: Gateway) -> None:
    await gateway.account("ada")
    body = {"email": EMAIL, "password": PASSWORD}
    foreign = await gateway.http.post("/v1/login", json=body, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, "set-cookie" in foreign.headers) == (403, False)
    assert (await gateway.http.post("/v1/login", json=body, headers={"Origin": gateway.origin})).status_code == 200


async def test_every_page_has_the_strict_policy_and_every_answer_one(gateway: Gateway) -> None:
    pages = 0
    for method, pattern in ROUTES:
        if method != "GET":
            continue
        path = ROUTES[method, pattern].get("path", pattern).replace("{id}", "con_x")
        answer = await gateway.http.get(path)
        policy = answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "unsafe" not in policy
        if answer.headers["content-type"].startswith("text/html"):
            pages += 1
            rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
            assert (rules["default-src"], rules["object-src"], rules["base-uri"]) == ("'self'", "'none'", "'none'")
            assert rules["connect-src"] == f"'self' {gateway.sockets}"
        else:
            assert policy.startswith("default-src 'none'") or path.startswith(("/static", "/widget", "/editor"))
    assert pages >= 2
