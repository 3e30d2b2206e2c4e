"""Every route has one caller who is let in and one who is kept out; the cases are made from the route table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest
from sanic import Sanic

from knowledge_base.errors import UnauthorizedError
from knowledge_base.http.permissions import GRANTS, ROUTES, Doorkeeper, Right, Role, read_account
from tests.support.accounts import account_header
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, running_knowledge_base

TOKEN = "a-service-token-of-at-least-32-bytes"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEPT_OUT = {401, 403}


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


def routes_served(kb: RunningKnowledgeBase) -> set[tuple[str, str]]:
    app = next(app for app in Sanic._app_registry.values() if getattr(app.ctx, "base", None) is kb.base)
    return {(method, f"/{route.path}") for route in app.router.routes for method in route.methods}


def roles_without(right: Right) -> list[str]:
    return sorted(role.value for role in set(Role) - GRANTS[right])


def roles_with(right: Right) -> list[str]:
    return sorted(role.value for role in GRANTS[right])


async def test_every_route_has_an_entry_and_every_entry_a_route(kb: RunningKnowledgeBase) -> None:
    assert routes_served(kb) == set(ROUTES)


def test_every_right_is_in_the_table() -> None:
    assert set(GRANTS) == set(Right) - {Right.OPEN}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
async def test_every_route_lets_in_and_keeps_out(kb: RunningKnowledgeBase, route: tuple[str, str]) -> None:
    (method, pattern), right = route, ROUTES[route]
    path = pattern.replace("<article_id:str>", "boot-care").replace("<number:str>", "1")
    for name in ("<", ">"):
        path = path.replace(name, "")

    async def call(headers: dict[str, str]) -> int:
        async with httpx.AsyncClient(base_url=kb.url, headers=headers, timeout=60) as client:
            return (await client.request(method, path, json={} if method in {"POST", "PUT"} else None)).status_code

    part = {"Authorization": f"Bearer {kb.token}"}
    if right is Right.OPEN:
        assert await call({}) not in KEPT_OUT
        return
    assert await call({}) == 401
    assert await call({"Authorization": "Bearer forged"}) == 401
    assert await call(account_header(kb.token, roles_with(right))) == 401, "an account without the service token"
    assert await call(part | account_header(kb.token, [])) == 403
    assert await call(part | account_header(kb.token, ["owner"])) == 403
    for role in roles_without(right):
        assert await call(part | account_header(kb.token, [role])) == 403, role
    for role in roles_with(right):
        assert await call(part | account_header(kb.token, [role])) not in KEPT_OUT, role
    assert await call(part) not in KEPT_OUT


def test_a_route_without_an_entry_is_closed_to_everybody() -> None:
    doorkeeper = Doorkeeper(TOKEN, {})
    with pytest.raises(Exception, match="none"):
        doorkeeper.admit(("GET", "/v1/new"), f"Bearer {TOKEN}", None, NOW)


def header(**claims: object) -> str:
    made = {"sub": "a1", "name": "Erika", "roles": ["editor"], "exp": NOW + timedelta(seconds=45)} | claims
    return jwt.encode({name: value for name, value in made.items() if value is not None}, TOKEN, "HS256")


def test_an_account_is_read() -> None:
    caller = read_account(header(roles=["editor", "owner"]), TOKEN, NOW)
    assert (caller.author.account_id, caller.author.name, caller.roles) == ("a1", "Erika", {Role.EDITOR})


def test_an_account_without_a_name_is_called_by_its_id() -> None:
    assert read_account(header(name=None), TOKEN, NOW).author.name == "a1"


UNSIGNED = jwt.encode({"sub": "a1", "roles": ["admin"], "exp": NOW + timedelta(seconds=45)}, None, "none")
OTHER_KEY = jwt.encode({"sub": "a1", "roles": ["admin"], "exp": NOW + timedelta(seconds=45)}, TOKEN[::-1], "HS256")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        "a.b.c",
        UNSIGNED,
        OTHER_KEY,
        header(exp=NOW),
        header(exp=NOW - timedelta(seconds=1)),
        header(exp=NOW + timedelta(seconds=90)),
        header(exp=None),
        header(exp="soon"),
        header(sub=None),
        header(sub=""),
        header(roles=None),
        header(roles="admin"),
    ],
)
def test_an_account_that_is_not_the_gateways_is_refused(given: str) -> None:
    with pytest.raises(UnauthorizedError):
        read_account(given, TOKEN, NOW)
