"""Rasa component: how much a message, or one clause of it, asks for a person, is fed up, is upset, or asks.

The scores and a packed vector travel as ``escalation`` in the parsed message: in the tracker, to the policy and to the
action server.
"""

# ruff: noqa: ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

import hashlib
import inspect
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

from bot.escalation import clauses, phrases, signals, tempers
from bot.escalation.similarity import pack
from bot.nlu import examples, heads
from bot.nlu.embedding_featurizer import CLAUSE_VECTORS, SENTENCE_VECTOR
from bot.nlu.encoder_client import EncoderClient
from bot.settings import Settings

ESCALATION = "escalation"
CACHED_TEXTS = 40_000  # a training asks for each text several times; 60 MB while it runs
_SOURCES = (clauses, phrases, signals, tempers, examples, heads)


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
    ) -> None:
        """``trained`` is None before training."""
        self._data = Path(config["data"])
        self._model_storage = model_storage
        self._resource = resource
        self._heads = trained

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
            return cls(config, model_storage, resource, heads.Heads.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train anew when the labelled messages or the modules that make features change.

        Rasa itself looks at this class alone.
        """
        seen = hashlib.sha256("".join(map(inspect.getsource, _SOURCES)).encode())
        for path in sorted(Path(config.get("data", cls.get_default_config()["data"])).glob("*.yml")):
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
            cached_texts=CACHED_TEXTS,
            patient=True,
        )
        try:
            dimension = client.encode(["which encoders are there"]).dimension
            self._heads = heads.train(
                [*of_nlu, *examples.read(self._data)],
                lambda texts, both: client.encode(texts, both=both).wide,
                dimension,
            )
        finally:
            client.close()
        with self._model_storage.write_to(self._resource) as folder:
            self._heads.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Score each message: a probability a label, and the clause that says it loudest."""
        for message in messages:
            scored = self._score(message.get(TEXT) or "", message.get(CLAUSE_VECTORS) or {})
            own = message.get(SENTENCE_VECTOR)
            scored["vector"] = "" if own is None else pack(own.tolist())
            message.set(ESCALATION, scored, add_to_output=True)
        return messages

    def _score(self, text: str, vectors: dict[str, np.ndarray]) -> dict[str, Any]:
        scored: dict[str, Any] = {name: {"score": 0.0, "clause": ""} for name in examples.LABELS}
        parts = [part for part in heads.parts_of(text) if part in vectors]
        if self._heads is None or not parts:
            return scored
        table = self._heads.raw(parts, np.stack([vectors[part] for part in parts]))
        for name, score, loudest in zip(
            self._heads.labels, self._heads.judge(table), table.argmax(axis=0), strict=True
        ):
            scored[name] = {"score": round(float(score), 4), "clause": parts[loudest]}
        return scored
