"""Teams, and what agents can be given."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, json

from handoff_gateway.core.permissions import Right
from handoff_gateway.core.team import Team, read_languages, read_words
from handoff_gateway.errors import BadFrameError
from handoff_gateway.http.http_edge import body_of, guarded, services_of
from handoff_gateway.http.routes_accounts import MAX_CAPACITY
from handoff_gateway.services import Services

blueprint = Blueprint("teams", url_prefix="/v1")


@blueprint.get("/teams")
@guarded(Right.READ_TEAMS)
async def teams(request: Request) -> HTTPResponse:
    """List all teams, each with whether it is open and when it opens next."""
    services = services_of(request)
    found = sorted((await services.desk.teams()).by_id.values(), key=lambda team: (team.name, team.id))
    return json({"teams": [_shown(services, team) for team in found]})


@blueprint.post("/teams")
@guarded(Right.MANAGE_TEAMS)
async def add_team(request: Request) -> HTTPResponse:
    """Make a team: `{name, languages?, skills?, mode?, fallback?, hours?, targets?, members?}`."""
    services = services_of(request)
    team = await services.desk.add_team(body_of(request))
    services.teams_changed()
    return json({"team": _shown(services, team)}, status=201)


@blueprint.put("/teams/<team_id:str>")
@guarded(Right.MANAGE_TEAMS)
async def change_team(request: Request, team_id: str) -> HTTPResponse:
    """Change the fields given; what is not given stays."""
    services = services_of(request)
    team = await services.desk.change_team(team_id, body_of(request))
    await services.desk.rearm(team_id)
    services.teams_changed()
    return json({"team": _shown(services, team)})


@blueprint.delete("/teams/<team_id:str>")
@guarded(Right.MANAGE_TEAMS)
async def remove_team(request: Request, team_id: str) -> HTTPResponse:
    """Delete a team that nobody waits for and no team falls back on."""
    services = services_of(request)
    await services.desk.remove_team(team_id)
    services.teams_changed()  # its members may be free for what waits for all
    return empty()


@blueprint.get("/agents")
@guarded(Right.READ_TEAMS)
async def agents(request: Request) -> HTTPResponse:
    """List those who answer: capacity, languages, skills, teams, and whether they can be given a conversation now."""
    services = services_of(request)
    return json(
        {
            "agents": [
                {**profile.to_json(), "name": name, "online": services.staff.is_online(profile.account_id)}
                for name, profile in await services.desk.agents()
            ]
        }
    )


@blueprint.put("/agents/<account_id:str>")
@guarded(Right.MANAGE_TEAMS)
async def change_agent(request: Request, account_id: str) -> HTTPResponse:
    """Change what an agent can be given: `{capacity?, languages?, skills?}`."""
    body, services = body_of(request), services_of(request)
    profile = await services.desk.set_profile(account_id, **read_profile(body))
    services.teams_changed()
    return json({"agent": profile.to_json()})


def read_profile(body: dict[str, Any]) -> dict[str, Any]:
    """Return the checked fields of an agent's profile. Raises BadFrameError naming one that cannot be used."""
    changes: dict[str, Any] = {}
    if "capacity" in body:
        capacity = body["capacity"]
        if not isinstance(capacity, int) or isinstance(capacity, bool) or not 1 <= capacity <= MAX_CAPACITY:
            raise BadFrameError(f"capacity: must be a whole number from 1 to {MAX_CAPACITY}")
        changes["capacity"] = capacity
    if "languages" in body:
        changes["languages"] = read_languages(body["languages"])
    if "skills" in body:
        changes["skills"] = read_words(body["skills"], "skills")
    return changes


def _shown(services: Services, team: Team) -> dict[str, Any]:
    now = services.clock()
    opens_at = team.opens_at(now)
    return {
        **team.to_json(),
        "open": team.is_open(now),
        "opens_at": None if opens_at is None else opens_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
