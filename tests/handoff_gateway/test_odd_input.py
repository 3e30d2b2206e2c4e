"""Requests nobody sends by accident: each gets the answer a plain mistake would get, on either database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import postgres
from tests.support.bot import FakeBot
from tests.support.gateway import Gateway, fresh_id, running_gateway

Json = dict[str, Any]
HALF = "half a \ud83d"  # a lone surrogate, which JSON can say and no text can hold
LONG = "x" * 3000  # far beyond any column
NO_IDS = ("%00", "con_%00", "%ED%A0%80", LONG)
NAMED = (
    ("GET", "/v1/conversations/{name}", None),
    ("GET", "/v1/conversations/{name}/events", None),
    ("POST", "/v1/conversations/{name}/messages", {"text": "Hi"}),
    ("POST", "/v1/conversations/{name}/events/1/reveal", None),
    ("GET", "/v1/customers/{name}", None),
    ("DELETE", "/v1/customers/{name}", None),
    ("PUT", "/v1/teams/{name}", {"name": "Any"}),
    ("DELETE", "/v1/teams/{name}", None),
    ("PUT", "/v1/agents/{name}", {"capacity": 1}),
    ("PATCH", "/v1/accounts/{name}", {"name": "Any"}),
    ("GET", "/v1/accounts/{name}/sign-ins", None),
    ("DELETE", "/v1/accounts/{name}/sign-ins", None),
    ("DELETE", "/v1/accounts/{name}/second-factor", None),
    ("DELETE", "/v1/sign-ins/{name}", None),
    ("PUT", "/v1/canned-replies/{name}", {"title": "Any"}),
    ("DELETE", "/v1/canned-replies/{name}", None),
)
TEAMS = (
    ({"mode": []}, "mode"),
    ({"mode": {}}, "mode"),
    ({"name": HALF}, "name"),
    ({"skills": [HALF]}, "skills"),
    ({"languages": [["cs"]]}, "languages"),
    ({"members": [HALF]}, "members"),
    ({"members": [LONG]}, "members"),
    ({"fallback": HALF}, "fallback"),
    ({"targets": {"resolution_s": 10**400}}, "targets"),
    ({"hours": {"time_zone": "Europe/Prague", "weekly": {}, "country": "?"}}, "hours"),
    ({"hours": {"time_zone": "Europe/Prague", "weekly": {}, "country": "CZ", "region": HALF}}, "hours"),
)


@pytest.fixture(params=postgres.BOTH)
async def gateway(request: pytest.FixtureRequest, tmp_path: Path, bot: FakeBot) -> AsyncIterator[Gateway]:
    """A gateway over each kind of database: what one stores the other may refuse."""
    url = "" if request.param == "sqlite" else postgres.empty_database().render_as_string(hide_password=False)
    async with running_gateway(tmp_path, bot_port=bot.port, database_url=url) as gateway:
        yield gateway


async def asked(gateway: Gateway, method: str, path: str, body: Json | None = None) -> httpx.Response:
    """Ask as somebody who may do everything; the body is written so that half a character gets through."""
    token = await gateway.account("root", "admin", "agent", "supervisor")
    content = None if body is None else json.dumps(body)
    return await gateway.http.request(method, path, headers={"Authorization": f"Bearer {token}"}, content=content)


async def test_what_no_id_can_be_names_nothing(gateway: Gateway) -> None:
    answers = {
        (method, path, name[:20]): (await asked(gateway, method, path.format(name=name), body)).status_code
        for method, path, body in NAMED
        for name in NO_IDS
    }
    assert {key: code for key, code in answers.items() if code != 404} == {}


async def test_a_filter_that_no_text_can_fulfil_is_named(gateway: Gateway) -> None:
    for field in ("q", "team", "agent", "cursor"):
        answer = await asked(gateway, "GET", f"/v1/conversations?{field}=%00")
        assert (answer.status_code, answer.json()["message"].partition(":")[0]) == (400, field)


async def test_a_seq_beyond_every_number_is_not_found(gateway: Gateway) -> None:
    for digits in (20, 40, 5000):
        answer = await asked(gateway, "POST", f"/v1/conversations/con_1/events/{'9' * digits}/reveal")
        assert answer.status_code == 404


async def test_a_team_is_made_of_what_can_be_stored_and_shown(gateway: Gateway) -> None:
    for body, field in TEAMS:
        answer = await asked(gateway, "PUT", "/v1/teams/general", body)
        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()["message"].partition(":")[0].partition(".")[0] == field
    assert (await asked(gateway, "GET", "/v1/teams")).status_code == 200


async def test_fields_of_any_name_are_written_down(gateway: Gateway) -> None:
    assert (await asked(gateway, "PUT", "/v1/teams/general", {"\x00": 2, LONG: 3})).status_code == 200
    assert (await asked(gateway, "PUT", "/v1/teams/general", {HALF: 1})).status_code == 400
    kept = (await asked(gateway, "GET", "/v1/audit")).json()["audit"]
    assert [len(row["details"].get("fields", ())) for row in kept[:3]] == [0, 1, 2]


async def test_what_is_nested_without_end_is_refused_and_the_socket_stays(gateway: Gateway) -> None:
    deep = b'{"name": ' + b"[" * 100_000
    answer = await gateway.http.put("/v1/teams/general", headers=await gateway.admin(), content=deep)
    assert answer.status_code == 400
    async with gateway.customer() as customer:
        for depth in (200, 900, 950, 980, 990, 995):
            nested = "[" * depth + "]" * depth
            frame = f'{{"type": "survey", "survey_id": "{fresh_id()}", "answers": {{"a": {nested}}}}}'
            await customer.connection.send(frame)
        assert (await customer.say("Still here"))["seq"] > 0
