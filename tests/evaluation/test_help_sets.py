"""Labelled sets made from help pages: what is kept of a page, and in which shape."""

import gzip
from pathlib import Path

from knowledge_base.evaluation.datasets import read_retrieval
from tests.evaluation.help_sets import LONGEST, MOST, Page, debian_questions, is_lithuanian, perl_questions, some, write

FAQ = """Chapter 1. Definitions

1.1. What is this
FAQ?

It is a list of questions.

1.2. Where is it?

On the disk.

Chapter 2. Getting it

2.1. How do I get it?

Over the net.
"""
POD = """=head1 NAME

=head2 How do I quote C<$name>?

Write B<quotes> around it.

=over 4

=item One

=head1 AUTHOR

Somebody.
"""


def test_numbered_questions_are_told_from_chapters(tmp_path: Path) -> None:
    file = tmp_path / "doc/debian/FAQ/debian-faq.en.txt.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(FAQ.encode()))
    assert list(debian_questions(tmp_path, "en")) == [
        Page("1.1", "What is this FAQ?", "It is a list of questions."),
        Page("1.2", "Where is it?", "On the disk."),
        Page("2.1", "How do I get it?", "Over the net."),
    ]


def test_a_question_of_the_perl_pages_has_neither_commands_nor_what_follows(tmp_path: Path) -> None:
    file = tmp_path / "perl/5.36/pod/perlfaq1.pod"
    file.parent.mkdir(parents=True)
    file.write_text(POD, encoding="utf-8")
    assert list(perl_questions(tmp_path)) == [Page("perlfaq1-0", "How do I quote $name?", "Write quotes around it.")]


def test_english_paragraphs_of_a_lithuanian_page_are_known() -> None:
    assert is_lithuanian("Apkirpimo įrankis naudojamas apkarpyti arba iškarpyti paveikslėlį arba sluoksnį.")
    assert not is_lithuanian("You can use Guides to position the crop area.")


def test_pages_without_a_text_and_titles_seen_before_are_left_out() -> None:
    text = "word " * 2 * LONGEST
    pages = [Page("a", "Crop", text), Page("b", "crop", text), Page("c", "Empty", "nothing here"), Page("d", "", text)]
    (kept,) = some(pages)
    assert (kept.name, len(kept.text.split())) == ("a", LONGEST)
    assert len(some(Page(str(n), f"Title {n}", text) for n in range(MOST + 5))) == MOST


def test_a_set_written_is_a_set_read(tmp_path: Path) -> None:
    write(tmp_path / "manual", [Page("crop", "How do I crop a picture?", "Take the knife and cut the edges off.")])
    made = read_retrieval(tmp_path / "manual")
    assert [(article.article_id, article.content.body) for article in made.articles] == [
        ("crop", "Take the knife and cut the edges off.")
    ]
    assert [(question.text, question.gold) for question in made.questions] == [
        ("How do I crop a picture?", frozenset({"crop"}))
    ]
