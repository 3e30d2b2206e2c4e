"""Sensitive topics: words at which a person is called whatever the bot knows; a file the operator edits."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.errors import SettingsError
from bot.escalation.senses import means_something_else
from bot.escalation.signals import words
from bot.escalation.words import Entry

LANGUAGES = ("en", "cs", "lt", "de")  # those words can be listed for; the bot writes in no other one

TOPICS_FILE = Path("data/policy.yml")
MOST_TOPICS, MOST_ENTRIES, MOST_CHARACTERS = 100, 500, 100
FIRST_LETTERS = 3  # of a word, by which the entries that can begin with it are found: a handful of well over a thousand
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIELDS = ("name", "says", "urgent", "last", "words", "hints")
_SENTENCES = re.compile(r"(?<=[.!?…;])\s+|\n+")


@dataclass(frozen=True)
class Listed:
    """A listed word or phrase.

    Attributes:
        language: of the messages it is looked for in; None for all.
        hint: it alone calls nobody where the bot has learned what its topic sounds like.
    """

    entry: Entry
    language: str | None = None
    hint: bool = False


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes:
        name: in the packet, and of the bot's line where there is one of its own.
        says: what the agent reads.
        urgent: it comes before everything else the message may be.
        last: it comes after everything else in the message that calls a person.
    """

    name: str
    says: str
    listed: tuple[Listed, ...]
    urgent: bool = False
    last: bool = False


@dataclass(frozen=True)
class Found:
    """A topic a message touches, and the listed word that says so.

    Attributes:
        sure: the word stands for the topic by itself, and nothing around it says that it means something else.
    """

    topic: Topic
    entry: str
    sure: bool = True


@dataclass(frozen=True)
class Topics:
    """All the topics, in the order of the file; and what the shop sells, for the details an agent gets."""

    topics: tuple[Topic, ...] = ()
    products: tuple[tuple[str, tuple[Entry, ...]], ...] = ()

    def listed_in(self, text: str, languages: Collection[str] | None = None) -> list[Found]:
        """Return for each topic the word that stands in ``text``, a sure one rather than a hint.

        Args:
            text: the message.
            languages: those it may be in; words of other languages mean something else there. None for any.
        """
        sentences = [said for sentence in _SENTENCES.split(text) if (said := words(sentence))]
        near = self._that_may_stand_in(sentences)
        found = (
            _found(topic, [topic.listed[place] for place in sorted(near.get(number, ()))], sentences, languages)
            for number, topic in enumerate(self.topics)
        )
        return [one for one in found if one is not None]

    def in_text(self, text: str, languages: Collection[str] | None = None) -> Found | None:
        """Return the topic that comes first of those whose words stand in ``text``, hints counted."""
        found = self.listed_in(text, languages)
        return min(found, key=lambda one: rank(one.topic), default=None)

    def _that_may_stand_in(self, sentences: Sequence[list[str]]) -> dict[int, set[int]]:
        """Return for each topic's number the places of the listed words whose first letters begin some word."""
        said = {
            word[:count] for words_said in sentences for word in words_said for count in range(1, FIRST_LETTERS + 1)
        }
        near: dict[int, set[int]] = {}
        for letters in said & self._by_first_letters.keys():
            for number, place in self._by_first_letters[letters]:
                near.setdefault(number, set()).add(place)
        return near

    @cached_property
    def _by_first_letters(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        by_letters: dict[str, list[tuple[int, int]]] = {}
        for number, topic in enumerate(self.topics):
            for place, listed in enumerate(topic.listed):
                by_letters.setdefault(listed.entry.begins[:FIRST_LETTERS], []).append((number, place))
        return by_letters

    def products_in(self, text: str) -> tuple[str, ...]:
        """Return the names of the products ``text`` speaks of, in the order of the file."""
        said = words(text)
        return tuple(name for name, entries in self.products if any(entry.found_in(said) for entry in entries))


NO_TOPICS = Topics()


def rank(topic: Topic) -> int:
    """Return a number by which topics are sorted: urgent ones first; those of one rank keep the file's order."""
    return 0 if topic.urgent else 2 if topic.last else 1


def _found(
    topic: Topic, near: Sequence[Listed], sentences: Sequence[list[str]], languages: Collection[str] | None
) -> Found | None:
    hint: Found | None = None
    for listed in near:
        if languages is not None and listed.language is not None and listed.language not in languages:
            continue
        for said in sentences:
            place = listed.entry.place_in(said)
            if place is None:
                continue
            if not listed.hint and not means_something_else(said, place):
                return Found(topic, listed.entry.text)
            hint = hint or Found(topic, listed.entry.text, sure=False)
    return hint


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
    named = [(str(name), _listed(item, f"products.{name}")) for name, item in products.items()]
    return Topics(topics, tuple((name, tuple(one.entry for one in listed)) for name, listed in named))


def _topic(item: object, where: str) -> Topic:
    if not isinstance(item, Mapping):
        raise ValueError(f"{where}: must have a name, says and words")
    unknown = [str(key) for key in item if key not in _FIELDS]
    if unknown:
        raise ValueError(f"{where}.{unknown[0]}: no such field; there are {', '.join(_FIELDS[:-1])} and {_FIELDS[-1]}")
    name, says = item.get("name"), item.get("says")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{where}.name: must be 1 to 40 small letters, digits and _")
    if not isinstance(says, str) or not says.strip():
        raise ValueError(f"{where}.says: must be what the agent reads")
    urgent, last = _flag(item, "urgent", where), _flag(item, "last", where)
    if urgent and last:
        raise ValueError(f"{where}.last: cannot be true where urgent is")
    listed = _listed(item.get("words"), f"{where}.words")
    hints = [replace(one, hint=True) for one in _listed(item.get("hints") or [], f"{where}.hints")]
    return Topic(name, says.strip(), (*listed, *hints), urgent, last)


def _flag(item: Mapping[str, Any], name: str, where: str) -> bool:
    given = item.get(name, False)
    if not isinstance(given, bool):
        raise ValueError(f"{where}.{name}: must be true or false")
    return given


def _listed(given: object, where: str) -> tuple[Listed, ...]:
    """Read a list of words, looked for whatever the language, or one list for each language."""
    groups: Sequence[tuple[str, str | None, Any]]
    if isinstance(given, Mapping):
        unknown = [str(key) for key in given if key not in LANGUAGES]
        if unknown:
            raise ValueError(f"{where}.{unknown[0]}: no such language; there are {', '.join(LANGUAGES)}")
        groups = [(f"{where}.{key}", str(key), value) for key, value in given.items()]
    else:
        groups = [(where, None, given)]
    listed: list[Listed] = []
    for place, language, group in groups:
        for number, text in enumerate(_list(group, place, MOST_ENTRIES)):
            if not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_CHARACTERS:
                raise ValueError(f"{place}[{number}]: must be a text of 1 to {MOST_CHARACTERS} characters, in quotes")
            try:
                listed.append(Listed(Entry.of(text.strip()), language))
            except ValueError as error:
                raise ValueError(f"{place}[{number}]: {error}") from error
    return tuple(listed)


def _list(given: object, where: str, most: int) -> list[object]:
    if not isinstance(given, list):
        raise ValueError(f"{where}: must be a list")
    if len(given) > most:
        raise ValueError(f"{where}: has {len(given)} entries, the limit is {most}")
    return given
