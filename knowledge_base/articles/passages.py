"""Split an article into the units that are searched: title, alternative questions, passages. Pure.

A passage never crosses a heading; inside a section, whole blocks (paragraphs, lists, tables) are gathered up to
about `TARGET_WORDS`. A block longer than `LONGEST_WORDS` is cut between sentences or list items. What the encoder
and the lexical index read of a passage carries the title and the headings above it, since "It takes three days"
means nothing alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from knowledge_base.articles.articles import Content, Unit, UnitKind
from knowledge_base.articles.rendering import markdown_parser

TARGET_WORDS = 120  # a screenful to read as an answer, and well within the 256 word pieces MiniLM reads
LONGEST_WORDS = 160  # a block up to this size stays whole: a list cut in two reads badly
LONGEST_WORD = 200  # characters; longer than any word, and than all but addresses nobody reads
HEADING_JOIN = " › "
LINE_END = re.compile(r"\r\n?|\n")
SPLITTER_VERSION = 2  # raise it when the rules below change: stored passages are then made anew

Sentences = Callable[[str], Sequence[tuple[int, int]]]
"""Offsets `[start, end)` of the sentences of a text."""


@dataclass(frozen=True)
class _Block:
    heading: str
    markdown: str
    text: str

    @property
    def words(self) -> int:
        return len(_words(self.text))


def split_article(content: Content, sentences: Sentences) -> list[Unit]:
    """Return the units of one article: its title, its questions, then its passages in order."""
    units = [_unit(UnitKind.TITLE, content.title, content.title)]
    units += [_unit(UnitKind.QUESTION, question, question) for question in dict.fromkeys(content.questions)]
    for block in _gather(_short_blocks(content.body, sentences)):
        context = ". ".join(part for part in (content.title, block.heading.replace(HEADING_JOIN, ". ")) if part)
        units.append(
            Unit(
                kind=UnitKind.PASSAGE,
                text=block.text,
                encoder_text=f"{context}. {block.text}",
                content_hash=content_hash(f"{context}. {block.text}"),
                heading=block.heading,
                markdown=block.markdown,
                sentences=tuple(_line_sentences(block.text, sentences)),
            )
        )
    return units


def content_hash(text: str) -> str:
    """Return the key of a text in the vector cache."""
    return hashlib.sha256(text.encode()).hexdigest()


def _unit(kind: UnitKind, text: str, encoder_text: str) -> Unit:
    return Unit(kind=kind, text=text, encoder_text=encoder_text, content_hash=content_hash(encoder_text))


def _gather(blocks: Iterator[_Block]) -> Iterator[_Block]:
    pending: _Block | None = None
    for block in blocks:
        if pending is None:
            pending = block
        elif block.heading == pending.heading and pending.words + block.words <= TARGET_WORDS:
            pending = _Block(block.heading, f"{pending.markdown}\n\n{block.markdown}", f"{pending.text}\n{block.text}")
        else:
            yield pending
            pending = block
    if pending is not None:
        yield pending


def _short_blocks(body: str, sentences: Sentences) -> Iterator[_Block]:
    for block, tokens in _blocks(body):
        if block.words <= LONGEST_WORDS:
            yield block
        elif tokens[0].type in ("bullet_list_open", "ordered_list_open"):
            yield from _cut_list(block, tokens, _lines(body), sentences)
        else:
            yield from _cut_text(block, sentences)


def _blocks(body: str) -> Iterator[tuple[_Block, list[Token]]]:
    """Yield the top-level blocks with the headings above each."""
    lines = _lines(body)
    headings: list[tuple[int, str]] = []
    tokens = markdown_parser().parse(body)
    for group in _top_level(tokens):
        first = group[0]
        if first.type == "heading_open":
            level = int(first.tag[1])
            headings = [entry for entry in headings if entry[0] < level]
            headings.append((level, plain_text(group)))
            continue
        text = plain_text(group)
        if not text or first.map is None:
            continue
        markdown = "\n".join(lines[first.map[0] : first.map[1]]).strip("\n")
        yield _Block(HEADING_JOIN.join(title for _, title in headings), markdown, text), group


def _lines(body: str) -> list[str]:
    """Return the lines as the parser counts them: a form feed or a Unicode line separator ends none."""
    return LINE_END.split(body)


def _top_level(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0 and token.type != "inline":
            yield group
            group = []


def _cut_list(block: _Block, tokens: list[Token], lines: list[str], sentences: Sentences) -> Iterator[_Block]:
    pieces: list[_Block] = []
    for item in _items(tokens):
        if item[0].map is not None:
            markdown = "\n".join(lines[item[0].map[0] : item[0].map[1]]).strip("\n")
            piece = _Block(block.heading, markdown, plain_text(item))
            pieces += [piece] if piece.words <= LONGEST_WORDS else list(_cut_text(piece, sentences))
    joined: _Block | None = None
    for piece in pieces:
        if joined is not None and joined.words + piece.words <= TARGET_WORDS:
            joined = _Block(block.heading, f"{joined.markdown}\n{piece.markdown}", f"{joined.text}\n{piece.text}")
        else:
            if joined is not None:
                yield joined
            joined = piece
    if joined is not None:
        yield joined


def _items(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the items of a list, with what they hold."""
    first = 0
    for position, token in enumerate(tokens):
        if token.level == 1 and token.type == "list_item_open":
            first = position
        elif token.level == 1 and token.type == "list_item_close":
            yield tokens[first : position + 1]


