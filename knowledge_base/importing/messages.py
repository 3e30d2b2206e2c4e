"""What the reading process says, one JSON object a line: rows, refusals, names of files, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from knowledge_base.articles.articles import ArticleState, Content
from knowledge_base.importing.reader import Found, Ignored
from knowledge_base.importing.rows import Field, FileError, History, ImportRow, Place, Refusal, VersionRecord


@dataclass(frozen=True)
class Begun:
    """A file in the upload is being read: said before, so that a file that ends the reader can be named."""

    name: str


@dataclass(frozen=True)
class Ended:
    """Everything has been read."""


Message = Found | Begun | Ended | FileError


def to_line(message: Message) -> bytes:
    """Return a message as a line."""
    return json.dumps(_dump(message), ensure_ascii=False).encode() + b"\n"


def from_line(line: bytes) -> Message:
    """Return what a line says; only lines that `to_line` has made are read."""
    fields = json.loads(line)
    match fields["is"]:
        case "row":
            return _row(fields)
        case "refusal":
            return Refusal(Place(*fields["place"]), fields["error"], fields["external_id"])
        case "ignored":
            return Ignored(fields["path"])
        case "begun":
            return Begun(fields["name"])
        case "error":
            return FileError(fields["error"], fields["status"])
        case _:
            return Ended()


def _dump(message: Message) -> dict[str, object]:
    match message:
        case ImportRow():
            return {
                "is": "row",
                "place": [message.place.row, message.place.file],
                "id": message.article_id,
                "external_id": message.external_id,
                "content": _dump_content(message.content),
                "state": message.state,
                "translation_of": message.translation_of,
                "named": sorted(message.named),
                "history": None if message.history is None else _dump_history(message.history),
            }
        case Refusal():
            place = [message.place.row, message.place.file]
            return {"is": "refusal", "place": place, "error": message.error, "external_id": message.external_id}
        case Ignored():
            return {"is": "ignored", "path": message.path}
        case Begun():
            return {"is": "begun", "name": message.name}
        case FileError():
            return {"is": "error", "error": message.error, "status": message.status}
        case Ended():
            return {"is": "ended"}


def _dump_content(content: Content) -> list[object]:
    day = None if content.review_on is None else content.review_on.isoformat()
    return [content.title, content.body, content.language, list(content.questions), list(content.tags), day]


def _dump_history(history: History) -> dict[str, object]:
    return {
        "newest": _dump_version(history.newest),
        "earlier": [_dump_version(version) for version in history.earlier],
        "live_version": history.live_version,
        "created_at": history.created_at.isoformat(),
        "updated_at": history.updated_at.isoformat(),
        "updated_by": history.updated_by,
    }


def _dump_version(version: VersionRecord) -> list[object]:
    return [version.version, _dump_content(version.content), version.created_at.isoformat(), version.created_by]


def _row(fields: Mapping[str, Any]) -> ImportRow:
    history = fields["history"]
    return ImportRow(
        place=Place(*fields["place"]),
        article_id=fields["id"],
        external_id=fields["external_id"],
        content=_content(fields["content"]),
        state=None if fields["state"] is None else ArticleState(fields["state"]),
        translation_of=fields["translation_of"],
        named=frozenset(Field(name) for name in fields["named"]),
        history=None if history is None else _history(history),
    )


def _content(fields: list[Any]) -> Content:
    title, body, language, questions, tags, day = fields
    review_on = None if day is None else date.fromisoformat(day)
    return Content(title, body, language, tuple(questions), tuple(tags), review_on)


def _history(fields: Mapping[str, Any]) -> History:
    return History(
        newest=_version(fields["newest"]),
        earlier=tuple(_version(version) for version in fields["earlier"]),
        live_version=fields["live_version"],
        created_at=datetime.fromisoformat(fields["created_at"]),
        updated_at=datetime.fromisoformat(fields["updated_at"]),
        updated_by=fields["updated_by"],
    )


def _version(fields: list[Any]) -> VersionRecord:
    number, content, created_at, created_by = fields
    return VersionRecord(number, _content(content), datetime.fromisoformat(created_at), created_by)
