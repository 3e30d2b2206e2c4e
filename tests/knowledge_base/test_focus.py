"""What in a long message is asked: its sentences, and its words without numbers and addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.search.focus import SENTENCES, asking_sentences, without_identifiers


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("where is my order 4471023", "where is my order"),
        ("order #88123-4 is late", "order is late"),
        ("cancel TN-4471023 please", "cancel please"),
        ("I am jana@example.com, where is it", "I am where is it"),
        ("call +420 777 123 456 please", "call please"),
        ("the code SUMMER2026 does not work", "the code does not work"),
        ("a 40 l rucksack for 3 days", None),
        ("is the 2026 tent waterproof", "is the tent waterproof"),
        ("4471023", None),
        ("where is my order", None),
    ],
)
def test_numbers_and_addresses_are_left_out(typed: str, read: str | None) -> None:
    assert without_identifiers(typed) == read


@pytest.mark.parametrize(
    ("message", "sentences"),
    [
        ("How do I return it?", ()),
        ("Hi! I was away for a week. How do I return it?", ("How do I return it?", "I was away for a week.")),
        ("My order is 4471023. It has not come.", ("It has not come.",)),
        ("Where is order 4471023? Thank you very much", ("Where is order ?", "Thank you very much")),
        ("the zip broke\ncan you mend it?", ("can you mend it?", "the zip broke")),
        ("", ()),
    ],
)
def test_each_sentence_that_may_ask_is_one(message: str, sentences: tuple[str, ...]) -> None:
    assert asking_sentences(message, "en") == sentences


def is_in(part: str, message: str) -> bool:
    """Whether the signs of `part` stand in a message, in that order."""
    rest = iter(message)
    return all(sign in rest for sign in "".join(part.split()))


@given(st.text(alphabet=st.sampled_from("aá1 .?!\n@-#"), max_size=120), st.sampled_from(["en", "cs", "xx"]))
def test_any_message_is_read(message: str, language: str) -> None:
    found = asking_sentences(message, language)
    assert len(found) <= SENTENCES
    assert all(is_in(each, message) for each in found)
    bare = without_identifiers(message)
    assert bare is None or not re.search(r"\d{4}", bare)
