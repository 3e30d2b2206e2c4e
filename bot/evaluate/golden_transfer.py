"""Golden Transfer within Tolerance: how near predicted handoffs are to the turns where they should be.

Liu et al., "Time to Transfer: Predicting and Evaluating Machine-Human Chatting Handoff", AAAI 2021. Turns are counted
over the whole dialogue. The metric is easy to game, so it is shown beside "never", "every turn" and "a fixed turn".
"""

from __future__ import annotations

import math
from collections.abc import Collection

TOLERANCES = (1, 2, 3)  # of GT-I, GT-II and GT-III
EPSILON = 1e-7


def golden_transfer(
    golden: Collection[int], predicted: Collection[int], tolerance: int, late_counts_more: float = 0.0
) -> float:
    """Return the score of one dialogue, 0 to 1.

    Args:
        golden: turns that should be handed off.
        predicted: turns that were.
        tolerance: of ``TOLERANCES``.
        late_counts_more: λ between −1 and 1; above 0 punishes late handoffs more than early ones.
    """
    if not golden:
        return 0.0 if predicted else 1.0
    if not predicted:
        return 0.0
    width = 2 * (tolerance + EPSILON) ** 2
    return sum(max(_near(p, q, width, late_counts_more) for q in golden) for p in predicted) / len(predicted)


def _near(predicted: int, golden: int, width: float, late_counts_more: float) -> float:
    distance = predicted - golden
    side = (distance > 0) - (distance < 0)
    return math.exp(-(distance**2) / (width * (1 - late_counts_more * side)))
