"""Articles as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.articles.markdown_files import parse, read_folder
from knowledge_base.errors import InvalidArticleError

GOOD = "---\ntitle: Return an item\nquestions: ['How?']\nlanguage: en\ntags: [returns]\n---\n# Body\n\nText.\n"


def test_a_file_becomes_an_article() -> None:
    article = parse(GOOD, "return-an-item", "return-an-item.md")
    assert article.article_id == article.external_id == "return-an-item"
    assert article.content.title == "Return an item"
    assert article.content.questions == ("How?",)
    assert article.content.body == "# Body\n\nText.\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no front matter", "must begin with front matter"),
        ("---\ntitle: x\nbody", "no closing line"),
        ("---\ntitle: [\n---\nbody", "not YAML"),
        ("---\njust text\n---\nbody", "must hold fields"),
        ("---\nlanguage: en\n---\nbody", "title is empty"),
        ("---\ntitle: x\n---\n  \n", "body is empty"),
        ("---\ntitle: x\nquestions: how\n---\nbody", "questions must be a list"),
        ("---\ntitle: x\nquestions: ['']\n---\nbody", r"questions\[0\] is empty"),
        ("---\ntitle: x\nlanguage: english\n---\nbody", "two-letter code"),
        ("---\ntitle: " + "x" * 301 + "\n---\nbody", "the limit is 300"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidArticleError, match=reason) as caught:
        parse(text, "id", "id.md")
    assert str(caught.value).startswith("id.md: ")


def test_a_folder_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "a.md").write_text("\ufeff" + GOOD, encoding="utf-8")
    (tmp_path / "a.cs.md").write_text(GOOD.replace("language: en", "language: cs\ntranslation_of: a"), encoding="utf-8")
    (tmp_path / "README.md").write_text("# Not an article", encoding="utf-8")
    articles = read_folder(tmp_path)
    assert [(article.article_id, article.translation_of) for article in articles] == [
        ("a.cs", "a"),
        ("a", None),
        ("b", None),
    ]


def test_a_translation_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.cs.md").write_text(GOOD.replace("language: en", "language: cs\ntranslation_of: a"), encoding="utf-8")
    with pytest.raises(InvalidArticleError, match="translation_of names 'a'"):
        read_folder(tmp_path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"---\ntitle: \xff\n---\nbody")
    with pytest.raises(InvalidArticleError, match="not UTF-8"):
        read_folder(tmp_path)


def test_an_id_that_does_not_fit_into_a_url_is_refused() -> None:
    with pytest.raises(InvalidArticleError, match="id may hold only"):
        parse(GOOD, "two words", "two words.md")
