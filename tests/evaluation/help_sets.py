"""Labelled sets made from the help pages of free programs, in four languages: more bases to fit the confidence on.

A page is an article without its title, the title is the question it answers; where the same page is there in English
too, the title also makes a question to the English one. Pages come from Debian packages, fetched with
`apt-get download` (Debian or Ubuntu) or taken from a folder of `.deb` files; nothing is installed.

    .venv/bin/python -m tests.evaluation.help_sets FOLDER [--packages FOLDER]
"""

import argparse
import gzip
import hashlib
import json
import re
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning

PACKAGES = (
    "perl-doc",
    "debian-faq",
    "debian-faq-de",
    "libreoffice-help-cs",
    "libreoffice-help-de",
    "libreoffice-help-en-us",
    "gimp-help-de",
    "gimp-help-en",
    "gimp-help-lt",
)
MOST = 200  # articles of a set: about as many as the help centre among the public sets has
LONGEST = 300  # words of an article that are kept
SHORTEST = 20  # words; less is a heading without a text
OFFICE = ("swriter", "scalc", "simpress", "shared", "sdraw", "smath")
LITHUANIAN = re.compile("[ąčęėįšųūž]")
LITHUANIAN_SHARE = (
    60  # letters of a Lithuanian paragraph for each that only Lithuanian has, at most: others are English
)
NUMBERED = re.compile(r"^(\d+\.\d+(?:\.\d+)?)\. ((?:.+\n)+)\n", re.MULTILINE)
CHAPTER = re.compile(r"^(?:Chapter|Kapitel) \d+", re.MULTILINE)
POD_HEADING = re.compile(r"^=head2 ", re.MULTILINE)
POD_COMMAND = re.compile(r"^=\w+.*$", re.MULTILINE)
POD_CODE = re.compile(r"[A-Z]<+\s*([^<>]*?)\s*>+")


@dataclass(frozen=True)
class Page:
    """A page: its title is what is asked."""

    name: str
    title: str
    text: str


def main() -> None:
    """Make the sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the sets go")
    parser.add_argument("--packages", type=Path, help="a folder of .deb files (default: fetch them)")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
    with tempfile.TemporaryDirectory(prefix="tandem-help-") as name:
        share = unpacked(chosen.packages or fetched(Path(name)), Path(name) / "tree") / "usr" / "share"
        for name, pages in sets_of(share):
            write(chosen.folder / name, pages)
            print(f"{name}: {len(pages)} articles", flush=True)


def fetched(folder: Path) -> Path:
    """Download the packages into a folder."""
    subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True, timeout=900)
    return folder


def unpacked(packages: Path, tree: Path) -> Path:
    """Unpack every package into a folder."""
    for package in sorted(packages.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(tree)], check=True, timeout=300)
    return tree


def sets_of(share: Path) -> Iterator[tuple[str, list[Page]]]:
    """Every set by name, made from what the packages put below `usr/share`."""
    yield "perlfaq_title", some(perl_questions(share))
    english = {page.name: page for page in debian_questions(share, "en")}
    german = {page.name: page for page in debian_questions(share, "de")}
    yield "debianfaq_en", some(english.values())
    yield "debianfaq_de", some(german.values())
    yield "debianfaq_de_title__to__en", some(across(german.values(), english.values()))
    english_office, english_gimp = list(office_pages(share, "en-US")), list(gimp_pages(share, "en"))
    for language in ("cs", "de"):
        pages = list(office_pages(share, language))
        yield f"lohelp_{language}_title", some(pages)
        yield f"lohelp_{language}_title__to__en", some(across(pages, english_office))
    for language in ("lt", "de"):
        pages = list(gimp_pages(share, language))
        yield f"gimp_{language}_title", some(pages)
        yield f"gimp_{language}_title__to__en", some(across(pages, english_gimp))


def across(pages: Iterable[Page], others: Iterable[Page]) -> Iterator[Page]:
    """The titles of pages over the texts of the same pages in another language, where both are translated."""
    by_name = {page.name: page for page in others}
    for page in pages:
        other = by_name.get(page.name)
        if other is not None and other.title != page.title:
            yield Page(page.name, page.title, other.text)


def some(pages: Iterable[Page]) -> list[Page]:
    """At most `MOST` pages with a text, each title once; as far as they go, the same ones in every language."""
    by_title: dict[str, Page] = {}
    for page in pages:
        words = page.text.split(" ")
        if page.title and len(page.text.split()) >= SHORTEST:
            by_title.setdefault(page.title.casefold(), Page(page.name, page.title, " ".join(words[:LONGEST])))
    return sorted(by_title.values(), key=lambda page: hashlib.sha256(page.name.encode()).hexdigest())[:MOST]


def perl_questions(share: Path) -> Iterator[Page]:
    """The frequently asked questions of Perl."""
    for file in sorted(share.glob("perl/*/pod/perlfaq[1-9].pod")):
        for number, part in enumerate(POD_HEADING.split(file.read_text(encoding="utf-8", errors="replace"))[1:]):
            title, _, body = part.partition("\n")
            text = POD_CODE.sub(r"\1", POD_COMMAND.sub("", body.split("\n=head1")[0]))
            yield Page(f"{file.stem}-{number}", POD_CODE.sub(r"\1", title).strip(), _plain(text))


def debian_questions(share: Path, language: str) -> Iterator[Page]:
    """The frequently asked questions of Debian, by number; the same number is the same question in any language."""
    packed = share / f"doc/debian/FAQ/debian-faq.{language}.txt.gz"
    parts = NUMBERED.split(gzip.decompress(packed.read_bytes()).decode().replace("\xa0", " "))
    for number, title, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        yield Page(number, _plain(title), _plain(CHAPTER.split(body)[0]))


def office_pages(share: Path, language: str) -> Iterator[Page]:
    """The guides of LibreOffice's help."""
    for part in OFFICE:
        for file in sorted((share / f"libreoffice/help/{language}/text/{part}/guide").glob("*.html")):
            title, paragraphs = _html(file, "#DisplayArea p, #DisplayArea li, #DisplayArea td", "h1, script")
            yield Page(f"{part}-{file.stem}", title, "\n\n".join(text for text in paragraphs if len(text) > 1))


