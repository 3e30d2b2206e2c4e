"""The routes of articles: what an editor does in a day. Each parses, asks the workbench, and answers.

Rendering Markdown and building answers of a long article takes too long for the loop; it is done on a thread.
"""

from __future__ import annotations

import asyncio
from functools import partial

from sanic import Blueprint, HTTPResponse, Request, empty, json

from knowledge_base.articles.articles import Author
from knowledge_base.articles.fields import TOO_LARGE, parse_number
from knowledge_base.articles.rendering import to_html
from knowledge_base.editing.workbench import Done
from knowledge_base.errors import InvalidArticleError, InvalidRequestError, StaleVersionError
from knowledge_base.http import wire_articles as wire
from knowledge_base.http.permissions import Caller
from knowledge_base.http.wire import DEFAULT_PAGE, MAX_PAGE
from knowledge_base.service import KnowledgeBase
from knowledge_base.store.store import ArticleFilter

MAX_FILTER = 300  # characters: as long as a title
CREATED = 201

article_routes = Blueprint("articles")


@article_routes.get("/v1/articles")
async def list_articles(request: Request) -> HTTPResponse:
    """List articles in order of id, a page at a time."""
    limit = _page_size(request)
    wanted = ArticleFilter(
        language=_filter(request, "language"),
        state=wire.parse_state(request.args.get("state")),
        after=_filter(request, "cursor"),
        tag=_filter(request, "tag"),
        title=_filter(request, "q"),
    )
    found = await _base(request).articles(wanted, limit + 1)
    page = found[:limit]
    cursor = page[-1].article_id if len(found) > limit else None
    return json({"articles": [wire.head_json(head) for head in page], "next_cursor": cursor})


@article_routes.post("/v1/articles")
async def create(request: Request) -> HTTPResponse:
    """Add an article."""
    new = wire.parse_new(request.json)
    try:
        done = await _base(request).workbench.create(new, _author(request))
    except InvalidArticleError as error:
        raise _refused(error) from error
    return await _answer(done, CREATED)


@article_routes.get("/v1/articles/<article_id:str>")
async def get_article(request: Request, article_id: str) -> HTTPResponse:
    """Return one article: its newest version, and the one customers see."""
    article = await _base(request).article(article_id)
    return json(await asyncio.to_thread(wire.article_json, article))


@article_routes.put("/v1/articles/<article_id:str>")
async def edit(request: Request, article_id: str) -> HTTPResponse:
    """Replace fields of the newest version by making a new one."""
    wanted = wire.parse_edit(article_id, request.json)
    try:
        done = await _base(request).workbench.edit(article_id, wanted.version, wanted.changes, _author(request))
    except StaleVersionError as error:
        return await _stale(error, wanted.sent)
    except InvalidArticleError as error:
        raise _refused(error) from error
    return await _answer(done)


@article_routes.delete("/v1/articles/<article_id:str>")
async def delete(request: Request, article_id: str) -> HTTPResponse:
    """Delete an article with all its versions; the audit stays."""
    version = parse_number("version", request.args.get("version"))
    try:
        await _base(request).workbench.delete(article_id, version, _author(request))
    except StaleVersionError as error:
        return await _stale(error, {"version": version})
    return empty()


@article_routes.post("/v1/articles/<article_id:str>/publish")
async def publish(request: Request, article_id: str) -> HTTPResponse:
    """Make the newest version the live one."""
    version = wire.parse_version(request.json if request.body else {})
    try:
        return await _answer(await _base(request).workbench.publish(article_id, version, _author(request)))
    except StaleVersionError as error:
        return await _stale(error, {"version": version})


@article_routes.post("/v1/articles/<article_id:str>/archive")
async def archive(request: Request, article_id: str) -> HTTPResponse:
    """Take an article out of search; its versions stay."""
    version = wire.parse_version(request.json if request.body else {})
    try:
        return await _answer(await _base(request).workbench.archive(article_id, version, _author(request)))
    except StaleVersionError as error:
        return await _stale(error, {"version": version})


