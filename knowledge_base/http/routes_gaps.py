"""The routes of gaps and of answers that agents propose. Each parses, asks the service, and answers."""

from __future__ import annotations

import asyncio

from sanic import Blueprint, HTTPResponse, Request, json

from knowledge_base.articles.fields import MAX_NUMBER, parse_number
from knowledge_base.editing.workbench import Done
from knowledge_base.errors import NotFoundError
from knowledge_base.gaps.proposals import Duplicate
from knowledge_base.http import wire_articles, wire_gaps, wire_proposals
from knowledge_base.http.permissions import Caller
from knowledge_base.http.wire import DEFAULT_PAGE, MAX_PAGE
from knowledge_base.service import KnowledgeBase
from knowledge_base.store.gaps import GapAction

CREATED = 201
MAX_DIGITS = len(str(MAX_NUMBER))

gap_routes = Blueprint("gaps")


@gap_routes.get("/v1/gaps")
async def list_gaps(request: Request) -> HTTPResponse:
    """List what customers asked and found no good answer to, the costliest first."""
    state = wire_gaps.parse_state(request.args.get("state"))
    return json(wire_gaps.gap_list_json(await _base(request).gaps.costliest(state, _limit(request))))


@gap_routes.get("/v1/gaps/<gap_id:str>")
async def get_gap(request: Request, gap_id: str) -> HTTPResponse:
    """Return one gap."""
    return json(wire_gaps.gap_json(await _base(request).gaps.get(_number("gap", gap_id))))


@gap_routes.post("/v1/gaps/<gap_id:str>/draft")
async def draft(request: Request, gap_id: str) -> HTTPResponse:
    """Make a draft article of a gap; when it has one already, return that."""
    return await _article(await _base(request).gaps.draft(_number("gap", gap_id), _caller(request).author))


@gap_routes.post("/v1/gaps/<gap_id:str>/dismiss")
async def dismiss(request: Request, gap_id: str) -> HTTPResponse:
    """Say that a gap needs no article."""
    return json(wire_gaps.gap_json(await _base(request).gaps.change(_number("gap", gap_id), GapAction.DISMISS)))


@gap_routes.post("/v1/gaps/<gap_id:str>/reopen")
async def reopen(request: Request, gap_id: str) -> HTTPResponse:
    """Take a gap up again."""
    return json(wire_gaps.gap_json(await _base(request).gaps.change(_number("gap", gap_id), GapAction.REOPEN)))


@gap_routes.post("/v1/gaps/minutes")
async def minutes(request: Request) -> HTTPResponse:
    """Note how long an agent was busy because a question found no answer."""
    wanted = wire_gaps.parse_minutes(request.json)
    await _base(request).gaps.took_minutes(wanted.query_id, wanted.minutes)
    return json({"query_id": wanted.query_id, "minutes": wanted.minutes})


@gap_routes.post("/v1/forget")
async def forget(request: Request) -> HTTPResponse:
    """Forget what a customer asked."""
    wanted = wire_gaps.parse_forget(request.json)
    gone = await _base(request).gaps.forget(wanted.query_ids, wanted.conversation_id)
    return json({"queries": gone.queries, "proposals": gone.proposals, "gaps": gone.gaps})


@gap_routes.post("/v1/proposals")
async def propose(request: Request) -> HTTPResponse:
    """Keep an agent's answer as a proposal for an article."""
    new = wire_proposals.parse_proposal(request.json, _caller(request).author.name)
    kept = await _base(request).proposals.propose(new)
    if isinstance(kept, Duplicate):
        return json({"proposal": None, "duplicate_of": wire_proposals.duplicate_json(kept)})
    body = {"proposal": wire_proposals.proposal_json(kept), "duplicate_of": None}
    return json(body, status=CREATED if kept.times == 1 else 200)


@gap_routes.get("/v1/proposals")
async def list_proposals(request: Request) -> HTTPResponse:
    """List proposals, newest first, a page at a time."""
    state, limit = wire_proposals.parse_state(request.args.get("state")), _limit(request)
    before = parse_number("cursor", request.args.get("cursor"))
    found = await _base(request).proposals.page(state, limit + 1, before)
    page = found[:limit]
    cursor = str(page[-1].proposal_id) if len(found) > limit else None
    return json({"proposals": [wire_proposals.proposal_json(one) for one in page], "next_cursor": cursor})


@gap_routes.post("/v1/proposals/<proposal_id:str>/accept")
async def accept(request: Request, proposal_id: str) -> HTTPResponse:
    """Make a draft article of a proposal."""
    number = _number("proposal", proposal_id)
    return await _article(await _base(request).proposals.accept(number, _caller(request).author))


@gap_routes.post("/v1/proposals/<proposal_id:str>/reject")
async def reject(request: Request, proposal_id: str) -> HTTPResponse:
    """Turn a proposal down."""
    return json(wire_proposals.proposal_json(await _base(request).proposals.reject(_number("proposal", proposal_id))))


def _base(request: Request) -> KnowledgeBase:
    base: KnowledgeBase = request.app.ctx.base
    return base


def _caller(request: Request) -> Caller:
    caller: Caller = request.ctx.caller
    return caller


def _limit(request: Request) -> int:
    return parse_number("limit", request.args.get("limit"), MAX_PAGE) or DEFAULT_PAGE


def _number(what: str, given: str) -> int:
    """Read an id out of an address; what cannot be one names nothing."""
    if not given.isascii() or not given.isdigit() or len(given) > MAX_DIGITS or not 1 <= int(given) <= MAX_NUMBER:
        raise NotFoundError(what, given[:200])
    return int(given)


async def _article(done: Done) -> HTTPResponse:
    article = await asyncio.to_thread(wire_articles.article_json, done.article)
    return json({**article, "generation": done.generation}, status=CREATED)
