"""How likely the first hit answers the question: logistic models on what both halves saw, one a way of comparing. Pure.

Their coefficients are in `confidence.json`, with how they were fitted (`python -m knowledge_base calibrate`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from knowledge_base.search.ranking import Way

MODEL_FILE = Path(__file__).with_name("confidence.json")


@dataclass(frozen=True)
class Features:
    """What the model looks at, for the first hit.

    Attributes:
        dense: cosine of its best unit.
        dense_margin: by how much that exceeds the best of the other articles.
        depth: mean cosine of its three best units: one sentence that happens to sound alike has nothing beside it.
        crowd: mean cosine of the five articles nearest after it.
        clear: by how much `depth` exceeds `crowd`.
        lexical_margin: by how much the BM25 of its best unit exceeds the best of the other articles.
        margin: by how much its fused score exceeds the second article's.
        lead: by how much it exceeds the mean of the five articles after it.
        coverage: share of the question's telling words the article holds.
        known: share of them the base holds anywhere.
        length: logarithm of the number of words asked.
        cross: 1 when the first hit is in another language than the question: words cannot agree then.
    """

    dense: float
    dense_margin: float
    depth: float
    crowd: float
    clear: float
    lexical_margin: float
    margin: float
    lead: float
    coverage: float
    known: float
    length: float
    cross: float


FEATURES = tuple(each.name for each in fields(Features))


@dataclass(frozen=True)
class ConfidenceModel:
    """Logistic coefficients and the threshold for answering.

    Attributes:
        scales: of features that are compressed first: what is well above its scale counts by its logarithm.
    """

    intercept: float
    coefficients: Mapping[str, float]
    threshold: float
    scales: Mapping[str, float] = field(default_factory=dict)

    def probability(self, features: Features) -> float:
        """Return the probability that the first hit answers the question."""
        values = asdict(features)
        for name, scale in self.scales.items():
            values[name] = math.asinh(values[name] / scale)
        total = self.intercept + sum(weight * values[name] for name, weight in self.coefficients.items())
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


Confidence = Mapping[Way, ConfidenceModel]
"""The model for each way of comparing."""


def load_confidence(path: Path = MODEL_FILE) -> Confidence:
    """Read the committed coefficients."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return {
        way: ConfidenceModel(
            intercept=float(data[way]["intercept"]),
            coefficients=dict(data[way]["coefficients"]),
            threshold=float(data[way]["threshold"]),
            scales=dict(data[way].get("scales", {})),
        )
        for way in Way
    }