@article_routes.post("/v1/articles/<article_id:str>/rollback")
async def roll_back(request: Request, article_id: str) -> HTTPResponse:
    """Bring an old version back as a new one, published when the article is live."""
    version = wire.parse_version(request.json)
    if version is None:
        raise InvalidRequestError("version", "must be the number of the version to bring back")
    try:
        return await _answer(await _base(request).workbench.roll_back(article_id, version, _author(request)))
    except StaleVersionError as error:
        return await _stale(error, {"version": version})


@article_routes.get("/v1/articles/<article_id:str>/versions")
async def list_versions(request: Request, article_id: str) -> HTTPResponse:
    """List the versions of an article, newest first, a page at a time."""
    limit = _page_size(request)
    before = parse_number("cursor", request.args.get("cursor"))
    found = await _base(request).workbench.versions(article_id, limit + 1, before)
    page = found[:limit]
    cursor = str(page[-1].number) if len(found) > limit else None
    return json({"versions": [wire.version_json(version, full=False) for version in page], "next_cursor": cursor})


@article_routes.get("/v1/articles/<article_id:str>/versions/<number:str>")
async def get_version(request: Request, article_id: str, number: str) -> HTTPResponse:
    """Return one version with its text."""
    wanted = parse_number("number", number)
    found = await _base(request).workbench.version(article_id, wanted or 1)
    return json(await asyncio.to_thread(partial(wire.version_json, found, full=True)))


@article_routes.get("/v1/articles/<article_id:str>/diff")
async def diff(request: Request, article_id: str) -> HTTPResponse:
    """Compare two versions, by default what is live with what is newest."""
    before, after = (parse_number(name, request.args.get(name)) for name in ("from", "to"))
    found = await _base(request).workbench.difference(article_id, before, after)
    return json(wire.difference_json(found))


@article_routes.post("/v1/preview")
async def preview(request: Request) -> HTTPResponse:
    """Show Markdown as customers would see it."""
    markdown = wire.parse_preview(request.json)
    return json({"html": await asyncio.to_thread(to_html, markdown)})


@article_routes.get("/v1/audit")
async def audit(request: Request) -> HTTPResponse:
    """List who changed what, newest first, a page at a time."""
    limit = _page_size(request)
    before = parse_number("cursor", request.args.get("cursor"))
    found = await _base(request).workbench.audit(_filter(request, "article_id"), before, limit + 1)
    page = found[:limit]
    cursor = str(page[-1].number) if len(found) > limit else None
    return json({"entries": [wire.entry_json(kept) for kept in page], "next_cursor": cursor})


def _base(request: Request) -> KnowledgeBase:
    base: KnowledgeBase = request.app.ctx.base
    return base


def _author(request: Request) -> Author:
    caller: Caller = request.ctx.caller
    return caller.author


async def _answer(done: Done, status: int = 200) -> HTTPResponse:
    article = await asyncio.to_thread(wire.article_json, done.article)
    return json({**article, "generation": done.generation}, status=status)


async def _stale(error: StaleVersionError, yours: object) -> HTTPResponse:
    """Refuse a change to what somebody else has changed meanwhile, giving back both."""
    current = await asyncio.to_thread(wire.article_json, error.current)
    return json({"error": str(error), "field": "version", "yours": yours, "current": current}, status=409)


def _refused(error: InvalidArticleError) -> InvalidRequestError:
    return InvalidRequestError(error.field or "body", error.reason, TOO_LARGE if error.too_large else 400)


def _page_size(request: Request) -> int:
    return parse_number("limit", request.args.get("limit"), MAX_PAGE) or DEFAULT_PAGE


def _filter(request: Request, name: str) -> str | None:
    value: str | None = request.args.get(name)
    if value is not None and len(value) > MAX_FILTER:
        raise InvalidRequestError(name, f"has {len(value)} characters, the limit is {MAX_FILTER}")
    if value is not None and "\x00" in value:
        raise InvalidRequestError(name, "holds a NUL character")
    return value
