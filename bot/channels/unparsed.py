"""What the NLU components are not asked about: pressed buttons, and texts without letters or digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

THUMBS_UP, THUMBS_DOWN = frozenset("👍👌✅🙂😊😀"), frozenset("👎❌")


def parsed_as(text: str, intent: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``text`` as Rasa's parse result of a certain intent with entities."""
    return {
        "text": text,
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [{"entity": name, "value": value} for name, value in values.items()],
    }


def wordless_intent(text: str) -> str:
    """Return the intent of a text without words: a thumb answers "did that help?", anything else is unclear."""
    if any(character in THUMBS_UP for character in text):
        return "affirm"
    if any(character in THUMBS_DOWN for character in text):
        return "deny"
    return "unclear"
