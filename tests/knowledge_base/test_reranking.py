"""With a cross-encoder, the order of the first hits is its order, and nothing else changes its meaning."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge_base.errors import EncoderUnavailableError
from knowledge_base.search.reranking import CANDIDATES, CrossEncoderReranker, Reranker, load_reranker
from knowledge_base.settings import Settings
from tests.support.knowledge_base import ARTICLES, HashingEncoder, an_article, running_knowledge_base
from tests.support.tiny_models import tiny_cross_encoder

QUERY = "How can I send something back?"
MANY = [an_article(f"boots-{number}", f"Boots {number}", f"All about boots number {number}.\n") for number in range(14)]


@dataclass
class Opinion:
    """A reranker that likes the articles named first best, in this order, and all others less."""

    liked: Sequence[str]
    model: str = "opinion"
    read: list[list[str]] = field(default_factory=list)
    too_slow: bool = False

    def scores(self, _question: str, passages: Sequence[str]) -> list[float] | None:
        """Return one number a passage."""
        self.read.append(list(passages))
        if self.too_slow:
            return None
        titles = [passage.split(". ")[0] for passage in passages]
        return [1.0 - self.liked.index(title) / 10 if title in self.liked else 0.0 for title in titles]


async def search(tmp_path: Path, reranker: Reranker | None, limit: int = 5, *, many: bool = False) -> Any:
    articles = MANY if many else ARTICLES
    var = tmp_path / uuid.uuid4().hex
    async with running_knowledge_base(var, articles, HashingEncoder, make_reranker=lambda: reranker) as kb:
        answer = await kb.client.post("/v1/search", json={"query": QUERY, "language": "en", "limit": limit})
        assert answer.status_code == 200
        return answer.json()


def ids(body: Any) -> list[str]:
    return [hit["article_id"] for hit in body["hits"]]


async def test_the_order_follows_the_reranker_and_the_first_stages_scores_stay(tmp_path: Path) -> None:
    before = await search(tmp_path, None)
    assert ids(before)[0] == "return-an-item"
    assert all("rerank" not in hit for hit in before["hits"])
    after = await search(tmp_path, Opinion(["Care for leather boots", "Opening hours"]))
    assert ids(after) == ["boot-care", "opening-hours", "return-an-item"]
    assert [hit.pop("rerank") for hit in after["hits"]] == [1.0, 0.9, 0.0]
    assert sorted(after["hits"], key=lambda hit: -hit["score"]) == before["hits"]


async def test_confidence_stays_while_the_first_hit_does_and_falls_when_it_changes(tmp_path: Path) -> None:
    before = await search(tmp_path, None)
    agreed = await search(tmp_path, Opinion(["Return an item", "Care for leather boots"]))
    assert ids(agreed)[0] == ids(before)[0]
    assert agreed["confidence"] == before["confidence"]
    for other in ("Care for leather boots", "Opening hours"):
        contradicted = await search(tmp_path, Opinion([other]))
        assert ids(contradicted)[0] != ids(before)[0]
        assert contradicted["confidence"] < before["confidence"]
        assert not contradicted["answerable"]


async def test_only_the_first_hits_are_read_also_when_fewer_are_wanted(tmp_path: Path) -> None:
    for limit in (1, 14):
        opinion = Opinion([])
        body = await search(tmp_path, opinion, limit, many=True)
        assert len(body["hits"]) == limit
        assert {len(read) for read in opinion.read} == {CANDIDATES}
    assert ["rerank" in hit for hit in body["hits"]] == [True] * 10 + [False] * 4
    assert ids(body) == ids(await search(tmp_path, None, 14, many=True)), "equal scores keep their order"


async def test_what_takes_too_long_leaves_the_order_alone(tmp_path: Path) -> None:
    before = await search(tmp_path, None)
    slow = await search(tmp_path, Opinion(["Care for leather boots"], too_slow=True))
    assert (slow["hits"], slow["confidence"]) == (before["hits"], before["confidence"])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("models") / "tiny-reranker")


async def test_a_cross_encoder_decides_the_order(tiny: Path, tmp_path: Path) -> None:
    reranker = load_reranker(Settings(reranker=str(tiny)))
    assert reranker is not None
    assert reranker.model.startswith("tiny-reranker@")
    body = await search(tmp_path, reranker)
    texts = [f"{hit['title']}. {hit['passage']}" for hit in body["hits"]]
    from sentence_transformers import CrossEncoder

    wanted = CrossEncoder(str(tiny), device="cpu").predict([(QUERY, text) for text in texts])
    assert np.allclose([hit["rerank"] for hit in body["hits"]], wanted, atol=1e-3)
    assert len(set(np.round(wanted, 4))) == 3, "random, but not equal"
    assert sorted(wanted, reverse=True) == list(wanted)


def test_a_cross_encoder_stops_at_its_deadline(tiny: Path, caplog: pytest.LogCaptureFixture) -> None:
    passages = [f"passage {number}" for number in range(10)]
    ticks = itertools.count(step=0.2)
    patient = CrossEncoderReranker(str(tiny), lambda: next(ticks), deadline_s=1.0)
    scores = patient.scores("question", passages)
    assert scores is not None
    assert len(scores) == 10
    ticks = itertools.count(step=0.2)
    hasty = CrossEncoderReranker(str(tiny), lambda: next(ticks), deadline_s=0.3)
    assert hasty.scores("question", passages) is None
    assert "took too long" in caplog.text


def test_no_reranker_is_the_default_and_a_missing_one_is_said(tmp_path: Path) -> None:
    assert load_reranker(Settings.from_env({})) is None
    with pytest.raises(EncoderUnavailableError, match=r"set TANDEM_RERANKER .* leave it empty to do without"):
        load_reranker(Settings(reranker=str(tmp_path)))
