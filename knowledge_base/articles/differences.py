"""What differs between two versions of an article. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from knowledge_base.articles.articles import Content, Version

MAX_LINES = 4_000  # of a body: comparing takes time by the square of what differs


class Operation(StrEnum):
    """What happened to some lines."""

    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True)
class Lines:
    """Lines of a body that stayed, went or came."""

    operation: Operation
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Two versions, the fields besides the body that differ, and the body line by line."""

    before: Version
    after: Version
    fields: tuple[str, ...]
    body: tuple[Lines, ...]


FIELDS = ("title", "language", "questions", "tags", "review_on")


def difference(before: Version, after: Version) -> Difference:
    """Compare two versions."""
    fields = tuple(name for name in FIELDS if _value(before.content, name) != _value(after.content, name))
    body = compare_lines(before.content.body.split("\n"), after.content.body.split("\n"))
    return Difference(before, after, fields, tuple(body))


def compare_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Lines]:
    """Yield what turns `before` into `after`; of very many lines, those between the equal ends count as one change."""
    start = _equal_start(before, after)
    end = _equal_start(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    yield from _some(Operation.EQUAL, before[:start])
    if max(len(old), len(new)) > MAX_LINES:
        yield from _some(Operation.DELETE, old)
        yield from _some(Operation.INSERT, new)
    else:
        for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                yield from _some(Operation.EQUAL, old[old_from:old_to])
            else:
                yield from _some(Operation.DELETE, old[old_from:old_to])
                yield from _some(Operation.INSERT, new[new_from:new_to])
    yield from _some(Operation.EQUAL, before[len(before) - end :])


def _equal_start(first: Sequence[str], second: Sequence[str]) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(first), len(second)))


def _some(operation: Operation, lines: Sequence[str]) -> Iterator[Lines]:
    if lines:
        yield Lines(operation, tuple(lines))


def _value(content: Content, name: str) -> object:
    return getattr(content, name)
