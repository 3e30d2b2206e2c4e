"""For those who run the system: health and metrics."""

from __future__ import annotations

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json, raw

from handoff_gateway.core.permissions import Right
from handoff_gateway.health import OK
from handoff_gateway.http.http_edge import guarded, services_of

blueprint = Blueprint("operations")


@blueprint.get("/health")
@guarded(Right.PUBLIC)
async def health(request: Request) -> HTTPResponse:
    """Say whether all parts serve."""
    status, parts = await services_of(request).health.check()
    code = 200 if status == OK else 503
    return json({"status": status, "parts": parts}, status=code, headers={"Cache-Control": "no-store"})


@blueprint.get("/metrics")
@guarded(Right.READ_METRICS)
async def metrics(request: Request) -> HTTPResponse:
    """Show what is counted, for Prometheus."""
    services = services_of(request)
    text = services.metrics.render(services.crowd.count(), len(services.board.waiting()), services.staff.online())
    return raw(text, content_type="text/plain; version=0.0.4; charset=utf-8")
