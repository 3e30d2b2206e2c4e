"""When a team is there: clocks that change, holidays, nights, days that are different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_gateway.core.hours import DAYS, Hours, check_time_zone, known_time_zone, read_hours
from handoff_gateway.errors import BadFrameError

PRAGUE = ZoneInfo("Europe/Prague")
OFFICE = {"time_zone": "Europe/Prague", "weekly": {day: ["09:00-17:00"] for day in DAYS[:5]}}


def office(**changes: Any) -> Hours:
    return read_hours({**OFFICE, **changes})


def prague(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=PRAGUE).astimezone(UTC)  # type: ignore[arg-type, misc]


def test_open_within_a_stretch_closed_at_its_end() -> None:
    assert office().is_open(prague(2026, 3, 2, 9, 0))
    assert office().is_open(prague(2026, 3, 2, 16, 59))
    assert not office().is_open(prague(2026, 3, 2, 17, 0))
    assert not office().is_open(prague(2026, 3, 1, 12, 0))  # Sunday


def test_the_next_opening_is_after_the_weekend() -> None:
    assert office().opens_at(prague(2026, 3, 6, 18, 0)) == prague(2026, 3, 9, 9, 0)
    assert office().opens_at(prague(2026, 3, 6, 12, 0)) == prague(2026, 3, 6, 12, 0)


@pytest.mark.parametrize("sunday", [(2026, 3, 29), (2026, 10, 25)])
def test_nine_is_nine_on_the_wall_after_the_clocks_change(sunday: tuple[int, int, int]) -> None:
    evening_before = prague(*sunday, 12, 0) - timedelta(hours=18)
    opens = office().opens_at(evening_before)
    assert opens is not None
    assert opens.astimezone(PRAGUE).hour == 9
    assert opens.astimezone(PRAGUE).date() == prague(*sunday, 12).date() + timedelta(days=1)


def test_a_night_with_a_change_is_an_hour_shorter_or_longer() -> None:
    night = office(weekly={"sat": ["22:00-06:00"]})
    for day, hours in ((28, 7), (21, 8)):
        opens = prague(2026, 3, day, 22, 0)
        closes = night.closes_at(opens)
        assert closes is not None
        assert closes - opens == timedelta(hours=hours)
    autumn = night.closes_at(prague(2026, 10, 24, 22, 0))
    assert autumn == prague(2026, 10, 24, 22, 0) + timedelta(hours=9)


def test_an_opening_that_the_clocks_jump_over_is_just_after_the_jump() -> None:
    night = office(weekly={"sun": ["02:30-05:00"]})
    assert night.opens_at(prague(2026, 3, 28, 12, 0)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_public_holiday_is_closed_and_a_special_day_goes_before_it() -> None:
    christmas = prague(2026, 12, 25, 10, 0)
    assert not office(country="CZ").is_open(christmas)
    assert office().is_open(christmas)
    on_call = office(country="CZ", special={"2026-12-25": ["10:00-11:00"], "2026-12-23": []})
    assert on_call.is_open(christmas)
    assert not on_call.is_open(prague(2026, 12, 23, 10, 0))
    assert office(country="DE", region="BY").opens_at(prague(2026, 1, 6, 8, 0)) == prague(2026, 1, 7, 9, 0)
    assert office(country="DE").opens_at(prague(2026, 1, 6, 8, 0)) == prague(2026, 1, 6, 9, 0)


def test_a_team_that_never_opens_says_so() -> None:
    never = office(weekly={})
    assert never.opens_at(prague(2026, 3, 2, 10, 0)) is None
    assert never.closes_at(prague(2026, 3, 2, 10, 0)) is None


def test_round_the_clock_never_closes() -> None:
    always = office(weekly={day: ["00:00-24:00"] for day in DAYS})
    assert always.is_open(prague(2026, 3, 29, 2, 30))
    assert always.closes_at(prague(2026, 3, 2, 10, 0)) is None


def test_open_time_is_counted_over_nights_and_weekends() -> None:
    assert office().after(prague(2026, 3, 6, 16, 0), 2 * 3600) == prague(2026, 3, 9, 10, 0)
    assert office().after(prague(2026, 3, 7, 12, 0), 3600) == prague(2026, 3, 9, 10, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"time_zone": "Prague"}, "time_zone"),
        ({"time_zone": 5}, "time_zone"),
        ({"weekly": []}, "weekly"),
        ({"weekly": {"monday": []}}, "weekly"),
        ({"weekly": {"mon": ["9-17"]}}, "mon"),
        ({"weekly": {"mon": ["09:00-09:00"]}}, "mon"),
        ({"weekly": {"mon": ["09:00-25:00"]}}, "mon"),
        ({"weekly": {"mon": ["09:70-10:00"]}}, "mon"),
        ({"weekly": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "mon"),
        ({"weekly": {"mon": ["09:00-10:00"] * 9}}, "mon"),
        ({"country": "XX"}, "country"),
        ({"country": "CZ", "region": "nowhere"}, "country"),
        ({"region": "BY"}, "region"),
        ({"special": {"Christmas": []}}, "special"),
    ],
)
def test_hours_that_cannot_be_used_are_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFrameError, match=field):
        office(**changes)


def test_zones_are_names_of_zones() -> None:
    assert check_time_zone("Europe/Vilnius", "x") == "Europe/Vilnius"
    assert known_time_zone("../../etc/passwd") is None
    assert known_time_zone(None) is None


SPANS = st.sampled_from([["09:00-17:00"], ["08:00-12:00", "13:00-18:30"], ["22:00-06:00"], [], ["00:00-24:00"]])
HOURS = st.builds(
    lambda zone, spans: read_hours({"time_zone": zone, "weekly": dict(zip(DAYS, spans, strict=True))}),
    st.sampled_from(["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.lists(SPANS, min_size=7, max_size=7),
)
MOMENTS = st.integers(0, 2 * 365 * 86_400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@given(HOURS, MOMENTS)
def test_openings_are_open_and_nothing_is_open_before_them(hours: Hours, moment: datetime) -> None:
    opens = hours.opens_at(moment)
    if opens is None:
        assert not any(hours.weekly.values())
        return
    assert opens >= moment
    assert hours.is_open(opens)
    if opens > moment:
        assert not hours.is_open(moment)
        assert not hours.is_open(moment + (opens - moment) / 2)
    closes = hours.closes_at(moment)
    if closes is not None:
        assert closes > opens
        assert not hours.is_open(closes)


@given(HOURS, MOMENTS, st.floats(1, 200_000), st.floats(1, 200_000))
def test_open_time_adds_up(hours: Hours, moment: datetime, first: float, second: float) -> None:
    whole, parts = hours.after(moment, first + second), hours.after(hours.after(moment, first), second)
    assert abs((whole - parts).total_seconds()) < 1
    assert whole >= moment + timedelta(seconds=first + second) - timedelta(seconds=1)


@given(HOURS)
def test_hours_survive_being_written_down(hours: Hours) -> None:
    assert read_hours(hours.to_json()).to_json() == hours.to_json()
