"""Teams: who answers what, how they get it, when they are there and how fast they mean to be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from handoff_gateway.core.hours import Hours, read_hours
from handoff_gateway.core.lines import primary_language
from handoff_gateway.errors import BadFrameError

DEFAULT_TEAM = "general"  # made with the tables; takes what names no other team, and cannot be deleted
MAX_NAME_LENGTH = 60
MAX_WORDS = 30  # languages or skills of one team or agent
MAX_WORD_LENGTH = 40
MAX_TARGET_S = 30 * 24 * 3600.0  # a month; a longer target is a mistake in typing


class Mode(StrEnum):
    """How a team's conversations find their agent."""

    AUTO = "auto"  # given to whoever has room
    MANUAL = "manual"  # left in the queue until somebody claims them


@dataclass(frozen=True, slots=True)
class Targets:
    """How fast a team means to be, in seconds of its open time; None for no target.

    Attributes:
        first_response_s: from the handoff to an agent's first message.
        next_response_s: from a customer's message to the agent's answer, after the first.
        resolution_s: from the handoff to the close.
    """

    first_response_s: float | None = None
    next_response_s: float | None = None
    resolution_s: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """Return the three fields."""
        return {name: getattr(self, name) for name in _TARGETS}


@dataclass(frozen=True, slots=True)
class Team:
    """One team.

    Attributes:
        languages: languages it serves; a handoff that names no team goes to the first team that serves its language.
        skills: what an agent must be able to do to be given its conversations; without any, every member may.
        fallback: the team that helps out when nobody here has room, and takes over while this one is closed.
        hours: None for always open.
        members: ids of the accounts in it. Accounts in no team at all belong to the default team.
    """

    id: str
    name: str
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    mode: Mode = Mode.AUTO
    fallback: str | None = None
    hours: Hours | None = None
    targets: Targets = Targets()
    members: frozenset[str] = frozenset()

    def is_open(self, moment: datetime) -> bool:
        """Return whether the team is there at `moment`."""
        return self.hours is None or self.hours.is_open(moment)

    def opens_at(self, moment: datetime) -> datetime | None:
        """Return when the team is there next: `moment` itself while it is open, None when it never opens again."""
        return moment if self.hours is None else self.hours.opens_at(moment)

    def after(self, moment: datetime, seconds: float) -> datetime:
        """Return when `seconds` of the team's open time after `moment` are over."""
        if self.hours is None:
            return moment + timedelta(seconds=seconds)
        return self.hours.after(moment, seconds)

    def to_json(self) -> dict[str, Any]:
        """Return what the API shows and stores."""
        return {
            "id": self.id,
            "name": self.name,
            "languages": sorted(self.languages),
            "skills": sorted(self.skills),
            "mode": self.mode.value,
            "fallback": self.fallback,
            "hours": None if self.hours is None else self.hours.to_json(),
            "targets": self.targets.to_json(),
            "members": sorted(self.members),
        }


@dataclass(frozen=True, slots=True)
class Teams:
    """All teams by id. Without any, every conversation belongs to a default team that is always there."""

    by_id: Mapping[str, Team] = field(default_factory=dict)

    def get(self, team_id: str | None) -> Team:
        """Return a team, the default one for an id nobody knows any more."""
        found = self.by_id.get(team_id or DEFAULT_TEAM) or self.by_id.get(DEFAULT_TEAM)
        return found or Team(DEFAULT_TEAM, "General")

    def named(self, word: str | None) -> Team | None:
        """Return the team with this id or, whatever the case, this name; None when there is none."""
        if word is None:
            return None
        if word in self.by_id:
            return self.by_id[word]
        wanted = word.strip().casefold()
        return next((team for team in self.by_id.values() if team.name.casefold() == wanted), None)

    def for_handoff(self, named: str | None, language: str) -> Team:
        """Return who takes a handoff: the team it names, else the default one, else one that serves the language."""
        if (team := self.named(named)) is not None:
            return team
        default = self.get(None)
        if not default.languages or language in default.languages:
            return default
        able = sorted((t for t in self.by_id.values() if language in t.languages), key=lambda t: (t.name, t.id))
        return able[0] if able else default

    def open_for(self, team: Team, moment: datetime) -> Team | None:
        """Return `team` while it is open, else the first of its fallbacks that is; None when all are closed."""
        return next((helper for helper in self.chain(team) if helper.is_open(moment)), None)

    def chain(self, team: Team) -> list[Team]:
        """Return `team`, its fallback, that one's fallback and so on, each once."""
        chain = [team]
        while (fallback := self.by_id.get(chain[-1].fallback or "")) is not None and fallback not in chain:
            chain.append(fallback)
        return chain

    def of_agent(self, account_id: str) -> frozenset[str]:
        """Return the teams an account is in."""
        found = frozenset(team.id for team in self.by_id.values() if account_id in team.members)
        return found or frozenset({DEFAULT_TEAM})


