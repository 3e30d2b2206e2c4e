"""Teams in the database: all SQL about them, and about what agents can do."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from handoff_gateway.core.events import Owner
from handoff_gateway.core.permissions import AccountRole, Right, may
from handoff_gateway.core.team import DEFAULT_TEAM, Team, Teams, check_fallbacks, read_team
from handoff_gateway.errors import BadFrameError, ForbiddenError, NotFoundError
from handoff_gateway.store.tables import accounts, conversations, team_members, teams
from handoff_gateway.times import to_text

MAX_TEAMS = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """What an agent can be given: `languages` empty for any, and the teams they are in."""

    account_id: str
    capacity: int
    languages: frozenset[str]
    skills: frozenset[str]
    teams: frozenset[str]

    def to_json(self) -> dict[str, Any]:
        """Return what the API shows."""
        return {
            "account_id": self.account_id,
            "capacity": self.capacity,
            "languages": sorted(self.languages),
            "skills": sorted(self.skills),
            "teams": sorted(self.teams),
        }


# Built once, since every message to an agent reads them.
_MEMBERS = select(team_members.c.team_id, team_members.c.account_id)
_TEAMS = select(teams.c.id, teams.c.data)


def every(tx: Connection) -> Teams:
    """Return all teams with their members."""
    members: dict[str, set[str]] = {}
    for row in tx.execute(_MEMBERS):
        members.setdefault(row.team_id, set()).add(row.account_id)
    found = {}
    for row in tx.execute(_TEAMS):
        found[row.id] = replace(_stored(row.id, row.data), members=frozenset(members.get(row.id, ())))
    return Teams(found)


@functools.lru_cache(maxsize=2 * MAX_TEAMS)
def _stored(team_id: str, data: str) -> Team:
    """Read a row; kept, since every transaction about a handoff reads all of them."""
    return read_team(Team(team_id, ""), json.loads(data))


def add(tx: Connection, body: Mapping[str, Any], now: datetime) -> Team:
    """Write a new team. Raises BadFrameError naming a field that cannot be used."""
    if "name" not in body:
        raise BadFrameError("name: missing; must be a text")
    known = every(tx)
    if len(known.by_id) >= MAX_TEAMS:
        raise BadFrameError(f"teams: at most {MAX_TEAMS}")
    team = read_team(Team(f"team_{secrets.token_hex(6)}", ""), body)
    _check(tx, known, team)
    tx.execute(insert(teams).values(id=team.id, data=_data(team), created_at=to_text(now)))
    _set_members(tx, team)
    return team


def change(tx: Connection, team_id: str, body: Mapping[str, Any]) -> Team:
    """Write the fields that `body` gives. Raises NotFoundError, or BadFrameError naming a field."""
    known = every(tx)
    before = known.by_id.get(team_id)
    if before is None:
        raise NotFoundError("team: there is no such team")
    team = read_team(before, body)
    _check(tx, known, team)
    tx.execute(update(teams).where(teams.c.id == team_id).values(data=_data(team)))
    if "members" in body:
        _set_members(tx, team)
    return team


def remove(tx: Connection, team_id: str) -> None:
    """Delete a team nobody waits for. Raises NotFoundError or ForbiddenError."""
    known = every(tx)
    if team_id not in known.by_id:
        raise NotFoundError("team: there is no such team")
    if team_id == DEFAULT_TEAM:
        raise ForbiddenError("the default team takes what no other team does; it cannot be deleted")
    if leaning := [team.name for team in known.by_id.values() if team.fallback == team_id]:
        raise ForbiddenError(f"{', '.join(sorted(leaning))} falls back on this team; change that first")
    open_owners = [Owner.QUEUE.value, Owner.AGENT.value]
    count = tx.execute(
        select(func.count())
        .select_from(conversations)
        .where(conversations.c.team == team_id, conversations.c.owner.in_(open_owners))
    ).scalar_one()
    if count:
        raise ForbiddenError(f"{count} conversations wait for this team or are answered by it; move them first")
    tx.execute(delete(team_members).where(team_members.c.team_id == team_id))
    tx.execute(delete(teams).where(teams.c.id == team_id))


def profiles(tx: Connection, account_ids: Iterable[str], known: Teams) -> dict[str, Profile]:
    """Return what the accounts can be given; accounts that do not exist are left out."""
    query = select(accounts.c.id, accounts.c.capacity, accounts.c.languages, accounts.c.skills)
    return {
        row.id: Profile(
            account_id=row.id,
            capacity=row.capacity,
            languages=frozenset(json.loads(row.languages)),
            skills=frozenset(json.loads(row.skills)),
            teams=known.of_agent(row.id),
        )
        for row in tx.execute(query.where(accounts.c.id.in_(list(account_ids))))
    }


def set_profile(
    tx: Connection,
    account_id: str,
    *,
    capacity: int | None = None,
    languages: frozenset[str] | None = None,
    skills: frozenset[str] | None = None,
) -> Profile:
    """Write what is not None of an agent's profile. Raises NotFoundError."""
    values: dict[str, Any] = {}
    if capacity is not None:
        values["capacity"] = capacity
    if languages is not None:
        values["languages"] = json.dumps(sorted(languages))
    if skills is not None:
        values["skills"] = json.dumps(sorted(skills))
    if values:
        tx.execute(update(accounts).where(accounts.c.id == account_id).values(**values))
    found = profiles(tx, [account_id], every(tx))
    if account_id not in found:
        raise NotFoundError("account_id: there is no such account")
    return found[account_id]


def _check(tx: Connection, known: Teams, team: Team) -> None:
    others = {other.id: other for other in known.by_id.values() if other.id != team.id}
    if any(other.name.casefold() == team.name.casefold() for other in others.values()):
        raise BadFrameError("name: there is a team of this name")
    check_fallbacks([*others.values(), team])
    open_ = accounts.c.closed_at.is_(None)
    able = {
        row.id
        for row in tx.execute(
            select(accounts.c.id, accounts.c.roles).where(accounts.c.id.in_(list(team.members)), open_)
        )
        if may(map(AccountRole, json.loads(row.roles)), Right.ANSWER)
    }
    if strangers := team.members - able:
        raise BadFrameError(f"members: {sorted(strangers)[0]} is no agent's account")


def _set_members(tx: Connection, team: Team) -> None:
    tx.execute(delete(team_members).where(team_members.c.team_id == team.id))
    rows = [{"team_id": team.id, "account_id": account_id} for account_id in sorted(team.members)]
    if rows:
        tx.execute(insert(team_members), rows)


def _data(team: Team) -> str:
    data = team.to_json()
    for name in ("id", "members"):
        del data[name]
    return json.dumps(data, separators=(",", ":"))
