"""A row of named fields, from JSON, a table or front matter, becomes an `ImportRow` or says why it cannot. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from knowledge_base.articles.articles import ARTICLE_ID, SERVICE, ArticleState, Content
from knowledge_base.articles.articles import check_content as check_article_content
from knowledge_base.errors import InvalidArticleError
from knowledge_base.importing.limits import MAX_EARLIER_VERSIONS, MAX_EXTERNAL_ID
from knowledge_base.importing.rows import Field, History, ImportRow, Place, RowError, VersionRecord
from knowledge_base.importing.scripts import find_script

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_AUTHOR = 200  # characters, the width of the columns
SHOWN = 40  # characters of a value that is quoted in a refusal
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Fields = Mapping[str, object]


@dataclass(frozen=True)
class Defaults:
    """What holds for rows that do not say.

    Attributes:
        language: of new articles.
        state: of new articles.
    """

    language: str = "en"
    state: ArticleState = ArticleState.PUBLISHED


def read_record(fields: Fields, place: Place, defaults: Defaults, key: str | None = None) -> ImportRow:
    """Turn the fields of one article into a row; unknown fields are ignored.

    Args:
        key: the external id of a row that names neither `external_id` nor `id`; without it the title makes one.

    Raises:
        RowError: names the field and the limit.
    """
    external_id = _key(fields, "external_id")
    article_id = _key(fields, "id")
    try:
        if article_id is not None and not ARTICLE_ID.fullmatch(article_id):
            raise RowError("id may hold only letters, digits and . _ ~ - (200 at most)")
        title = _text(fields, "title", needed=True)
        if external_id is None and article_id is None:
            external_id = key or slug(title)
        content = _content(fields, title, defaults)
        history = _history(fields, content)
        row = ImportRow(
            place=place,
            article_id=article_id,
            external_id=external_id,
            content=content,
            state=_state(fields),
            translation_of=_key(fields, "translation_of"),
            named=frozenset(name for name in Field if name in fields),
            history=history,
        )
        check_content(content)
        if history is None:
            refuse_scripts(content)  # what an export carries has been in a base already, and is brought back as it was
        elif (row.state is ArticleState.PUBLISHED) != (history.live is not None):
            raise RowError("live_version must name one of the versions of a published article, and only of one")
    except RowError as error:
        raise RowError(error.error, external_id or article_id) from error
    return row


def slug(title: str) -> str:
    """Return an external id for a title: the same for the same title, whatever the file around it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) < 2 or len(words) > MAX_EXTERNAL_ID:  # not in Latin letters, or too long to be whole
        return f"article-{hashlib.sha256(title.encode()).hexdigest()[:12]}"
    return words


def check_content(content: Content) -> None:
    """Hold a content to the limits of every article.

    Raises:
        RowError: names the field and the limit.
    """
    try:
        check_article_content(content, "row")
    except InvalidArticleError as error:
        raise RowError(str(error).removeprefix("row: ")) from error


def refuse_scripts(content: Content) -> None:
    """Refuse a body that carries anything a browser might run, and texts that are no texts.

    Raises:
        RowError: says what and in which line.
    """
    for name, value in (("title", content.title), ("body", content.body)):
        if "\0" in value:
            raise RowError(f"{name} holds a NUL character")
    found = find_script(content.body)
    if found is not None:
        raise RowError(f"body, {found}")


def _content(fields: Fields, title: str, defaults: Defaults) -> Content:
    return Content(
        title=title,
        body=_text(fields, "body", needed=True),
        language=_language(fields, defaults),
        questions=_texts(fields, "questions"),
        tags=_texts(fields, "tags"),
        review_on=_day(fields),
    )


