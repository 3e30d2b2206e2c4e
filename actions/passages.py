"""Cut an article's passage to what fits into a chat message, in the article's own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_CHARACTERS = 480  # about six lines in the widget
_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s])|\n+")


def shorten(passage: str, highlight: Sequence[tuple[int, int]] = (), limit: int = MAX_CHARACTERS) -> str:
    """Return whole sentences of ``passage`` around its highlighted part, at most about ``limit`` characters.

    The highlighted sentence is always in, then the ones after and before it as far as they fit, in their order.
    """
    sentences = _sentences(passage)
    if not sentences or len(passage.strip()) <= limit:
        return passage.strip()
    first = _highlighted(sentences, highlight)
    start = end = first
    size = len(sentences[first][1])
    while True:
        if end + 1 < len(sentences) and size + len(sentences[end + 1][1]) + 1 <= limit:
            end += 1
            size += len(sentences[end][1]) + 1
        elif start > 0 and size + len(sentences[start - 1][1]) + 1 <= limit:
            start -= 1
            size += len(sentences[start][1]) + 1
        else:
            break
    text = passage[sentences[start][0] : sentences[end][0] + len(sentences[end][1])].strip()
    return text if len(text) <= 2 * limit else f"{text[: 2 * limit].rsplit(' ', 1)[0]}…"


def _sentences(passage: str) -> list[tuple[int, str]]:
    found, start = [], 0
    for match in _END.finditer(passage):
        if passage[start : match.start()].strip():
            found.append((start, passage[start : match.start()]))
        start = match.end()
    if passage[start:].strip():
        found.append((start, passage[start:].rstrip()))
    return found


def _highlighted(sentences: Sequence[tuple[int, str]], highlight: Sequence[tuple[int, int]]) -> int:
    if not highlight:
        return 0
    where = min(start for start, _ in highlight)
    return max((i for i, (start, _) in enumerate(sentences) if start <= where), default=0)
