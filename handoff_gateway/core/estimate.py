"""How long a customer will wait: from the pace at which agents of the team took conversations lately. Pure.

Between two pick-ups somebody was free no sooner; so while people wait, the time between pick-ups is the pace of the
queue. A pick-up's *gap* is the time since the one before it, or the time its customer had waited if that is shorter:
when nobody waits the queue stands still by itself, and that says nothing. The estimate for position n is n mean gaps
of the last pick-ups. When the present gap is longer than that mean already it counts as one more, so the estimate
grows while nobody is picked up.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

PICK_UPS_KEPT = 20  # recent enough to follow the day, enough for one slow pick-up not to matter


class Pace:
    """The pace of one team's queue."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=PICK_UPS_KEPT)
        self._last: datetime | None = None

    def picked_up(self, at: datetime, waited_s: float) -> None:
        """Note that a conversation that had waited so long was taken."""
        gap = waited_s if self._last is None else min(waited_s, max(0.0, (at - self._last).total_seconds()))
        self._gaps.append(gap)
        self._last = at

    def wait_s(self, position: int, now: datetime, oldest_since: datetime) -> float | None:
        """Return the likely seconds until `position` is taken; None before the first pick-up.

        Args:
            oldest_since: since when the first in the queue waits.
        """
        if self._last is None:
            return None
        present = max(0.0, (now - max(self._last, oldest_since)).total_seconds())
        total, count = sum(self._gaps), len(self._gaps)
        if present > total / count:
            total, count = total + present, count + 1
        return round(position * total / count, 1)
