"""Rasa component: how much a message, or a clause of it, asks for a person, is fed up, upset, a question, or sensitive.

The scores and a packed vector travel as ``escalation`` in the parsed message: in the tracker, to the policy and to the
action server.
"""

# ruff: noqa: ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.escalation import clauses, phrases, signals, spelling, tempers
from bot.escalation.similarity import pack
from bot.escalation.topics import load_topics
from bot.nlu import examples, heads, topic_examples, topic_heads
from bot.nlu.embedding_featurizer import CLAUSE_VECTORS, SENTENCE_VECTOR
from bot.nlu.encoder_client import EncoderClient
from bot.nlu.kept_vectors import KeptVectors
from bot.settings import Settings

ESCALATION = "escalation"
READINGS = 3  # of the parts of a message that read most like something sensitive
LOUD = 0.1  # probability of anything sensitive from which a part is worth keeping beside the loudest one
_SOURCES = (clauses, phrases, signals, spelling, tempers, examples, heads, topic_examples, topic_heads)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EscalationScorer(GraphComponent):
    """Adds ``escalation`` to messages."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``data``: the folder of the labelled messages, from where the training runs."""
        return {"data": "data/escalation"}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: heads.Heads | None = None,
        topics: topic_heads.TopicHeads | None = None,
    ) -> None:
        """``trained`` and ``topics`` are None before training."""
        self._data = Path(config["data"])
        self._model_storage = model_storage
        self._resource = resource
        self._heads = trained
        self._topics = topics

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EscalationScorer:
        """Create an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EscalationScorer:
        """Load the trained component."""
        with model_storage.read_from(resource) as folder:
            topics = topic_heads.TopicHeads.load(folder) if topic_heads.is_in(folder) else None
            return cls(config, model_storage, resource, heads.Heads.load(folder), topics)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train anew when the labelled messages or the modules that make features change.

        Rasa itself looks at this class alone.
        """
        seen = hashlib.sha256("".join(map(inspect.getsource, _SOURCES)).encode())
        folder = Path(config.get("data", cls.get_default_config()["data"]))
        for path in sorted([*folder.glob("*.yml"), *(folder / topic_examples.FOLDER).glob("*.yml")]):
            seen.update(path.read_bytes())
        return seen.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Train the heads on the NLU examples and the labelled messages."""
        known = [message for message in training_data.intent_examples if message.get(TEXT)]
        of_nlu = examples.of_intents(
            [message.get(TEXT) for message in known], [message.get(INTENT) for message in known]
        )
        settings = Settings.from_env()
        client = EncoderClient(
            settings.knowledge_url,
            settings.service_token(),
            settings.train_embed_deadline_s,
            patient=True,
        )
        try:
            first = client.encode(["which encoders are there"])
            kept = KeptVectors(settings.model_cache, first.model)
            learned = [*of_nlu, *examples.read(self._data)]

            def encode(texts: Sequence[str], both: bool) -> np.ndarray:
                return kept.encode(client, texts, both=both)

            self._heads = heads.train(learned, encode, first.dimension)
            sensitive = topic_examples.with_clauses(topic_examples.read(self._data / topic_examples.FOLDER))
            if sensitive:
                beside = topic_examples.ordinary(learned, load_topics())
                self._topics = topic_heads.train(sensitive, beside, encode, first.dimension)
            if client.model() == first.model:  # else some of the vectors are of other encoders
                kept.save()
        finally:
            client.close()
        with self._model_storage.write_to(self._resource) as folder:
            self._heads.save(folder)
            if self._topics is not None:
                self._topics.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Score each message: a probability a label, and the clause that says it loudest."""
        parts = [_readable(message) for message in messages]
        tables, about = self._tables(parts, messages)
        for message, read, table, topics in zip(messages, parts, tables, about, strict=True):
            scored = self._scored(message.get(TEXT) or "", read, table)
            own = message.get(SENTENCE_VECTOR)
            scored["topics"] = self._readings(read, topics, message.get(TEXT) or "")
            scored["vector"] = "" if own is None else pack(own.tolist())
            message.set(ESCALATION, scored, add_to_output=True)
        return messages

    def _tables(
        self, parts: Sequence[Sequence[str]], messages: Sequence[Message]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return ``Heads.raw`` and ``TopicHeads.judge`` of the parts of each message, all of them read at once."""
        flat = [part for some in parts for part in some]
        labels, topics = np.zeros((len(flat), len(examples.LABELS))), np.zeros((len(flat), 0))
        if flat:
            vectors = np.stack(
                [m.get(CLAUSE_VECTORS)[part] for some, m in zip(parts, messages, strict=True) for part in some]
            )
            labels = labels if self._heads is None else self._heads.raw(flat, vectors)
            topics = topics if self._topics is None else self._topics.judge(flat, vectors)
        ends = np.cumsum([len(some) for some in parts])[:-1]
        return np.split(labels, ends), np.split(topics, ends)

    def _scored(self, text: str, parts: Sequence[str], table: np.ndarray) -> dict[str, Any]:
        scored: dict[str, Any] = {name: {"score": 0.0, "clause": ""} for name in examples.LABELS}
        if self._heads is None or not len(table):
            return scored
        for name, score, loudest in zip(
            self._heads.labels, self._heads.judge(table), table.argmax(axis=0), strict=True
        ):
            clause = parts[loudest] if parts[loudest] in text else ""  # mended, it is not what the customer wrote
            scored[name] = {"score": round(float(score), 4), "clause": clause}
        return scored

    def _readings(self, parts: list[str], table: np.ndarray, text: str) -> list[dict[str, Any]]:
        """Return the parts of ``text`` that read most like something sensitive, loudest first."""
        if self._topics is None or not parts:
            return []
        table = self._topics.read(parts, table)
        loudness = 1 - self._topics.none(table)
        loudest = np.argsort(-loudness, kind="stable")[:READINGS]
        return [
            {"clause": parts[row] if parts[row] in text else text, "scores": self._topics.named(table[row])}
            for rank, row in enumerate(loudest)
            if rank == 0 or loudness[row] >= LOUD
        ]


def _readable(message: Message) -> list[str]:
    vectors = message.get(CLAUSE_VECTORS) or {}
    return [part for part in heads.parts_of(message.get(TEXT) or "") if part in vectors]
