"""The search index led on by changes: after any of them it answers as one built anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge_base.articles.articles import Content, LiveArticle, StoredUnit
from knowledge_base.search import unit_scores
from knowledge_base.search.confidence import load_confidence
from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.question import Answer, Filters, Question
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_index import FaissIndex
from knowledge_base.service import split
from knowledge_base.store.live import LiveBase, LiveChanges
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import HashingEncoder

MODEL = load_confidence()
ENGLISH = HashingEncoder(dimension=48)
MANY = HashingEncoder(dimension=32, model="many")
QUESTIONS = (
    ("how do I return the boots and the tent", None),
    ("Jak můžu vrátit stan a boty zpátky?", None),
    ("stove", "cs"),
    ("qwertz", None),
    ("when is the shop open", "lt"),
)

WORDS = st.lists(
    st.sampled_from(
        ["return", "boots", "tent", "stove", "shop", "open", "the", "and", "how", "vrátit", "stan", "boty"]
    ),
    min_size=1,
    max_size=12,
).map(" ".join)
CONTENTS = st.builds(
    Content,
    title=WORDS,
    body=st.lists(WORDS, min_size=1, max_size=3).map(lambda parts: "\n\n## Part\n\n".join(parts)),
    language=st.sampled_from(["en", "en", "cs", "lt"]),
    questions=st.lists(WORDS, max_size=2).map(tuple),
    tags=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
)
IDS = st.sampled_from([f"article-{number}" for number in range(7)])
EDITS = st.lists(
    st.lists(
        st.tuples(IDS, st.one_of(st.none(), CONTENTS), IDS), min_size=1, max_size=3, unique_by=lambda edit: edit[0]
    ),
    max_size=10,
)


@dataclass
class Base:
    """What the database would hold: articles with units whose ids are never given twice."""

    generation: int = 0
    articles: dict[str, LiveArticle] = field(default_factory=dict)
    next_unit: int = 1

    def edit(self, edits: Iterable[tuple[str, Content | None, str]]) -> LiveChanges:
        """Publish each content, or withdraw the article where there is none, and return what search is told."""
        self.generation += 1
        changed, gone = [], []
        for article_id, content, group in edits:
            if content is None:
                self.articles.pop(article_id, None)
                gone.append(article_id)
                continue
            units = [StoredUnit(self.next_unit + n, article_id, unit) for n, unit in enumerate(split(content))]
            self.next_unit += len(units)
            self.articles[article_id] = LiveArticle(
                article_id, None, group, content.title, content.language, content.tags, tuple(units)
            )
            changed.append(self.articles[article_id])
        return LiveChanges(self.generation, tuple(changed), frozenset(gone))

    def index(self, *, whole: bool = True) -> SearchIndex:
        """Return an index built from scratch."""
        base = LiveBase(self.generation, tuple(sorted(self.articles.values(), key=lambda a: a.article_id)))
        spaces = FaissIndex(ENGLISH.dimension), FaissIndex(MANY.dimension)
        for space, encoder in zip(spaces, (ENGLISH, MANY), strict=True):
            made = vectors(encoder, base.articles)
            space.add(list(made), list(made.values()))
        index = SearchIndex(base, spaces[0], MODEL)
        if whole:
            index.attach(spaces[1])
        return index


def vectors(encoder: HashingEncoder, articles: Sequence[LiveArticle]) -> dict[int, Vectors]:
    """Return the vector of every unit."""
    units = [stored for article in articles for stored in article.units]
    rows = encoder.encode([stored.unit.encoder_text for stored in units])
    return {stored.unit_id: row for stored, row in zip(units, rows, strict=True)}


def change_of(changes: LiveChanges, *, multilingual: bool = True) -> IndexChange:
    """Return what the index is to apply."""
    return IndexChange.of(
        changes, vectors(ENGLISH, changes.articles), vectors(MANY, changes.articles) if multilingual else None
    )


def ask(index: SearchIndex, text: str, language: str | None = None, tags: tuple[str, ...] = ()) -> Answer:
    """Ask with both vectors where the index wants both."""
    asked = Question(text, ENGLISH.encode([text])[0], language, 10, Filters(tags))
    if index.wants_multilingual(asked.text, asked.language):
        asked = Question(text, asked.vector, language, 10, Filters(tags), MANY.encode([text])[0])
    return index.search(asked)


def assert_same_answers(one: SearchIndex, other: SearchIndex) -> None:
    """Compare everything an answer says, to the last digit."""
    assert (one.generation, one.article_count, one.unit_count, one.passage_count, one.languages, one.lacking) == (
        other.generation,
        other.article_count,
        other.unit_count,
        other.passage_count,
        other.languages,
        other.lacking,
    )
    assert one.articles == other.articles
    for text, language in QUESTIONS:
        for tags in ((), ("a",)):
            assert ask(one, text, language, tags) == ask(other, text, language, tags)
        asked = Question(text, ENGLISH.encode([text])[0], language)
        assert one.orders(asked) == other.orders(asked)


@given(EDITS, EDITS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_after_any_edits_it_answers_as_one_built_anew(
    before: list[list[tuple[str, Content | None, str]]], after: list[list[tuple[str, Content | None, str]]]
) -> None:
    base = Base()
    for edits in before:
        base.edit(edits)
    index = base.index()
    for edits in after:
        assert index.apply(change_of(base.edit(edits)))
    assert_same_answers(index, base.index())


@given(EDITS, EDITS, EDITS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_copy_led_on_answers_as_one_built_anew_and_leaves_the_original_as_it_was(
    before: list[list[tuple[str, Content | None, str]]],
    here: list[list[tuple[str, Content | None, str]]],
    there: list[list[tuple[str, Content | None, str]]],
) -> None:
    base = Base()
    for edits in before:
        base.edit(edits)
    index, vectors = base.index(), FaissIndex(ENGLISH.dimension)
    own = {unit_id: ENGLISH.encode([unit.encoder_text])[0] for unit_id, unit in index.units().items()}
    vectors.add(list(own), list(own.values()))
    many = FaissIndex(MANY.dimension)
    foreign = {unit_id: MANY.encode([unit.encoder_text])[0] for unit_id, unit in index.units().items()}
    many.add(list(foreign), list(foreign.values()))
    copy = index.copied_words()
    copy.use_vectors(vectors.copied(), many.copied())
    other = Base(base.generation, dict(base.articles), base.next_unit)
    for edits in here:
        assert index.apply(change_of(base.edit(edits)))
    for edits in there:
        change = change_of(other.edit(edits))
        for part in change.parts(2):
            copy.prepare_vectors(part, copy.prepare_words(part))
        nothing = LiveChanges(change.generation, (), frozenset())
        assert copy.apply(change_of(nothing))
    assert_same_answers(index, base.index())
    assert_same_answers(copy, other.index())


@given(EDITS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_same_holds_where_only_the_nearest_are_compared(edits: list[list[tuple[str, Content | None, str]]]) -> None:
    base = Base()
    index = base.index()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unit_scores, "NEAREST_UNITS", 4)
        patch.setattr(unit_scores, "LEXICAL_CANDIDATES", 100)  # whatever shares a word, since four may well be a tie
        for some in edits:
            index.apply(change_of(base.edit(some)))
        anew = base.index()
        for text, _ in QUESTIONS[:2]:
            one, other = ask(index, text), ask(anew, text)
            assert {hit.article.article_id: hit.score for hit in one.hits if hit.lexical} == pytest.approx(
                {hit.article.article_id: hit.score for hit in other.hits if hit.lexical}
            )


@given(EDITS, st.integers(1, 5))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_space_filled_later_ends_as_one_built_whole(
    edits: list[list[tuple[str, Content | None, str]]], slice_size: int
) -> None:
    base = Base()
    index = base.index(whole=False)
    index.attach(FaissIndex(MANY.dimension))
    for some in edits:
        index.apply(change_of(base.edit(some), multilingual=False))
        waiting = index.next_lacking(slice_size)
        stale = {-1: np.ones(MANY.dimension, np.float32)}  # of a unit that is gone by the time it is encoded
        index.fill({stored.unit_id: MANY.encode([stored.unit.encoder_text])[0] for stored in waiting} | stale)
    while waiting := index.next_lacking(slice_size):
        index.fill({stored.unit_id: MANY.encode([stored.unit.encoder_text])[0] for stored in waiting})
    assert_same_answers(index, base.index())


def test_an_older_change_never_undoes_a_newer_one() -> None:
    base = Base()
    index = base.index()
    old = change_of(base.edit([("article-1", Content("Old boots", "Old boots."), "article-1")]))
    new = change_of(base.edit([("article-1", Content("New boots", "New boots."), "article-1")]))
    assert index.apply(new)
    assert not index.apply(old)
    assert not index.apply(new)
    assert [hit.article.title for hit in ask(index, "boots").hits] == ["New boots"]
    assert index.generation == 2


def test_a_space_that_lacks_much_is_not_asked_yet() -> None:
    base = Base()
    base.edit([(f"article-{n}", Content(f"Stan {n}", "Jak postavit stan.", "cs"), f"article-{n}") for n in range(5)])
    base.edit([("english", Content("Tent", "How to pitch a tent."), "english")])
    index = base.index(whole=False)
    asked = Question("Jak můžu postavit stan?", ENGLISH.encode(["stan"])[0])
    assert not index.wants_multilingual(asked.text, asked.language)
    index.attach(FaissIndex(MANY.dimension))
    assert not index.wants_multilingual(asked.text, asked.language)
    index.fill(vectors(MANY, index.articles))
    assert index.wants_multilingual(asked.text, asked.language)
    assert not index.wants_multilingual("How do I pitch my tent?", None)
    assert index.wants_multilingual("wifi", "cs")
