"""The scripted conversations of `data/evaluation/scripted`: what a customer does, what a good observer wants of it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from scripts.settings import ROOT

FOLDER = ROOT / "data/evaluation/scripted"
KINDS = ("angry", "vague", "off_topic", "polite_stuck", "multilingual", "chatty", "adversarial", "content")
LANGUAGES = ("en", "cs", "lt", "de", "any")  # any: one the bot does not speak; any language of the line will do
REASONS = frozenset({"customer_request", "frustration", "low_confidence", "repeated_question", "policy"})
MOST_STEPS = 6  # a customer who has not been helped after so many messages is long gone
_FIELDS = frozenset({"id", "language", "page", "says", "owner", "why", "from", "by", "shows"})


class Button(StrEnum):
    """A kind of button a customer may press; one that is not offered is left alone, only a person can always be had."""

    FIRST_ARTICLE = "first article"
    PERSON = "person"
    HELPFUL = "helpful"
    NOT_HELPFUL = "not helpful"


class Wanted(StrEnum):
    """Who has the conversation at the end. `EITHER` is for customers whom both may serve."""

    BOT = "bot"
    QUEUE = "queue"
    EITHER = "either"


@dataclass(frozen=True)
class Script:
    """One customer.

    Attributes:
        kind: the file the script stands in.
        language: what the customer writes in, and what the line of a handoff must be in.
        page: the language the website was opened in.
        says: what the customer does, step by step: a text to write or a button to press.
        wanted: who has the conversation at the end.
        why: the reasons a handoff may have; empty where there may be none.
        earliest, latest: the steps, counted from 1, between which a handoff must come.
        shows: articles of which one must have been shown or offered; empty where that does not matter.
    """

    id: str
    kind: str
    language: str
    page: str
    says: tuple[str | Button, ...]
    wanted: Wanted
    why: frozenset[str]
    earliest: int
    latest: int
    shows: frozenset[str]


def all_scripts() -> list[Script]:
    """Every script, kind by kind."""
    return [script for kind in KINDS for script in scripts_of(FOLDER / f"{kind}.yml")]


def scripts_of(path: Path) -> list[Script]:
    """The scripts of one file, whose name is their kind.

    Raises:
        ValueError: a row that is not as data/evaluation/scripted/README.md says; names the row and the field.
    """
    return [_script(path.stem, row) for row in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _script(kind: str, row: dict[str, Any]) -> Script:
    name = str(row.get("id"))
    says = tuple(Button(step["press"]) if isinstance(step, dict) else str(step) for step in row["says"])
    script = Script(
        id=name,
        kind=kind,
        language=str(row["language"]),
        page=str(row.get("page", row["language"])),
        says=says,
        wanted=Wanted(row["owner"]),
        why=frozenset(row.get("why", ())),
        earliest=int(row.get("from", 1)),
        latest=int(row.get("by", len(says))),
        shows=frozenset(row.get("shows", ())),
    )
    for field, fits in _checks(script, row).items():
        if not fits:
            raise ValueError(f"{kind}.yml, {name}: {field} is not as README.md says")
    return script


def _checks(script: Script, row: dict[str, Any]) -> dict[str, bool]:
    return {
        f"field {sorted(set(row) - _FIELDS)}": set(row) <= _FIELDS,
        "id": script.id.startswith(f"{script.kind}-"),
        "language": script.language in LANGUAGES and script.page in LANGUAGES[:-1],
        "says": 1 <= len(script.says) <= MOST_STEPS,
        "why": script.why <= REASONS and bool(script.why) == (script.wanted is not Wanted.BOT),
        "from/by": 1 <= script.earliest <= script.latest <= len(script.says),
    }
