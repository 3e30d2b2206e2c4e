"""The editor's page and its files. People get it through the gateway, which has the policy headers and the sign-in."""

from __future__ import annotations

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, raw

from knowledge_base.http.page_files import PageFiles

REVALIDATE = "no-cache"  # names carry no hash, so every use asks; the answer is usually 304

editor_routes = Blueprint("editor_page")
files = PageFiles()


@editor_routes.get("/editor")
async def editor(request: Request) -> HTTPResponse:
    """Return the editor's page."""
    return await _file(request, "index.html")


@editor_routes.get("/editor/<name:path>")
async def editor_file(request: Request, name: str) -> HTTPResponse:
    """Return what the editor's page is made of."""
    return await _file(request, name)


async def _file(request: Request, name: str) -> HTTPResponse:
    file = await files.get(name)
    headers = {"ETag": file.etag, "Cache-Control": REVALIDATE}
    if request.headers.get("if-none-match") == file.etag:
        return empty(304, headers=headers)
    return raw(file.body, content_type=file.content_type, headers=headers)
