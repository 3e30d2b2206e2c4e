"""What is read from a file, before anybody looks at the base: rows and refusals. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from knowledge_base.articles.articles import ArticleState, Content


class Field(StrEnum):
    """Fields a row may leave out: what a row does not name is left as it is in an article that exists."""

    LANGUAGE = "language"
    QUESTIONS = "questions"
    TAGS = "tags"
    REVIEW_ON = "review_on"
    TRANSLATION_OF = "translation_of"


@dataclass(frozen=True)
class Place:
    """Where a row stands.

    Attributes:
        row: the line of a JSONL file, the row of a table with its header counted, the running number of a file.
        file: the path inside a zip or folder; `None` for a file that came alone.
    """

    row: int
    file: str | None = None

    def __str__(self) -> str:
        return f"row {self.row}" if self.file is None else f"{self.file}, row {self.row}"


@dataclass(frozen=True)
class VersionRecord:
    """One version as an export carries it."""

    version: int
    content: Content
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class History:
    """What an export says of an article besides its newest content.

    Attributes:
        newest: number, time and author of the row's own content.
        earlier: the older versions, oldest first.
        live_version: number of the published version, `None` when none is.
        updated_by: who changed the article last.
    """

    newest: VersionRecord
    earlier: tuple[VersionRecord, ...]
    live_version: int | None
    created_at: datetime
    updated_at: datetime
    updated_by: str

    @property
    def versions(self) -> tuple[VersionRecord, ...]:
        """Return every version, oldest first."""
        return (*self.earlier, self.newest)

    @property
    def live(self) -> Content | None:
        """The published content."""
        return next((known.content for known in self.versions if known.version == self.live_version), None)


@dataclass(frozen=True)
class ImportRow:
    """One article as a file describes it.

    Attributes:
        article_id: only when the file names it.
        external_id: `None` only in rows of an export whose article has none.
        state: `None` when the file names none.
        named: which of the optional fields the file names.
        history: only in rows of an export.
    """

    place: Place
    article_id: str | None
    external_id: str | None
    content: Content
    state: ArticleState | None = None
    translation_of: str | None = None
    named: frozenset[Field] = frozenset()
    history: History | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Refusal:
    """A row that must not enter the base, and why."""

    place: Place
    error: str
    external_id: str | None = None


@dataclass(frozen=True)
class Reading:
    """Everything a file holds."""

    rows: tuple[ImportRow, ...]
    refused: tuple[Refusal, ...] = ()
    ignored: tuple[str, ...] = ()


class RowError(Exception):
    """A row cannot be used; caught by the reader, which goes on with the next."""

    def __init__(self, error: str, external_id: str | None = None) -> None:
        self.error = error
        self.external_id = external_id
        super().__init__(error)


class FileError(Exception):
    """The whole file cannot be used; `status` is 400, or 413 when it is too large."""

    def __init__(self, error: str, status: int = 400) -> None:
        self.error = error
        self.status = status
        super().__init__(error)
