"""Administrative commands on teams; they work beside a running gateway, which reads teams anew for each decision."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from handoff_gateway.cli.account_commands import opened
from handoff_gateway.core.team import Team, read_languages, read_words
from handoff_gateway.errors import NotFoundError, StartupError
from handoff_gateway.settings import Settings
from handoff_gateway.store import accounts, audit, team_store
from handoff_gateway.times import utc_now


def show(settings: Settings) -> int:
    """Print every team as one line of JSON: what `add` and `change` read."""
    with opened(settings) as database:
        for team in database.write_now(team_store.every).by_id.values():
            print(json.dumps(team.to_json(), ensure_ascii=False))
    return 0


def add(settings: Settings, file: str) -> int:
    """Make a team of a JSON file, `-` for standard input."""
    body = _read(file)
    with opened(settings) as database:
        team = database.write_now(lambda tx: _audited(tx, "teams add", team_store.add(tx, body, utc_now())))
    print(f"added {team.id}")
    return 0


def change(settings: Settings, team_id: str, file: str) -> int:
    """Change the fields a JSON file gives."""
    body = _read(file)
    with opened(settings) as database:
        team = database.write_now(lambda tx: _audited(tx, "teams change", team_store.change(tx, team_id, body)))
    print(f"changed {team.id}")
    return 0


def remove(settings: Settings, team_id: str) -> int:
    """Delete a team."""
    with opened(settings) as database:

        def remove_it(tx: Connection) -> None:
            team_store.remove(tx, team_id)
            audit.record(tx, utc_now(), audit.COMMAND_LINE, "teams remove", team_id)

        database.write_now(remove_it)
    print(f"removed {team_id}")
    return 0


def agent(settings: Settings, email: str, languages: list[str] | None, skills: list[str] | None) -> int:
    """Say what languages an agent speaks and what they can do."""
    with opened(settings) as database:
        found = database.write_now(lambda tx: accounts.by_email(tx, email))
        if found is None:
            raise NotFoundError("email: there is no account with this address")
        spoken = None if languages is None else read_languages(languages)
        able = None if skills is None else read_words(skills, "skills")

        def change_it(tx: Connection) -> None:
            team_store.set_profile(tx, found[0].id, languages=spoken, skills=able)
            audit.record(tx, utc_now(), audit.COMMAND_LINE, "teams agent", found[0].id)

        database.write_now(change_it)
    print(f"changed {email}")
    return 0


def _audited(tx: Connection, action: str, team: Team) -> Team:
    audit.record(tx, utc_now(), audit.COMMAND_LINE, action, team.id)
    return team


def _read(file: str) -> dict[str, Any]:
    try:
        data = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StartupError(f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(data, dict):
        raise StartupError(f"{file} must hold one JSON object.")
    return data
