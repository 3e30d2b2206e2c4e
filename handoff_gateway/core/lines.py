"""What the gateway itself says to a customer: one sentence per reason and language, nothing promised but the truth."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_LANGUAGE = "en"
_GENERAL = "handoff"

LINES: Mapping[str, Mapping[str, str]] = {
    "en": {
        _GENERAL: "I am passing this conversation on to a colleague, with everything written so far.",
        "customer_request": "I am passing you on to a colleague, with everything written so far.",
        "bot_unavailable": "I cannot answer at the moment, so I am passing you on to a colleague.",
        "turn_limit": "We have been at this for a while, so I am passing you on to a colleague.",
        "agent_initiated": "A colleague is joining the conversation.",
    },
    "cs": {
        _GENERAL: "Předávám tuto konverzaci kolegovi i se vším, co jsme si napsali.",
        "customer_request": "Předávám vás kolegovi i se vším, co jsme si napsali.",
        "bot_unavailable": "Teď bohužel nedokážu odpovědět, proto vás předávám kolegovi.",
        "turn_limit": "Řešíme to už delší dobu, proto vás předávám kolegovi.",
        "agent_initiated": "Do konverzace vstupuje kolega.",
    },
    "lt": {
        _GENERAL: "Perduodu šį pokalbį kolegai su viskuo, kas iki šiol parašyta.",
        "customer_request": "Perduodu jus kolegai su viskuo, kas iki šiol parašyta.",
        "bot_unavailable": "Šiuo metu negaliu atsakyti, todėl perduodu jus kolegai.",
        "turn_limit": "Tai jau trunka ilgokai, todėl perduodu jus kolegai.",
        "agent_initiated": "Prie pokalbio prisijungia kolega.",
    },
    "de": {
        _GENERAL: "Ich gebe das Gespräch an eine Kollegin oder einen Kollegen weiter, mit allem bisher Geschriebenen.",
        "customer_request": "Ich gebe Sie an eine Kollegin oder einen Kollegen weiter, mit allem bisher Geschriebenen.",
        "bot_unavailable": "Ich kann gerade nicht antworten und gebe Sie an eine Kollegin oder einen Kollegen weiter.",
        "turn_limit": "Das dauert schon eine Weile, daher gebe ich Sie an eine Kollegin oder einen Kollegen weiter.",
        "agent_initiated": "Eine Kollegin oder ein Kollege kommt ins Gespräch.",
    },
}


def handoff_line(reason: str, language: str) -> str:
    """Return the sentence for `reason` in `language`, in English where the language is not spoken here."""
    lines = LINES.get(language, LINES[DEFAULT_LANGUAGE])
    return lines.get(reason, lines[_GENERAL])


def primary_language(tag: str | None) -> str:
    """Return the primary subtag of a language tag (`cs-CZ` → `cs`), or the default for anything else."""
    primary = (tag or "").strip().lower().replace("_", "-").split("-")[0]
    return primary if primary.isascii() and primary.isalpha() and 2 <= len(primary) <= 3 else DEFAULT_LANGUAGE
