"""How long a connection may take, counting no time in which the loop itself stood still.

A plain deadline passes while a busy machine lets nothing run: the connection is there, nobody has looked yet, and the
bot is taken for away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

STEP_S = 0.05  # between two looks at the clock
MOST_A_STEP = 2.0  # steps that one look counts as: what is beyond the loop owes to itself


class Patience:
    """Calls `give_up` once the loop has run for `seconds` between `begin` and `end`."""

    def __init__(self, seconds: float, give_up: Callable[[], object]) -> None:
        self._seconds = seconds
        self._give_up = give_up
        self._left = seconds
        self._looked_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.over = False

    def begin(self) -> None:
        """Start anew."""
        self.end()
        self._left, self._looked_at = self._seconds, asyncio.get_running_loop().time()
        self._wait()

    def end(self) -> None:
        """Stop counting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(min(STEP_S, self._left), self._look)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        self._left -= min(now - self._looked_at, MOST_A_STEP * STEP_S)
        self._looked_at = now
        if self._left > 0:
            self._wait()
            return
        self._timer, self.over = None, True
        self._give_up()
