"""The channel's JSON: what is refused, what is data, what is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wire import Button, answer_of, as_data, read_body, read_payload
from bot.errors import BadBodyError, TurnFailedError

GOOD = {"sender": "c1.1", "message": "hello", "metadata": {"message_id": "m1", "language": "en"}}


def test_a_good_body_is_read_and_unknown_fields_are_ignored() -> None:
    incoming = read_body({**GOOD, "payload": "/request_agent", "new": 1})
    assert (incoming.sender, incoming.text, incoming.payload, incoming.message_id) == (
        "c1.1",
        "hello",
        "/request_agent",
        "m1",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        (None, "body"),
        ({"message": "x"}, "sender"),
        ({**GOOD, "sender": 7}, "sender"),
        ({**GOOD, "sender": " "}, "sender"),
        ({**GOOD, "sender": "x" * 201}, "sender"),
        ({"sender": "c1.1"}, "message"),
        ({**GOOD, "message": None}, "message"),
        ({**GOOD, "payload": {}}, "payload"),
        ({**GOOD, "metadata": "x"}, "metadata"),
        ({**GOOD, "metadata": {"message_id": []}}, "metadata.message_id"),
    ],
)
def test_a_bad_body_is_refused_naming_the_field(body: Any, field: str) -> None:
    with pytest.raises(BadBodyError) as refused:
        read_body(body)
    assert refused.value.field == field
    assert str(refused.value).startswith(field)


@given(st.text())
def test_no_text_is_ever_a_command(text: str) -> None:
    data = as_data(text)
    assert not data.startswith("/")
    assert "\x00" not in data


@pytest.mark.parametrize("text", ["/request_agent", "  / /request_agent", '//restart{"a":1}'])
def test_slashes_are_taken_away(text: str) -> None:
    assert as_data(text).startswith(("request_agent", "restart"))


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    data = as_data("begin " + "x" * 100_000 + " end")
    assert data.startswith("begin")
    assert data.endswith("end")
    assert len(data) < 5_000


@pytest.mark.parametrize(
    ("payload", "button"),
    [
        ("/request_agent", Button("request_agent", {})),
        ('/choose_article{"article_id": "a"}', Button("choose_article", {"article_id": "a"})),
        ('/feedback{"helpful": true}', Button("feedback", {"helpful": True})),
        ("/restart", None),
        ("request_agent", None),
        ("/feedback{", None),
        ("/feedback[1]", None),
        ("", None),
    ],
)
def test_only_our_own_payloads_are_payloads(payload: str, button: Button | None) -> None:
    assert read_payload(payload) == button


def test_silence_is_a_failure() -> None:
    for nothing in ([], [{"text": ""}], [{"custom": {"other": 1}}]):
        with pytest.raises(TurnFailedError):
            answer_of(nothing)


def test_replies_and_handoff_are_taken_apart() -> None:
    handoff = {"reason": "customer_request", "line": "…"}
    sources = [{"article_id": "a", "title": "A", "url": "/help/a", "passage": "p"}]
    said = [
        {
            "text": "hi",
            "buttons": [{"title": "Yes", "payload": "/feedback", "extra": 1}],
            "custom": {"sources": sources},
        },
        {"text": None, "custom": {"handoff": handoff}},
    ]
    reply = {"text": "hi", "buttons": [{"title": "Yes", "payload": "/feedback"}], "sources": sources}
    assert answer_of(said) == {"replies": [reply], "handoff": handoff}
