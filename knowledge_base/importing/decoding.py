"""Bytes to text: UTF-8, with or without its mark, and marked UTF-16. Nothing is guessed. Pure."""

from __future__ import annotations

import codecs

from knowledge_base.importing.rows import FileError

GUESSED_BYTES = 64 * 1024  # enough to recognise an encoding by, little enough to be quick
GUESSES = [f"cp{number}" for number in range(1250, 1259)] + ["utf_16_le", "utf_16_be"]  # what office programs write
MARKS = (  # the longer mark first: the one of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, None),
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text of a file.

    Args:
        declared: the encoding the file itself names, as HTML may; used when the file is not UTF-8.

    Raises:
        FileError: says where the text breaks off, and which encoding it may be in.
    """
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    if encoding is None:
        raise FileError("the file is UTF-32; save it as UTF-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if declared is not None and encoding == "utf-8":
            return _declared(data, declared)
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"the file is not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'} text: byte {error.start} (line {line}) "
            f"is 0x{data[error.start]:02x}{_guess(data)}; save it as UTF-8"
        ) from error
    if "\0" in text:
        raise FileError(f"the file is not text: character {text.index(chr(0))} is NUL")
    return text


def _declared(data: bytes, encoding: str) -> str:
    try:
        known = codecs.lookup(encoding)
        if not known._is_text_encoding:
            raise LookupError(encoding)
        text = data.decode(known.name)
    except (LookupError, UnicodeError) as error:
        raise FileError(f"the file is not {encoding!r} text as it says, nor UTF-8; save it as UTF-8") from error
    if "\0" in text:
        raise FileError("the file is not text: it holds NUL characters")
    return text


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:GUESSED_BYTES], cp_isolation=GUESSES).best()
    return "" if best is None else f", it may be {best.encoding.replace('_', '-')}"
