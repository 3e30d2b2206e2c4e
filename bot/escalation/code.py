"""What a message says beside pasted or typed code: JSON, markup, SQL, templates, functions. Pure.

"agent" as a value in JSON asks for nobody, and a customer who pastes an error page says what they want around it.
"""

from __future__ import annotations

import re

from bot.escalation.signals import fold

FEW_WORDS = 2  # beside code; fewer say nothing
NESTED = 6  # levels of braces taken away from inside out; deeper ones are taken for words

_KEYWORDS = (
    r"SELECT\b.{1,200}?\bFROM|DROP\s+(?:TABLE|DATABASE)|INSERT\s+INTO|DELETE\s+FROM|TRUNCATE\s+TABLE|ALTER\s+TABLE"
    r"|UPDATE\s+\w+\s+SET|UNION\s+(?:ALL\s+)?SELECT"
)
_PIECES = (
    re.compile(r"<(script|style)\b[^<>]{0,300}>.*?</\1\s*>", re.IGNORECASE | re.DOTALL),
    re.compile(r"</?[a-z!?][^<>]{0,300}>", re.IGNORECASE),
    re.compile(rf"[^\w\n]{{0,10}}\b(?:{_KEYWORDS})\b[^\n]*"),  # in capitals
    re.compile(rf"[^\w\n]{{0,10}}\b(?:{_KEYWORDS})\b[^\n]*(?:;|--|\d\s*=\s*\d)[^\n]*", re.IGNORECASE),
    re.compile(r"'\s*or\s+['\"]?\w+['\"]?\s*=[^\n]*", re.IGNORECASE),
    re.compile(r"\b(?:function|def)\s*\w*\s*\([^()\n]{0,200}\)\s*:?|#include\s*<[^<>\n]*>"),
    re.compile(r"\b(?:var|let|const)\s+\w+\s*=[^\n]*|\b\w+(?:\.\w+)*\([^()\n]{0,200}\)\s*;"),
    re.compile(r"[\"'][\w-]+[\"']\s*:\s*(?:[\"'][^\"'\n]{0,300}[\"']|[\d.]+|true|false|null|[\[{])\s*,?"),
    re.compile(r"(?:%[sdnxp]){2,50}(?!\w)"),
)
_BRACES = re.compile(r"[$#]?\{[^{}]{0,600}\}")
_LIST = re.compile(r"\[[^\[\]]{0,600}\]")
_OF_CODE = re.compile(r"[\":;=$*/()<>\[\]]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def beside_code(text: str) -> str:
    """Return what ``text`` says beside code; the text itself when there is none in it.

    Where next to nothing is left, nothing is.
    """
    rest = _without_braces(text)
    for piece in _PIECES:
        rest = piece.sub(" ", rest)
    if rest == text:
        return text
    return rest.strip() if len(_WORD.findall(fold(rest))) >= FEW_WORDS else ""


def _without_braces(text: str) -> str:
    for _ in range(NESTED):
        shorter = _LIST.sub(_if_words, _BRACES.sub(_if_words, text))
        if shorter == text:
            return text
        text = shorter
    return text


def _if_words(found: re.Match[str]) -> str:
    """Keep what stands in braces where it is a remark ("[the blue one]"), not code."""
    return " " if _OF_CODE.search(found.group()[1:-1]) or not _WORD.search(found.group()) else found.group()