def gimp_pages(share: Path, language: str) -> Iterator[Page]:
    """The manual of GIMP; of the Lithuanian one what has been translated."""
    wanted: Callable[[str], bool] = is_lithuanian if language == "lt" else bool
    for file in sorted((share / f"gimp/2.0/help/{language}").glob("*.html")):
        title, paragraphs = _html(file, "p", "script, style, [class*=nav], [class*=title], [class*=toc]")
        name = re.sub(r"^[\dA-Z.]+\.?\s+", "", title).strip('„“”" ')
        body = [text for text in paragraphs if len(text.split()) > 3 and wanted(text)]
        if len(name.split()) > 1 and (language != "lt" or LITHUANIAN.search(name)):
            yield Page(file.stem, name, "\n\n".join(body))


def is_lithuanian(text: str) -> bool:
    """Whether a paragraph is Lithuanian, not the English it stands for."""
    return len(LITHUANIAN.findall(text)) >= max(2, len(text) / LITHUANIAN_SHARE)


def write(folder: Path, pages: Sequence[Page]) -> None:
    """Write a set in the shape of BEIR."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_rows(folder / "corpus.jsonl", ({"_id": page.name, "title": "", "text": page.text} for page in pages))
    _write_rows(folder / "queries.jsonl", ({"_id": f"{page.name}|title", "text": page.title} for page in pages))
    rows = ["query-id\tcorpus-id\tscore", *(f"{page.name}|title\t{page.name}\t1" for page in pages)]
    (folder / "qrels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _write_rows(file: Path, rows: Iterable[dict[str, str]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _html(file: Path, wanted: str, unwanted: str) -> tuple[str, list[str]]:
    """The title of a page and the texts of the elements wanted, each once."""
    page = BeautifulSoup(file.read_text(encoding="utf-8", errors="replace"), "lxml")
    title = _plain(page.title.get_text()) if page.title else ""
    for element in page.select(unwanted):
        element.decompose()
    return title, list(dict.fromkeys(_plain(element.get_text(" ")) for element in page.select(wanted)))


def _plain(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
