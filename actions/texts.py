"""The bot's own sentences: the domain's responses, in the customer's language.

Rasa sends the domain with every call, so all texts stand in one place, ``bot/domain/responses.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

LANGUAGES = ("en", "cs", "lt", "de")
FALLBACK = "en"


class Spoken(Protocol):
    """What a leg says about how to speak."""

    @property
    def language(self) -> str:
        """One of ``LANGUAGES``."""

    @property
    def is_kind(self) -> bool:
        """Whether to say first that one is sorry."""


def text_of(domain: Mapping[str, Any], response: str, language: str) -> str:
    """Return the variant of ``response`` for ``language``, else the one without a condition.

    Raises:
        KeyError: the domain has no such response.
    """
    plain = ""
    for variant in domain["responses"][response]:
        conditions = variant.get("condition") or []
        if not conditions:
            plain = plain or variant["text"]
        elif all(c.get("name") == "language" and c.get("value") == language for c in conditions):
            return str(variant["text"])
    return str(plain)


def kindly(text: str, leg: Spoken, domain: Mapping[str, Any], link: str = " ") -> str:
    """Return ``text`` with a sentence before it that says sorry, where that is due."""
    return f"{text_of(domain, 'utter_sorry', leg.language)}{link}{text}" if leg.is_kind else text


def language_of(slot: Any) -> str:
    """Return the language in the slot, or English."""
    return slot if slot in LANGUAGES else FALLBACK
