"""Files become rows: every kind of file, and every way in which one can be wrong."""

from __future__ import annotations

import contextlib
import io
import json
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from docx import Document
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.articles.articles import MAX_BODY, MAX_TITLE, ArticleState
from knowledge_base.importing import archive, limits, reader, reading
from knowledge_base.importing.decoding import decode
from knowledge_base.importing.reader import Ignored, read_path
from knowledge_base.importing.reading import read_file
from knowledge_base.importing.records import Defaults, slug
from knowledge_base.importing.rows import Field, FileError, ImportRow, Refusal
from knowledge_base.importing.scripts import find_script

ROW = {"external_id": "hours", "title": "Opening hours", "body": "From nine to six.\n"}


@contextlib.contextmanager
def unwatched(_name: str) -> Iterator[None]:
    yield


def read(folder: Path, name: str, data: bytes | str) -> list[ImportRow | Refusal | Ignored]:
    path = folder / "upload"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_path(path, name, Defaults(), unwatched))


def one(folder: Path, name: str, data: bytes | str) -> ImportRow:
    (row,) = read(folder, name, data)
    assert isinstance(row, ImportRow), row
    return row


def refusals(folder: Path, name: str, data: bytes | str) -> list[str]:
    return [found.error for found in read(folder, name, data) if isinstance(found, Refusal)]


def jsonl(*rows: Mapping[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def packed(files: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return buffer.getvalue()


def a_docx() -> bytes:
    document = Document()
    document.add_heading("Warranty", 1)
    document.add_paragraph("Two years on everything.")
    document.add_heading("Batteries", 2)
    document.add_paragraph("Six months <only>.", style="List Bullet")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Shoes", "One year"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def a_pdf(text: str, password: str | None = None) -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    if text:
        document.multi_cell(0, 8, text)
    if password is not None:
        document.set_encryption(owner_password="owner", user_password=password)
    return bytes(document.output())


def test_a_jsonl_row_is_an_article(tmp_path: Path) -> None:
    full = ROW | {"questions": ["When?"], "language": "cs-CZ", "tags": ["a"], "state": "draft", "unknown": 1}
    row = one(tmp_path, "a.jsonl", "\n" + jsonl(full))
    assert (row.place.row, row.external_id, row.article_id, row.state) == (2, "hours", None, ArticleState.DRAFT)
    assert (row.content.language, row.content.questions, row.content.tags) == ("cs", ("When?",), ("a",))
    assert row.named == {Field.LANGUAGE, Field.QUESTIONS, Field.TAGS}
    bare = one(tmp_path, "a.jsonl", jsonl(ROW))
    assert (bare.state, bare.named, bare.content.language) == (None, frozenset(), "en")


def test_a_row_without_a_key_gets_one_from_its_title(tmp_path: Path) -> None:
    row = one(tmp_path, "a.jsonl", jsonl({"title": "Vrácení zboží!", "body": "Ano."}))
    assert row.external_id == "vraceni-zbozi"
    assert slug("退货") == slug("退货") != slug("退款")
    assert one(tmp_path, "a.jsonl", jsonl({"id": "x", "title": "T", "body": "B"})).external_id is None


WRONG_ROWS = [
    ("{", "not JSON"),
    ("[]", "JSON object"),
    ("[" * 100_000, "nested"),
    ('{"title": ' + "1" * 5_000 + "}", "not JSON"),
    (json.dumps({"body": "B"}), "title is missing"),
    (json.dumps({"title": "T"}), "body is missing"),
    (json.dumps(ROW | {"body": "  \n"}), "body is empty"),
    (json.dumps(ROW | {"title": 5}), "title must be a text"),
    (json.dumps(ROW | {"title": "x" * (MAX_TITLE + 1)}), f"the limit is {MAX_TITLE}"),
    (json.dumps(ROW | {"body": "x" * (MAX_BODY + 1)}), f"the limit is {MAX_BODY}"),
    (json.dumps(ROW | {"body": "a\0b"}), "NUL"),
    (json.dumps(ROW | {"questions": "one"}), "questions must be a list of texts"),
    (json.dumps(ROW | {"questions": [1]}), "questions must be a list of texts"),
    (json.dumps(ROW | {"tags": ["x" * 101]}), "the limit is 100"),
    (json.dumps(ROW | {"language": "klingon"}), "two-letter code"),
    (json.dumps(ROW | {"state": "secret"}), "state must be one of draft, published, archived"),
    (json.dumps(ROW | {"state": ["draft"]}), "state must be one of"),
    (json.dumps(ROW | {"review_on": "soon"}), "review_on must be a date"),
    (json.dumps(ROW | {"review_on": "2027-02-30"}), "review_on must be a date"),
    (json.dumps(ROW | {"external_id": "x" * 201}), "the limit is 200"),
    (json.dumps(ROW | {"external_id": "a\nb"}), "control character"),
    (json.dumps(ROW | {"external_id": {}}), "external_id must be a text"),
    (json.dumps(ROW | {"id": "a/b"}), "id may hold only"),
    (json.dumps(ROW | {"version": 0}), "version must be a whole number"),
    (json.dumps(ROW | {"version": 1}), "version_at must be a time"),
    (json.dumps(ROW | {"version": 1, "earlier_versions": [1]}), "earlier_versions must be a list of objects"),
]


@pytest.mark.parametrize(("line", "why"), WRONG_ROWS, ids=[why for _, why in WRONG_ROWS])
def test_a_wrong_row_is_refused_and_the_others_are_not(tmp_path: Path, line: str, why: str) -> None:
    good = jsonl(ROW | {"external_id": "good"})
    first, wrong, last = read(tmp_path, "a.jsonl", good + line + "\n" + good)
    assert isinstance(first, ImportRow)
    assert isinstance(last, ImportRow)
    assert isinstance(wrong, Refusal)
    assert why in wrong.error
    assert wrong.place.row == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_may_come_from_a_spreadsheet(tmp_path: Path, delimiter: str) -> None:
    cells = [
        ["External_ID", "Question", "Answer", "Tags", "Questions"],
        ["a", "Where is it?", '"Two\nlines, and ""quotes"""', '"x, y"' if delimiter == "," else "x, y", "One?|Two?"],
        ["", "", "", "", ""],
        ["b", "Why?", "", "", ""],
    ]
    text = "\r\n".join(delimiter.join(row) for row in cells) + "\r\n"
    row, refused = read(tmp_path, "a.csv", text.encode("utf-8-sig"))
    assert isinstance(row, ImportRow)
    assert (row.place.row, row.external_id, row.content.title) == (2, "a", "Where is it?")
    assert row.content.body == 'Two\nlines, and "quotes"'
    assert row.content.tags == ("x", "y")
    assert row.content.questions == ("One?", "Two?")
    assert isinstance(refused, Refusal)
    assert (refused.place.row, refused.external_id, refused.error) == (4, "b", "body is missing")


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("a,b\n1,2\n", "no column 'title'"),
        ("title,body,title\n1,2,3\n", "more than one column 'title'"),
        ('title,body\n"a,b\n', "cannot be read from row 2"),
    ],
)
def test_a_table_without_its_columns_is_refused_whole(tmp_path: Path, table: str, why: str) -> None:
    with pytest.raises(FileError, match=why):
        read(tmp_path, "a.csv", table)


def test_a_table_may_name_its_separator_as_spreadsheets_do(tmp_path: Path) -> None:
    for line in ("sep=;\r\n", '"sep=;"\n', "SEP=;\n"):
        row = one(tmp_path, "a.csv", f'{line}title;body\n"A, b, c";B\n')
        assert (row.place.row, row.content.title, row.content.body) == (3, "A, b, c", "B")


def test_a_row_with_cells_too_many_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, "a.csv", "title,body\nT,B,C\n") == ["the row has 3 cells, the header 2"]


