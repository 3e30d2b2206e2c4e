"""Pages, the widget's loader and their static files."""

from __future__ import annotations

import html
import re
from pathlib import Path

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, json, raw

from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import NotFoundError
from handoff_gateway.http.http_edge import guarded, is_encrypted, services_of
from handoff_gateway.http.static_files import StaticFile, StaticFiles
from handoff_gateway.wire import VERSION

WEB = Path(__file__).parent.parent / "web"
CSP = (
    "default-src 'self'; connect-src 'self' {sockets}; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
PAGE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# The widget is embedded by other sites: its modules, styles and configuration are for everybody to read.
SHARED_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
HOST = re.compile(r"[\w.-]+|\[[0-9a-fA-F:.]+\]")
REVALIDATE = "no-cache"  # names carry no hash, so every use asks; the answer is usually 304

blueprint = Blueprint("pages")
files = StaticFiles(WEB)


@blueprint.get("/")
@guarded(Right.PUBLIC)
async def demo(request: Request) -> HTTPResponse:
    """Show the demo site with the widget."""
    return _file(request, await files.get("demo/index.html"), page_headers(request))


@blueprint.get("/desk")
@guarded(Right.PUBLIC)
async def desk(request: Request) -> HTTPResponse:
    """Show the desk; it asks for a sign-in itself."""
    return _file(request, await files.get("desk/index.html"), page_headers(request))


@blueprint.get("/manage")
@guarded(Right.PUBLIC)
async def manage(request: Request) -> HTTPResponse:
    """Show the page for teams, agents and one's own account; it asks for a sign-in itself."""
    return _file(request, await files.get("manage/index.html"), page_headers(request))


@blueprint.get("/widget.js")
@guarded(Right.PUBLIC)
async def widget(request: Request) -> HTTPResponse:
    """Serve the one line a site embeds."""
    return _file(request, await files.get("widget/widget.js"), SHARED_HEADERS)


@blueprint.get("/static/<path:path>")
@guarded(Right.PUBLIC)
async def static(request: Request, path: str) -> HTTPResponse:
    """Serve what pages are made of."""
    found = await files.get(path)
    return _file(
        request, found, SHARED_HEADERS | (page_headers(request) if found.content_type.startswith("text/html") else {})
    )


@blueprint.get("/help/<article_id:str>")
@guarded(Right.PUBLIC)
async def help_page(request: Request, article_id: str) -> HTTPResponse:
    """Show a published article."""
    article = await services_of(request).knowledge.article(article_id)
    template = (await files.get("help/article.html")).body.decode()
    values = {
        "{{title}}": html.escape(article.title),
        "{{language}}": html.escape(article.language),
        "{{html}}": article.html,
    }
    for placeholder in ("{{title}}", "{{language}}", "{{html}}"):  # the article last: its text is not a template
        template = template.replace(placeholder, values[placeholder])
    headers = {**page_headers(request), "Cache-Control": REVALIDATE, "Content-Language": html.escape(article.language)}
    return raw(template.encode(), content_type="text/html; charset=utf-8", headers=headers)


@blueprint.get("/v1/config")
@guarded(Right.PUBLIC)
async def config(request: Request) -> HTTPResponse:
    """Tell pages where the sockets are."""
    base = _sockets(request)
    body = {
        "customer_socket": f"{base}/v1/customer",
        "agent_socket": f"{base}/v1/agent",
        "version": VERSION,
        "language": "en",
    }
    return json(body, headers={**SHARED_HEADERS, "Cache-Control": REVALIDATE})


def page_headers(request: Request) -> dict[str, str]:
    """Return the headers of a page: it may load, and talk to, nothing but this gateway."""
    return {**PAGE_HEADERS, "Content-Security-Policy": CSP.format(sockets=_sockets(request))}


def _sockets(request: Request) -> str:
    """Return where the sockets are, as the client reaches them."""
    settings = services_of(request).settings
    if settings.public_socket_url:
        return settings.public_socket_url
    host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if not HOST.fullmatch(host):  # goes into a header: nothing but a name or an address
        host = settings.host
    scheme = "wss" if is_encrypted(request) else "ws"
    return f"{scheme}://{host}:{request.app.ctx.socket_port}"


def _file(request: Request, file: StaticFile | None, headers: dict[str, str]) -> HTTPResponse:
    if file is None:
        raise NotFoundError("there is no such page")
    headers = {**headers, "ETag": file.etag, "Cache-Control": REVALIDATE}
    if request.headers.get("if-none-match") == file.etag:
        return empty(304, headers=headers)
    return raw(file.body, content_type=file.content_type, headers=headers)
