"""Rows of JSONL and CSV files. Pure."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping

from knowledge_base.articles.articles import MAX_BODY
from knowledge_base.importing.records import Defaults, read_record
from knowledge_base.importing.rows import FileError, ImportRow, Place, Refusal, RowError

DELIMITERS = ",;\t"
SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?\r?\n', re.IGNORECASE)  # how spreadsheets are told before the header
SYNONYMS = {  # what question-and-answer tables and other systems call the columns
    "question": "title",
    "answer": "body",
    "content": "body",
    "text": "body",
    "lang": "language",
    "external id": "external_id",
    "key": "external_id",
    "status": "state",
}
COLUMNS = frozenset(
    ("id", "external_id", "title", "body", "questions", "language", "tags", "state", "review_on", "translation_of")
)
LISTS = ("questions", "tags")


def read_jsonl(text: str, defaults: Defaults, file: str | None = None) -> Iterator[ImportRow | Refusal]:
    """Yield the article, or the refusal, of every line that is not blank."""
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a JSON text may hold U+2028
        if not line.strip():
            continue
        place = Place(number, file)
        try:
            yield read_record(_json_object(line), place, defaults)
        except RowError as error:
            yield Refusal(place, error.error, error.external_id)


def read_csv(text: str, defaults: Defaults, file: str | None = None) -> Iterator[ImportRow | Refusal]:
    """Yield the article, or the refusal, of every row under the header.

    Raises:
        FileError: there is no header with `title` and `body`, or the quotes do not match.
    """
    csv.field_size_limit(4 * MAX_BODY)  # past the limit of a body, so that a long one is refused by name
    said = SEPARATOR_LINE.match(text)
    header = text[said.end() if said else 0 :].split("\n", 1)[0]
    delimiter = said[1] if said else max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if said and number == 1:
                continue
            if columns is None:
                columns = _columns(cells)
            elif any(cell.strip() for cell in cells):
                yield _csv_row(columns, cells, Place(number, file), defaults)
    except csv.Error as error:
        raise FileError(
            f"the table cannot be read from row {number + 1} (line {reader.line_num}) on: {error}"
        ) from None
    if columns is None:
        raise FileError("the table is empty: its first row must name the columns, 'title' and 'body' at least")


def _json_object(line: str) -> Mapping[str, object]:
    try:
        fields = json.loads(line)
    except RecursionError:
        raise RowError("the line is nested too deeply") from None
    except ValueError as error:
        raise RowError(f"the line is not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise RowError("the line must be a JSON object")
    return fields


def _columns(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    columns = [SYNONYMS.get(name, name) for name in names]
    for needed in ("title", "body"):
        if needed not in columns:
            raise FileError(f"the table has no column {needed!r}: its first row must name the columns")
    for name in COLUMNS:
        if columns.count(name) > 1:
            raise FileError(f"the table has more than one column {name!r}")
    return columns


def _csv_row(columns: list[str], cells: list[str], place: Place, defaults: Defaults) -> ImportRow | Refusal:
    fields: dict[str, object] = {
        name: cell for name, cell in zip(columns, cells, strict=False) if name in COLUMNS and (cell or name in LISTS)
    }
    try:
        if len(cells) != len(columns):
            raise RowError(f"the row has {len(cells)} cells, the header {len(columns)}")
        for name in LISTS:
            if name in fields:
                fields[name] = _list(name, str(fields[name]))
        return read_record(fields, place, defaults)
    except RowError as error:
        return Refusal(place, error.error, error.external_id or str(fields.get("external_id") or "")[:200] or None)


def _list(name: str, cell: str) -> list[str]:
    """Read a cell of several texts: a JSON list, or one a line, or parted by `|` (tags also by commas)."""
    if cell.lstrip().startswith("["):
        try:
            made = json.loads(cell)
        except (ValueError, RecursionError):
            made = None
        if isinstance(made, list) and all(isinstance(item, str) for item in made):
            return made
    marks = "|\n" if name == "questions" else "|\n,;"
    for mark in marks:
        cell = cell.replace(mark, "\n")
    return [item.strip() for item in cell.split("\n") if item.strip()]
