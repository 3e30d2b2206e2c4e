"""The routes that say what a change would do to answers, and what editors should look at."""

from __future__ import annotations

from sanic import Blueprint, HTTPResponse, Request, json

from knowledge_base.http import wire_answers as wire
from knowledge_base.http.permissions import Caller
from knowledge_base.http.wire_articles import parse_version
from knowledge_base.service import KnowledgeBase

answer_routes = Blueprint("answers")


@answer_routes.post("/v1/articles/<article_id:str>/answer-diff")
async def answer_diff(request: Request, article_id: str) -> HTTPResponse:
    """List the known questions that would be answered otherwise if a version were published."""
    action = wire.parse_action(request.args.get("action"))
    version = parse_version({} if request.json is None else request.json)
    return json(wire.diff_json(await _base(request).answer_diffs.compare(article_id, version, action)))


@answer_routes.get("/v1/warnings")
async def warnings(request: Request) -> HTTPResponse:
    """List articles that repeat or contradict each other, and those nobody looks after."""
    dismissed = wire.parse_warning_state(request.args.get("state"))
    return json(wire.warnings_json(await _base(request).warnings.report(dismissed=dismissed)))


@answer_routes.post("/v1/warnings/<warning_id:str>/dismiss")
async def dismiss(request: Request, warning_id: str) -> HTTPResponse:
    """Say that there is nothing to mend."""
    await _base(request).warnings.dismiss(warning_id, _caller(request).author)
    return json({"id": warning_id, "state": wire.DISMISSED})


@answer_routes.post("/v1/warnings/<warning_id:str>/reopen")
async def reopen(request: Request, warning_id: str) -> HTTPResponse:
    """Warn again of what was dismissed."""
    await _base(request).warnings.reopen(warning_id)
    return json({"id": warning_id, "state": wire.OPEN})


@answer_routes.post("/v1/articles/<article_id:str>/check")
async def check(request: Request, article_id: str) -> HTTPResponse:
    """List what the newest version of an article would repeat or contradict."""
    return json(wire.warnings_json(await _base(request).warnings.check(article_id)))


@answer_routes.get("/v1/golden")
async def get_golden(request: Request) -> HTTPResponse:
    """Return the questions whose right answer the editors have written down."""
    return json(wire.golden_json(await _base(request).golden_set()))


@answer_routes.put("/v1/golden")
async def put_golden(request: Request) -> HTTPResponse:
    """Replace the golden set."""
    questions, revision = wire.parse_golden(request.json)
    return json(wire.golden_json(await _base(request).change_golden_set(questions, revision)))


def _caller(request: Request) -> Caller:
    caller: Caller = request.ctx.caller
    return caller


def _base(request: Request) -> KnowledgeBase:
    base: KnowledgeBase = request.app.ctx.base
    return base