def _history(fields: Fields, content: Content) -> History | None:
    """Read what only exports carry; a row without `version` is not from one."""
    if fields.get("version") is None:
        return None
    earlier = fields.get("earlier_versions") or []
    if not isinstance(earlier, list) or not all(isinstance(known, dict) for known in earlier):
        raise RowError("earlier_versions must be a list of objects")
    if len(earlier) > MAX_EARLIER_VERSIONS:
        raise RowError(f"earlier_versions has {len(earlier)} entries, the limit is {MAX_EARLIER_VERSIONS}")
    versions = tuple(_earlier(known) for known in earlier)
    newest = VersionRecord(_number(fields, "version"), content, _time(fields, "version_at"), _author(fields))
    numbers = [known.version for known in (*versions, newest)]
    if any(later <= before for before, later in pairwise(numbers)):
        raise RowError("the versions must be in order, the newest in the row itself")
    return History(
        newest=newest,
        earlier=versions,
        live_version=None if fields.get("live_version") is None else _number(fields, "live_version"),
        created_at=_time(fields, "created_at"),
        updated_at=_time(fields, "updated_at"),
        updated_by=_author(fields, "updated_by"),
    )


def _earlier(fields: Fields) -> VersionRecord:
    content = _content(fields, _text(fields, "title", needed=True), Defaults())
    check_content(content)
    return VersionRecord(_number(fields, "version"), content, _time(fields, "version_at"), _author(fields))


def _author(fields: Fields, field: str = "version_by") -> str:
    name = _text(fields, field) or SERVICE.name
    if len(name) > MAX_AUTHOR:
        raise RowError(f"{field} has {len(name)} characters, the limit is {MAX_AUTHOR}")
    return name


def _text(fields: Fields, name: str, *, needed: bool = False) -> str:
    value = fields.get(name)
    if value is None and not needed:
        return ""
    if value is None:
        raise RowError(f"{name} is missing")
    if not isinstance(value, str):
        raise RowError(f"{name} must be a text")
    return _storable(value)


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    value = fields.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RowError(f"{name} must be a list of texts")
    return tuple(_storable(item) for item in value)


def _key(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # 42 in JSON and 42 in a table are the same article
    if not isinstance(value, str):
        raise RowError(f"{name} must be a text")
    value = unicodedata.normalize("NFC", _storable(value)).strip()
    if not value:
        raise RowError(f"{name} is empty")
    if len(value) > MAX_EXTERNAL_ID:
        raise RowError(f"{name} has {len(value)} characters, the limit is {MAX_EXTERNAL_ID}")
    if CONTROL.search(value):
        raise RowError(f"{name} holds a control character")
    return value


def _language(fields: Fields, defaults: Defaults) -> str:
    value = _text(fields, "language").strip()
    if not value:
        return defaults.language
    return value.lower().replace("_", "-").split("-")[0]  # "en-GB" is English


def _state(fields: Fields) -> ArticleState | None:
    value = fields.get("state")
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value not in tuple(ArticleState):
        raise RowError(f"state must be one of {', '.join(ArticleState)}{_instead(value)}")
    return ArticleState(value)


def _day(fields: Fields) -> date | None:
    value = fields.get("review_on")
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):  # YAML reads dates by itself
        return value
    try:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError:
        raise RowError(f"review_on must be a date such as 2027-03-31{_instead(value)}") from None


def _instead(value: object) -> str:
    """Quote what stands there; a list is not written out, since one of YAML's aliases may be a billion entries long."""
    return f", not {str(value)[:SHOWN]!r}" if isinstance(value, str | int | float | date) else ""


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise RowError(f"{name} must be a whole number from 1")
    return value


def _time(fields: Fields, name: str) -> datetime:
    value = fields.get(name)
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a TypeError is answered below
    except (TypeError, ValueError):
        raise RowError(f"{name} must be a time such as 2027-03-31T12:00:00.000Z") from None
    if moment.tzinfo is None:
        raise RowError(f"{name} must have a time zone, such as 2027-03-31T12:00:00.000Z")
    return moment.astimezone(UTC)


def _storable(text: str) -> str:
    """Replace lone surrogates, which JSON can carry but UTF-8, and so the database, cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
