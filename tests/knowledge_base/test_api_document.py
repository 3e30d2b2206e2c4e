"""The OpenAPI document and the routes say the same, and no request, however odd, is answered with anything else."""

from __future__ import annotations

import asyncio
import copy
import re
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from sanic import Sanic
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from knowledge_base.articles.fields import MAX_NUMBER
from knowledge_base.http.api_document.document import document, operations
from knowledge_base.http.permissions import ROUTES
from tests.support.knowledge_base import PATIENCE_S, RunningKnowledgeBase, an_article, running_knowledge_base

EXAMPLES = 50  # a route; the whole suite of them must stay under 40 s
ARTICLES = [an_article(f"a-{number}", f"Title {number}", f"Body {number}.") for number in range(30)]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REFUSED = ["400", "401", "403", "404", "409", "413"]


def closed(node: Any) -> Any:
    """Return a schema in which no object has fields the document does not name."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {name: closed(item) for name, item in node.items()}
    return found | ({"additionalProperties": False} if "properties" in node and "required" in node else {})


def strict_document() -> dict[str, Any]:
    """The document with every answer closed, so that an undocumented field fails; requests may have further fields."""
    strict = copy.deepcopy(dict(document()))
    strict["components"]["schemas"] = closed(strict["components"]["schemas"])
    for methods in strict["paths"].values():
        for operation in methods.values():
            operation["responses"] = closed(operation["responses"])
            operation["security"] = []  # every request is sent with the token; without it, see test_permissions.py
    return strict


CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
        "phases": {"coverage": {"enabled": False}},
    }
)
SCHEMA = schemathesis.openapi.from_dict(strict_document(), config=CONFIG)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKnowledgeBase]:
    """A knowledge base on a loop of its own: what asks is not asynchronous."""
    serving, done, held = threading.Event(), None, []

    async def serve() -> None:
        nonlocal done
        done = asyncio.Event()
        async with running_knowledge_base(tmp_path_factory.mktemp("var"), ARTICLES) as running:
            held.append((running, asyncio.get_running_loop()))
            serving.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="knowledge base")
    thread.start()
    assert serving.wait(120)
    running, loop = held[0]
    yield running
    loop.call_soon_threadsafe(done.set)
    thread.join(120)


def test_the_document_holds_every_route_and_no_other(kb: RunningKnowledgeBase) -> None:
    app = next(app for app in Sanic._app_registry.values() if getattr(app.ctx, "base", None) is kb.base)
    served = {(method, f"/{route.path}") for route in app.router.routes for method in route.methods}
    assert set(operations()) == served == set(ROUTES)


def test_the_document_and_its_page_are_served(kb: RunningKnowledgeBase) -> None:
    headers = {"Authorization": f"Bearer {kb.token}"}
    with httpx.Client(base_url=kb.url, headers=headers, timeout=PATIENCE_S) as client:
        assert client.get("/openapi.json").json() == document()
        page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path, methods in document()["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page.text
    assert "http" not in page.text.replace("HTTP", ""), "nothing is fetched from elsewhere"


def test_every_route_is_in_the_docs() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in Path("docs").glob("*.md"))
    for path in document()["paths"]:
        words = re.sub(r"{\w+_id}", "<id>", path).replace("{number}", "<n>")
        assert words in pages or f"`/{words.rpartition('/')[2]}`" in pages, path


def newest_version(kb: RunningKnowledgeBase, article_id: str) -> int:
    headers = {"Authorization": f"Bearer {kb.token}"}
    answer = httpx.get(f"{kb.url}/v1/articles/{article_id}", headers=headers, timeout=PATIENCE_S)
    return int(answer.json().get("version", 1))


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(kb: RunningKnowledgeBase, case: schemathesis.Case) -> None:
    if "article_id" in case.path_parameters:  # else nearly every one would be unknown
        given = str(case.path_parameters["article_id"])
        number = zlib.crc32(given.encode("utf-8", "replace")) % len(ARTICLES)
        case.path_parameters["article_id"] = f"a-{number}"
        body = case.body
        version = body.get("version") if isinstance(body, dict) else None
        if number % 2 and type(version) is int and 1 <= version <= MAX_NUMBER:
            body["version"] = newest_version(kb, f"a-{number}")  # else nearly every one would be stale
    # Of an address unknown parameters are ignored, which the check takes for accepting what is wrong.
    checks = [*CHECKS, negative_data_rejection] if case.operation.body else CHECKS
    case.call_and_validate(base_url=kb.url, headers={"Authorization": f"Bearer {kb.token}"}, checks=checks, timeout=60)