def test_a_markdown_file_needs_no_front_matter(tmp_path: Path) -> None:
    plain = one(tmp_path, "return-an-item.md", "# Returns *now*\r\n\r\nThirty days.\r\n")
    assert (plain.external_id, plain.content.title, plain.content.body) == (
        "return-an-item",
        "Returns *now*",
        "Thirty days.\n",
    )
    assert one(tmp_path, "return-an_item.md", "Thirty days.").content.title == "Return an item"
    head = 'title: 24 hours\nlanguage: no\nquestions: ["When?", 5]\ntags:\n- a\nreview_on: 2027-03-01\nstate: draft\n'
    row = one(tmp_path, "x.md", f"---\n{head}---\n\n# First\n\nBody\n")
    assert (row.content.title, row.content.language, row.content.questions) == ("24 hours", "no", ("When?", "5"))
    assert row.content.body == "# First\n\nBody\n"
    assert row.state is ArticleState.DRAFT


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("title: T", "no closing line"),
        ("title: [\n---\n", "not YAML"),
        ("- a\n---\n", "must hold fields"),
        ("title: T\nquestions: [[a]]\n---\nB", "questions must be a list of texts"),
        (f"{BOMB}title: T\nquestions: *m\n---\nB", "questions must be a list of texts"),
        (f"{BOMB}title: T\nreview_on: *m\n---\nB", "review_on must be a date such as 2027-03-31"),
        (f"{BOMB}title: T\nstate: *m\n---\nB", "state must be one of draft, published, archived"),
        ("title: T\nstate: live\n---\nB", "state must be one of draft, published, archived, not 'live'"),
        ("title: '\u200b \u2060'\n---\nB", "title is empty"),
        ("x: " + "[" * 5_000 + "\n---\nB", "nested too deeply|not YAML"),
        (f"x: {'y' * limits.MAX_FRONT_MATTER}\n---\nB", "the limit is"),
        ("review_on: 2027-02-31\n---\nB", "impossible date"),
        ("title: T\n---\n", "body is empty"),
    ],
)
def test_wrong_front_matter_is_refused(tmp_path: Path, head: str, why: str) -> None:
    (error,) = refusals(tmp_path, "x.md", f"---\n{head}")
    assert any(part in error for part in why.split("|")), error


