"""The way of people to the knowledge base: who is let through, what is handed on, and what never is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from handoff_gateway.http import routes_knowledge
from tests.support.both import gateway_and_knowledge_base
from tests.support.gateway import PASSWORD, Gateway, running_gateway
from tests.support.knowledge_base import ARTICLES
from tests.support.recorder import Recorder

Json = dict[str, Any]


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    async with Recorder() as recorder:
        yield recorder


@pytest.fixture
async def gateway(tmp_path: Path, recorder: Recorder) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path, knowledge_port=recorder.port) as gateway:
        yield gateway


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims(gateway: Gateway, recorder: Recorder) -> Json:
    signed = recorder.asked[-1].headers["x-tandem-account"]
    return dict(jwt.decode(signed, gateway.service_token, ["HS256"], options={"require": ["exp", "sub"]}))


async def test_who_asks_is_signed_with_the_service_token(gateway: Gateway, recorder: Recorder) -> None:
    token = await gateway.account("eda", "editor", "agent")
    answer = await gateway.http.get("/knowledge/v1/articles?q=a%20b&tag=x", headers=bearer(token))
    assert (answer.status_code, answer.json()) == (200, {"fine": True})
    asked = recorder.asked[-1]
    assert (asked.method, asked.target) == ("GET", "/v1/articles?q=a%20b&tag=x")
    assert asked.headers["authorization"] == f"Bearer {gateway.service_token}"
    said = claims(gateway, recorder)
    assert (said["email"], said["name"], said["roles"]) == ("eda@example.org", "Eda", ["agent", "editor"])
    assert 0 < said["exp"] - time.time() <= 60


async def test_nobody_states_their_own_name_or_token(gateway: Gateway, recorder: Recorder) -> None:
    forged = jwt.encode({"sub": "x", "roles": ["admin"], "exp": 2**40}, "f" * 40, "HS256")
    headers = bearer(await gateway.account("ada")) | {
        "X-Tandem-Account": forged,
        "X-Forwarded-For": "1.2.3.4",
        "Connection": "X-Tandem-Account, keep-alive",
        "Te": "trailers",
        "If-None-Match": '"v1"',
    }
    await gateway.http.get("/knowledge/v1/articles", headers=headers)
    asked = recorder.asked[-1]
    assert claims(gateway, recorder)["roles"] == ["agent"]
    assert set(asked.headers) <= {
        *("host", "authorization", "user-agent", "connection", "accept", "accept-encoding"),
        *("x-tandem-account", "if-none-match"),
    }
    assert "X-Tandem-Account" not in asked.headers.get("connection", "")


@pytest.mark.parametrize("headers", [{}, bearer("forged"), {"X-Tandem-Account": "x"}, {"Cookie": "tandem_session=x"}])
async def test_strangers_get_no_further(gateway: Gateway, recorder: Recorder, headers: Json) -> None:
    for method, path in (
        ("GET", "/knowledge/v1/articles"),
        ("POST", "/knowledge/v1/search"),
        ("GET", "/knowledge/docs"),
    ):
        origin = {"Origin": gateway.origin}
        answer = await gateway.http.request(method, path, headers=headers | origin)
        assert answer.status_code == 401, path
    assert recorder.asked == []


async def test_a_cookie_alone_changes_nothing_from_another_site(gateway: Gateway, recorder: Recorder) -> None:
    await gateway.account("eda", "editor")
    await gateway.http.post("/v1/login", json={"email": "eda@example.org", "password": PASSWORD})
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = await gateway.http.put("/knowledge/v1/articles/a", json={}, headers=origin)
        assert answer.status_code == 403
    assert recorder.asked == []
    answer = await gateway.http.put("/knowledge/v1/articles/a", json={"n": 1}, headers={"Origin": gateway.origin})
    assert (answer.status_code, recorder.asked[-1].body) == (200, b'{"n":1}')
    assert "cookie" not in recorder.asked[-1].headers


async def test_parts_of_the_system_ask_in_nobodys_name(gateway: Gateway, recorder: Recorder) -> None:
    headers = bearer(gateway.service_token) | {"X-Tandem-Account": "mine"}
    assert (await gateway.http.get("/knowledge/v1/gaps", headers=headers)).status_code == 200
    assert "x-tandem-account" not in recorder.asked[-1].headers


@pytest.mark.parametrize(
    "path",
    [
        "/knowledge/v1/../metrics",
        "/knowledge/v1/%2e%2e/metrics",
        "/knowledge/v1/..%2fmetrics",
        "/knowledge/v1/a%5c..%5c..%5cmetrics",
        "/knowledge/v1//articles",
        "/knowledge/v1/a%00b",
        "/knowledge/v1/a%0d%0aX-Tandem-Account:%20x",
        "/knowledge/metrics",
        "/knowledge/health",
        "/knowledge/v1",
        f"/knowledge/v1/{'a' * 401}",
        "/editor/../v1/articles",
        "/editor/%2e%2e/v1/articles",
    ],
)
async def test_no_path_leads_elsewhere(gateway: Gateway, recorder: Recorder, path: str) -> None:
    token = await gateway.account("eda", "editor")
    host, port = gateway.origin.removeprefix("http://").split(":")
    # Written by hand: clients tidy such paths up themselves.
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    status = (await reader.read()).split(b" ")[1]
    writer.close()
    assert (status, recorder.asked) == (b"404", [])


async def test_odd_names_arrive_as_they_are(gateway: Gateway, recorder: Recorder) -> None:
    headers = bearer(await gateway.account("eda", "editor"))
    await gateway.http.get("/knowledge/v1/articles/a%252Fb%20%C5%BE~c", headers=headers)
    assert recorder.asked[-1].target == "/v1/articles/a%252Fb%20%C5%BE~c"


async def test_an_import_may_be_long_and_anything_else_may_not(
    gateway: Gateway, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(await gateway.account("eda", "editor"))
    monkeypatch.setattr(routes_knowledge, "MAX_IMPORT_BYTES", 4_000_000)
    file = bytes(range(256)) * 12_000  # 3 MB, kept on disk in between
    answer = await gateway.http.post("/knowledge/v1/import?dry_run=1", files={"file": file}, headers=headers)
    assert answer.status_code == 200
    asked = recorder.asked[-1]
    assert asked.target == "/v1/import?dry_run=1"
    assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert file in asked.body
    count = len(recorder.asked)

    async def pieces() -> AsyncIterator[bytes]:  # sent in chunks: no Content-Length to refuse by
        for _ in range(80):
            yield b"x" * 60_000

    for path, content in (
        ("/knowledge/v1/articles", file),
        ("/knowledge/v1/import", file * 2),
        ("/knowledge/v1/import", pieces()),
    ):
        assert await too_large(gateway, path, content, headers)
    assert len(recorder.asked) == count


async def too_large(gateway: Gateway, path: str, content: bytes | AsyncIterator[bytes], headers: Json) -> bool:
    try:
        answer = await gateway.http.post(path, content=content, headers=headers)
    except httpx.TransportError:
        return True  # refused and hung up while the client was still sending
    return (answer.status_code, answer.json()["error"]) == (413, "too_large")


async def test_answers_come_through_with_their_kind_and_nothing_else(gateway: Gateway, recorder: Recorder) -> None:
    headers = bearer(await gateway.account("eda", "editor"))
    recorder.answer = (
        b"HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nSet-Cookie: tandem_session=x\r\n"
        b"Access-Control-Allow-Origin: *\r\nServer: inner\r\nContent-Length: 2\r\n\r\n{}"
    )
    answer = await gateway.http.put("/knowledge/v1/articles/a", json={}, headers=headers)
    assert (answer.status_code, answer.text) == (409, "{}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not {"set-cookie", "access-control-allow-origin", "server"} & set(answer.headers)
    recorder.answer = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
    unchanged = await gateway.http.get("/editor/js/main.js", headers={"If-None-Match": '"v1"'})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", '"v1"')


async def test_a_long_answer_streams_and_a_broken_one_does_not_pass_for_whole(
    gateway: Gateway, recorder: Recorder
) -> None:
    headers = bearer(await gateway.account("eda", "editor"))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Disposition: attachment\r\n"
    body = b'{"title":"x"}\n' * 300_000
    recorder.answer = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answer = await gateway.http.get("/knowledge/v1/export", headers=headers)
    assert (answer.content, answer.headers["content-disposition"]) == (body, "attachment")
    recorder.cut = True
    for broken in (
        head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body,
        head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ):
        recorder.answer = broken
        with pytest.raises(httpx.RemoteProtocolError):
            await gateway.http.get("/knowledge/v1/export", headers=headers)


async def test_a_knowledge_base_that_is_down_is_said_in_json(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:  # nothing listens where the knowledge base should
        headers = bearer(await gateway.account("eda", "editor"))
        for answer in (
            await gateway.http.post("/knowledge/v1/search", json={"query": "x"}, headers=headers),
            await gateway.http.get("/editor"),
        ):
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
            assert answer.headers["retry-after"]


async def test_a_knowledge_base_that_is_silent_is_not_waited_for(
    gateway: Gateway, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_knowledge, "DEADLINE_S", 0.2)
    recorder.answer = b""
    headers = bearer(await gateway.account("eda", "editor"))
    answer = await gateway.http.put("/knowledge/v1/articles/a", json={}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (504, "unavailable")


async def test_a_real_knowledge_base_believes_the_gateway(tmp_path: Path) -> None:
    async with gateway_and_knowledge_base(tmp_path) as (gateway, _):
        agent = bearer(await gateway.account("ada", "agent"))
        editor = bearer(await gateway.account("eda", "editor"))
        question = {"query": "How can I send something back?"}
        found = await gateway.http.post("/knowledge/v1/search", json=question, headers=agent)
        assert found.json()["hits"][0]["article_id"] == "return-an-item"
        assert (await gateway.http.post("/knowledge/v1/search", json={}, headers=agent)).status_code == 400
        new = {"title": "New", "body": "Text."}
        assert (await gateway.http.post("/knowledge/v1/articles", json=new, headers=agent)).status_code == 403
        made = await gateway.http.post("/knowledge/v1/articles", json=new, headers=editor)
        assert (made.status_code, made.json()["updated_by"]) == (201, "Eda")
        exported = await gateway.http.get("/knowledge/v1/export", headers=editor)
        assert len(exported.text.splitlines()) >= len(ARTICLES) + 1
        page = await gateway.http.get("/editor")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        module = await gateway.http.get("/editor/js/main.js")
        assert module.headers["content-type"] == "text/javascript; charset=utf-8"
        known = {"If-None-Match": module.headers["etag"]}
        assert (await gateway.http.get("/editor/js/main.js", headers=known)).status_code == 304
        assert (await gateway.http.get("/editor/no-such.js")).status_code == 404
