"""The time of day as a gateway tells it: it never goes back, and where several processes run they tell the same.

Waits, deadlines and who is missed are reckoned in times of day, since they outlive a restart. A machine's clock that is
set back would draw out every wait by as much. Here it goes slower instead until the two agree, so that a wait of two
minutes takes two and a quarter at worst.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from handoff_gateway.times import utc_now

SLOWEST = 0.9  # of the pace of real time, while it waits for the machine's clock to come up
MOST_AHEAD = timedelta(hours=1)  # ten hours' slowness; a clock that was more than that ahead was wrong, and is followed
WORTH_SAYING = timedelta(seconds=1)

logger = logging.getLogger(__name__)


class SteadyClock:
    """Call it for the time.

    Args:
        wall: the machine's time of day.
        monotonic: seconds that nobody can set.
    """

    def __init__(self, wall: Callable[[], datetime] = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._offset = timedelta(0)  # what the machine's clock is behind the one agreed on
        self._agreed = False
        self._last = (monotonic(), wall())  # in one piece: two threads ask

    def __call__(self) -> datetime:
        """Return the time."""
        (last_tick, last), tick = self._last, self._monotonic()
        wall = self._wall() + self._offset
        now = max(wall, last + timedelta(seconds=(tick - last_tick) * SLOWEST))
        if now - wall > MOST_AHEAD:
            logger.warning("the clock was set back by %s", now - wall)
            now = wall
        self._last = (tick, now)
        return now

    def agree(self, theirs: datetime, at: float) -> None:
        """Go by another clock from now on, which said `theirs` when the monotonic one said `at`.

        The first time is before anything has been timed: that may go back.
        """
        tick, wall = self._monotonic(), self._wall()
        now = theirs + timedelta(seconds=tick - at)
        offset = now - wall
        if abs(offset - self._offset) >= WORTH_SAYING:
            logger.warning("by the database's clock, which counts, this machine's is off by %s", abs(offset))
        self._offset = offset
        if not self._agreed:
            self._agreed, self._last = True, (tick, now)
