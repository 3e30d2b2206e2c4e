"""The HTTP API: signing in, lists, messages, pages, health and metrics."""

from __future__ import annotations

import asyncio
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from handoff_gateway import health
from tests.support.bot import FakeBot
from tests.support.gateway import PASSWORD, PATIENCE_S, Gateway, fresh_id, running_gateway

Json = dict[str, Any]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_signing_in_gives_a_token_and_a_cookie_for_pages_alone(gateway: Gateway) -> None:
    await gateway.account("ada")
    answer = await gateway.http.post("/v1/login", json={"email": "Ada@Example.org ", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert answer.json()["account"]["roles"] == ["agent"]
    assert f"tandem_session={answer.json()['token']}" in cookie
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    me = await gateway.http.get("/v1/me")  # the client kept the cookie
    assert me.json()["account"]["email"] == "ada@example.org"


async def test_an_unknown_address_and_a_wrong_password_look_alike(gateway: Gateway) -> None:
    await gateway.account("ada")
    for email, password in (
        ("ada@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("ada@example.org", "x" * 1025),
    ):
        answer = await gateway.http.post("/v1/login", json={"email": email, "password": password[:1024]})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
        assert answer.json()["message"] == "e-mail address or password is wrong"


async def test_a_sign_in_ends_with_signing_out(gateway: Gateway) -> None:
    token = await gateway.account("ada")
    assert (await gateway.http.post("/v1/logout", headers=bearer(token))).status_code == 204
    assert (await gateway.http.get("/v1/me", headers=bearer(token))).status_code == 401


async def test_a_sign_in_ends_by_itself(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, sign_in_days=1e-6) as gateway:
        token = await gateway.account("ada")
        await asyncio.to_thread(lambda: None)
        async with asyncio.timeout(PATIENCE_S):
            while (await gateway.http.get("/v1/me", headers=bearer(token))).status_code != 401:
                pass


async def test_a_foreign_page_cannot_use_the_cookie(gateway: Gateway) -> None:
    gateway.http.cookies.set("tandem_session", await gateway.account("ada"))
    own = gateway.origin
    for origin, status in ((None, 403), ("https://evil.example", 403), ("null", 403), (own, 204)):
        headers = {} if origin is None else {"Origin": origin}
        assert (await gateway.http.post("/v1/logout", headers=headers)).status_code == status


async def test_the_agent_socket_takes_the_cookie_from_its_own_pages_only(gateway: Gateway) -> None:
    cookie = {"Cookie": f"tandem_session={await gateway.account('ada')}"}
    hello = json.dumps({"type": "hello", "version": 1})
    async with gateway.raw("/v1/agent", additional_headers={**cookie, "Origin": gateway.origin}) as own:
        await own.connection.send(hello)
        assert (await own.receive())["type"] == "welcome"
    async with gateway.raw("/v1/agent", additional_headers=cookie) as without_origin:
        await without_origin.connection.send(hello)
        assert (await without_origin.receive())["code"] == "forbidden"
    from websockets.exceptions import InvalidStatus

    with pytest.raises(InvalidStatus, match="403"):
        async with gateway.raw("/v1/agent", additional_headers={**cookie, "Origin": "https://evil.example"}):
            pass
    async with gateway.raw("/v1/customer", additional_headers={"Origin": "https://any-shop.example"}) as customer:
        await customer.connection.send(hello)
        assert (await customer.receive())["type"] == "welcome"


async def test_conversations_are_listed_newest_change_first_in_pages(gateway: Gateway) -> None:
    ids = []
    for _number in range(53):
        async with gateway.customer() as customer:
            await customer.send("request_agent", client_message_id="r")
            await customer.until("ack")
            ids.append(customer.conversation_id)
    headers = bearer(await gateway.account("ada"))
    first = (await gateway.http.get("/v1/conversations", headers=headers)).json()
    rest = (await gateway.http.get(f"/v1/conversations?cursor={first['next_cursor']}", headers=headers)).json()
    assert [c["conversation_id"] for c in first["conversations"] + rest["conversations"]] == ids[::-1]
    assert (len(first["conversations"]), rest["next_cursor"]) == (50, None)


async def test_conversations_are_filtered(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as held, gateway.customer(language="cs-CZ") as free:
        await held.say("100% sure_thing")
        await held.request_agent()
        await held.owner("agent")
        await free.say("Kde je můj balík?")
        headers = bearer(await gateway.account("ada"))

        async def found(query: str) -> set[str]:
            answer = await gateway.http.get(f"/v1/conversations?{query}", headers=headers)
            assert answer.status_code == 200, answer.text
            return {c["conversation_id"] for c in answer.json()["conversations"]}

        assert await found("owner=agent") == {held.conversation_id}
        assert await found("owner=bot") == {free.conversation_id}
        assert await found(f"agent={agent.welcome['agent']['id']}") == {held.conversation_id}
        assert await found("q=BALÍK") == await found("q=balík") == {free.conversation_id}
        assert await found("q=0%25 sure_") == {held.conversation_id}
        assert await found("q=nothing%20of%20the%20kind") == set()
        assert await found("team=warehouse") == set()
        shown = (await gateway.http.get(f"/v1/conversations/{free.conversation_id}", headers=headers)).json()
        assert (shown["language"], shown["customer"]["verified"], shown["channel"]) == ("cs", False, "widget")


@pytest.mark.parametrize("query", ["owner=robot", "cursor=nonsense", "cursor=%C5%99", f"q={'x' * 201}"])
async def test_a_bad_filter_is_named(gateway: Gateway, query: str) -> None:
    answer = await gateway.http.get(f"/v1/conversations?{query}", headers=bearer(await gateway.account("ada")))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{query.partition('=')[0]}: ")


async def test_what_does_not_exist_is_not_found(gateway: Gateway) -> None:
    headers = bearer(await gateway.account("ada"))
    for path in ("/v1/conversations/con_none", "/v1/conversations/con_none/events", "/nothing", "/static/../app.py"):
        assert (await gateway.http.get(path, headers=headers)).status_code == 404
    answer = await gateway.http.post("/v1/conversations/con_none/messages", json={"text": "Hi"}, headers=headers)
    assert answer.status_code == 404


async def test_an_agent_writes_over_http_once_per_id(gateway: Gateway) -> None:
    headers = bearer(await gateway.account("ada"))
    async with gateway.online(), gateway.customer() as customer:
        path = f"/v1/conversations/{customer.conversation_id}/messages"
        assert (await gateway.http.post(path, json={"text": "Too early"}, headers=headers)).status_code == 403
        await customer.request_agent()
        await customer.owner("agent")
        body = {"text": "Hello", "client_message_id": fresh_id()}
        first = await gateway.http.post(path, json=body, headers=headers)
        second = await gateway.http.post(path, json=body, headers=headers)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        message = await customer.said("agent")
        assert (message["text"], message["name"]) == ("Hello", "Ada")
        assert await gateway.log(customer).messages("agent") == ["Hello"]


async def test_an_integration_writes_as_the_system(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        path = f"/v1/conversations/{customer.conversation_id}/messages"
        answer = await gateway.http.post(path, json={"text": "Shipped."}, headers=bearer(gateway.service_token))
        assert answer.status_code == 201
        assert (await customer.said("system"))["text"] == "Shipped."


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"{", "body"), (b"[]", "body"), (b"{}", "text"), (b'{"text": " "}', "text"), (b'{"text": 5}', "text")],
)
async def test_a_bad_body_is_named(gateway: Gateway, body: bytes, field: str) -> None:
    answer = await gateway.http.post(
        "/v1/conversations/con_1/messages", content=body, headers=bearer(gateway.service_token)
    )
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}: ")


async def test_a_huge_body_is_refused(gateway: Gateway) -> None:
    answer = await gateway.http.post("/v1/login", content=b"x" * (256 * 1024 + 1))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"roles": "agent"}, "roles"),
        ({"roles": ["service"]}, "roles"),
        ({"password": "short"}, "password"),
        ({"name": ""}, "name"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"email": "boss@example.org"}, "email"),
    ],
)
async def test_an_account_is_made_of_good_parts(gateway: Gateway, change: Json, field: str) -> None:
    headers = bearer(await gateway.account("boss", "admin"))
    body = {"email": "new@example.org", "name": "New", "password": PASSWORD, "roles": ["agent"], **change}
    answer = await gateway.http.post("/v1/accounts", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}: ")


