"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handoff_gateway.routing.attendance import Attendance
from handoff_gateway.routing.timekeeper import Timekeeper

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # an ordinary working morning in Europe


class FakeClock:
    """Hand it to a gateway as its clock; `advance` lets everything happen that comes due."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now
        self.timekeeper: Timekeeper | None = None
        self.attendance: Attendance | None = None

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move on, as if the seconds had passed."""
        self.move(self.now + timedelta(seconds=seconds))

    def move(self, now: datetime) -> None:
        """Set another time."""
        self.now = now
        if self.timekeeper is not None:
            self.timekeeper.wake()
        if self.attendance is not None:
            self.attendance.wake()
