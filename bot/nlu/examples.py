"""Labelled messages of ``data/escalation/*.yml`` and of the NLU examples, and longer messages composed of them.

A file holds texts in groups: the texts of a group are worded alike, so a group is wholly trained on or wholly measured
on. Slots in braces are filled with what the file lists for them, the same way at every training. A file with ``only``
teaches that label alone, and its texts are learned as they stand: such texts are made to mislead, and in other company
they would teach doubt.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bot.errors import EscalationDataError

REQUEST, FRUSTRATION, UPSET, QUESTION = "request", "frustration", "upset", "question"
LABELS = (REQUEST, FRUSTRATION, UPSET, QUESTION)
INTENTS: Mapping[str, str] = {"request_agent": REQUEST, "frustration": FRUSTRATION, "question": QUESTION}
FILLINGS = 4  # messages made of a text with slots: enough that no filling stands for the wording
WORDED_ALIKE = 6  # texts in a row that count as worded alike: the files keep paraphrases together
COMPOSED_SHARE = 0.5  # composed messages for each single one
_SLOT = re.compile(r"\{(\w+)\}")
_JOINTS = (". ", ", ", "! ", " ", "\n", " - ", "? ", "... ")


@dataclass(frozen=True)
class Example:
    """One message: ``says`` holds the labels that are true of it, ``unsure`` those nobody should learn from it.

    ``parts`` are the texts a composed message is made of. What is ``alone`` is neither composed nor judged upon.
    """

    text: str
    language: str
    group: str
    says: frozenset[str]
    unsure: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    alone: bool = False

    @property
    def composed(self) -> bool:
        """Whether the message is made of others."""
        return bool(self.parts)


def read(folder: Path) -> list[Example]:
    """Return the examples of all files of ``folder``.

    Raises:
        EscalationDataError: there is no file, or one does not hold what it should.
    """
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise EscalationDataError(str(folder), "there is no .yml file in it")
    return [example for path in paths for example in _read_file(path)]


def of_intents(texts: Sequence[str], intents: Sequence[str]) -> list[Example]:
    """Return NLU examples as examples; what is neither asked nor said in anger is small talk.

    They do not tell who is upset from who asks or is angry, so nobody learns that from them.
    """
    examples = []
    for index, (text, intent) in enumerate(zip(texts, intents, strict=True)):
        label = INTENTS.get(intent)
        says = frozenset({label} if label else ())
        unsure = frozenset({FRUSTRATION} if label == REQUEST else {UPSET} if label else ())
        examples.append(Example(text, "", f"nlu/{intent}/{index // WORDED_ALIKE}", says, unsure))
    return examples


def compose(examples: Sequence[Example], seed: int = 7) -> list[Example]:
    """Return messages of two or three examples of one language; what one part says, the whole says.

    Examples of an unknown language (the NLU's) and those that are ``alone`` are left out.
    """
    chance = random.Random(seed)  # noqa: S311 - the same at every training, nothing secret
    composed = []
    by_language: dict[str, list[Example]] = {}
    for example in examples:
        if example.language and not example.alone:
            by_language.setdefault(example.language, []).append(example)
    for alike in by_language.values():
        count = int(COMPOSED_SHARE * len(alike))
        composed.extend(_join(_parts(alike, chance), chance) for _ in range(count))
    return composed


def _parts(alike: Sequence[Example], chance: random.Random) -> list[Example]:
    count = 2 if chance.random() < 0.7 else 3
    return [chance.choice(alike) for _ in range(count)]


def _join(parts: Sequence[Example], chance: random.Random) -> Example:
    text = parts[0].text
    for part in parts[1:]:
        text += chance.choice(_JOINTS) + part.text
    says = frozenset(itertools.chain.from_iterable(part.says for part in parts))
    unsure = frozenset(itertools.chain.from_iterable(part.unsure for part in parts)) - says
    return Example(text, parts[0].language, parts[0].group, says, unsure, tuple(part.text for part in parts))


def _read_file(path: Path) -> Iterable[Example]:
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        language, slots, groups = str(body["language"]), dict(body.get("slots") or {}), list(body["groups"])
        only = body.get("only")
        if only is not None and only not in LABELS:
            raise EscalationDataError(str(path), f"only is {only!r}, not one of {LABELS}")
        for group in groups:
            for example in _read_group(group, language, slots, path):
                yield example if only is None else _teaching(only, example)
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise EscalationDataError(str(path), f"{type(error).__name__}: {error}") from error


def _teaching(only: str, example: Example) -> Example:
    unsure = frozenset(LABELS) - {only}
    return replace(example, says=example.says & {only}, unsure=unsure, alone=True)


def _read_group(
    group: Mapping[str, Any], language: str, slots: Mapping[str, Sequence[str]], path: Path
) -> Iterable[Example]:
    says, unsure = frozenset(group.get("says") or ()), frozenset(group.get("unsure") or ())
    unknown = (says | unsure) - set(LABELS)
    if unknown:
        raise EscalationDataError(str(path), f"group {group['name']!r} says {sorted(unknown)}, not one of {LABELS}")
    for index, text in enumerate(group["texts"]):
        alike = f"{path.stem}/{group['name']}/{index // WORDED_ALIKE}"
        for filled in fillings(str(text), slots, path):
            yield Example(filled, language, alike, says, unsure)


def fillings(text: str, slots: Mapping[str, Sequence[str]], path: Path) -> list[str]:
    """Return ``text`` with its slots filled in up to ``FILLINGS`` ways, the same ones for the same text."""
    names = _SLOT.findall(text)
    missing = [name for name in names if not slots.get(name)]
    if missing:
        raise EscalationDataError(str(path), f"{text!r} names the slot {missing[0]!r}, which the file does not list")
    if not names:
        return [text]
    chance = random.Random(text)  # noqa: S311 - the same for the same text, nothing secret
    ways = {_SLOT.sub(lambda slot: chance.choice(slots[slot.group(1)]), text): None for _ in range(FILLINGS)}
    return list(ways)
