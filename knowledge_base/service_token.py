"""The secret the parts of Tandem show each other: made at first start, readable by its owner only."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from knowledge_base.errors import NoSpaceError

TOKEN_BYTES = 32  # 256 bits: beyond guessing


def ensure_service_token(path: Path) -> str:
    """Return the token in `path`, creating it when missing.

    Two services may start at once: the file is written beside and hard-linked into place, so that only one
    token ever becomes visible and both read the same.

    Raises:
        NoSpaceError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        if not path.exists():
            _create(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise NoSpaceError(path.parent, os.strerror(error.errno or errno.EIO)) from error


def _create(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another service was first; its token is the token
    finally:
        draft.unlink()