def test_a_page_is_its_text(tmp_path: Path) -> None:
    html = """<!doctype html><html lang="cs-CZ"><head><title>Shop | Vrácení</title><script>evil()</script></head><body>
    <nav>Menu</nav><main><h1>Vrácení</h1><p onclick="evil()">Do <b>30 dnů</b>,
    <a href="javascript:evil()">zde</a>, <a href="other.html">jinde</a>, <a href="https://example.org/x">tam</a>.</p>
    <p>Type &lt;script&gt; here.</p><pre>&lt;b&gt;</pre><ul><li>a<li>b</ul>
    <img src="x.png" alt="obrázek"><iframe src="https://example.org"></iframe></main><footer>Foot</footer></body>"""
    row = one(tmp_path, "vraceni.html", html)
    assert (row.external_id, row.content.title, row.content.language) == ("vraceni", "Vrácení", "cs")
    body = row.content.body
    assert "**30 dnů**" in body
    assert "zde, jinde, [tam](https://example.org/x)" in body
    assert "\\<script> here" in body
    assert "obrázek" in body
    for gone in ("evil", "Menu", "Foot", "iframe", "Shop"):
        assert gone not in body


def test_a_page_may_say_its_encoding(tmp_path: Path) -> None:
    html = '<html><head><meta charset="windows-1250"><title>Vrácení</title></head><body><p>Zboží</p></body></html>'
    assert one(tmp_path, "a.html", html.encode("cp1250")).content.title == "Vrácení"
    assert "nor UTF-8" in refusals(tmp_path, "a.html", html.replace("windows-1250", "nothing").encode("cp1250"))[0]
    assert "no text" in refusals(tmp_path, "a.html", "<html><body><script>x</script></body></html>")[0]


def test_a_docx_document_keeps_headings_lists_and_tables(tmp_path: Path) -> None:
    row = one(tmp_path, "warranty.docx", a_docx())
    assert row.content.title == "Warranty"
    assert "## Batteries" in row.content.body
    assert "* Six months" in row.content.body
    assert "| Shoes | One year |" in row.content.body


def test_a_pdf_document_is_its_text(tmp_path: Path) -> None:
    row = one(tmp_path, "gift-cards.pdf", a_pdf("Gift cards never expire.\n\n# Not a heading, not <b>bold</b>."))
    assert row.content.title == "Gift cards"
    assert "Gift cards never expire." in row.content.body
    assert "\\# Not a heading, not \\<b>bold" in row.content.body


