"""Texts as long as allowed, made to be slow: what they cost is bounded, counted in work rather than in seconds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowledge_base.articles.articles import MAX_BODY
from knowledge_base.articles.markdown_files import read_folder
from knowledge_base.articles.rendering import MOST_FILLED_CELLS, markdown_parser, to_html
from knowledge_base.settings import DEMO_FOLDER
from knowledge_base.text.sentences import LONGEST_WORD, cut_long_words
from tests.support.knowledge_base import HashingEncoder, running_knowledge_base

ENDS = ".!?。！？…।؟"
WIDE = "|a" * 500 + "|\n" + "|-" * 500 + "|\n"
PARSERS_OWN = 0x10000  # cells that the parser fills up in one table
TOKENS_A_CELL = 3


def cells(markdown: str) -> int:
    return sum(token.type == "td_open" for token in markdown_parser().parse(markdown))


def test_short_rows_of_all_tables_together_are_filled_up_so_far_and_no_further() -> None:
    body = ((WIDE + "|\n" * 140 + "\n") * 90)[:MAX_BODY]
    assert cells(body) <= MOST_FILLED_CELLS + PARSERS_OWN
    tokens = len(markdown_parser().parse(body))
    assert tokens <= TOKENS_A_CELL * (MOST_FILLED_CELLS + PARSERS_OWN + len(body))
    html = to_html(body)
    assert html.count("<table>") == 1
    assert "|a|a|a" in html  # what follows is there to read


def test_each_text_has_its_own_room_for_filled_cells() -> None:
    body = WIDE + "|\n" * 40
    assert cells(body) == cells(body) == 500 * 40


def test_cells_that_are_written_do_not_count() -> None:
    full = "|a|b|\n|-|-|\n" + "|c|d|\n" * 100 + "\n"
    body = full * 200
    assert cells(body) == 2 * 100 * 200 > MOST_FILLED_CELLS


def test_ordinary_articles_read_as_ever() -> None:
    plain = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    for article in read_folder(DEMO_FOLDER):
        body = article.content.body
        assert markdown_parser().render(body) == plain.render(body)


@given(st.text(f"a1-{ENDS}", min_size=1).map(lambda word: (word * 200)[:2_000]))
def test_no_word_is_longer_than_spacy_takes_in_its_stride(text: str) -> None:
    cut = cut_long_words(text)
    assert len(cut) == len(text)
    assert max(map(len, cut.split())) <= LONGEST_WORD + 1
    assert all(cut[match.start()] == match.group()[0] for match in re.finditer(f"[{ENDS}]+", text))  # sentences' ends


@pytest.mark.parametrize("sign", ["!", "?!", "…", "。"])
async def test_an_article_of_signs_alone_can_be_shown_and_published(tmp_path: Path, sign: str) -> None:
    body = (sign * MAX_BODY)[:MAX_BODY]
    async with running_knowledge_base(tmp_path, (), HashingEncoder) as kb:
        shown = await kb.client.post("/v1/preview", json={"body": body})
        assert shown.status_code == 200
        made = await kb.client.post("/v1/articles", json={"title": "Signs", "body": body, "state": "published"})
        assert made.status_code == 201, made.text
