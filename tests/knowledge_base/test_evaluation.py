"""The figures of merit, the readers of labelled sets, and a whole evaluation and calibration in small."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.confidence import ConfidenceModel
from knowledge_base.evaluation import metrics
from knowledge_base.evaluation.datasets import read_intents, read_retrieval, read_sets, read_shop
from knowledge_base.evaluation.sources import SHOP_QUESTIONS, foreign_questions, questions_of
from knowledge_base.evaluation.trials import Bench, weights_of
from knowledge_base.evaluation.vector_file import FileEncoder
from knowledge_base.settings import DEMO_FOLDER
from tests.support.knowledge_base import HashingEncoder

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def test_ranks_are_counted() -> None:
    ranks = [1, 2, None, 4]
    assert metrics.hit_rate(ranks, 1) == 0.25
    assert metrics.hit_rate(ranks, 3) == 0.5
    assert metrics.mean_reciprocal_rank(ranks) == pytest.approx((1 + 0.5 + 0.25) / 4)


def test_auroc_of_known_cases() -> None:
    assert metrics.auroc([0.1, 0.2, 0.8], [False, False, True]) == 1
    assert metrics.auroc([0.5, 0.5], [False, True]) == 0.5
    assert np.isnan(metrics.auroc([0.5], [True]))


@given(PAIRS)
def test_auroc_is_the_share_of_pairs_in_order(pairs: list[tuple[float, bool]]) -> None:
    right = [score for score, truth in pairs if truth]
    wrong = [score for score, truth in pairs if not truth]
    if right and wrong:
        wanted = np.mean([(a > b) + 0.5 * (a == b) for a in right for b in wrong])
        assert metrics.auroc(*zip(*pairs, strict=True)) == pytest.approx(wanted)


def test_calibration_error_of_known_cases() -> None:
    assert metrics.calibration_error([0.85] * 20, [True] * 17 + [False] * 3) == pytest.approx(0, abs=1e-9)
    assert metrics.calibration_error([0.95] * 10, [False] * 10) == pytest.approx(0.95)


@given(PAIRS)
def test_coverage_keeps_its_promise(pairs: list[tuple[float, bool]]) -> None:
    scores, right = (np.array(column) for column in zip(*pairs, strict=True))
    coverage, threshold = metrics.coverage_at_risk(scores, right)
    answered = scores >= threshold
    if coverage:
        assert answered.mean() == pytest.approx(coverage)
        assert (~right[answered]).mean() <= metrics.ACCEPTED_RISK + 1e-9


def rows(path: Path, *given: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    retrieval = tmp_path / "sets" / "manual"
    topics = ["boots wax leather", "tent poles broken", "stove gas cartridge", "jacket down washing"]
    rows(
        retrieval / "corpus.jsonl",
        *({"_id": f"a{n}", "title": "", "text": f"About {topic}. More words here."} for n, topic in enumerate(topics)),
    )
    rows(retrieval / "queries.jsonl", *({"_id": f"q{n}", "text": topic} for n, topic in enumerate(topics)))
    (retrieval / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(f"q{n}\ta{n}\t1\n" for n in range(4)), encoding="utf-8"
    )
    rows(
        tmp_path / "sets" / "intents.jsonl",
        {"text": "close my account", "label": "close_account", "split": "train"},
        {"text": "new card", "label": "new_card", "split": "train"},
        {"text": "please close the account", "label": "close_account", "split": "test"},
        {"text": "weather tomorrow", "label": None, "split": "test", "oos": "far"},
    )
    rows(tmp_path / "sets" / "other.jsonl", {"something": "else"})
    return tmp_path / "sets"


def test_sets_are_recognised_by_their_shape(folder: Path) -> None:
    assert [labelled.name for labelled in read_sets(folder)] == ["manual", "intents"]
    intents = read_intents(folder / "intents.jsonl")
    assert [(article.article_id, article.content.questions) for article in intents.articles] == [
        ("close_account", ("close my account",)),
        ("new_card", ("new card",)),
    ]
    assert [(question.kind, set(question.gold)) for question in intents.questions] == [
        ("routine", {"close_account"}),
        ("far", set()),
    ]


def test_every_question_is_also_asked_without_its_article(folder: Path) -> None:
    sets = read_sets(folder)
    manual = read_retrieval(folder / "manual")
    foreign = foreign_questions(manual, sets, count=4)
    assert [question.text for question in foreign] == ["please close the account"]
    trials = Bench(manual, HashingEncoder(256), ConfidenceModel.load()).trials(manual.questions, foreign)
    assert sorted(trial.kind for trial in trials) == ["foreign"] + ["removed"] * 4 + ["routine"] * 4
    assert all(trial.right for trial in trials if trial.kind == "routine")
    assert not any(trial.right for trial in trials if trial.kind != "routine")
    weights = weights_of(trials, 0.35)
    assert weights[[trial.answerable for trial in trials]].sum() == pytest.approx(0.65)


def test_the_shop_is_read_with_its_translations() -> None:
    shop = read_shop(DEMO_FOLDER, SHOP_QUESTIONS)
    known = {article.article_id for article in shop.articles}
    assert all(question.gold <= known for question in shop.questions)
    assert {question.split for question in questions_of(shop, "dev", 10_000)} == {"dev"}
    czech = next(question for question in shop.questions if question.language == "cs" and question.gold)
    assert any(not article_id.endswith(".cs") for article_id in czech.gold), "the English original is right too"


def test_vectors_are_kept_between_evaluations(tmp_path: Path) -> None:
    first, second = HashingEncoder(), HashingEncoder()
    made = FileEncoder(first, tmp_path).encode(["a", "b"])
    again = FileEncoder(second, tmp_path)
    assert np.array_equal(again.encode(["b", "a"]), made[[1, 0]])
    assert second.encoded == []
    assert again.encode([]).shape == (0, 64)
