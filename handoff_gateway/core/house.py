"""What a decision depends on besides the conversation: teams, limits, the customer's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from handoff_gateway.core.team import Teams


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for every team; each is a setting (see `settings.Settings`)."""

    max_handoffs: int = 10
    cooldown_s: float = 30.0
    unclaimed_s: float = 60.0
    offer_s: float = 180.0
    first_reply_s: float = 120.0
    follow_up_s: float = 3600.0
    call_back_s: float = 7200.0


@dataclass(frozen=True, slots=True)
class House:
    """The house as of a decision; `time_zone` is the customer's, where it is known."""

    teams: Teams = field(default_factory=Teams)
    limits: Limits = field(default_factory=Limits)
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A decision's surroundings."""

    now: datetime
    house: House = field(default_factory=House)
