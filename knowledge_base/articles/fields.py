"""The fields of a request read: each reader refuses what cannot be used, naming the field and the limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from knowledge_base.articles.articles import LANGUAGE
from knowledge_base.errors import InvalidRequestError

TOO_LARGE = 413
MAX_LANGUAGE = 35  # characters of a language tag (BCP 47)
MAX_NUMBER = 2**31 - 1  # what every database keeps in an integer
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Json = Mapping[str, object]


def read_object(body: object) -> Json:
    """Return the fields of a body."""
    if not isinstance(body, dict):
        raise InvalidRequestError("body", "must be a JSON object")
    return body


def read_text(fields: Json, name: str, limit: int) -> str | None:
    """Return a text of at most `limit` characters, `None` when it is not given."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(name, "must be a text")
    if len(value) > limit:
        raise InvalidRequestError(name, f"has {len(value)} characters, the limit is {limit}", TOO_LARGE)
    return storable(value)


def storable(text: str) -> str:
    """Replace what a database cannot keep: lone surrogates, which JSON can carry but UTF-8 cannot, and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def read_language(fields: Json) -> str | None:
    """Return a two-letter code, `None` when no language is given; "en-GB" is English."""
    value = read_text(fields, "language", MAX_LANGUAGE)
    if not value:
        return None
    code = value.lower().replace("_", "-").split("-")[0]
    if not LANGUAGE.fullmatch(code):
        raise InvalidRequestError("language", "must be a language code such as 'en'")
    return code


def read_texts(fields: Json, name: str, most: int, longest: int) -> tuple[str, ...] | None:
    """Return a list of at most `most` texts of `longest` characters, `None` when it is not given."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, list):
        raise InvalidRequestError(name, "must be a list of texts")
    if len(value) > most:
        raise InvalidRequestError(name, f"has {len(value)} entries, the limit is {most}", TOO_LARGE)
    found = [read_text({f"{name}[{number}]": item}, f"{name}[{number}]", longest) for number, item in enumerate(value)]
    for number, item in enumerate(found):
        if item is None:
            raise InvalidRequestError(f"{name}[{number}]", "must be a text")
    return tuple(item for item in found if item is not None)


def read_number(fields: Json, name: str) -> int | None:
    """Return a whole number from 1 on, `None` when it is not given."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_NUMBER:
        raise InvalidRequestError(name, f"must be a whole number between 1 and {MAX_NUMBER}")
    return value


def read_flag(fields: Json, name: str) -> bool:
    """Return whether something is said to be so; not, when nothing is said."""
    value = fields.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidRequestError(name, "must be true or false")
    return value


def parse_number(name: str, value: str | None, most: int = MAX_NUMBER) -> int | None:
    """Return a whole number from 1 to `most` written in an address, `None` when it is not given."""
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > len(str(most)) or not 1 <= int(value) <= most:
        raise InvalidRequestError(name, f"must be a whole number between 1 and {most}")
    return int(value)


def read_day(fields: Json, name: str) -> date | None:
    """Return a day such as 2026-03-31, `None` when it is not given."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, str) and DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # such as 2026-02-30: refused below like any other text
    raise InvalidRequestError(name, "must be a day such as '2026-03-31'")