def _cut_text(block: _Block, sentences: Sentences) -> Iterator[_Block]:
    """Cut a long block between sentences; what comes out is plain paragraphs."""
    parts: list[str] = []
    size = 0
    for piece in _bounded_sentences(block.text, sentences):
        words = len(_words(piece))
        if parts and size + words > TARGET_WORDS:
            yield _plain_block(block.heading, parts)
            parts, size = [], 0
        parts.append(piece)
        size += words
    if parts:
        yield _plain_block(block.heading, parts)


def _bounded_sentences(text: str, sentences: Sentences) -> Iterator[str]:
    """Yield sentences; one without an end (a table, a log) is cut every `LONGEST_WORDS` words."""
    for start, end in _line_sentences(text, sentences):
        words = _words(text[start:end])
        if len(words) <= LONGEST_WORDS:
            words = text[start:end].split()
        for first in range(0, len(words), LONGEST_WORDS):
            yield " ".join(words[first : first + LONGEST_WORDS])


def _words(text: str) -> list[str]:
    """Return the words, overlong ones in pieces: text without spaces would else be one passage of any length."""
    return [word[first : first + LONGEST_WORD] for word in text.split() for first in range(0, len(word), LONGEST_WORD)]


def _plain_block(heading: str, parts: list[str]) -> _Block:
    text = " ".join(parts)
    return _Block(heading, _escape(text), text)


def _escape(text: str) -> str:
    return "".join("\\" + char if char in "\\`*_[]<>#|" else char for char in text)


def _line_sentences(text: str, sentences: Sentences) -> Iterator[tuple[int, int]]:
    """Yield sentence offsets; a line's end always ends a sentence, since list items seldom have a full stop."""
    position = 0
    for line in text.split("\n"):
        for start, end in sentences(line):
            stripped = line[start:end].strip()
            if stripped:
                offset = line.index(stripped, start)
                yield position + offset, position + offset + len(stripped)
        position += len(line) + 1


def plain_text(tokens: Sequence[Token]) -> str:
    """Return the words of parsed Markdown: one line a paragraph, list item or table row.

    An item given without its list has the number written before it.
    """
    lines: list[str] = []
    current: list[str] = []
    numbers: list[int | None] = []
    prefix = ""
    for token in tokens:
        match token.type:
            case "ordered_list_open":
                numbers.append(int(token.attrGet("start") or 1))
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_close" | "bullet_list_close":
                numbers.pop()
            case "list_item_open":
                number = numbers[-1] if numbers else int(token.info) if token.info else None
                prefix = "• " if number is None else f"{number}. "
                if number is not None and numbers:
                    numbers[-1] = number + 1
            case "inline":
                current.append(_inline_text(token))
            case "fence" | "code_block":
                lines += [line for line in token.content.splitlines() if line.strip()]
            case "paragraph_close" | "heading_close" | "tr_close":
                line = " · ".join(part for part in current if part)
                if line:
                    lines.append(prefix + line)
                prefix = ""
                current = []
    return "\n".join(lines)


def _inline_text(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return " ".join("".join(parts).split())
