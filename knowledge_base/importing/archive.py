"""Zip files and folders: which files are in them, and that none is a trap."""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from knowledge_base.importing.limits import MAX_ENTRIES, MAX_FILE, MAX_RATIO, MAX_UNPACKED, MIB, RATIO_FREE
from knowledge_base.importing.rows import FileError

ENCRYPTED = 0x1  # flag bit of a zip entry
TOO_LARGE = 413
PIECE = MIB


@dataclass(frozen=True)
class Entry:
    """A file in a zip or folder; `path` uses slashes."""

    path: str
    size: int


class FileTree(Protocol):
    """A zip or a folder, seen the same way."""

    def entries(self) -> Iterator[Entry]:
        """Yield the files, in order of path."""

    def read(self, entry: Entry) -> bytes:
        """Return what a file holds."""


class ZipTree:
    """A zip file that has passed `check_zip`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Look at the directory of the zip.

        Raises:
            FileError: the zip is a trap or too large.
        """
        check_zip(archive)
        self._archive = archive
        self._names = {_path(info): info for info in archive.infolist() if not info.is_dir()}

    def entries(self) -> Iterator[Entry]:
        """Yield the files, in order of path."""
        for path in sorted(self._names):
            yield Entry(path, self._names[path].file_size)

    def read(self, entry: Entry) -> bytes:
        """Return what a file holds.

        Raises:
            FileError: the file is damaged, or larger than the directory says.
        """
        pieces, size = [], 0
        try:
            with self._archive.open(self._names[entry.path]) as file:
                while piece := file.read(PIECE):
                    size += len(piece)
                    if size > entry.size:
                        raise FileError(f"{entry.path} is larger than the zip says", TOO_LARGE)
                    pieces.append(piece)
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
            raise FileError(f"{entry.path} cannot be unpacked ({error})") from error
        return b"".join(pieces)


class FolderTree:
    """A folder on disk; links are not followed."""

    def __init__(self, folder: Path) -> None:
        """Look through the folder.

        Raises:
            FileError: there is too much in it.
        """
        self._folder = folder
        self._sizes: dict[str, int] = {}
        for root, folders, names in os.walk(folder, followlinks=False):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                path = Path(root) / name
                if path.is_symlink() or not path.is_file():
                    continue
                self._sizes[unicodedata.normalize("NFC", path.relative_to(folder).as_posix())] = path.stat().st_size
                if len(self._sizes) > MAX_ENTRIES:
                    raise FileError(f"the folder holds more than {MAX_ENTRIES} files", TOO_LARGE)
        if sum(self._sizes.values()) > MAX_UNPACKED:
            raise FileError(f"the folder holds more than {MAX_UNPACKED // MIB} MiB", TOO_LARGE)

    def entries(self) -> Iterator[Entry]:
        """Yield the files, in order of path."""
        for path in sorted(self._sizes):
            yield Entry(path, self._sizes[path])

    def read(self, entry: Entry) -> bytes:
        """Return what a file holds.

        Raises:
            FileError: the file cannot be read.
        """
        try:
            return (self._folder / entry.path).read_bytes()
        except OSError as error:
            raise FileError(f"{entry.path} cannot be read ({error.strerror})") from error


def check_zip(archive: zipfile.ZipFile) -> None:
    """Refuse a zip that is a trap: nothing is unpacked to find out.

    Raises:
        FileError: says which entry, and the limit.
    """
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise FileError(f"the zip holds {len(infos)} files, the limit is {MAX_ENTRIES}", TOO_LARGE)
    seen: set[str] = set()
    unpacked = 0
    for info in infos:
        path = _path(info)
        name = f"{path:.200}"
        if path in seen:
            raise FileError(f"the zip holds {name!r} twice")
        seen.add(path)
        if _leads_out(info.filename) or _leads_out(path):
            raise FileError(f"the zip holds {name!r}, a path that leads out of it")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise FileError(f"the zip holds {name!r}, a link to another file")
        if info.flag_bits & ENCRYPTED:
            raise FileError(f"{name!r} in the zip is encrypted: pack it without a password")
        if info.file_size > MAX_FILE:
            raise FileError(f"{name!r} in the zip unpacks to more than {MAX_FILE // MIB} MiB", TOO_LARGE)
        if info.file_size > RATIO_FREE and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise FileError(f"{name!r} in the zip unpacks to more than {MAX_RATIO} times its size", TOO_LARGE)
        unpacked += info.file_size
        if unpacked > MAX_UNPACKED:
            raise FileError(f"the zip unpacks to more than {MAX_UNPACKED // MIB} MiB", TOO_LARGE)


def _path(info: zipfile.ZipInfo) -> str:
    return unicodedata.normalize("NFC", info.filename.replace("\\", "/"))


def _leads_out(path: str) -> bool:
    pure = PurePosixPath(path)
    return pure.is_absolute() or ".." in pure.parts or path[1:2] == ":" or "\0" in path
