"""Recorded dialogues, read from JSON lines and checked; the first bad line ends it with its number and field.

A row is ``{"id", "language"?, "turns": [{"role", "text"}, …], "label"?: {"handoff", "reason"?, "turn"?}}``. Other keys
are ignored. ``turn`` counts all turns from 0 and names the customer's turn at which the dialogue should be handed off;
where it names a turn of the bot's, the customer's turn before that one is meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BadRowError, SettingsError

CUSTOMER, BOT, AGENT = "customer", "bot", "agent"
ROLES = (CUSTOMER, BOT, AGENT)
MAX_TURNS = 1_000  # of a dialogue; a file with more holds something else
MAX_CHARACTERS = 65_536  # of a turn, what the gateway accepts as a frame


@dataclass(frozen=True)
class RecordedTurn:
    """One turn as it was written."""

    role: str
    text: str


@dataclass(frozen=True)
class Label:
    """What should have happened; ``turn`` is a customer's turn, counted over all turns from 0."""

    handoff: bool
    reason: str | None = None
    turn: int | None = None


@dataclass(frozen=True)
class Dialogue:
    """One recorded dialogue; ``language`` is empty where the row names none."""

    id: str | int
    language: str
    turns: tuple[RecordedTurn, ...]
    label: Label | None = None


def read_dialogues(path: Path) -> list[Dialogue]:
    """Return the dialogues of a file of JSON lines; empty lines are skipped.

    Raises:
        BadRowError: naming the line and the field.
        SettingsError: the file cannot be read, or holds no dialogue.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(f"{path} cannot be read: {why}.") from error
    found: list[Dialogue] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row = _Row(path.name, number)
        dialogue = row.dialogue(line)
        if str(dialogue.id) in seen:
            raise row.bad("id", f"is {dialogue.id!r}, as in line {seen[str(dialogue.id)]}; ids must differ")
        seen[str(dialogue.id)] = number
        found.append(dialogue)
    if not found:
        raise SettingsError(f"{path} holds no dialogues.")
    return found


@dataclass(frozen=True)
class _Row:
    """The line being read, for the error that names it."""

    source: str
    line: int

    def bad(self, field: str, why: str) -> BadRowError:
        return BadRowError(self.source, self.line, field, why)

    def dialogue(self, line: str) -> Dialogue:
        try:
            row = json.loads(line)
        except ValueError as error:
            raise self.bad("the row", f"is not JSON ({error})") from error
        if not isinstance(row, Mapping):
            raise self.bad("the row", "must be a JSON object")
        name = row.get("id")
        if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
            raise self.bad("id", "must be a text or a whole number")
        language = row.get("language")
        if language is not None and not isinstance(language, str):
            raise self.bad("language", 'must be a text such as "en"')
        turns = tuple(self._turns(row.get("turns")))
        if all(turn.role != CUSTOMER for turn in turns):
            raise self.bad("turns", f"must hold a turn with the role {CUSTOMER!r}")
        return Dialogue(name, language or "", turns, self._label(row.get("label"), turns))

    def _turns(self, turns: object) -> Iterator[RecordedTurn]:
        if not isinstance(turns, list) or not 0 < len(turns) <= MAX_TURNS:
            raise self.bad("turns", f"must be a list of 1 to {MAX_TURNS} turns")
        for index, turn in enumerate(turns):
            field = f"turns[{index}]"
            if not isinstance(turn, Mapping):
                raise self.bad(field, "must be an object with role and text")
            role, text = turn.get("role"), turn.get("text")
            if role not in ROLES:
                raise self.bad(f"{field}.role", f"is {role!r}; it must be one of {', '.join(ROLES)}")
            if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
                raise self.bad(f"{field}.text", f"must be a text of at most {MAX_CHARACTERS} characters")
            yield RecordedTurn(role, text)

    def _label(self, label: object, turns: tuple[RecordedTurn, ...]) -> Label | None:
        if label is None:
            return None
        if not isinstance(label, Mapping):
            raise self.bad("label", "must be an object with handoff, and reason and turn where there is one")
        handoff, reason, turn = label.get("handoff"), label.get("reason"), label.get("turn")
        if not isinstance(handoff, bool):
            raise self.bad("label.handoff", "must be true or false")
        if reason is not None and (not isinstance(reason, str) or not reason):
            raise self.bad("label.reason", 'must be a text such as "customer_request"')
        if turn is not None:
            if isinstance(turn, bool) or not isinstance(turn, int) or not 0 <= turn < len(turns):
                raise self.bad("label.turn", f"is {turn!r}; it must be the index of a turn, 0 to {len(turns) - 1}")
            turn = next((at for at in range(turn, -1, -1) if turns[at].role == CUSTOMER), None)
            if turn is None:
                raise self.bad("label.turn", "names a turn before the customer's first one")
        return Label(handoff, reason, turn) if handoff else Label(False)
