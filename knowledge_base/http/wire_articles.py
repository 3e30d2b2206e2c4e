"""Articles as JSON: what editors send, parsed, and what they get, built. Unknown fields are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge_base.articles.articles import (
    ARTICLE_ID,
    MAX_BODY,
    MAX_EXTERNAL_ID,
    MAX_QUESTION,
    MAX_QUESTIONS,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    Article,
    ArticleHead,
    ArticleState,
    Content,
    NewArticle,
    Version,
)
from knowledge_base.articles.differences import Difference
from knowledge_base.articles.fields import (
    Json,
    read_day,
    read_language,
    read_number,
    read_object,
    read_text,
    read_texts,
)
from knowledge_base.articles.rendering import to_html
from knowledge_base.editing.workbench import KEEP, Changes, Keep
from knowledge_base.errors import InvalidRequestError
from knowledge_base.http.wire import article_url, time_json
from knowledge_base.store.audit import KeptEntry

MAX_ID = 200
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class EditRequest:
    """Body of `PUT /v1/articles/<id>`; `sent` is what a refusal gives back."""

    version: int
    changes: Changes
    sent: Json


def parse_new(body: object) -> NewArticle:
    """Read a new article; its id is empty when none is given.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    article_id = read_text(fields, "id", MAX_ID)
    if article_id is not None and not ARTICLE_ID.fullmatch(article_id):
        raise InvalidRequestError("id", f"may hold only letters, digits and . _ ~ - ({MAX_ID} at most)")
    content = Content(
        title=_title(fields) or _missing("title"),
        body=_body(fields) or _missing("body"),
        language=read_language(fields) or DEFAULT_LANGUAGE,
        questions=_questions(fields) or (),
        tags=_tags(fields) or (),
        review_on=read_day(fields, "review_on"),
    )
    external_id = read_text(fields, "external_id", MAX_EXTERNAL_ID)
    if external_id is not None and not external_id.strip():
        raise InvalidRequestError("external_id", "is empty")
    translation_of = read_text(fields, "translation_of", MAX_ID)
    return NewArticle(article_id or "", content, external_id, translation_of, _state(fields) or ArticleState.DRAFT)


def parse_edit(article_id: str, body: object) -> EditRequest:
    """Read a change of an article: what is not given stays, and `null` empties what may be empty.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    if fields.get("id", article_id) != article_id:
        raise InvalidRequestError("id", "cannot be changed")
    version = read_number(fields, "version")
    if version is None:
        raise InvalidRequestError("version", "must be the number of the newest version")
    changes = Changes(
        title=(_title(fields) or _missing("title")) if "title" in fields else KEEP,
        body=(_body(fields) or _missing("body")) if "body" in fields else KEEP,
        language=(read_language(fields) or _missing("language")) if "language" in fields else KEEP,
        questions=(_questions(fields) or ()) if "questions" in fields else KEEP,
        tags=(_tags(fields) or ()) if "tags" in fields else KEEP,
        review_on=read_day(fields, "review_on") if "review_on" in fields else KEEP,
        translation_of=read_text(fields, "translation_of", MAX_ID) if "translation_of" in fields else KEEP,
        state=_state(fields),
    )
    return EditRequest(version, changes, changes_json(version, changes))


def parse_version(body: object) -> int | None:
    """Read `{version?}`.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    return read_number(read_object(body), "version")


def parse_preview(body: object) -> str:
    """Read the Markdown to be shown.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    markdown = read_text(read_object(body), "body", MAX_BODY)
    if markdown is None:
        raise InvalidRequestError("body", "must be a text")
    return _unix_lines(markdown)


def parse_state(value: str | None) -> ArticleState | None:
    """Read a state from an address.

    Raises:
        InvalidRequestError: there is no such state.
    """
    return _state({"state": value})


def head_json(head: ArticleHead) -> dict[str, object]:
    """Build an article as lists show it."""
    return {
        "id": head.article_id,
        "external_id": head.external_id,
        "title": head.title,
        "language": head.language,
        "tags": list(head.tags),
        "review_on": _day_json(head.review_on),
        "state": head.state.value,
        "version": head.version,
        "live_version": head.live_version,
        "has_draft": head.has_draft,
        "group": head.group,
        "translation_of": None if head.group == head.article_id else head.group,
        "url": article_url(head.article_id),
        "created_at": time_json(head.created_at),
        "updated_at": time_json(head.updated_at),
        "updated_by": head.updated_by,
    }


def article_json(article: Article) -> Json:
    """Build an article; its text is the newest version's, `live` is what customers see."""
    live = article.live
    html = to_html(article.content.body)
    return head_json(article.head) | {
        "body": article.content.body,
        "html": html,
        "questions": list(article.content.questions),
        "translations": [
            {"id": other.article_id, "language": other.language, "title": other.title, "state": other.state.value}
            for other in article.translations
        ],
        "live": None
        if live is None
        else {"version": article.head.live_version}
        | content_json(live)
        | {"html": html if live.body == article.content.body else to_html(live.body)},
    }