_TARGETS = ("first_response_s", "next_response_s", "resolution_s")


def read_team(team: Team, body: Mapping[str, Any]) -> Team:
    """Return `team` with the fields that `body` gives. Raises BadFrameError naming a field that cannot be used."""
    changes: dict[str, Any] = {}
    if "name" in body:
        changes["name"] = _name(body["name"])
    if "languages" in body:
        changes["languages"] = read_languages(body["languages"])
    if "skills" in body:
        changes["skills"] = read_words(body["skills"], "skills")
    if "mode" in body:
        if body["mode"] not in [mode.value for mode in Mode]:  # a list: what is compared may be anything
            raise BadFrameError("mode: must be auto or manual")
        changes["mode"] = Mode(body["mode"])
    if "fallback" in body:
        if not (body["fallback"] is None or isinstance(body["fallback"], str)):
            raise BadFrameError("fallback: must be a team's id, or null")
        changes["fallback"] = body["fallback"] or None
    if "hours" in body:
        changes["hours"] = None if body["hours"] is None else read_hours(body["hours"])
    if "targets" in body:
        changes["targets"] = _targets(body["targets"])
    if "members" in body:
        members = body["members"]
        if not isinstance(members, list) or not all(isinstance(item, str) for item in members):
            raise BadFrameError("members: must be a list of account ids")
        changes["members"] = frozenset(members)
    return replace(team, **changes)


def read_words(value: object, name: str) -> frozenset[str]:
    """Return a set of short words, lower case. Raises BadFrameError naming the field."""
    if not isinstance(value, list) or len(value) > MAX_WORDS:
        raise BadFrameError(f"{name}: must be a list of at most {MAX_WORDS} words")
    words = [word.strip().lower() if isinstance(word, str) else "" for word in value]
    if not all(0 < len(word) <= MAX_WORD_LENGTH for word in words):
        raise BadFrameError(f"{name}: each must be a text of 1 to {MAX_WORD_LENGTH} characters")
    return frozenset(words)


def read_languages(value: object) -> frozenset[str]:
    """Return language codes (`cs`, also from `cs-CZ`). Raises BadFrameError naming the field."""
    words = read_words(value, "languages")
    if any(primary_language(word) != word.replace("_", "-").split("-")[0] for word in words):
        raise BadFrameError("languages: each must be a language's letters, such as cs")
    return frozenset(primary_language(word) for word in words)


def check_fallbacks(teams: Iterable[Team]) -> None:
    """Raise BadFrameError when a fallback is no team, or leads back to its own team."""
    by_id = {team.id: team for team in teams}
    for team in by_id.values():
        seen, step = {team.id}, team
        while step.fallback is not None:
            if step.fallback not in by_id:
                raise BadFrameError(f"fallback: {step.name} names a team that does not exist")
            if step.fallback in seen:
                raise BadFrameError("fallback: would lead back to the team itself")
            step = by_id[step.fallback]
            seen.add(step.id)


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_NAME_LENGTH:
        raise BadFrameError(f"name: must be a text of 1 to {MAX_NAME_LENGTH} characters")
    return value.strip()


def _targets(value: object) -> Targets:
    if not isinstance(value, dict):
        raise BadFrameError("targets: must be an object")
    seconds: dict[str, float | None] = {}
    for name in _TARGETS:
        given = value.get(name)
        number = isinstance(given, int | float) and not isinstance(given, bool) and 1 <= given <= MAX_TARGET_S
        if given is not None and not number:
            raise BadFrameError(f"targets.{name}: must be seconds from 1 to {MAX_TARGET_S:g}, or null")
        seconds[name] = None if given is None else float(given)
    return Targets(**seconds)
