"""Frames: every field checked, every mistake named, nothing crashes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_gateway.errors import BadFrameError, RefusedError, TooLargeError
from handoff_gateway.wire import (
    AGENT_FRAMES,
    CUSTOMER_FRAMES,
    MAX_FRAME_BYTES,
    Field,
    Frame,
    FrameTable,
    Kind,
    error_frame,
    read_frame,
    read_object,
    to_raw,
)

GOOD: dict[Kind, Any] = {
    Kind.TEXT: "hello",
    Kind.STRING: "",
    Kind.ID: "m-1",
    Kind.FLAG: False,
    Kind.COUNT: 0,
    Kind.OBJECT: {"a": [1]},
    Kind.CURSORS: {"con_1": 3},
    Kind.PRESENCE: "away",
    Kind.VERSION: 1,
    Kind.REQUEST: "r",
}
BAD: dict[Kind, list[Any]] = {
    Kind.TEXT: ["", " \n", 5, [], {}, True, "half \ud800"],
    Kind.STRING: [5, [], {}, False, "half \ud800"],
    Kind.ID: ["", "x" * 129, 5, {}, "\udfff"],
    Kind.FLAG: [0, 1, "true", []],
    Kind.COUNT: [-1, 1.5, "1", True, 2**53, []],
    Kind.OBJECT: ["", [], 5, {"a": "\ud800"}, {"a": [{"\ud800": 1}]}],
    Kind.CURSORS: [[], "x", {"con_1": "3"}, {"con_1": -1}, {"con_1": True}],
    Kind.PRESENCE: ["busy", "", 1, [], {}],
    Kind.VERSION: [0, 2, "1", True],
    Kind.REQUEST: [1.5, {}, "x" * 129],
}
TABLES: list[tuple[str, FrameTable]] = [("customer", CUSTOMER_FRAMES), ("agent", AGENT_FRAMES)]
CASES = [
    (table, name, field, spec)
    for _, table in TABLES
    for name, fields in table.items()
    for field, spec in fields.items()
]


def good(table: FrameTable, name: str) -> dict[str, Any]:
    return {"type": name, **{field: GOOD[spec.kind] for field, spec in table[name].items()}}


@pytest.mark.parametrize(("side", "table"), TABLES)
def test_every_frame_is_read(side: str, table: FrameTable) -> None:
    for name in table:
        frame = read_frame({**good(table, name), "unknown": [1], "request_id": 7}, table)
        assert (frame.type, frame.request_id) == (name, 7)
        assert frame.get("unknown") is None


@pytest.mark.parametrize(("table", "name", "field", "spec"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_every_field_is_held_to_its_type(table: FrameTable, name: str, field: str, spec: Field) -> None:
    for value in BAD[spec.kind]:
        with pytest.raises(BadFrameError, match=f"^{field}: "):
            read_frame({**good(table, name), field: value}, table)
    without = {key: value for key, value in good(table, name).items() if key != field}
    if spec.required:
        with pytest.raises(BadFrameError, match=f"^{field}: missing"):
            read_frame(without, table)
    else:
        assert read_frame(without, table).get(field) is None
        assert read_frame({**without, field: None}, table).get(field) is None


@pytest.mark.parametrize(
    "raw", ["", "{", "null", "[]", '"x"', "5", "[" * 20_000, '{"a":' * 10_000, "1" * 5_000, b"\xff\xfe", b"{}"]
)
def test_what_is_not_a_json_object_is_named(raw: str | bytes) -> None:
    with pytest.raises(BadFrameError, match=r"^frame: "):
        read_object(raw)


@pytest.mark.parametrize("data", [{}, {"type": None}, {"type": 5}, {"type": "nonsense"}, {"type": "x" * 1000}])
def test_an_unknown_type_is_named(data: dict[str, Any]) -> None:
    with pytest.raises(BadFrameError, match=r"^type: ") as caught:
        read_frame(data, CUSTOMER_FRAMES)
    assert len(str(caught.value)) < 200


def test_size_is_counted_in_bytes() -> None:
    text = "ř" * (MAX_FRAME_BYTES // 2)
    assert len(text) < MAX_FRAME_BYTES
    with pytest.raises(TooLargeError):
        read_object(f'"{text}"')
    assert read_object(to_raw({"a": "x" * (MAX_FRAME_BYTES - 8)}))


def test_nul_is_dropped_because_not_every_database_stores_it() -> None:
    frame = read_frame({"type": "send", "client_message_id": "m", "text": "a\x00b"}, CUSTOMER_FRAMES)
    assert frame["text"] == "ab"


def test_an_error_names_what_it_answers_but_never_echoes_nonsense() -> None:
    error = TooLargeError("too big", retry_after_s=2)
    assert error_frame(error, {"client_message_id": "m", "request_id": 4}) == {
        "type": "error",
        "code": "too_large",
        "message": "too big",
        "client_message_id": "m",
        "request_id": 4,
        "retry_after_s": 2,
    }
    assert error_frame(error, {"client_message_id": {"a": 1}, "request_id": "x" * 999}).keys() == {
        "type",
        "code",
        "message",
        "retry_after_s",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
NAMES = sorted({field for _, table in TABLES for fields in table.values() for field in fields} | {"type", "request_id"})
TYPES = sorted(set(CUSTOMER_FRAMES) | set(AGENT_FRAMES))


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is not a failure


def outcome(raw: str | bytes, table: FrameTable) -> Frame | RefusedError:
    """Return the frame or the refusal; anything else is a crash."""
    try:
        return read_frame(read_object(raw), table)
    except RefusedError as error:
        return error


@PATIENT
@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(TYPES), st.sampled_from(TABLES))
def test_any_frame_is_read_or_refused(data: dict[str, Any], name: str, side: tuple[str, FrameTable]) -> None:
    result = outcome(json.dumps({"type": name, **data}), side[1])
    if isinstance(result, Frame):
        assert set(result.fields) <= set(side[1][result.type])
    else:
        assert result.code in {"bad_frame", "too_large"}
        to_raw(error_frame(result, data)).encode()


@PATIENT
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: str | bytes) -> None:
    result = outcome(raw, AGENT_FRAMES)
    assert isinstance(result, Frame) or ": " in result.message


@pytest.mark.parametrize("name", ["client_message_id", "request_id", "conversation_id"])
def test_an_error_echoes_no_half_characters(name: str) -> None:
    """A socket ends without a word when it is given text that cannot be encoded."""
    error = BadFrameError("x")
    assert name not in error_frame(error, {name: "half \ud800"})
    assert error_frame(error, {name: "naïve\n"})[name] == "naïve\n"