async def test_the_first_accounts_share_the_first_password(gateway: Gateway) -> None:
    password = (gateway.services.settings.secrets / "admin_password").read_text().strip()
    roles = {}
    for email in ("admin@localhost", "agent@localhost", "editor@localhost"):
        answer = await gateway.http.post("/v1/login", json={"email": email, "password": password})
        roles[email] = answer.json()["account"]["roles"]
    assert roles == {
        "admin@localhost": ["admin", "agent", "editor", "supervisor"],
        "agent@localhost": ["agent"],
        "editor@localhost": ["editor"],
    }


async def test_without_the_demo_there_is_only_the_admin(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, demo=False) as gateway:
        headers = bearer(await gateway.account("boss", "admin"))
        accounts = (await gateway.http.get("/v1/accounts", headers=headers)).json()["accounts"]
        assert [account["email"] for account in accounts] == ["admin@localhost", "boss@example.org"]


async def test_pages_have_a_policy_and_static_files_their_types(gateway: Gateway) -> None:
    page = await gateway.http.get("/desk")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    loader = await gateway.http.get("/widget.js")
    assert loader.headers["content-type"] == "text/javascript; charset=utf-8"
    assert loader.headers["access-control-allow-origin"] == "*"
    again = await gateway.http.get("/widget.js", headers={"If-None-Match": loader.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["%2e%2e/app.py", "..%2fapp.py", ".hidden", "widget", "", "x%00.js", "%2fetc/passwd"])
async def test_nothing_outside_the_web_folder_is_served(gateway: Gateway, name: str) -> None:
    assert (await gateway.http.get(f"/static/{name}")).status_code in {400, 404}


async def test_the_pages_are_told_where_the_sockets_are(gateway: Gateway) -> None:
    config = (await gateway.http.get("/v1/config", headers={"Host": "shop.example:80"})).json()
    port = gateway.sockets.rpartition(":")[2]
    assert config["customer_socket"] == f"ws://shop.example:{port}/v1/customer"
    assert (config["agent_socket"], config["version"]) == (f"ws://shop.example:{port}/v1/agent", 1)


async def test_health_names_every_part_and_answers_in_time(gateway: Gateway) -> None:
    started = asyncio.get_running_loop().time()
    answer = await gateway.http.get("/health")
    assert asyncio.get_running_loop().time() - started < 10
    assert answer.status_code == 503
    parts = {"database": "ok", "sockets": "ok", "bot": "ok", "knowledge_base": "starting"}
    assert answer.json() == {"status": "starting", "parts": parts}


async def test_health_is_well_when_all_parts_serve(tmp_path: Path, bot: FakeBot) -> None:
    async with running_gateway(tmp_path, bot_port=bot.port, knowledge_port=bot.port) as gateway:
        answer = await gateway.http.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_health_says_so_when_nothing_can_be_written(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full can still be read from; customers cannot write any more, and whoever watches must know."""
    monkeypatch.setattr(health, "CACHE_S", 0.0)
    assert (await gateway.http.get("/health")).json()["parts"]["database"] == "ok"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    full = (gateway.services.settings.var / "gateway.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, hard))  # as if there were no room for more
    try:
        await cannot_be_written(gateway)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (await gateway.http.get("/health")).json()["parts"]["database"] == "ok"


async def cannot_be_written(gateway: Gateway) -> None:
    async with gateway.raw("/v1/customer") as customer:
        await customer.send("hello", version=1)
        assert (await customer.receive())["code"] == "unavailable"
    answer = await gateway.http.get("/health")
    assert (answer.status_code, answer.json()["parts"]["database"]) == (503, "down")


async def test_metrics_count_what_happened(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        await customer.say("hello")
        await customer.said("bot")
        await customer.request_agent()
        text = (await gateway.http.get("/metrics", headers=bearer(gateway.service_token))).text
    assert 'tandem_messages_total{role="customer"} 1.0' in text
    assert 'tandem_handoffs_total{reason="customer_request"} 1.0' in text
    assert 'tandem_sockets{side="customer"} 1.0' in text
    assert "tandem_queue_length 1.0" in text


async def test_help_pages_show_published_articles_only(tmp_path: Path, bot: FakeBot) -> None:
    articles: dict[str, Json] = {
        "return-an-item": {
            "title": "Newer draft",
            "html": "<p>Within 60 days.</p>",
            "language": "de",
            "state": "published",
            "live": {"title": "Return <b>", "html": "<p>Within 30 days. {{title}}</p>", "language": "en"},
        },
        "secret": {"title": "Draft", "html": "<p>no</p>", "language": "en", "state": "draft", "live": None},
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        article = articles.get(path.rpartition("/")[2])
        body = json.dumps(article or {}).encode()
        status = b"404 X" if article is None else b"200 X"
        writer.write(b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        await writer.drain()
        writer.close()

    knowledge = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = knowledge.sockets[0].getsockname()[1]
    async with running_gateway(tmp_path, bot_port=bot.port, knowledge_port=port) as gateway:
        page = await gateway.http.get("/help/return-an-item")
        assert page.status_code == 200
        assert "Return &lt;b&gt;" in page.text
        assert "<p>Within 30 days. {{title}}</p>" in page.text
        assert "draft" not in page.text
        assert page.headers["content-language"] == "en"
        for path in ("/help/secret", "/help/none", "/help/%2e%2e", "/help/a%2Fb"):
            assert (await gateway.http.get(path)).status_code == 404
    knowledge.close()
