"""Markdown to safe HTML. Pure."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TEXT_TAGS = {"a", "abbr", "b", "br", "code", "del", "em", "i", "img", "kbd", "s", "strong", "sub", "sup"}
BLOCK_TAGS = {"blockquote", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
TABLE_TAGS = {"table", "tbody", "td", "th", "thead", "tr"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
KEPT_PASSAGES = 4_000  # some megabytes: the passages that answer most questions


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables and strike-through; HTML in the source is shown, not obeyed."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def to_html(markdown: str) -> str:
    """Render Markdown; what comes out holds no script, style, frame or event handler."""
    return nh3.clean(
        markdown_parser().render(markdown),
        tags=TEXT_TAGS | BLOCK_TAGS | TABLE_TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
    )


@lru_cache(maxsize=KEPT_PASSAGES)
def passage_html(markdown: str) -> str:
    """Render the Markdown of a passage; the same few answer most questions, and each is rendered once."""
    return to_html(markdown)
