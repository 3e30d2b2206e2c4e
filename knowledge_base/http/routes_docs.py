"""The routes that say what the other routes do."""

from __future__ import annotations

from sanic import Blueprint, HTTPResponse, Request, html, json

from knowledge_base.http.api_document.document import document
from knowledge_base.http.api_document.page import page

HEADERS = {"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'"}

docs_routes = Blueprint("docs")


@docs_routes.get("/openapi.json")
async def openapi(_request: Request) -> HTTPResponse:
    """Return the interface as an OpenAPI document."""
    return json(document())


@docs_routes.get("/docs")
async def docs(_request: Request) -> HTTPResponse:
    """Show the interface to people."""
    return html(page(document()), headers=HEADERS)
