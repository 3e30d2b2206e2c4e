"""Sensitive topics: words at which a person is called whatever the bot knows; a file the operator edits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import SettingsError
from bot.escalation.signals import words
from bot.escalation.words import Entry

TOPICS_FILE = Path("data/policy.yml")
MOST_TOPICS, MOST_ENTRIES, MOST_CHARACTERS = 100, 500, 100
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes:
        name: in the packet, and of the bot's line where there is one of its own.
        says: what the agent reads.
        urgent: it comes before everything else the message may be.
    """

    name: str
    says: str
    entries: tuple[Entry, ...]
    urgent: bool = False


@dataclass(frozen=True)
class Found:
    """A topic a message touches, and the listed word that says so."""

    topic: Topic
    entry: str


@dataclass(frozen=True)
class Topics:
    """All the topics, in the order of the file; and what the shop sells, for the details an agent gets."""

    topics: tuple[Topic, ...] = ()
    products: tuple[tuple[str, tuple[Entry, ...]], ...] = ()

    def in_text(self, text: str) -> Found | None:
        """Return the first topic ``text`` touches, urgent ones first."""
        said = words(text)
        found = [
            Found(topic, entry.text)
            for topic in self.topics
            if (entry := next((entry for entry in topic.entries if entry.found_in(said)), None)) is not None
        ]
        return next((one for one in found if one.topic.urgent), found[0] if found else None)

    def products_in(self, text: str) -> tuple[str, ...]:
        """Return the names of the products ``text`` speaks of, in the order of the file."""
        said = words(text)
        return tuple(name for name, entries in self.products if any(entry.found_in(said) for entry in entries))


NO_TOPICS = Topics()


def load_topics(path: Path = TOPICS_FILE) -> Topics:
    """Read the file.

    Raises:
        SettingsError: it is missing, is no YAML, or holds something that cannot be meant; the message says where.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The list of sensitive words {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The list of sensitive words {path} is no YAML: {' '.join(str(error).split())}."
        ) from error
    try:
        return read_topics(data)
    except ValueError as error:
        raise SettingsError(f"The list of sensitive words {path}: {error}.") from error


def read_topics(data: object) -> Topics:
    """Read what the file holds.

    Raises:
        ValueError: names the field and what is wrong with it.
    """
    if not isinstance(data, Mapping):
        raise ValueError("must hold topics")
    unknown = [str(key) for key in data if key not in ("topics", "products")]
    if unknown:
        raise ValueError(f"{unknown[0]}: no such field; there are topics and products")
    given = _list(data.get("topics") or [], "topics", MOST_TOPICS)
    topics = tuple(_topic(item, f"topics[{number}]") for number, item in enumerate(given))
    names = [topic.name for topic in topics]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"topics: two are named {twice}")
    products = data.get("products") or {}
    if not isinstance(products, Mapping):
        raise ValueError("products: must be names with their words")
    return Topics(topics, tuple((str(name), _entries(item, f"products.{name}")) for name, item in products.items()))


def _topic(item: object, where: str) -> Topic:
    if not isinstance(item, Mapping):
        raise ValueError(f"{where}: must have a name, says and words")
    unknown = [str(key) for key in item if key not in ("name", "says", "urgent", "words")]
    if unknown:
        raise ValueError(f"{where}.{unknown[0]}: no such field; there are name, says, urgent and words")
    name, says, urgent = item.get("name"), item.get("says"), item.get("urgent", False)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{where}.name: must be 1 to 40 small letters, digits and _")
    if not isinstance(says, str) or not says.strip():
        raise ValueError(f"{where}.says: must be what the agent reads")
    if not isinstance(urgent, bool):
        raise ValueError(f"{where}.urgent: must be true or false")
    return Topic(name, says.strip(), _entries(item.get("words"), f"{where}.words"), urgent)


def _entries(given: object, where: str) -> tuple[Entry, ...]:
    """Read a list of words, or one list for each language: all are looked for whatever the language."""
    groups: Sequence[tuple[str, Any]]
    groups = (
        [(f"{where}.{key}", value) for key, value in given.items()] if isinstance(given, Mapping) else [(where, given)]
    )
    entries: list[Entry] = []
    for place, group in groups:
        for number, text in enumerate(_list(group, place, MOST_ENTRIES)):
            if not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_CHARACTERS:
                raise ValueError(f"{place}[{number}]: must be a text of 1 to {MOST_CHARACTERS} characters, in quotes")
            try:
                entries.append(Entry.of(text.strip()))
            except ValueError as error:
                raise ValueError(f"{place}[{number}]: {error}") from error
    return tuple(entries)


def _list(given: object, where: str, most: int) -> list[object]:
    if not isinstance(given, list):
        raise ValueError(f"{where}: must be a list")
    if len(given) > most:
        raise ValueError(f"{where}: has {len(given)} entries, the limit is {most}")
    return given
