"""What the NLU components are not asked about: pressed buttons, and texts without words of a customer's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.escalation.code import beside_code
from bot.escalation.signals import has_words

THUMBS_UP, THUMBS_DOWN = frozenset("👍👌✅🙂😊😀"), frozenset("👎❌")
WAVES, THANKS = frozenset("👋"), frozenset("🙏❤💙💚🧡💛💜🥰😍🎉👏💐🌹")


def parsed_as(text: str, intent: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``text`` as Rasa's parse result of a certain intent with entities."""
    return {
        "text": text,
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [{"entity": name, "value": value} for name, value in values.items()],
    }


def is_wordless(text: str) -> bool:
    """Say whether there is nothing to understand: neither letters nor digits, or only in code."""
    return not has_words(text) or not has_words(beside_code(text))


def wordless_intent(text: str) -> str:
    """Return the intent of a text without words: a thumb answers "did that help?", a wave greets.

    Anything else is unclear: code, and faces that may be angry or sad.
    """
    if has_words(text):
        return "unclear"
    characters = frozenset(text)
    intents = (("affirm", THUMBS_UP), ("deny", THUMBS_DOWN), ("thank", THANKS), ("greet", WAVES))
    return next((intent for intent, ones in intents if characters & ones), "unclear")
