"""Labelled messages about sensitive topics from ``data/escalation/topics/*.yml``, and ordinary ones beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bot.errors import EscalationDataError
from bot.escalation.topics import Topics
from bot.nlu.examples import Example
from bot.nlu.heads import parts_of

NO_TOPIC = ""
TELLING = 3  # words of a clause from which it says something by itself
FOLDER = "topics"  # inside the folder of the labelled messages


@dataclass(frozen=True)
class TopicExample:
    """One message, and the topic it touches or ``NO_TOPIC``; ``group`` names what is worded alike."""

    text: str
    language: str
    group: str
    topic: str = NO_TOPIC


def read(folder: Path) -> list[TopicExample]:
    """Return the examples of all files of ``folder``; none when there is no such folder.

    Raises:
        EscalationDataError: a file does not hold what it should.
    """
    return [example for path in sorted(folder.glob("*.yml")) for example in _read_file(path)]


def ordinary(examples: Sequence[Example], topics: Topics) -> list[TopicExample]:
    """Return the other heads' examples as ones of no topic, leaving out those in which a listed word stands.

    Those that teach one score alone are left out too. The rest keep stories, anger and requests from sounding
    sensitive: with a third of them, four times as many do.
    """
    return [
        TopicExample(example.text, example.language, example.group)
        for example in examples
        if not example.composed and not example.alone and topics.in_text(example.text) is None
    ]


def with_clauses(examples: Sequence[TopicExample]) -> list[TopicExample]:
    """Return the examples, and after those of no topic their clauses: it is clauses that are judged later.

    Which clause of a message about a topic is about it, nobody has written down.
    """
    known = {example.text for example in examples}
    found: list[TopicExample] = []
    for example in examples:
        found.append(example)
        for clause in parts_of(example.text)[1:] if example.topic == NO_TOPIC else ():
            if clause not in known and len(clause.split()) >= TELLING:
                known.add(clause)
                found.append(replace(example, text=clause))
    return found


def _read_file(path: Path) -> Iterator[TopicExample]:
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        language, groups = str(body["language"]), list(body["groups"])
        for number, group in enumerate(groups):
            yield from _read_group(group, language, f"{path.stem}/{number}")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise EscalationDataError(str(path), f"{type(error).__name__}: {error}") from error


def _read_group(group: Mapping[str, Any], language: str, name: str) -> Iterable[TopicExample]:
    topic = str(group.get("topic") or NO_TOPIC)
    return [TopicExample(str(text), language, name, topic) for text in group["texts"]]
