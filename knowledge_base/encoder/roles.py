"""Which of the encoder's two ways of reading each part of an article gets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge_base.articles.articles import Unit, UnitKind
from knowledge_base.encoder.port import Encoder
from knowledge_base.vectors import Vectors


def encode_units(encoder: Encoder, units: Sequence[Unit]) -> Vectors:
    """Return one row a unit: passages are read as such, titles and alternative questions as questions."""
    rows = np.empty((len(units), encoder.dimension), np.float32)
    passages = [row for row, unit in enumerate(units) if unit.kind is UnitKind.PASSAGE]
    others = [row for row, unit in enumerate(units) if unit.kind is not UnitKind.PASSAGE]
    if passages:
        rows[passages] = encoder.encode_passages([units[row].encoder_text for row in passages])
    if others:
        rows[others] = encoder.encode([units[row].encoder_text for row in others])
    return rows
