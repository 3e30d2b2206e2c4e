"""The HTTP routes. Each parses, asks the service, and answers."""

from __future__ import annotations

import dataclasses

from prometheus_client import CONTENT_TYPE_LATEST
from sanic import Blueprint, HTTPResponse, Request, json, raw

from knowledge_base.editing.asking import RETRY_AFTER_S
from knowledge_base.http import wire
from knowledge_base.metrics import Metrics
from knowledge_base.service import KnowledgeBase

routes = Blueprint("knowledge_base")


@routes.post("/v1/search")
async def search(request: Request) -> HTTPResponse:
    """Find the articles that answer a question, and say how likely the first does."""
    wanted = wire.parse_search(request.json)
    from_customer = request.ctx.caller.roles is None and not wanted.trial
    query_id, answer = await _base(request).search(wanted.asked, from_customer=from_customer)
    _metrics(request).answer(answer.answerable)
    return json(wire.search_json(query_id, answer))


@routes.post("/v1/embed")
async def embed(request: Request) -> HTTPResponse:
    """Turn texts into vectors of length 1."""
    wanted = wire.parse_embed(request.json)
    base, answer = _base(request), {}
    if wanted.multilingual:
        found = await base.embed_multilingual(wanted.texts, wait=wanted.wait)
        answer = {"multilingual": None if found is None else wire.vectors_json(*found)}
    return json({**wire.vectors_json(*await base.embed(wanted.texts)), **answer})


@routes.post("/v1/feedback")
async def feedback(request: Request) -> HTTPResponse:
    """Keep what somebody said about an answer or an article."""
    given = wire.parse_feedback(request.json)
    base, feedback_id = _base(request), None
    if given.handed_off is not None and given.query_id is not None:
        await base.gaps.handed_off(given.query_id, given.handed_off)
    if given.helpful is not None:
        feedback_id = await base.give_feedback(given.helpful, given.query_id, given.article_id, given.comment)
    return json({"feedback_id": feedback_id})


@routes.get("/health")
async def health(request: Request) -> HTTPResponse:
    """Say whether searches are answered."""
    state = await _base(request).health()
    body = dataclasses.asdict(state)
    if state.status == "ok":
        return json(body)
    return json(body | {"retry_after_s": RETRY_AFTER_S}, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})


@routes.get("/metrics")
async def metrics(request: Request) -> HTTPResponse:
    """Return the counters for Prometheus."""
    base = _base(request)
    return raw(_metrics(request).text(await base.health(), base), content_type=CONTENT_TYPE_LATEST)


def _base(request: Request) -> KnowledgeBase:
    base: KnowledgeBase = request.app.ctx.base
    return base


def _metrics(request: Request) -> Metrics:
    counters: Metrics = request.app.ctx.metrics
    return counters
