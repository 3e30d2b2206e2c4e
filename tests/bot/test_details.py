"""What the customer named: order, parcel, amount, e-mail, phone, product."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.details import KINDS, MOST_CHARACTERS, details_of
from bot.escalation.topics import TOPICS_FILE, load_topics
from tests.bot.system import ROOT

TOPICS = load_topics(ROOT / TOPICS_FILE)


def named(*texts: str) -> dict[str, str]:
    return details_of(texts, TOPICS)


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ("My order 4711 came without the tent poles.", {"order": "4711", "product": "tent"}),
        (
            "order number is BF-10293, mail me at anna.k@example.com",
            {"order": "BF-10293", "email": "anna.k@example.com"},
        ),
        (
            "Objednávka č. 12345 za 1 290 Kč nedorazila, tel. +420 777 123 456",
            {"order": "12345", "amount": "1 290 Kč", "phone": "+420 777 123 456"},
        ),
        ("užsakymas 88231 dar neatvyko", {"order": "88231"}),
        ("Bestellnummer 99812, Sendung JJD000390012345678", {"order": "99812", "tracking": "JJD000390012345678"}),
        ("meine Bestellung mit der Nummer 778812", {"order": "778812"}),
        ("where is #10234?", {"order": "10234"}),
        ("cancel order 00004587345", {"order": "00004587345"}),
        ("parcel 00340434161094022115 is lost", {"tracking": "00340434161094022115"}),
        ("I paid €120 for it, call 0176 12345678", {"amount": "€120", "phone": "0176 12345678"}),
    ],
)
def test_what_is_named_is_found(text: str, details: dict[str, str]) -> None:
    assert named(text) == details


@pytest.mark.parametrize(
    "text",
    [
        "I ordered two of them in 2024",
        "order XL please",
        "order 12 more",
        "can I order by phone",
        "my parcel is late again",
        "paid with card 4111 1111 1111 1111",
        "size 44 or 45?",
        "30 days or 14?",
        "write @support",
        "bot",
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert {kind: value for kind, value in named(text).items() if kind != "product"} == {}


def test_the_newest_mention_counts() -> None:
    assert named("order 4711", "sorry, order 4712", "thanks") == {"order": "4712"}


@given(st.lists(st.text(max_size=300), max_size=5))
def test_values_are_the_customers_own_words_and_short(texts: list[str]) -> None:
    found = named(*texts)
    assert list(found) == [kind for kind in KINDS if kind in found]
    for kind, value in found.items():
        assert 0 < len(value) <= MOST_CHARACTERS
        assert kind == "product" or any(value in text for text in texts)
