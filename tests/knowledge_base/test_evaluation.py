"""The figures of merit, the readers of labelled sets, and a whole evaluation and calibration in small."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.articles.articles import Content, NewArticle
from knowledge_base.errors import CannotStartError
from knowledge_base.evaluation import metrics
from knowledge_base.evaluation.calibrate import WHOLE_SHARE, Lessons, fit_model
from knowledge_base.evaluation.datasets import (
    LabelledQuestion,
    LabelledSet,
    read_intents,
    read_retrieval,
    read_sets,
    read_shop,
)
from knowledge_base.evaluation.measuring import Paper, measure
from knowledge_base.evaluation.pictures import UNSEEN_FILE, draw, draw_unseen
from knowledge_base.evaluation.report import json_of, markdown
from knowledge_base.evaluation.rivals import Exam, Ranking, Txtai, one_a_group
from knowledge_base.evaluation.sources import SHOP_QUESTIONS, foreign_questions, questions_of
from knowledge_base.evaluation.trials import Bench, weights_of
from knowledge_base.evaluation.unseen import (
    ALL,
    MIXES,
    TOGETHER,
    UNANSWERABLE_SHARE,
    Unseen,
    alone,
    together,
    wrong_among_answered,
)
from knowledge_base.evaluation.unseen_report import markdown as unseen_markdown
from knowledge_base.evaluation.unseen_report import recorded, reliability
from knowledge_base.evaluation.vector_file import FileEncoder
from knowledge_base.search.confidence import load_confidence
from knowledge_base.search.ranking import Way
from knowledge_base.settings import DEMO_FOLDER, Settings
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


@given(PAIRS)
def test_the_curve_ends_where_everything_is_answered(pairs: list[tuple[float, bool]]) -> None:
    scores, right = (np.array(column) for column in zip(*pairs, strict=True))
    curve = metrics.risk_coverage(scores, right)
    assert curve[-1] == pytest.approx((1, 1 - right.mean()))
    assert [coverage for coverage, _ in curve] == sorted({coverage for coverage, _ in curve})
    best, _ = metrics.coverage_at_risk(scores, right)
    within = [coverage for coverage, risk in curve if risk <= metrics.ACCEPTED_RISK + 1e-9]
    assert best == pytest.approx(max(within, default=0))


@given(PAIRS)
def test_the_bins_hold_everything(pairs: list[tuple[float, bool]]) -> None:
    scores, right = (np.array(column) for column in zip(*pairs, strict=True))
    bins = metrics.reliability(scores, right)
    assert sum(part.share for part in bins) == pytest.approx(1)
    assert sum(part.share * part.right for part in bins) == pytest.approx(right.mean())
    assert sum(part.share * part.confidence for part in bins) == pytest.approx(scores.mean())


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
    trials = Bench(manual, HashingEncoder(256), None, load_confidence()).trials(manual.questions, foreign)
    assert sorted(trial.kind for trial in trials) == ["foreign"] + ["removed"] * 4 + ["routine"] * 4
    assert all(trial.right for trial in trials if trial.kind == "routine")
    assert not any(trial.right for trial in trials if trial.kind != "routine")
    weights = weights_of(trials, 0.35)
    assert weights[[trial.answerable for trial in trials]].sum() == pytest.approx(0.65)


TOPICS = ("boots", "tents", "stoves", "jackets", "maps", "ropes", "skis", "lamps", "knives")


def many_topics() -> LabelledSet:
    """A base of nine articles, each with a question, and one question that nothing answers."""
    return LabelledSet(
        "topics",
        tuple(NewArticle(topic, Content(topic, f"All about {topic} and their care.", "en", ())) for topic in TOPICS),
        (
            *(LabelledQuestion(f"care of {topic}", frozenset({topic}), "routine") for topic in TOPICS),
            LabelledQuestion("weather", frozenset(), "far"),
        ),
        holds_unanswerable=True,
    )


def test_smaller_bases_are_asked_what_they_hold_what_they_lack_and_what_nobody_knows() -> None:
    labelled = many_topics()
    bench = Bench(labelled, HashingEncoder(256), None, load_confidence())
    strange = LabelledQuestion("what is a loan", frozenset({"bank"}), "routine")
    (trials,) = bench.smaller(labelled.questions, [strange])
    assert {trial.kind for trial in trials} == {"routine", "removed", "far", "foreign"}
    assert all(trial.answerable == (trial.kind == "routine") for trial in trials)
    assert all(trial.right for trial in trials if trial.kind == "routine")
    assert not any(trial.right for trial in trials if trial.kind != "routine")
    again = bench.smaller(labelled.questions, [strange])
    assert [[trial.question for trial in trials]] == [[trial.question for trial in part] for part in again]


def test_half_of_what_a_set_teaches_comes_from_smaller_bases() -> None:
    labelled = many_topics()
    bench = Bench(labelled, HashingEncoder(256), None, load_confidence())
    whole = bench.trials(labelled.questions, [])
    alone = Lessons(whole)
    assert alone.weights.sum() == pytest.approx(1)
    both = Lessons(whole, bench.smaller(labelled.questions, []))
    assert len(both.weights) == len(both.trials) > len(whole)
    assert both.weights.sum() == pytest.approx(1)
    assert both.weights[: len(whole)].sum() == pytest.approx(WHOLE_SHARE)
    answerable = [trial.answerable for trial in both.trials]
    assert both.weights[answerable].sum() == pytest.approx(1 - UNANSWERABLE_SHARE)


def test_chance_alone_makes_a_calibration_error_that_falls_with_more_questions() -> None:
    draw = np.random.default_rng(1)
    few, many = draw.random(100), draw.random(10_000)
    assert metrics.chance_error(few) > 0.05 > 0.02 > metrics.chance_error(many) > 0
    assert metrics.chance_error([0.0, 1.0, 1.0]) == 0


def unseen(right: Sequence[float], wrong: Sequence[float], unanswerable: Sequence[float]) -> Unseen:
    """Return a set by the probabilities of what was answered right, answered wrong, and had no answer."""
    (trial,) = Bench(many_topics(), HashingEncoder(256), None, load_confidence()).trials(
        [LabelledQuestion("care of boots", frozenset({"boots"}), "routine")], []
    )
    kinds = [(1, True, len(right)), (2, True, len(wrong)), (None, False, len(unanswerable))]
    trials = [
        replace(trial, ranks={"fused": rank}, answerable=answerable)
        for rank, answerable, count in kinds
        for _ in range(count)
    ]
    return Unseen(trials, np.array([*right, *wrong, *unanswerable]))


def test_sets_too_sure_and_too_modest_are_both_named_and_cancel_out_together() -> None:
    sure = unseen([0.7] * 5, [0.7] * 5, [0.0] * 5)
    modest = unseen([0.5] * 10, [], [0.0] * 5)
    figures = [alone(one, 0.6, 0.1) for one in (sure, modest)]
    assert [each["too_sure_by"] for each in figures] == [pytest.approx(0.14), pytest.approx(-0.35)]
    assert [each["ece"] for each in figures] == [pytest.approx(0.14), pytest.approx(0.35)]
    both = together([unseen([0.55] * 5, [0.55] * 5, [0.0] * 5), unseen([0.55] * 6, [0.55] * 4, [0.0] * 5)], 0.6)
    found = both["by_unanswerable_share"]
    assert isinstance(found, dict)
    assert found["0.3"]["ece"] == 0
    assert found["0.3"]["mean_ece_of_single_sets"] == pytest.approx(0.035)


def test_the_share_answered_and_wrong_among_them_hang_on_how_many_have_no_answer() -> None:
    one = unseen([0.9, 0.9, 0.1], [0.9], [0.9, 0.1])
    assert one.answered(0.5, unanswerable=0.0) == pytest.approx((0.75, 0.25))
    assert one.answered(0.5, unanswerable=0.2) == pytest.approx((0.8 * 0.75 + 0.1, 0.8 * 0.25 + 0.1))
    silent = unseen([0.1], [0.1], [0.1])
    answered, wrong = wrong_among_answered([one, silent], 0.5, 0.2)
    assert (answered, wrong) == pytest.approx((0.35, 0.3 / 0.7)), "a set weighs as much as another, answered or not"
    assert wrong_among_answered([silent], 0.5, 0.2) == (0, 0)


def test_probabilities_exactly_right_show_no_more_than_chance() -> None:
    draw_from = np.random.default_rng(3)
    sets = []
    for _ in range(6):
        probabilities = draw_from.random(400)
        right = draw_from.random(400) < probabilities
        # Asked alike of questions with and without an answer, so that no mix moves the figures.
        sets.append(unseen(probabilities[right].tolist(), probabilities[~right].tolist(), []))
    found = together(sets, 0.5)["by_unanswerable_share"]
    assert isinstance(found, dict)
    assert found["0.3"]["ece"] < 0.03 < found["0.3"]["mean_ece_of_single_sets"]
    assert found["0.3"]["ece"] < 2 * found["0.3"]["ece_by_chance_alone"]


def test_the_committed_record_of_unseen_sets_becomes_a_table_and_a_picture(tmp_path: Path) -> None:
    record = recorded()
    table = unseen_markdown(record).splitlines()
    assert len(table) == 2 + len(MIXES) * sum(len(groups) for groups in record.values())
    assert len({line.count("|") for line in table}) == 1
    aim = 0.05  # what the confidence is fitted for
    for groups in record.values():
        assert groups[ALL]["by_unanswerable_share"][str(UNANSWERABLE_SHARE)]["ece"] <= aim
    draw_unseen(reliability(record), tmp_path)
    assert (tmp_path / UNSEEN_FILE).read_bytes().startswith(b"\x89PNG")


def test_a_small_calibration_records_every_set_alone_and_together(folder: Path) -> None:
    lessons = {}
    for name, labelled in (("one_a", many_topics()), ("two_a", many_topics())):
        trials = Bench(labelled, HashingEncoder(256), None, load_confidence()).trials(labelled.questions, [])
        lessons[name] = Lessons(trials)
    model = fit_model(Way.ENGLISH, lessons)
    found = model[TOGETHER]
    assert isinstance(found, dict)
    assert set(found) == {ALL}, "no help pages, nothing asked in English beside others"
    assert (found[ALL]["sets"], found[ALL]["trials"]) == (2, 2 * len(many_topics().questions))


def test_questions_in_another_language_than_the_articles_are_known_as_such(folder: Path) -> None:
    manual = folder / "manual"
    czech = [
        "Jak ošetřím kožené boty?",
        "Kdo opraví tyče od stanu?",
        "Kde koupím kartuši?",
        "Jak vyperu péřovou bundu?",
    ]
    rows(manual / "queries.jsonl", *({"_id": f"q{n}", "text": text} for n, text in enumerate(czech)))
    found = read_retrieval(manual)
    assert {article.content.language for article in found.articles} == {"en"}
    assert {question.language for question in found.questions} == {"cs"}
    english = [LabelledQuestion("new card", frozenset({"card"}), "routine")]
    spoken = [LabelledQuestion("nová karta", frozenset({"card"}), "routine", language="cs")]
    other = LabelledSet("bank", (), (*english, *spoken), holds_unanswerable=True)
    assert foreign_questions(found, [found, other], count=8) == spoken, "in the language the base is asked in"


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


class Fixed:
    """A rival that puts the articles it is given in the same order for every question, half as sure of each next."""

    def __init__(self, order: list[str]) -> None:
        self._order = order
        self.exams: list[Exam] = []

    def rank(self, exams: Sequence[Exam]) -> dict[str, list[list[Ranking]]]:
        self.exams += exams
        return {"fixed": [[self._ranking(exam)] * len(exam.questions) for exam in exams]}

    def _ranking(self, exam: Exam) -> Ranking:
        given = {article.article_id for article in exam.articles}
        kept = [article_id for article_id in self._order if article_id in given]
        return [(article_id, 1 / place) for place, article_id in enumerate(kept, 1)]


def test_a_rival_is_measured_like_ourselves(folder: Path) -> None:
    manual = read_retrieval(folder / "manual")
    trials = Bench(manual, HashingEncoder(256), None, load_confidence()).trials(manual.questions, [])
    rival = Fixed(["a1", "a0", "a2", "a3"])
    (row,) = measure([Paper("manual", manual, trials)], [rival])
    whole, *cut = rival.exams
    assert list(whole.questions) == [question.text for question in manual.questions]
    assert [len(whole.articles), *(len(exam.articles) for exam in cut)] == [4, 3, 3, 3, 3]
    gold = {question.text: question.gold for question in manual.questions}
    for exam in cut:
        assert all(not gold[text] & {each.article_id for each in exam.articles} for text in exam.questions)
    assert sorted(text for exam in cut for text in exam.questions) == sorted(gold), "each once more without its article"
    assert row.questions == 4
    assert row.unanswerable == pytest.approx(0.3)
    assert row.found["fused"].hit1 == 1
    assert row.found["fixed"].hit1 == 0.25
    assert row.found["fixed"].hit3 == 0.75
    assert row.found["fixed"].mrr10 == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert row.known["fused"].auroc == 1
    assert row.known["fixed"].auroc == 0.5, "as sure of the first article of a base that lacks the right one"
    assert row.known["fixed"].ece is None
    assert set(row.known) == {"fused", "fixed"}


def test_an_article_counts_once_in_a_rivals_order() -> None:
    group_of = {"a": "a", "a.cs": "a", "b": "b", "c": "c"}
    ranking = [("b", 0.9), ("a.cs", 0.8), ("a", 0.7), ("c", 0.1)]
    assert one_a_group(ranking, group_of) == [("b", 0.9), ("a.cs", 0.8), ("c", 0.1)]


def test_tables_json_and_pictures_hold_every_set(folder: Path, tmp_path: Path) -> None:
    papers = []
    for labelled in read_sets(folder):
        trials = Bench(labelled, HashingEncoder(256), None, load_confidence()).trials(labelled.questions, [])
        papers.append(Paper(labelled.name, labelled, trials))
    measured = measure(papers, [])
    text = markdown(measured)
    assert [line.split(" | ")[0] for line in text.splitlines() if line.startswith(("| manual", "| intents"))] == [
        "| manual",
        "| intents",
    ] * 2
    data = json.loads(json_of(measured, {"english": 0.5}))
    assert [row["name"] for row in data["sets"]] == ["manual", "intents"]
    assert data["sets"][0]["found"]["fused"]["hit1"] == 1
    draw(measured, tmp_path / "pictures")
    for name in ("risk-coverage.png", "reliability.png"):
        assert (tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG")


PEER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps([[[article_id, 0.5] for article_id, _ in request["rows"]]] * len(request["questions"])))
"""


