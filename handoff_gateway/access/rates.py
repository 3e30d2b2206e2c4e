"""How often something may happen: a bucket that empties by use and fills with time, one for each key.

One number a key is kept, the time at which its bucket will be full again (the generic cell rate algorithm), so a check
costs the same however high the rate is, and the answer to "when again?" is exact. Counting windows, as the package
`limits` does, would let nobody send at once what was typed without a network, and costs three times as much.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from handoff_gateway.times import Clock

SWEEP_AT = 10_000  # keys; full buckets are forgotten whenever there are twice as many as after the last sweep


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, and then `per_minute`; 0 a minute is no limit."""

    per_minute: float
    burst: int

    @property
    def interval_s(self) -> float:
        """Seconds in which one more is let through."""
        return 60.0 / self.per_minute


Wish = tuple[Hashable, Rate]  # one from the bucket of this key


class Buckets(Protocol):
    """Where buckets are kept: in this process, or for all of them."""

    async def take_all(self, wishes: Sequence[Wish]) -> tuple[Rate, float] | None:
        """Take one from each bucket, or from none: then return the rate that is exceeded and the seconds to wait."""

    async def give_back(self, wishes: Sequence[Wish]) -> None:
        """Undo one `take_all` that took."""


class Rates:
    """Counts in memory; a restart forgets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._sweep_at = SWEEP_AT

    def take(self, key: Hashable, rate: Rate) -> float:
        """Take one from the bucket of `key` and return 0, or take nothing and return the seconds to wait."""
        if rate.per_minute <= 0:
            return 0.0
        now, room = self._clock().timestamp(), rate.burst * rate.interval_s
        # No further away than an empty bucket needs: a clock that was set back must not shut anybody out for hours.
        full_at = min(max(self._full_at.get(key, now), now), now + room) + rate.interval_s
        wait = full_at - room - now
        if wait > 1e-6:
            return wait
        self._full_at[key] = full_at
        if len(self._full_at) > self._sweep_at:
            self._sweep(now)
        return 0.0

    async def take_all(self, wishes: Sequence[Wish]) -> tuple[Rate, float] | None:
        """As `Buckets.take_all`."""
        for number, (key, rate) in enumerate(wishes):
            if wait := self.take(key, rate):
                await self.give_back(wishes[:number])
                return rate, wait
        return None

    async def give_back(self, wishes: Sequence[Wish]) -> None:
        """As `Buckets.give_back`."""
        for key, rate in wishes:
            if key in self._full_at:
                self._full_at[key] -= rate.interval_s

    def _sweep(self, now: float) -> None:
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        self._sweep_at = max(SWEEP_AT, 2 * len(self._full_at))
