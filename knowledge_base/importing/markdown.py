"""Markdown files, with front matter or without. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import yaml

from knowledge_base.importing.limits import MAX_FRONT_MATTER
from knowledge_base.importing.records import Defaults, read_record
from knowledge_base.importing.rows import ImportRow, Place, RowError

FENCE = "---"
HEADING = re.compile(r"[ ]{0,3}#[ \t]+(.*?)[ \t]*#*[ \t]*")
LISTS = ("questions", "tags")


def read_markdown(text: str, key: str, place: Place, defaults: Defaults) -> ImportRow:
    """Turn the text of a Markdown file into a row.

    The title is the front matter's, else that of a first-level heading at the top, else the file's name.

    Args:
        key: the path without its ending; the external id unless the front matter names one.

    Raises:
        RowError: says what is wrong.
    """
    lines = re.sub(r"\r\n?", "\n", text).split("\n")
    fields: dict[str, object] = {}
    if lines[0].strip() == FENCE:
        end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
        if end is None:
            raise RowError("the front matter has no closing line '---'", key)
        fields |= _front_matter("\n".join(lines[1:end]), key)
        lines = lines[end + 1 :]
    body = "\n".join(lines).strip("\n")
    if not fields.get("title"):
        fields["title"], body = split_title(body, key)
    return read_record({**fields, "body": body.rstrip() + "\n" if body.strip() else ""}, place, defaults, key)


def split_title(body: str, key: str) -> tuple[str, str]:
    """Return the title and the body without it: a first-level heading at the top, else the file's name in words."""
    first, _, rest = body.strip("\n").partition("\n")
    heading = HEADING.fullmatch(first)
    if heading is not None and heading[1].strip():
        return re.sub(r"\\([\\`*_{}\[\]()#+.!<>-])", r"\1", heading[1].strip()), rest.strip("\n")
    return title_of(key), body


def title_of(key: str) -> str:
    """Return a title for a file without one: `guides/return-an-item` is 'Return an item'."""
    words = " ".join(re.sub(r"[-_]+", " ", key.rsplit("/", 1)[-1]).split())
    return words[:1].upper() + words[1:]


def _front_matter(text: str, key: str) -> Mapping[str, object]:
    if len(text) > MAX_FRONT_MATTER:
        raise RowError(f"the front matter has {len(text)} characters, the limit is {MAX_FRONT_MATTER}", key)
    try:
        head = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RowError(f"the front matter is not YAML ({' '.join(str(error).split()):.200})", key) from None
    except (RecursionError, ValueError):  # a ValueError: 2027-02-31 looks like a date to YAML
        raise RowError("the front matter is nested too deeply or holds an impossible date", key) from None
    if head is None:
        return {}
    if not isinstance(head, dict):
        raise RowError("the front matter must hold fields such as 'title: …'", key)
    fields = {str(name): _plain(value) for name, value in head.items() if isinstance(name, str)}
    for name in LISTS:
        items = fields.get(name)
        if isinstance(items, list):
            fields[name] = [_plain(item) for item in items]
    # A file is one version: numbers and histories are for exports.
    return {name: value for name, value in fields.items() if name not in ("version", "earlier_versions")}


def _plain(value: object) -> object:
    """YAML reads `title: 24` as a number; it is meant as a text. What is nested stays, to be refused by name."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):  # `language: no` is a bool to YAML
        return "no" if value is False else "yes"
    return str(value) if isinstance(value, (int, float, date)) else value
