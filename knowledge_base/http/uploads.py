"""A file sent as multipart, received in pieces up to a limit of its own, and kept on disk while it is needed."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sanic import Request
from sanic.headers import parse_content_header
from sanic.request import parse_multipart_form

from knowledge_base.errors import InvalidRequestError
from knowledge_base.importing.limits import MAX_FILE, MIB

AROUND_BYTES = 64 * 1024  # of a multipart body besides the file
MAX_DISCARDED = 4 * MAX_FILE  # read on past the limit, since most clients hear no answer while they are still sending
MAX_PARTS = 20  # one is looked for; a boundary that stands everywhere in the body is no boundary
MAX_NAME = 200
TOO_LARGE = 413


@dataclass(frozen=True)
class Upload:
    """A file somebody sent; `name` is what it was called there, without folders."""

    name: str
    data: bytes


async def receive(request: Request, field: str) -> Upload:
    """Return the one file of a multipart request.

    Raises:
        InvalidRequestError: there is none, more than one, or it is too large.
    """
    kind, options = parse_content_header(request.headers.get("content-type", ""))
    boundary = options.get("boundary")
    if kind != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise InvalidRequestError("body", f"must be multipart/form-data with a file in the field {field!r}")
    files = await asyncio.to_thread(_files, await _body(request, field), boundary.encode())
    given = files.getlist(field) or []
    if len(given) != 1:
        raise InvalidRequestError(field, f"must be one file, not {len(given)}")
    if len(given[0].body) > MAX_FILE:
        raise _too_large(field)
    return Upload(_plain_name(given[0].name), given[0].body)


@asynccontextmanager
async def kept(upload: Upload) -> AsyncIterator[Path]:
    """Keep an upload on disk, readable by this account only, while the block runs."""
    with tempfile.NamedTemporaryFile(prefix="tandem-import-", buffering=0) as file:
        await asyncio.to_thread(file.write, upload.data)
        yield Path(file.name)


def _files(body: bytes, boundary: bytes) -> Any:
    """Return the files of a multipart body, by field."""
    if body.count(boundary) > MAX_PARTS:
        raise InvalidRequestError("body", f"has more than {MAX_PARTS} parts")
    try:
        _, files = parse_multipart_form(body, boundary)  # type: ignore[no-untyped-call]
    except (ValueError, IndexError, LookupError) as error:
        raise InvalidRequestError("body", "is not well-formed multipart/form-data") from error
    return files


async def _body(request: Request, field: str) -> bytes:
    most = MAX_FILE + AROUND_BYTES
    body = bytearray()
    discarded = 0
    stream: Any = request.stream  # there, since the route is declared with `stream=True`; Sanic's types say less
    while (piece := await stream.read()) is not None:
        if discarded or len(body) + len(piece) > most:
            discarded += len(piece)
            body.clear()
            if discarded > MAX_DISCARDED:
                break
        else:
            body += piece
    if discarded:
        raise _too_large(field)
    return bytes(body)


def _too_large(field: str) -> InvalidRequestError:
    return InvalidRequestError(field, f"is larger than {MAX_FILE // MIB} MiB", TOO_LARGE)


def _plain_name(name: str) -> str:
    """Return the last part of a path, as something that may stand on a command line."""
    last = name.encode("utf-8", "replace").decode().replace("\\", "/").rsplit("/", 1)[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last)[-MAX_NAME:] or "file"
