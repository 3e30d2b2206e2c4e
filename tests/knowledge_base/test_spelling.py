"""Questions typed in a hurry: misspelt, shouted, without accents, in the short forms of short messages."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.search.spelling import MOST_CORRECTED, Vocabulary, corrected, plain, word_counts

ENGLISH = "Returning a parcel costs nothing. Waterproof jackets are washed at thirty degrees. Order, orders, ordering."
CZECH = "Zásilku můžete sledovat. Zásilka dorazí zítra. Vrácení zboží je zdarma."


def vocabulary(text: str, language: str = "en") -> Vocabulary:
    made = Vocabulary(language)
    made.add(word_counts([text]))
    return made


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("retruning a parcle", "returning a parcel"),
        ("how are waterprof jakcets washed", "how are waterproof jackets washed"),
        ("Waterprroof?", "waterproof?"),
    ],
)
def test_misspelt_words_are_put_right_from_the_articles(typed: str, meant: str) -> None:
    assert corrected(typed, [vocabulary(ENGLISH)], ()) == meant


def test_letters_without_their_accents_are_found() -> None:
    assert corrected("kde je moje zasilka", [vocabulary(CZECH, "cs")], ()) == "kde je moje zásilka"
    assert corrected("vraceni zbozi", [vocabulary(CZECH, "cs")], ()) == "vrácení zboží"


@pytest.mark.parametrize("right", ["returning a parcel", "does it cost more", "gps", "", "12345", "a b c", "🎒"])
def test_what_is_right_or_too_short_to_tell_stays(right: str) -> None:
    assert corrected(right, [vocabulary(ENGLISH)], ()) is None


def test_a_word_the_encoder_knows_is_no_mistake() -> None:
    assert corrected("orders of waterproof packets", [vocabulary(ENGLISH)], {"packets"}) is None
    assert corrected("orders of waterproof packets", [vocabulary(ENGLISH)], ()) == "orders of waterproof jackets"


def test_noise_is_left_alone() -> None:
    wrong = " ".join(f"parce{letter}" for letter in string.ascii_lowercase[: MOST_CORRECTED + 1])
    assert corrected(wrong, [vocabulary(ENGLISH)], ()) is None


def test_the_words_of_an_article_leave_with_it() -> None:
    known = vocabulary("parcel parcel jacket")
    known.remove(word_counts(["parcel"]))
    assert "parcel" in known
    known.remove(word_counts(["parcel jacket"]))
    assert ("parcel" in known, known.nearest("parcle"), known.nearest("jaket")) == (False, None, None)


def test_of_two_words_as_near_the_usual_one_is_meant() -> None:
    assert vocabulary("order order border").nearest("oorder") == "order"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("WHERE IS MY PARCEL???", "where is my parcel???"),
        ("my GPS is broken", "my GPS is broken"),
        ("VAT ID", "VAT ID"),
        ("hw do i rtn ur jacket pls", "how do i return your jacket please"),
        ("can u send it 2moro", "can you send it tomorrow"),
    ],
)
def test_shouting_and_short_forms_are_read_plainly(typed: str, read: str) -> None:
    assert plain(typed, english=True) == read


def test_short_forms_are_english_ones() -> None:
    assert plain("u nás pls", english=False) == "u nás pls"


@given(st.text(max_size=80), st.booleans())
def test_any_text_is_read(text: str, english: bool) -> None:
    read = plain(text, english=english)
    right = corrected(read, [vocabulary(ENGLISH), vocabulary(CZECH, "cs")], ())
    assert right is None or right != read
