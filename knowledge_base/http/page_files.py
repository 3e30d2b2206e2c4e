"""The editor page's files, as they are sent. Only what lies under one folder when the service starts is ever served."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.errors import NotFoundError

WEB = Path(__file__).parent.parent / "web"
# Fixed here, because the system's own table may call a module text/plain, and browsers then refuse it.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class PageFile:
    """One file; `etag` changes with its content."""

    body: bytes
    content_type: str
    etag: str


class PageFiles:
    """The files below one folder, by their path in it: a name that is not among them is never made into a path."""

    def __init__(self, root: Path = WEB) -> None:
        self._paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.suffix in TYPES}

    async def get(self, name: str) -> PageFile:
        """Return a file as it is on disk now.

        Raises:
            NotFoundError: there is no file of this name.
        """
        path = self._paths.get(name)
        if path is None:
            raise NotFoundError("page", name)
        body = await asyncio.to_thread(path.read_bytes)
        return PageFile(body, TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:20]}"')
