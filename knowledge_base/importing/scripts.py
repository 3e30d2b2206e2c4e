"""Finds what must not come in with Markdown: scripts, frames, event handlers, links that run code. Pure.

Rendering neutralises all of these anyway; an import that carries them is refused, so that somebody looks at it.
Code blocks may show anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

ACTIVE_TAGS = frozenset(
    {
        *("script", "style", "iframe", "frame", "frameset", "object", "embed", "applet"),
        *("link", "meta", "base", "form", "svg", "math"),
    }
)
# Parsing is slow for a large file, and hardly any article comes near anything active: this sees every one that does.
SUSPECT = re.compile(
    rf"<\s*(?:{'|'.join(sorted(ACTIVE_TAGS))})\b|<[^>]*?\bon\w+\s*=|script\W{{0,5}}[:&]|&#|\bdata\W{{0,5}}[:&]", re.I
)
ACTIVE_SCHEME = re.compile(r"(?:javascript|vbscript|data|livescript):")
# Browsers skip these inside a scheme; the Markdown parser has already turned some into %09 and the like.
BLANKS = re.compile(r"(?:[\x00-\x20\x7f-\xa0\u200b-\u200d\ufeff]|%[01][0-9a-fA-F]|%20)+")
PLAIN_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp)[;,]")


def find_script(markdown: str) -> str | None:
    """Return what a browser might run and in which line, or `None`."""
    if not SUSPECT.search(markdown):
        return None
    for token in _parser().parse(markdown):
        line = 1 if token.map is None else token.map[0] + 1
        for found in _in_token(token):
            return f"line {line}: {found}"
    return None


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # The default takes a link that runs code for plain text; here it is what is looked for.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    return parser


def _in_token(token: Token) -> Iterator[str]:
    for part in (token, *(token.children or ())):
        if part.type in ("html_block", "html_inline"):
            yield from _in_html(part.content)
        elif part.type == "link_open" and _runs(str(part.attrGet("href") or "")):
            yield "a link that runs code"
        elif part.type == "image":
            source = str(part.attrGet("src") or "")
            if _runs(source) and not PLAIN_IMAGE.match(_bare(source)):
                yield "an image address that runs code"


def _in_html(html: str) -> Iterator[str]:
    tags = _Tags()
    tags.feed(html)
    tags.close()
    yield from tags.found


def _runs(address: str) -> bool:
    return ACTIVE_SCHEME.match(_bare(address)) is not None


def _bare(address: str) -> str:
    return BLANKS.sub("", address).lower()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE_TAGS:
            self.found.append(f"<{tag}> is not allowed")
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(f"the event handler {name!r} is not allowed")
            elif value is not None and _runs(value):
                self.found.append(f"the attribute {name!r} runs code")