@pytest.fixture
def peer_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "peer.py"
    script.write_text(PEER, encoding="utf-8")
    monkeypatch.setattr("knowledge_base.evaluation.rivals.PEER_SCRIPT", script)
    return script


def test_the_peer_is_given_whole_articles_and_passages(folder: Path, peer_script: Path) -> None:
    intents = read_intents(folder / "intents.jsonl")
    found = Txtai(Path(sys.executable), Settings()).rank([Exam(intents.articles, ["one", "two"])])
    assert list(found) == ["txtai", "txtai, passages"]
    (whole,), (passages,) = found["txtai"], found["txtai, passages"]
    assert len(whole) == len(passages) == 2
    assert [article_id for article_id, _ in whole[0]] == ["close_account", "new_card"]
    assert [article_id for article_id, _ in passages[0]].count("close_account") == 3, "title, question, passage"


def test_a_peer_that_fails_says_so(folder: Path, peer_script: Path) -> None:
    peer_script.write_text("raise SystemExit('no model')", encoding="utf-8")
    with pytest.raises(CannotStartError, match="no model"):
        Txtai(Path(sys.executable), Settings()).rank([Exam(read_retrieval(folder / "manual").articles, ["one"])])
    with pytest.raises(CannotStartError, match=r"setup\.py peer"):
        Txtai(folder / "nothing", Settings())