WRONG_DOCUMENTS = [
    ("a.pdf", a_pdf("secret", password="x"), "encrypted"),
    ("a.pdf", a_pdf(""), "scanned"),
    ("a.pdf", b"hello", "not a PDF"),
    ("a.pdf", b"%PDF-1.7 and then nothing of the kind", "cannot be read"),
    ("a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "encrypted"),
    ("a.docx", b"hello", "not a DOCX"),
    ("a.docx", packed({"x.txt": "y"}), "not a DOCX"),
    ("a.docx", packed({"word/document.xml": "<a>", "[Content_Types].xml": ""}), "cannot be read"),
    ("a.docx", packed({"word/document.xml": b"\0" * 40_000_000}), "times its size"),
]


@pytest.mark.parametrize(("name", "data", "why"), WRONG_DOCUMENTS, ids=[f"{n} {w}" for n, _, w in WRONG_DOCUMENTS])
def test_a_wrong_document_is_refused(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    (error,) = refusals(tmp_path, name, data)
    assert why in error


def test_a_zip_is_a_folder_of_files(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "a.zip",
        packed(
            {
                "guides/Říp.md": "# Říp\n\nHill.",
                "guides/more.jsonl": jsonl(ROW, {}),
                "page.html": "<h1>Page</h1><p>Text</p>",
                "empty.md": "",
                "latin.md": "café".encode("latin-1"),
                "style.css": "x",
                "README.md": "About",
                "inner.zip": packed({"a.md": "x"}),
                "__MACOSX/._page.html": "x",
                ".hidden.md": "x",
            }
        ),
    )
    rows = {str(row.external_id): row for row in found if isinstance(row, ImportRow)}
    assert set(rows) == {"guides/Říp", "hours", "page"}
    assert (rows["hours"].place.row, rows["hours"].place.file) == (1, "guides/more.jsonl")
    why = {refused.place.file: refused.error for refused in found if isinstance(refused, Refusal)}
    assert why["empty.md"] == "the file is empty"
    assert "byte 3 (line 1) is 0xe9" in why["latin.md"]
    assert "zip in a zip" in why["inner.zip"]
    assert why["guides/more.jsonl"] == "title is missing"
    assert [ignored.path for ignored in found if isinstance(ignored, Ignored)] == ["README.md", "style.css"]


def test_a_folder_is_read_like_a_zip_and_links_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "guides").mkdir(parents=True)
    (folder / "guides" / "a.md").write_text("# A\n\nB")
    (tmp_path / "secret.md").write_text("# Secret\n\nB")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (row,) = read_path(folder, "folder", Defaults(), unwatched)
    assert isinstance(row, ImportRow)
    assert row.external_id == "guides/a"


def a_trap(filename: str, mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo(filename)
        info.external_attr = mode << 16
        made.writestr(info, "# A\n\nB")
    return buffer.getvalue()


def an_encrypted_zip() -> bytes:
    data = bytearray(packed({"a.md": "x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("a.md", "x")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("a.md", "y")
    return buffer.getvalue()


def test_a_zip_that_is_a_trap_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({"a.md": b" " * 20_000_000})
    assert len(bomb) < 50_000
    traps = [
        (bomb, "times its size"),
        (a_trap("../a.md"), "leads out"),
        (a_trap("/etc/a.md"), "leads out"),
        (a_trap("x\\..\\..\\a.md"), "leads out"),
        (a_trap("C:\\a.md"), "leads out"),
        (a_trap("a.md", stat.S_IFLNK | 0o777), "link"),
        (an_encrypted_zip(), "encrypted"),
        (twice(), "twice"),
        (b"PK\x03\x04 nothing", "not a zip"),
        (packed({"a.txt": "x"}), "holds no article"),
    ]
    for data, why in traps:
        with pytest.raises(FileError, match=why):
            read(tmp_path, "a.zip", data)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    with pytest.raises(FileError, match="the limit is 3"):
        read(tmp_path, "a.zip", packed({f"{n}.md": "x" for n in range(4)}))
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1000)
    with pytest.raises(FileError, match="unpacks to more than"):
        read(tmp_path, "a.zip", packed({"a.md": "x" * 600, "b.md": "y" * 600}))


def test_a_zip_that_lies_about_sizes_is_found_out(tmp_path: Path) -> None:
    data = bytearray(packed({"a.md": b" " * 900_000}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    (error,) = refusals(tmp_path, "a.zip", bytes(data))
    assert "larger than the zip says" in error or "cannot be unpacked" in error


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    for name, data, why in [
        ("a.exe", "x", "it must be JSONL, CSV"),
        ("a", "x", "it must be"),
        ("a.md", " \n", "is empty"),
        ("a.jsonl", "\n\n", "is empty"),
    ]:
        with pytest.raises(FileError, match=why):
            read(tmp_path, name, data)


def test_more_rows_or_bytes_than_allowed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ROWS", 2)
    with pytest.raises(FileError, match="more than 2 articles") as refused:
        read(tmp_path, "a.jsonl", jsonl(ROW, ROW, ROW))
    assert refused.value.status == 413
    monkeypatch.setattr(reader, "MAX_FILE", 10)
    with pytest.raises(FileError, match="MiB"):
        read(tmp_path, "a.jsonl", jsonl(ROW))


def test_text_is_utf8_or_marked_utf16(tmp_path: Path) -> None:
    text = "# Vrácení\n\nZboží 🙂"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert one(tmp_path, "a.md", text.encode(encoding)).content.title == "Vrácení"
    with pytest.raises(FileError, match=r"byte 4 \(line 1\) is 0xe1, it may be cp125.; save it as UTF-8"):
        decode(("# Vrácení zboží je možné do třiceti dnů od nákupu.\n" * 20).encode("cp1250"))
    with pytest.raises(FileError, match=r"is 0xc8, it may be cp125.; save it as UTF-8"):  # no rare one for few letters
        decode("# Čau\n\nText".encode("cp1250"))
    with pytest.raises(FileError, match="not UTF-16"):
        decode("ab".encode("utf-16")[:-1])
    with pytest.raises(FileError, match="UTF-32"):
        decode("ab".encode("utf-32"))
    with pytest.raises(FileError, match="NUL"):
        decode("ab".encode("utf-16-le"))


SCRIPTS = [
    "<script>alert(1)</script>",
    "Text <ScRiPt src=//x>y</script>",
    "<iframe src='https://x'></iframe>",
    "<b onclick=alert(1)>x</b>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java&Tab;script:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x]\n\n[x]: javascript:alert(1)",
    "![x](data:text/html,<b>)",
    "<javascript:alert(1)>",
    "<a href='vbscript:x'>y</a>",
    "- item\n\n  <svg onload=alert(1)>",
    "| a |\n| - |\n| <script>x</script> |",
]
HARMLESS = [
    "Use `<script>` in your page.",
    "```html\n<script src='x'></script>\n```",
    "    <script>indented code</script>",
    "The description: javascript: is not a link here.",
    "<b>bold</b> and <br> and a < b, on = off",
    "[x](https://example.org/?a=javascript:1)",
    "![x](data:image/png;base64,AAAA)",
    "Subscription: yes &amp; no",
]


@pytest.mark.parametrize("body", SCRIPTS)
def test_what_a_browser_might_run_is_refused(tmp_path: Path, body: str) -> None:
    (error,) = refusals(tmp_path, "a.jsonl", jsonl(ROW | {"body": f"Text.\n\n{body}\n"}))
    assert error.startswith("body, line ")


@pytest.mark.parametrize("body", HARMLESS)
def test_what_only_looks_like_it_is_not(body: str) -> None:
    assert find_script(body) is None


@given(st.binary(max_size=300), st.sampled_from(sorted(reader.JSONL + reader.CSV + reader.MARKDOWN)))
def test_no_bytes_make_a_reader_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, data: bytes, end: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    with contextlib.suppress(FileError):
        read(folder, f"a{end}", data)
        read(folder, f"a{end}", b"title,body\n" + data)
        read(folder, f"a{end}", b"---\n" + data)


async def test_the_reading_process_says_all_there_is(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    history = {
        "version": 2,
        "version_at": "2026-03-01T09:30:00Z",
        "created_at": "2026-03-01T09:30:00Z",
        "updated_at": "2026-03-01T09:30:00Z",
        "earlier_versions": [{**ROW, "version": 1, "version_at": "2026-03-01T09:30:00Z", "version_by": "Ann"}],
    }
    rows = [ROW, ROW | {"title": 5}, ROW | history | {"language": "cs", "state": "published", "live_version": 1}]
    path.write_bytes(packed({"a.jsonl": jsonl(*rows), "b.css": "x", "c.docx": a_docx(), "d.pdf": a_pdf("Text")}))
    found = list(read_path(path, "a.zip", Defaults(), unwatched))
    said = await read_file(path, "a.zip", Defaults())
    assert list(said.rows) == [row for row in found if isinstance(row, ImportRow)]
    assert len(said.rows) == 4
    assert list(said.refused) == [row for row in found if isinstance(row, Refusal)]
    assert said.ignored == ("b.css",)
    with pytest.raises(FileError, match="it must be"):
        await read_file(path, "a.exe", Defaults())


async def test_a_parser_that_hangs_or_eats_memory_takes_only_its_file_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHILD", "tests.support.misbehaving_reader")
    path = tmp_path / "upload"
    path.write_bytes(packed({"a.md": "spin", "b.jsonl": jsonl(ROW), "c.md": "eat"}))
    said = await read_file(path, "a.zip", Defaults())
    assert [row.external_id for row in said.rows] == ["hours"]
    assert {refused.place.file: refused.error for refused in said.refused} == {
        "a.md": "reading the file takes longer than 10 s",
        "c.md": "the file needs more memory than an import may take",
    }
    path.write_bytes(packed({"a.md": "die", "b.jsonl": jsonl(ROW)}))
    with pytest.raises(FileError, match=r"'a\.md' needed more memory or time"):
        await read_file(path, "a.zip", Defaults())
    monkeypatch.setattr(reading, "SILENCE_S", 20)
    path.write_bytes(packed({"a.md": "stuck", "b.jsonl": jsonl(ROW)}))
    with pytest.raises(FileError, match=r"'a\.md' took longer than 20 s"):
        await read_file(path, "a.zip", Defaults())
