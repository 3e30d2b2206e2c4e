"""When a team is there: weekly hours in its own time zone, public holidays, days that are different. Pure.

Wall-clock times are turned into moments one day at a time, so a day on which the clocks change has the hours its wall
clock shows. All moments in and out are aware and in UTC.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from handoff_gateway.errors import BadFrameError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_SPANS = 6  # stretches of one day; more is a mistake in typing
MAX_DATES = 400  # days that are different: a year and a bit
LOOK_AHEAD_DAYS = 400  # a team that does not open within a year and a bit is closed for good
MIDNIGHT = 24 * 60  # minutes; the end of a stretch may be 24:00
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")

Span = tuple[int, int]  # minutes since midnight, from and to; one that ends next day goes past `MIDNIGHT`


@dataclass(frozen=True, slots=True)
class Hours:
    """A team's hours.

    Attributes:
        time_zone: IANA name of the zone the times are in.
        weekly: for each of `DAYS` its stretches; a day without is closed.
        country, region: whose public holidays are closed; None for none.
        special: days that are different: their stretches, none for closed. They go before weekly hours and holidays.
    """

    time_zone: str
    weekly: Mapping[str, tuple[Span, ...]]
    country: str | None = None
    region: str | None = None
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def is_open(self, moment: datetime) -> bool:
        """Return whether somebody is there at `moment`."""
        return any(start <= moment < end for start, end in self._around(moment))

    def opens_at(self, moment: datetime) -> datetime | None:
        """Return `moment` itself while open, else the next opening; None without one in `LOOK_AHEAD_DAYS`."""
        for start, end in self._stretches(moment):
            if end > moment:
                return max(start, moment)
        return None

    def closes_at(self, moment: datetime) -> datetime | None:
        """Return the end of the open time `moment` lies in, or of the next one; None when there is none."""
        closing: datetime | None = None
        for start, end in self._stretches(moment):
            if closing is not None and start > closing:
                return closing  # stretches that touch are one open time
            if end > moment:
                closing = end
            if closing is not None and closing - moment > timedelta(days=8):
                return None  # round the clock
        return closing

    def after(self, moment: datetime, seconds: float) -> datetime:
        """Return when `seconds` of open time after `moment` are over; by the calendar once the hours run out."""
        left = timedelta(seconds=seconds)
        for start, end in self._stretches(moment):
            start = max(start, moment)
            if end <= start:
                continue
            if end - start >= left:
                return start + left
            left -= end - start
            moment = end
        return moment + left

    def _around(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = moment.astimezone(ZoneInfo(self.time_zone)).date()
        for day in (today - timedelta(days=1), today):
            yield from self._on(day)

    def _stretches(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = moment.astimezone(ZoneInfo(self.time_zone)).date() - timedelta(days=1)
        for number in range(LOOK_AHEAD_DAYS):
            yield from self._on(first + timedelta(days=number))

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for start, end in self._spans(day):
            yield self._moment(day, start), self._moment(day, end)

    def _spans(self, day: date) -> tuple[Span, ...]:
        if day in self.special:
            return self.special[day]
        if self.country is not None and day in _holidays(self.country, self.region, day.year):
            return ()
        return self.weekly.get(DAYS[day.weekday()], ())

    def _moment(self, day: date, minutes: int) -> datetime:
        """Turn a wall-clock time into a moment; what the clocks jump over comes as late after the jump."""
        wall = datetime.combine(day + timedelta(days=minutes // MIDNIGHT), time(), ZoneInfo(self.time_zone))
        minutes %= MIDNIGHT
        return wall.replace(hour=minutes // 60, minute=minutes % 60).astimezone(UTC)

    def to_json(self) -> dict[str, Any]:
        """Return what `read_hours` reads."""
        return {
            "time_zone": self.time_zone,
            "weekly": {day: [_write(span) for span in spans] for day, spans in self.weekly.items() if spans},
            "country": self.country,
            "region": self.region,
            "special": {day.isoformat(): [_write(span) for span in spans] for day, spans in self.special.items()},
        }


def read_hours(data: object) -> Hours:
    """Read `{time_zone, weekly {mon: ["09:00-17:00"]}, country?, region?, special? {day: []}}`.

    Raises:
        BadFrameError: a field cannot be used; the message names it.
    """
    body = _object(data, "hours")
    zone = check_time_zone(body.get("time_zone"), "hours.time_zone")
    weekly = {}
    for day, spans in _object(body.get("weekly"), "hours.weekly").items():
        if day not in DAYS:
            raise BadFrameError(f"hours.weekly: days are {', '.join(DAYS)}, not {str(day)[:20]!r}")
        weekly[day] = _spans(spans, f"hours.weekly.{day}")
    special = _object(body.get("special") or {}, "hours.special")
    if len(special) > MAX_DATES:
        raise BadFrameError(f"hours.special: at most {MAX_DATES} days")
    country, region = _place(body.get("country"), body.get("region"))
    return Hours(
        time_zone=zone,
        weekly=weekly,
        country=country,
        region=region,
        special={_day(name): _spans(spans, f"hours.special.{name}") for name, spans in special.items()},
    )


def check_time_zone(value: object, name: str) -> str:
    """Return an IANA name of a time zone. Raises BadFrameError naming the field."""
    if not isinstance(value, str) or value not in _zones():
        raise BadFrameError(f"{name}: must be the name of a time zone, such as Europe/Prague")
    return value


def known_time_zone(value: object) -> str | None:
    """Return `value` when it names a time zone; what a browser says may be anything."""
    return value if isinstance(value, str) and value in _zones() else None


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@functools.lru_cache(maxsize=64)
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    from holidays import country_holidays  # a third of a second, and only teams with a country need it

    return frozenset(country_holidays(country, subdiv=region, years=year))


def _place(country: object, region: object) -> tuple[str | None, str | None]:
    if country is None:
        if region is not None:
            raise BadFrameError("hours.region: needs a country")
        return None, None
    if not isinstance(country, str) or not (region is None or isinstance(region, str)):
        raise BadFrameError("hours.country: must be a country's two letters, such as CZ")
    try:
        _holidays(country, region, 2025)
    except (NotImplementedError, AttributeError):
        raise BadFrameError(f"hours.country: no public holidays are known of {country[:20]!r}, {region!r}") from None
    return country, region


def _spans(value: object, name: str) -> tuple[Span, ...]:
    if not isinstance(value, list) or len(value) > MAX_SPANS:
        raise BadFrameError(f'{name}: must be a list of at most {MAX_SPANS} stretches such as "09:00-17:00"')
    spans = sorted(_span(item, name) for item in value)
    if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans)):
        raise BadFrameError(f"{name}: stretches overlap")
    return tuple(spans)


def _span(value: object, name: str) -> Span:
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BadFrameError(f'{name}: a stretch is written "09:00-17:00"')
    start_hour, start_minute, end_hour, end_minute = (int(part) for part in found.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start >= MIDNIGHT or end > MIDNIGHT or max(start_minute, end_minute) > 59 or start == end:
        raise BadFrameError(f"{name}: {value} is no stretch of a day")
    return (start, end) if end > start else (start, end + MIDNIGHT)


def _write(span: Span) -> str:
    start, end = span
    end = end if end <= MIDNIGHT else end - MIDNIGHT
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _day(name: str) -> date:
    try:
        return date.fromisoformat(name)
    except ValueError:
        raise BadFrameError(f"hours.special: {name[:20]!r} is no day such as 2026-12-24") from None


def _object(data: object, name: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadFrameError(f"{name}: must be an object")
    return data
