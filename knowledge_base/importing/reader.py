"""Which kind a file is, and its rows, one after the other. Runs in the reading process (`child.py`)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from knowledge_base.importing.archive import Entry, FileTree, FolderTree, ZipTree
from knowledge_base.importing.decoding import decode
from knowledge_base.importing.limits import MAX_FILE, MAX_ROWS, MIB
from knowledge_base.importing.markdown import read_markdown
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.rows import FileError, ImportRow, Place, Refusal, RowError
from knowledge_base.importing.tables import read_csv, read_jsonl

JSONL = (".jsonl", ".ndjson")
CSV = (".csv", ".tsv")
MARKDOWN = (".md", ".markdown")
DOCUMENTS = (".html", ".htm", ".docx", ".pdf")
ZIP = (".zip",)
KINDS = "JSONL, CSV, Markdown, HTML, DOCX, PDF or a zip of these"
SKIPPED_NAMES = ("readme", "license", "changelog", "contributing")  # about the folder, not for customers


@dataclass(frozen=True)
class Ignored:
    """A file in a zip or folder that is of no kind that can be imported."""

    path: str


Found = ImportRow | Refusal | Ignored
Watch = Callable[[str], AbstractContextManager[None]]
"""Told the name of a file before it is read; may raise `RowError` when reading takes too long."""


def read_path(path: Path, name: str, defaults: Defaults, watch: Watch) -> Iterator[Found]:
    """Yield what a file or folder holds.

    Args:
        name: what the file was called where it came from; its ending tells the kind.

    Raises:
        FileError: the file as a whole cannot be used.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if path.is_dir():
        yield from _limited(_tree(FolderTree(path), defaults, watch))
        return
    if path.stat().st_size > MAX_FILE:
        raise FileError(f"the file has more than {MAX_FILE // MIB} MiB", 413)
    if suffix in ZIP:
        try:
            with zipfile.ZipFile(path) as archive:
                yield from _limited(_tree(ZipTree(archive), defaults, watch))
        except zipfile.BadZipFile as error:
            raise FileError(f"the file is not a zip, or a damaged one ({error})") from error
        return
    if suffix not in JSONL + CSV + MARKDOWN + DOCUMENTS:
        raise FileError(f"a file {PurePosixPath(name).name!r:.200} cannot be imported: it must be {KINDS}")
    data = path.read_bytes()
    if not data.strip():
        raise FileError("the file is empty")
    with watch(name):
        yield from _limited(_file(data, PurePosixPath(name).name, None, 1, defaults))


def _limited(found: Iterator[Found]) -> Iterator[Found]:
    """Pass on, up to the most rows that one import may have, and no fewer than one."""
    rows = 0
    for each in found:
        rows += not isinstance(each, Ignored)
        if rows > MAX_ROWS:
            raise FileError(f"the file holds more than {MAX_ROWS} articles", 413)
        yield each
    if not rows:
        raise FileError(f"the file holds no article: it must be {KINDS}")


def _tree(tree: FileTree, defaults: Defaults, watch: Watch) -> Iterator[Found]:
    number = 0
    for entry in tree.entries():
        path = PurePosixPath(entry.path)
        suffix = path.suffix.lower()
        if any(part.startswith((".", "__MACOSX")) for part in path.parts):
            continue
        number += 1
        if suffix in ZIP:
            yield Refusal(Place(number, entry.path), "a zip in a zip or folder is not unpacked: import it by itself")
        elif suffix not in JSONL + CSV + MARKDOWN + DOCUMENTS or path.stem.lower() in SKIPPED_NAMES:
            yield Ignored(entry.path)
        else:
            yield from _entry(tree, entry, number, defaults, watch)


def _entry(tree: FileTree, entry: Entry, number: int, defaults: Defaults, watch: Watch) -> Iterator[Found]:
    """Yield what one file of many holds; when it cannot be used the others still can."""
    place = Place(number, entry.path)
    if entry.size > MAX_FILE:
        yield Refusal(place, f"the file has more than {MAX_FILE // MIB} MiB")
        return
    try:
        with watch(entry.path):
            data = tree.read(entry)
            if not data.strip():
                raise FileError("the file is empty")
            yield from list(_file(data, entry.path, entry.path, number, defaults))
    except FileError as error:
        yield Refusal(place, error.error)
    except RowError as error:
        yield Refusal(place, error.error, error.external_id)


def _file(data: bytes, name: str, file: str | None, number: int, defaults: Defaults) -> Iterator[ImportRow | Refusal]:
    path = PurePosixPath(name)
    suffix, key, place = path.suffix.lower(), str(path.with_suffix("")), Place(number, file)
    if suffix in JSONL:
        yield from read_jsonl(decode(data), defaults, file)
    elif suffix in CSV:
        yield from read_csv(decode(data), defaults, file)
    else:
        try:
            yield _alone(data, suffix, key, place, defaults)
        except RowError as error:
            yield Refusal(place, error.error, error.external_id)


def _alone(data: bytes, suffix: str, key: str, place: Place, defaults: Defaults) -> ImportRow:
    if suffix in MARKDOWN:
        return read_markdown(decode(data), key, place, defaults)
    from knowledge_base.importing.documents import read_document  # slow to load, and a table needs none of it

    return read_document(data, suffix, key, place, defaults)
