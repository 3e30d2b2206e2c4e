"""Times on the wire and in the database: RFC 3339, UTC, microseconds, so that text order is time order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
LENGTH = len("2025-01-31T09:00:00.000000Z")


def utc_now() -> datetime:
    """Return the machine's time; within a gateway everything goes by the clock the composition root hands out."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write `moment` as `2025-01-31T09:00:00.000000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote. Raises ValueError on anything else."""
    if len(text) != LENGTH or text[-1] != "Z" or text[10] != "T":
        raise ValueError(f"{text!r} is not a time like 2025-01-31T09:00:00.000000Z")
    return datetime.fromisoformat(text)
