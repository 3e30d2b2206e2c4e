"""How likely the first hit answers the question: a logistic model on what both halves saw. Pure.

Its coefficients are in `confidence.json`, with how they were fitted (`python -m knowledge_base calibrate`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

MODEL_FILE = Path(__file__).with_name("confidence.json")


@dataclass(frozen=True)
class Features:
    """What the model looks at, for the first hit.

    Attributes:
        dense: cosine of its best unit.
        dense_margin: by how much that exceeds the best of the other articles.
        depth: mean cosine of its three best units: one sentence that happens to sound alike has nothing beside it.
        crowd: mean cosine of the five articles nearest after it.
        lexical_margin: by how much the BM25 of its best unit exceeds the best of the other articles.
        margin: by how much its fused score exceeds the second article's.
        coverage: share of the question's telling words the article holds.
        known: share of them the base holds anywhere.
        length: logarithm of the number of words asked.
        foreign: 1 when the question is not in the encoder's language.
    """

    dense: float
    dense_margin: float
    depth: float
    crowd: float
    lexical_margin: float
    margin: float
    coverage: float
    known: float
    length: float
    foreign: float


FEATURES = tuple(field.name for field in fields(Features))


@dataclass(frozen=True)
class ConfidenceModel:
    """Logistic coefficients and the threshold for answering."""

    intercept: float
    coefficients: Mapping[str, float]
    threshold: float

    @classmethod
    def load(cls, path: Path = MODEL_FILE) -> ConfidenceModel:
        """Read the committed coefficients."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(float(data["intercept"]), dict(data["coefficients"]), float(data["threshold"]))

    def probability(self, features: Features) -> float:
        """Return the probability that the first hit answers the question."""
        values = asdict(features)
        total = self.intercept + sum(weight * values[name] for name, weight in self.coefficients.items())
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))
