"""HTML, DOCX and PDF to Markdown, by markitdown's converters alone: no plugins, no models, no network.

Runs in the reading process only (`child.py`), which bounds its time and memory.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from knowledge_base.importing.archive import check_zip
from knowledge_base.importing.decoding import decode
from knowledge_base.importing.markdown import split_title, title_of
from knowledge_base.importing.records import Defaults, read_record
from knowledge_base.importing.rows import FileError, ImportRow, Place, RowError

# What is not the text of a page: code, forms, what surrounds the text on every page of a site.
DROPPED_TAGS = [
    *("script", "style", "noscript", "template", "iframe", "frame", "frameset", "object", "embed", "applet"),
    *("svg", "math", "canvas", "audio", "video", "form", "button", "input", "select", "textarea"),
    *("nav", "footer", "aside", "dialog", "link", "meta", "base"),
]
ABSOLUTE = re.compile(r"https?://", re.I)
DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9._-]{1,40})""", re.I)
DECLARED_WITHIN = 4096  # bytes; browsers look at the first 1024
PDF_MARK_WITHIN = 1024
OLE_MARK = b"\xd0\xcf\x11\xe0"  # an encrypted DOCX, or a DOC
DOCX_PART = "word/document.xml"

Converter = Callable[[bytes, str], dict[str, object]]


def read_document(data: bytes, suffix: str, key: str, place: Place, defaults: Defaults) -> ImportRow:
    """Turn a document into a row.

    Args:
        key: the path without its ending; the external id.

    Raises:
        RowError: says what is wrong with the document.
    """
    converters: dict[str, Converter] = {".html": _html, ".htm": _html, ".docx": _docx, ".pdf": _pdf}
    try:
        fields = converters[suffix](data, key)
    except FileError as error:
        raise RowError(error.error, key) from error
    except RecursionError:
        raise RowError("the document is nested too deeply", key) from None
    except MemoryError:
        raise RowError("the document needs more memory than an import may take", key) from None
    return read_record(fields, place, defaults, key)


def _html(data: bytes, key: str) -> dict[str, object]:
    found = DECLARED.search(data[:DECLARED_WITHIN])
    soup = BeautifulSoup(decode(data, found[1].decode("ascii") if found else None), "lxml")
    page_title = " ".join(soup.title.get_text().split()) if soup.title is not None else ""
    page = soup.find("html")
    language = str(page.get("lang") or page.get("xml:lang") or "") if isinstance(page, Tag) else ""
    main = soup.find("main") or soup.find("article") or soup.find(role="main") or soup.find("body") or soup
    assert isinstance(main, Tag)  # noqa: S101 - `find` by name returns tags only
    _clean(main)
    body = _markdown(str(main))
    if not body:
        raise RowError("the page has no text", key)
    title, body = split_title(body, key) if body.lstrip().startswith("# ") or not page_title else (page_title, body)
    fields: dict[str, object] = {"title": title, "body": f"{body.strip()}\n" if body.strip() else ""}
    return fields | ({"language": language} if language else {})


def _docx(data: bytes, key: str) -> dict[str, object]:
    from markitdown import StreamInfo
    from markitdown.converters import DocxConverter

    if data.startswith(OLE_MARK):
        raise RowError("the document is encrypted or an old .doc: save it as DOCX without a password", key)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_zip(archive)
            if DOCX_PART not in archive.namelist():
                raise RowError("the file is not a DOCX document", key)
    except zipfile.BadZipFile:
        raise RowError("the file is not a DOCX document, or a damaged one", key) from None
    try:
        converter = DocxConverter()  # type: ignore[no-untyped-call]
        markdown = converter.convert(io.BytesIO(data), StreamInfo(extension=".docx")).markdown
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever a damaged file makes the converter raise is said of the file
        raise RowError(f"the DOCX document cannot be read ({_reason(error)})", key) from error
    title, body = split_title(_tidy(markdown), key)
    if not body.strip():
        raise RowError("the document has no text", key)
    return {"title": title, "body": f"{body.strip()}\n"}


def _pdf(data: bytes, key: str) -> dict[str, object]:
    from markitdown import StreamInfo
    from markitdown.converters import PdfConverter
    from pdfminer.pdfdocument import PDFPasswordIncorrect, PDFTextExtractionNotAllowed

    if b"%PDF-" not in data[:PDF_MARK_WITHIN]:
        raise RowError("the file is not a PDF document", key)
    try:
        text = PdfConverter().convert(io.BytesIO(data), StreamInfo(extension=".pdf")).markdown
    except (PDFPasswordIncorrect, PDFTextExtractionNotAllowed):
        raise RowError("the PDF document is encrypted: save it without a password", key) from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # as for DOCX
        raise RowError(f"the PDF document cannot be read ({_reason(error)})", key) from error
    body = _paragraphs(text)
    if not body:
        raise RowError("the PDF document has no text: is it scanned? Only text can be imported", key)
    return {"title": title_of(key), "body": f"{body}\n"}


def _clean(main: Tag) -> None:
    """Leave the text of a page: no code, no forms, and no links that lead nowhere once the page stands alone."""
    for tag in main.find_all(DROPPED_TAGS):
        tag.decompose()
    for image in main.find_all("img"):
        if not ABSOLUTE.match(str(image.get("src") or "")):
            image.replace_with(str(image.get("alt") or ""))
    for link in main.find_all("a"):
        if not ABSOLUTE.match(str(link.get("href") or "")):
            link.unwrap()
    for text in main.find_all(string=lambda value: value is not None and "<" in value):
        # The converter would print `<` bare, and text that shows HTML would become HTML.
        if isinstance(text, NavigableString) and text.find_parent(["pre", "code", "samp", "kbd"]) is None:
            text.replace_with(NavigableString(text.replace("<", "\\<")))


def _markdown(html: str) -> str:
    from markitdown.converters import HtmlConverter

    return _tidy(HtmlConverter().convert_string(html, strict=True).markdown)


def _tidy(markdown: str) -> str:
    lines = [line.rstrip() for line in re.sub(r"\r\n?", "\n", markdown).split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return re.sub(r"!\[([^\]]*)\]\(data:[^)]*\)", r"\1", text)  # pictures inside the document: their words stay


def _paragraphs(text: str) -> str:
    """Return a PDF's lines as Markdown that means nothing but its words; what looks like a table stays one."""
    lines = []
    for line in text.replace("\f", "\n\n").replace("\0", "").split("\n"):
        bare = re.sub(r"([\\<*_`])", r"\\\1", line.strip())
        lines.append(re.sub(r"^(#{1,6}\s|>|={2,}$|-{2,}$)", r"\\\1", bare))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split()):.200}".removesuffix(": ")
