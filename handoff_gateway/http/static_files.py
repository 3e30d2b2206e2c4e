"""The files under `web/`, read off the loop and kept in memory until they change."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from handoff_gateway.errors import NotFoundError

# Fixed here, because the system's own table may call a module text/plain, and browsers then refuse it.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}
HIDDEN_SUFFIXES = {".py", ".map", ".md"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent."""

    body: bytes
    content_type: str
    etag: str


class StaticFiles:
    """Files below one folder, and nothing outside it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._cache: dict[Path, tuple[tuple[int, int], StaticFile]] = {}

    async def get(self, name: str) -> StaticFile:
        """Return a file. Raises NotFoundError."""
        return await asyncio.to_thread(self._get, name)

    def _get(self, name: str) -> StaticFile:
        missing = NotFoundError("there is no such page")
        if "\x00" in name:
            raise missing
        path = (self._root / name).resolve()
        hidden = any(part.startswith(".") for part in Path(name).parts) or path.suffix in HIDDEN_SUFFIXES
        if hidden or not path.is_relative_to(self._root):
            raise missing
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._cache.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            body = path.read_bytes()
        except OSError:
            raise missing from None
        guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        file = StaticFile(body, TYPES.get(path.suffix, guessed), f'"{hashlib.sha256(body).hexdigest()[:20]}"')
        self._cache[path] = (stamp, file)
        return file
