"""The labelled messages, what is composed of them, and the heads that learn from them; vectors are made up here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EscalationDataError
from bot.escalation import phrases, tempers
from bot.escalation.signals import fold
from bot.nlu import heads
from bot.nlu.examples import FRUSTRATION, LABELS, QUESTION, REQUEST, UPSET, Example, compose, fillings, of_intents, read

DATA = Path("data/escalation")
FILE = """
language: en
slots: {someone: [a person, a human, an agent]}
groups:
- {name: talk, says: [request], unsure: [frustration], texts: ["talk to {someone}", "human"]}
- {name: calm, texts: ["nice weather"]}
"""


DIMENSION = 5  # of the 8 that are the first encoder's


def encode(texts: Sequence[str], both: bool = True) -> np.ndarray:
    """Return an 8-d vector a text that depends on nothing but the text."""
    seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") for text in texts]
    wide = np.stack([np.random.default_rng(seed).normal(size=8) * 0.1 for seed in seeds])
    return wide if both else wide[:, :DIMENSION]


def test_a_file_that_teaches_one_label_is_learned_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(FILE + "only: request\n", encoding="utf-8")
    found = read(tmp_path)
    assert {example.text: example.says for example in found}["human"] == {REQUEST}
    assert all(example.alone and example.unsure == {FRUSTRATION, UPSET, QUESTION} for example in found)
    assert compose(found) == []


def test_a_file_that_teaches_an_unknown_label_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(FILE + "only: joy\n", encoding="utf-8")
    with pytest.raises(EscalationDataError, match="only is 'joy'"):
        read(tmp_path)


def test_texts_that_teach_one_label_move_no_other(tmp_path: Path) -> None:
    def learned(more: Sequence[Example]) -> heads.Heads:
        return heads.train([*taught(), *more], encode, DIMENSION)

    alone = Example("a cab for two, please", "en", "alone", frozenset(), frozenset(LABELS) - {REQUEST}, alone=True)
    plain, told = learned([]), learned([alone] * 20)
    of = {label: place for place, label in enumerate(LABELS)}
    texts = [alone.text]
    before, after = (some.raw(texts, encode(texts))[0] for some in (plain, told))
    assert after[of[REQUEST]] < before[of[REQUEST]] - 0.1
    assert abs(after[of[FRUSTRATION]] - before[of[FRUSTRATION]]) < 0.1


def test_a_file_is_read_with_its_slots_filled(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text(FILE)
    found = read(tmp_path)
    assert {e.text for e in found if REQUEST in e.says} <= {
        "talk to a person",
        "talk to a human",
        "talk to an agent",
        "human",
    }
    assert all(e.unsure == {FRUSTRATION} for e in found if REQUEST in e.says)
    assert [e.text for e in found if not e.says] == ["nice weather"]
    assert found == read(tmp_path), "the same texts at every training"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "NoneType"),
        ("language: en", "groups"),
        ("language: en\ngroups: [{name: a, says: [anger], texts: [x]}]", "anger"),
        ("language: en\ngroups: [{name: a, texts: ['{nobody}']}]", "nobody"),
        ("language: [", "ParserError"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "broken.yml").write_text(text)
    with pytest.raises(EscalationDataError, match=why) as caught:
        read(tmp_path)
    assert caught.value.path.endswith("broken.yml")


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EscalationDataError, match=r"no \.yml"):
        read(tmp_path)


@given(st.sampled_from(["a", "say {x}", "{x} and {y}"]))
def test_fillings_hold_no_slot_and_no_repeats(text: str) -> None:
    filled = fillings(text, {"x": ["1", "2"], "y": ["3"]}, DATA)
    assert len(filled) == len(set(filled)) >= 1
    assert not any("{" in one for one in filled)


def test_a_composed_message_says_what_its_parts_say() -> None:
    parts = [
        Example("one", "en", "a", frozenset({REQUEST})),
        Example("zwei", "de", "b", frozenset({QUESTION}), frozenset({UPSET})),
        Example("drei", "de", "c", frozenset({UPSET})),
        Example("vier", "de", "d", frozenset()),
    ]
    for composed in compose(parts * 20):
        inside = [part for part in parts if part.text in composed.text]
        assert composed.says == frozenset().union(*(part.says for part in inside))
        assert not composed.says & composed.unsure
        assert {part.language for part in inside} == {composed.language}, "one language a message"


def test_the_examples_speak_four_languages_and_every_label() -> None:
    found = read(DATA)
    for language in ("en", "cs", "lt", "de"):
        for label in LABELS:
            assert sum(e.language == language and label in e.says for e in found) >= 30, (language, label)
        assert sum(e.language == language and not e.says for e in found) >= 60, language


def test_no_text_is_labelled_in_two_ways() -> None:
    seen: dict[tuple[str, str], bool] = {}
    for example in read(DATA):
        for label in frozenset(LABELS) - example.unsure:
            said = seen.setdefault((example.text.casefold(), label), label in example.says)
            assert said == (label in example.says), (example.text, label)


@given(st.integers(2, 5))
def test_parts_never_share_a_group(count: int) -> None:
    examples = [Example(f"text {n}", "en", f"group {n // 3}", frozenset()) for n in range(40)]
    for number in range(count):
        kept, held = heads.split(examples, number, count)
        assert len(kept) + len(held) == 40
        assert not {e.group for e in kept} & {e.group for e in held}


def taught() -> list[Example]:
    says = {
        "request_agent": "let me talk to person {}",
        "frustration": "you idiots {}",
        "question": "what costs thing {}",
    }
    texts = [(text.format(n), intent) for n in range(24) for intent, text in says.items()]
    return of_intents([text for text, _ in texts], [intent for _, intent in texts])


def test_a_composed_message_lies_in_the_middle_of_its_parts() -> None:
    """Only single messages are encoded for training: the composed ones would take longer than all the rest."""
    asked: list[str] = []

    def noted(texts: Sequence[str], both: bool) -> np.ndarray:
        asked.extend(texts)
        return encode(texts, both)

    single = [Example(f"word {n}", "en", f"group {n}", frozenset()) for n in range(6)]
    composed = compose(single)
    rows = heads._vectors([*single, *composed], noted, DIMENSION)
    assert sorted(asked) == sorted(example.text for example in single)
    for row, example in zip(rows[len(single) :], composed, strict=True):
        middle = encode(example.parts)[:, :DIMENSION].mean(axis=0)
        assert row[:DIMENSION] == pytest.approx(middle / np.linalg.norm(middle), rel=1e-5)
        assert not row[DIMENSION:].any()


def test_heads_are_the_same_after_saving_and_loading(tmp_path: Path) -> None:
    trained = heads.train(taught(), encode, DIMENSION)
    trained.save(tmp_path)
    loaded = heads.Heads.load(tmp_path)
    (before,) = heads.tables_of(trained, ["what costs it, let me talk to person 5"], encode)
    (after,) = heads.tables_of(loaded, ["what costs it, let me talk to person 5"], encode)
    assert loaded.judge(after) == pytest.approx(trained.judge(before))
    scores = dict(zip(loaded.labels, loaded.judge(after), strict=True))
    assert scores[REQUEST] > 0.5 > scores[FRUSTRATION]
    assert scores[UPSET] < 0.05, "what no example says is never said"


def test_a_second_encoder_that_is_not_there_says_nothing() -> None:
    """A knowledge base answers before its second encoder is loaded."""
    texts = ["what costs it", "let me talk to person 5"]
    trained = heads.train(taught(), encode, DIMENSION)
    alone = trained.space.read(encode(texts)[:, :DIMENSION])
    assert alone.shape == trained.space.read(encode(texts)).shape == (2, 8)
    assert (alone[:, DIMENSION:] == 0).all()
    assert np.linalg.norm(trained.space.read(encode(texts))[:, DIMENSION:], axis=1) == pytest.approx(1)
    assert np.isfinite(trained.raw(texts, encode(texts)[:, :DIMENSION])).all()


@given(st.text(max_size=300))
def test_any_text_has_probabilities_or_no_parts(text: str) -> None:
    parts = heads.parts_of(text)
    table = np.full((len(parts), 4), 50.0)
    if parts:
        trained = heads.Heads(
            LABELS, *([None] * 2), np.zeros((4, 1)), np.zeros(4), np.ones((4, 3)), heads.Space(1, np.zeros(0))
        )  # type: ignore[arg-type]
        assert ((trained.judge(table) >= 0) & (trained.judge(table) <= 1)).all()


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("could you put me through to someone in claims", "pass me to one"),
        ("přepojte mě prosím na operátora", "pass me"),
        ("ich würde gern mit einem Kollegen sprechen", "talk to one"),
        ("norėčiau pakalbėti su gyvu žmogumi", "talk to one"),
        ("can I talk to the driver about the stop", "talk to third"),
        ("I'm an agent for another firm", "i am one"),
        ("what are your agents' working hours", "hours of one"),
        ("ich brauche Ihre Depotleiterin", "want one"),
        ("chtěla bych mluvit s úřednicí", "talk to one"),
        ("noriu inspektoriaus", "want one"),
        ("give my aunt a bell tomorrow", "call them"),
        ("rufen Sie doch meinen Sohn an", "call them"),
        ("zavolejte jí", "call them"),
        ("paskambinkite jam rytoj", "call them"),
        ("können wir das mündlich machen", "by voice"),
        ("vyřiďme to po telefonu", "by voice"),
        ("does a human being read these", "does one read"),
        ("liest hier irgendwer mit", "does one read"),
        ("ar kas nors skaito", "does one read"),
        ("whom should I speak to about this", "whom to ask"),
        ("na koho se obrátit", "whom to ask"),
        ("human pls", "bare"),
        ("call me Peter from now on", "call me a name or a cab"),
    ],
)
def test_order_tells_requests_from_what_looks_like_one(text: str, phrase: str) -> None:
    assert dict(zip(phrases.NAMES, phrases.found(fold(text)), strict=True))[phrase] == 1.0


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("your support is a joke", "tempers at you"),
        ("vaše podpora je k ničemu", "tempers at you"),
        ("jūsų botas nenaudingas", "tempers at you"),
        ("euer Bot ist nutzlos", "tempers at you"),
        ("my brother is an idiot", "insults, about others"),
        ("that is the third time I ask", "repeats"),
    ],
)
def test_temper_is_told_by_whom_it_is_meant_for(text: str, sign: str) -> None:
    assert dict(zip(tempers.NAMES, tempers.found(fold(text)), strict=True))[sign] == 1.0


@pytest.mark.parametrize("text", ["support " * 40 + "x", "you " * 300, "talk to my " * 100, "mit wem " * 150])
@pytest.mark.timeout(60)
def test_patterns_take_no_long_time_over_repetition(text: str) -> None:
    for _ in range(5):
        phrases.found(text)
        tempers.found(text)
