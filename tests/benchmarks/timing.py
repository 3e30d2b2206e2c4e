"""Seconds of many runs of one thing, and a row of a table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One row of a table of two columns."""

    what: str
    value: str


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sample lies (nearest rank)."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def milliseconds(values: Sequence[float], digits: int = 0) -> str:
    """Median and 95th percentile, readable."""
    p50, p95 = statistics.median(values) * 1000, percentile(values, 0.95) * 1000
    return f"p50 {p50:.{digits}f} ms · p95 {p95:.{digits}f} ms"
