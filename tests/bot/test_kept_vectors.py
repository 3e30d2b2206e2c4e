"""Vectors a training made are there for the next one, and never those of other texts or encoders."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.encoder_client import EncoderClient
from bot.nlu.kept_vectors import KeptVectors
from tests.actions.knowledge_base import TOKEN, StandIn, vector

TEXTS = ["where is my order", "talk to a person", "kde je člověk", ""]


@pytest.fixture
def client(knowledge: StandIn) -> Iterator[EncoderClient]:
    client = EncoderClient(knowledge.url, TOKEN, 5)
    yield client
    client.close()


def test_the_next_training_asks_for_what_is_new_alone(
    tmp_path: Path, client: EncoderClient, knowledge: StandIn
) -> None:
    first = KeptVectors(tmp_path / "cache", "a + b")
    made = first.encode(client, [*TEXTS, TEXTS[0]], both=False)
    assert made[1] == pytest.approx(vector(TEXTS[1]), abs=1e-6)
    first.save()
    knowledge.calls.clear()
    again = KeptVectors(tmp_path / "cache", "a + b").encode(client, ["new one", *TEXTS, TEXTS[0]], both=False)
    assert (again[1:] == made).all()
    assert [call["texts"] for call in knowledge.asked("/v1/embed")] == [["new one"]]


def test_one_encoders_vector_is_not_taken_for_both(tmp_path: Path, client: EncoderClient, knowledge: StandIn) -> None:
    kept = KeptVectors(tmp_path, "a + b")
    kept.encode(client, TEXTS[:1], both=False)
    knowledge.calls.clear()
    kept.encode(client, TEXTS[:1], both=True)
    assert knowledge.asked("/v1/embed")


def test_other_encoders_have_vectors_of_their_own(tmp_path: Path, client: EncoderClient, knowledge: StandIn) -> None:
    kept = KeptVectors(tmp_path, "a")
    kept.encode(client, TEXTS, both=False)
    kept.save()
    knowledge.calls.clear()
    KeptVectors(tmp_path, "another").encode(client, TEXTS, both=False)
    assert knowledge.asked("/v1/embed")


def test_what_is_no_longer_asked_for_is_dropped(tmp_path: Path, client: EncoderClient, knowledge: StandIn) -> None:
    for texts in (TEXTS, TEXTS[1:]):
        kept = KeptVectors(tmp_path, "a")
        kept.encode(client, texts, both=False)
        kept.save()
    knowledge.calls.clear()
    KeptVectors(tmp_path, "a").encode(client, TEXTS, both=False)
    assert [call["texts"] for call in knowledge.asked("/v1/embed")] == [TEXTS[:1]]


@pytest.mark.parametrize("content", [b"", b"not a file of vectors", b"PK\x03\x04 cut off"])
def test_a_file_that_cannot_be_read_is_made_anew(
    tmp_path: Path, client: EncoderClient, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    kept = KeptVectors(tmp_path, "a")
    kept.encode(client, TEXTS, both=False)
    kept.save()
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        anew = KeptVectors(tmp_path, "a")
    assert "made anew" in caplog.text
    assert anew.encode(client, TEXTS, both=False).shape == (len(TEXTS), len(vector("x")))
    anew.save()
    with np.load(path) as arrays:
        assert len(arrays["digests"]) == len(TEXTS)


def test_a_place_that_cannot_be_written_fails_nothing(
    tmp_path: Path, client: EncoderClient, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = KeptVectors(tmp_path / "file", "a")
    kept.encode(client, TEXTS, both=False)
    with caplog.at_level(logging.WARNING):
        kept.save()
    assert "cannot be kept" in caplog.text
