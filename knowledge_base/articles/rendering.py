"""Markdown to safe HTML. Pure."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as read_table

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
KEPT_BODIES = 16  # what an editor previews is saved, shown and published next
# Cells of one text that are not written in it: short rows are filled up to the width of their table. Once there are
# so many, what follows is shown as lines. The parser gives each table 65,536 of them, a second's work; a text has room
# for eighty such tables.
MOST_FILLED_CELLS = 10_000
FILLED = "filled cells"  # where a text's are counted, in what belongs to one call of the parser


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables and strike-through; HTML in the source is shown, not obeyed."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.block.ruler.at("table", bounded_table, {"alt": ["paragraph", "reference"]})
    return parser


def bounded_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read a table, unless tables before it in the same text have filled `MOST_FILLED_CELLS`."""
    filled = state.env.get(FILLED, 0)
    if filled > MOST_FILLED_CELLS:
        return False
    begun = len(state.tokens)
    found = read_table(state, start_line, end_line, silent)
    if found and not silent:
        cells = sum(token.type == "td_open" for token in state.tokens[begun:])
        written = state.src.count("|", state.bMarks[start_line], state.eMarks[state.line - 1])
        state.env[FILLED] = filled + max(0, cells - written)
    return found


@lru_cache(maxsize=KEPT_BODIES)
def to_html(markdown: str) -> str:
    """Render Markdown; what comes out holds no script, style, frame or event handler."""
    return _safe_html(markdown)


@lru_cache(maxsize=KEPT_PASSAGES)
def passage_html(markdown: str) -> str:
    """Render the Markdown of a passage; the same few answer most questions, and each is rendered once."""
    return _safe_html(markdown)


def _safe_html(markdown: str) -> str:
    return nh3.clean(
        markdown_parser().render(markdown),
        tags=TEXT_TAGS | BLOCK_TAGS | TABLE_TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
    )
