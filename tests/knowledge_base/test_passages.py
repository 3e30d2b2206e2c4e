"""Splitting an article into what is searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.articles.articles import Content, Unit, UnitKind
from knowledge_base.articles.passages import LONGEST_WORD, LONGEST_WORDS, plain_text, split_article
from knowledge_base.articles.rendering import markdown_parser
from knowledge_base.service import split
from knowledge_base.text.sentences import sentence_offsets

WORDS = st.sampled_from(["boot", "tent", "stove", "returns", "we", "ship", "parcels", "often."])
PARAGRAPH = st.lists(WORDS, min_size=1, max_size=400).map(" ".join)
HEADING = st.sampled_from(["## Delivery", "### Abroad", "# Returns"])
LIST = st.lists(PARAGRAPH, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items))
BODY = st.lists(st.one_of(PARAGRAPH, HEADING, LIST), min_size=1, max_size=8).map("\n\n".join)


def simple_sentences(text: str) -> list[tuple[int, int]]:
    """Offsets of what ends with a full stop."""
    found, start = [], 0
    for part in text.split(". "):
        found.append((start, min(start + len(part) + 1, len(text))))
        start += len(part) + 2
    return found


def passages_of(content: Content) -> list[Unit]:
    return [unit for unit in split(content) if unit.kind is UnitKind.PASSAGE]


def test_title_and_questions_are_units_of_their_own() -> None:
    units = split(Content("Return an item", "Text.", questions=("How?", "How?", "When?")))
    assert [(unit.kind.value, unit.text) for unit in units] == [
        ("title", "Return an item"),
        ("question", "How?"),
        ("question", "When?"),
        ("passage", "Text."),
    ]


def test_a_passage_carries_title_and_headings_to_the_encoder() -> None:
    (first, second) = passages_of(Content("Returns", "Intro.\n\n## Refund\n\n### Card\n\nThree days."))
    assert (first.heading, second.heading) == ("", "Refund › Card")
    assert second.text == "Three days."
    assert second.encoder_text == "Returns. Refund. Card. Three days."


def test_a_passage_never_crosses_a_heading() -> None:
    texts = [unit.text for unit in passages_of(Content("T", "One.\n\nTwo.\n\n## H\n\nThree."))]
    assert texts == ["One.\nTwo.", "Three."]


def test_lists_and_tables_become_lines() -> None:
    body = "1. Open **My account**.\n2. Press `Return`.\n\n| Size | EU |\n|---|---|\n| S | 38 |\n"
    (unit,) = passages_of(Content("T", body))
    assert unit.text == "1. Open My account.\n2. Press Return.\nSize · EU\nS · 38"
    assert "**My account**" in unit.markdown


def test_a_long_list_is_cut_between_items() -> None:
    items = [f"item {number} " + "word " * 40 for number in range(8)]
    units = passages_of(Content("T", "\n".join(f"- {item}" for item in items)))
    assert len(units) > 1
    assert sum(unit.text.count("• item") for unit in units) == 8
    assert all(unit.text.startswith("• item") for unit in units)


def test_items_keep_the_numbers_they_were_written_with() -> None:
    items = [f"{number}. {'word ' * 100}" for number in (3, 4, 4)]
    texts = [unit.text for unit in passages_of(Content("Steps", "\n".join(items)))]
    assert [text.partition(". ")[0] for text in texts] == ["3", "4", "4"]


MARKS = st.sampled_from(["- ", "3. ", "10) "])
ITEM = st.tuples(
    st.lists(WORDS, min_size=1, max_size=40).map(" ".join),
    st.sampled_from(["", "\n\nmore **of it**", "\n- nested\n- twice", "\n1. one\n2. two", "\n> said"]),
)


@given(MARKS, st.lists(ITEM, min_size=8, max_size=20))
def test_an_item_of_a_long_list_reads_as_it_does_alone(mark: str, items: list[tuple[str, str]]) -> None:
    alone = [mark + f"{text}{rest}".replace("\n", "\n" + " " * len(mark)) for text, rest in items]
    wanted = "\n".join(plain_text(markdown_parser().parse(item)) for item in alone)
    made = passages_of(Content("Items", "\n".join(alone) + "\n" + mark + "end " * LONGEST_WORDS))
    found = "\n".join(unit.text for unit in made)
    assert found.startswith(wanted)


def test_sentences_of_a_passage_are_marked() -> None:
    (unit,) = passages_of(Content("T", "We ship daily. Dr. Novak packs.\n\n- No full stop\n- Second"))
    marked = [unit.text[start:end] for start, end in unit.sentences]
    assert marked == ["We ship daily.", "Dr. Novak packs.", "• No full stop", "• Second"]


def test_a_body_of_headings_only_has_no_passage() -> None:
    assert passages_of(Content("T", "## One\n\n## Two\n")) == []


def test_cut_text_is_shown_as_it_is_written() -> None:
    (first, *_rest) = passages_of(Content("T", "Use * and _ and # freely. " * 60))
    assert "\\*" in first.markdown
    assert "*" in first.text


def test_a_language_without_rules_is_still_cut() -> None:
    assert sentence_offsets("One. Two.", "qq") == [(0, 4), (5, 9)]
    assert sentence_offsets("   ", "en") == []


@given(BODY)
def test_no_word_is_lost_and_no_passage_is_too_long(body: str) -> None:
    units = [unit for unit in split_article(Content("Title", body), simple_sentences) if unit.kind is UnitKind.PASSAGE]
    kept = sorted(word for unit in units for word in unit.text.replace("•", " ").split())
    heading_words = {"##", "###", "#", "Delivery", "Abroad", "Returns", "-"}
    wanted = sorted(word for word in body.split() if word not in heading_words)
    assert kept == wanted
    assert all(len(unit.text.replace("•", " ").split()) <= LONGEST_WORDS for unit in units)


@given(BODY)
def test_sentence_offsets_lie_inside_and_in_order(body: str) -> None:
    for unit in split_article(Content("Title", body), simple_sentences):
        edges = [edge for span in unit.sentences for edge in span]
        assert edges == sorted(edges)
        assert all(0 <= start < end <= len(unit.text) for start, end in unit.sentences)


@given(BODY)
def test_splitting_is_repeatable(body: str) -> None:
    content = Content("Title", body)
    assert split_article(content, simple_sentences) == split_article(content, simple_sentences)


@pytest.mark.parametrize("signs", ["[", "'s", "1:", "http://", "<", "a_", "😀"])
@pytest.mark.timeout(100)
def test_a_body_of_nothing_but_signs_is_split_in_no_time(signs: str) -> None:
    """spaCy alone would take minutes to hours over some of these, and whoever saves one would hold up everybody."""
    body = signs * (20_000 // len(signs))
    units = split(Content("Signs", body))
    assert "".join(unit.text for unit in units[1:]).replace(" ", "")


@pytest.mark.parametrize("signs", ["a", "![[", "[a][b", "&a;", "漢"])
def test_text_without_spaces_is_cut_too(signs: str) -> None:
    """Search shows a passage: one of 180,000 signs took seconds to render, while all other questions waited."""
    body = signs * (60_000 // len(signs))
    passages = [unit for unit in split(Content("Signs", body)) if unit.kind is UnitKind.PASSAGE]
    assert "".join(unit.text for unit in passages).replace(" ", "") == body
    assert max(len(unit.text) for unit in passages) <= LONGEST_WORDS * (LONGEST_WORD + 1)


def test_an_address_in_a_long_text_stays_whole() -> None:
    address = "https://example.org/" + "path/" * 60 + "end"
    body = f"See {address} for more. " + "Then call us or write to us. " * 40
    first = next(unit for unit in split(Content("Long", body)) if unit.kind is UnitKind.PASSAGE)
    assert address in first.text


def test_a_long_word_ends_no_sentence_and_moves_none() -> None:
    address = "https://example.org/" + "path/" * 60 + "end"
    text = f"See {address} for more. Then call."
    assert [text[start:end] for start, end in sentence_offsets(text, "en")] == [
        f"See {address} for more.",
        "Then call.",
    ]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_line_ends_are_line_ends(separator: str) -> None:
    body = f"One{separator}two.\n\n## Heading\n\nThree.\r\n\r\n## Other\r\n\r\nFour.\n"
    units = split(Content("Lines", body))
    assert [unit.markdown for unit in units[2:]] == ["Three.", "Four."]
