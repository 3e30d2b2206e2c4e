"""What is masked before a question is kept, and what must stay readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from knowledge_base.text.redaction import redact

MASKED = [
    ("My card 4111 1111 1111 1111 was charged twice", "en", "My card [card number] was charged twice"),
    ("card 5500-0000-0000-0004, please refund", "en", "card [card number], please refund"),
    ("amex 378282246310005.", "en", "amex [card number]."),
    ("Refund to LT12 1000 0111 0100 1000 please", "en", "Refund to [bank account] please"),
    ("Refund to DE89370400440532013000.", "en", "Refund to [bank account]."),
    ("Vraťte to na CZ65 0800 0000 1920 0014 5399 prosím", "cs", "Vraťte to na [bank account] prosím"),
    ("write to jana.novak+shop@mail.example.co.uk!", "en", "write to [e-mail address]!"),
    ("mail jiří@pošta.cz", "cs", "mail [e-mail address]"),
    ("call me on +420 777 123 456 today", "en", "call me on [phone number] today"),
    ("call +37061234567", "lt", "call [phone number]"),
    ("zavolejte 777 123 456", "cs", "zavolejte [phone number]"),
    ("my phone is 2025550143", "en", "my phone is [phone number]"),
    ("(202) 555-0143 any time", "en", "[phone number] any time"),
    ("ring 020 7946 0958 after five", "en", "ring [phone number] after five"),
    ("my password is Hunter2!", "en", "my password is [secret]!"),
    ("my password is sunshine and I cannot sign in", "en", "my password is [secret] and I cannot sign in"),
    ("password: swordfish", "en", "password: [secret]"),
    ("PIN is 4321, is that right?", "en", "PIN is [secret], is that right?"),
    ("moje heslo je kocicka12", "cs", "moje heslo je [secret]"),
    ("mano slaptažodis yra katinas55", "lt", "mano slaptažodis yra [secret]"),
    ("the api key is sk-abc123def456", "en", "the api key is [secret]"),
    ("password hunter2 does not work", "en", "password [secret] does not work"),
    ("token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9AbCdEf0123456789", "en", "token [secret]"),
]
KEPT = [
    "Where is order 4711?",
    "order 20240315123456 has not come",
    "My order number is 8005550199",
    "order no. 777 123 456 is late",
    "parcel RR123456789CZ and 1Z999AA10123456784",
    "invoice 2024-000123 over 1 299 000 Kč",
    "I paid 1,299.00 € on 2026-03-01 at 12:30",
    "delivered on 24.12.2025 between 9:00 and 18:00",
    "a 4x4 tent, 3000 mm water column, 1234567890123456",
    "My password is wrong",
    "my password was not accepted",
    "the password is rejected every time",
    "I forgot my password and the reset link expired",
    "heslo je špatné",
    "Is the PIN code required?",
    "Where do I change my password please",
    "size 38/40, article 9780306406157",
    "call the shop at 9",
]


@pytest.mark.parametrize(("text", "language", "kept"), MASKED)
def test_what_identifies_or_opens_is_masked(text: str, language: str, kept: str) -> None:
    assert redact(text, language) == kept


@pytest.mark.parametrize("text", KEPT)
@pytest.mark.parametrize("language", ["en", "cs", "lt"])
def test_orders_prices_dates_and_complaints_stay(text: str, language: str) -> None:
    assert redact(text, language) == text


@given(st.text(max_size=300), st.sampled_from(["en", "cs", None]))
def test_masking_twice_is_masking_once(text: str, language: str | None) -> None:
    once = redact(text, language)
    assert redact(once, language) == once


@given(st.integers(0, 10**14 - 1))
def test_no_valid_card_survives(number: int) -> None:
    body = f"4{number:014}"
    card = body + luhn.calc_check_digit(body)
    assert card not in redact(f"charged on {card} twice")
