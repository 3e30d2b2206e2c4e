"""One customer's data: everything that is kept of them, and its end."""

from __future__ import annotations

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from handoff_gateway.core.permissions import Right
from handoff_gateway.http.http_edge import guarded, services_of

NO_STORE = {"Cache-Control": "no-store"}

blueprint = Blueprint("customers", url_prefix="/v1/customers")


@blueprint.get("/<customer:str>")
@guarded(Right.MANAGE_CUSTOMERS)
async def export(request: Request, customer: str) -> HTTPResponse:
    """Hand out everything that is kept of a customer: by their id, their conversation's, or that of the host site."""
    found = await services_of(request).keeper.export(customer, request.ctx.principal.name)
    return json(found, headers=NO_STORE)


@blueprint.delete("/<customer:str>")
@guarded(Right.MANAGE_CUSTOMERS)
async def erase(request: Request, customer: str) -> HTTPResponse:
    """Erase a customer; the answer is the receipt."""
    receipt = await services_of(request).keeper.erase(customer, request.ctx.principal.name)
    return json(receipt.to_json(), headers=NO_STORE)
