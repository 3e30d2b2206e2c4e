"""Canned replies over HTTP: written, changed, removed, and refused with the field and the limit."""

from typing import Any

import pytest

from tests.support.gateway import Gateway

Json = dict[str, Any]


async def listed(gateway: Gateway) -> list[Json]:
    answer = await gateway.http.get("/v1/canned-replies", headers=await gateway.admin())
    found: list[Json] = answer.json()["canned_replies"]
    return found


async def test_written_changed_and_removed(gateway: Gateway) -> None:
    headers = await gateway.admin()
    late = await gateway.canned_reply("Parcel is late", "I am sorry, {customer}.\n\n{agent}", "en-GB")
    await gateway.canned_reply("greeting", "Hello!")
    assert [(one["title"], one["language"]) for one in await listed(gateway)] == [
        ("greeting", None),
        ("Parcel is late", "en"),
    ]
    path = f"/v1/canned-replies/{late['id']}"
    answer = await gateway.http.put(path, headers=headers, json={"text": "We are looking."})
    assert answer.json()["canned_reply"] == {**late, "text": "We are looking."}
    assert (await gateway.http.delete(path, headers=headers)).status_code == 204
    for method in ("PUT", "DELETE"):
        answer = await gateway.http.request(method, path, headers=headers, json={"text": "Again"})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert [one["title"] for one in await listed(gateway)] == ["greeting"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"text": "Hello"}, "title: must be a text of 1 to 60 characters"),
        ({"title": "x" * 61, "text": "Hello"}, "title: must be a text of 1 to 60 characters"),
        ({"title": "x", "text": " \n"}, "text: must be a text of 1 to 4000 characters"),
        ({"title": "x", "text": "y" * 4001}, "text: must be a text of 1 to 4000 characters"),
        ({"title": "x", "text": 7}, "text: must be a text of 1 to 4000 characters"),
        ({"title": "x", "text": "y", "language": "Klingon!"}, "language: must be a language's letters"),
        ({"title": "x", "text": "y", "colour": "red"}, "colour: not a field of these: language, text, title"),
    ],
)
async def test_what_cannot_be_used_is_named_and_nothing_is_written(gateway: Gateway, body: Json, message: str) -> None:
    answer = await gateway.http.post("/v1/canned-replies", headers=await gateway.admin(), json=body)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)
    assert await listed(gateway) == []


async def test_there_is_an_end_to_them(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff_gateway.store.canned_replies.MAX_REPLIES", 1)
    await gateway.canned_reply("One", "1")
    body = {"title": "Two", "text": "2"}
    answer = await gateway.http.post("/v1/canned-replies", headers=await gateway.admin(), json=body)
    assert answer.json()["message"] == "canned_replies: at most 1; remove one first"
