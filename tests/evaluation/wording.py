"""Wordings as a comparison sees them: without case, diacritics, punctuation and spaces; templates with every filling.

It answers one question: does something a labelled set says stand, word for word, in what the bot was trained on?
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

# A clause shorter than this ("thank you very much") belongs to nobody; everybody writes it.
LONG_CLAUSE_WORDS = 5
# Keys of the training files whose values are no wordings: words to fill templates with, names, settings.
NO_WORDINGS = frozenset({"slots", "language", "version", "intent", "label", "name", "id", "kind"})

_CLAUSE_ENDS = re.compile(r"[.,;:!?…\n()\u2013\u2014]+")
_SLOT = re.compile(r"\{(\w+)\}")
# Rasa's marks around an entity: [text](name) or [text]{"entity": "name"}.
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def words(text: str) -> list[str]:
    """The words of a text in lower case and without diacritics."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(letter for letter in decomposed if not unicodedata.combining(letter)))


@lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """A text as one run of letters and digits, so that spacing and punctuation make no difference."""
    return "".join(words(text))


def clauses(text: str) -> list[str]:
    """The whole text and each part between marks of punctuation that has at least `LONG_CLAUSE_WORDS` words."""
    parts = [part for part in _CLAUSE_ENDS.split(text) if len(words(part)) >= LONG_CLAUSE_WORDS]
    return [text, *parts]


@dataclass
class TrainedWordings:
    """Everything the files of one or several folders teach, and where each wording stands."""

    plain: dict[str, str] = field(default_factory=dict)
    templates: list[tuple[re.Pattern[str], str]] = field(default_factory=list)

    def add(self, text: str, place: str, slots: dict[str, list[str]]) -> None:
        """Take in a wording and its long clauses; `{slot}` stands for any of the slot's values."""
        for clause in clauses(_ENTITY.sub(r"\1", text)):
            if _SLOT.search(clause):
                self.templates.append((re.compile(_pattern(clause, slots)), place))
            else:
                self.plain.setdefault(folded(clause), place)

    def place_of(self, text: str) -> str | None:
        """Where the text, or one of its long clauses, stands in training; None when it does nowhere."""
        for clause in map(folded, clauses(text)):
            if not clause:
                continue
            if clause in self.plain:
                return self.plain[clause]
            for template, place in self.templates:
                if template.fullmatch(clause):
                    return place
        return None


def read_trained(*folders: Path) -> TrainedWordings:
    """Read the wordings of every YAML file below the folders."""
    trained = TrainedWordings()
    for path in sorted(path for folder in folders for path in folder.rglob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        slots = content.get("slots", {}) if isinstance(content, dict) else {}
        for text in _texts(content):
            trained.add(text, f"{path.parent.name}/{path.name}: {text}", slots)
    return trained


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in NO_WORDINGS:
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        if node.lstrip().startswith("- "):
            yield from (line.strip().removeprefix("- ") for line in node.splitlines() if line.strip())
        else:
            yield node


def _pattern(template: str, slots: dict[str, list[str]]) -> str:
    """A regular expression over folded text; a slot nobody defined stands for anything."""
    pieces = _SLOT.split(template)
    found = re.escape(folded(pieces[0]))
    for name, fixed in zip(pieces[1::2], pieces[2::2], strict=True):
        values = [_pattern(value, slots) for value in slots.get(name, [])]
        found += f"(?:{'|'.join(values)})" if values else ".+"
        found += re.escape(folded(fixed))
    return found