def content_json(content: Content) -> dict[str, object]:
    """Build what an editor wrote."""
    return {
        "title": content.title,
        "body": content.body,
        "language": content.language,
        "questions": list(content.questions),
        "tags": list(content.tags),
        "review_on": _day_json(content.review_on),
    }


def version_json(version: Version, *, full: bool) -> Json:
    """Build one version; `full` adds body, HTML and questions."""
    head: dict[str, object] = {
        "article_id": version.article_id,
        "version": version.number,
        "created_at": time_json(version.created_at),
        "created_by": version.created_by,
    }
    content = content_json(version.content)
    if full:
        return head | content | {"html": to_html(version.content.body)}
    return head | {name: content[name] for name in ("title", "language", "tags", "review_on")}


def difference_json(found: Difference) -> Json:
    """Build what differs between two versions."""
    before, after = content_json(found.before.content), content_json(found.after.content)
    return {
        "article_id": found.before.article_id,
        "from": found.before.number,
        "to": found.after.number,
        "fields": [{"field": name, "from": before[name], "to": after[name]} for name in found.fields],
        "body": [{"operation": part.operation.value, "lines": list(part.lines)} for part in found.body],
    }


def changes_json(version: int, changes: Changes) -> Json:
    """Build what an editor wanted to change, to be given back with a refusal."""
    given: dict[str, object] = {
        name: getattr(changes, name) for name in ("title", "body", "language", "questions", "tags", "translation_of")
    }
    sent = {name: value for name, value in given.items() if not isinstance(value, Keep)}
    if not isinstance(changes.review_on, Keep):
        sent["review_on"] = _day_json(changes.review_on)
    if changes.state is not None:
        sent["state"] = changes.state.value
    return {"version": version} | sent


def entry_json(kept: KeptEntry) -> Json:
    """Build one entry of the audit."""
    entry = kept.entry
    return {
        "id": kept.number,
        "at": time_json(entry.at),
        "by": {"id": entry.author.account_id, "name": entry.author.name},
        "action": entry.action.value,
        "article_id": entry.article_id,
        "title": entry.title,
        "from_version": entry.from_version,
        "to_version": entry.to_version,
    }


def _title(fields: Json) -> str:
    return " ".join((read_text(fields, "title", MAX_TITLE) or "").split())


def _body(fields: Json) -> str:
    body = _unix_lines(read_text(fields, "body", MAX_BODY) or "")
    return body if body.strip() else ""


def _questions(fields: Json) -> tuple[str, ...] | None:
    return _entries(fields, "questions", MAX_QUESTIONS, MAX_QUESTION)


def _tags(fields: Json) -> tuple[str, ...] | None:
    return _entries(fields, "tags", MAX_TAGS, MAX_TAG)


def _entries(fields: Json, name: str, most: int, longest: int) -> tuple[str, ...] | None:
    """Read texts of one line, each once."""
    found = read_texts(fields, name, most, longest)
    if found is None:
        return None
    lines = [" ".join(item.split()) for item in found]
    for number, line in enumerate(lines):
        if not line:
            raise InvalidRequestError(f"{name}[{number}]", "is empty")
    return tuple(dict.fromkeys(lines))


def _state(fields: Json) -> ArticleState | None:
    value = fields.get("state")
    if value is None:
        return None
    if value not in tuple(ArticleState):
        raise InvalidRequestError("state", f"must be one of {', '.join(ArticleState)}")
    return ArticleState(str(value))


def _missing(name: str) -> str:
    raise InvalidRequestError(name, "must be a text that is not empty")


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _day_json(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
