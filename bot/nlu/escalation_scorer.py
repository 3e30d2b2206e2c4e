"""Rasa component: how much a message, or one clause of it, asks for a person, is fed up, or asks a question.

The scores and a packed vector travel as ``escalation`` in the parsed message: in the tracker, to the policy and to the
action server.
"""

# ruff: noqa: ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.escalation import signals
from bot.escalation.similarity import pack
from bot.nlu import heads
from bot.nlu.embedding_featurizer import CLAUSE_VECTORS

ESCALATION = "escalation"
REQUEST, FRUSTRATION, QUESTION = "request_agent", "frustration", "question"
CLAUSE_SHARE = 0.25  # of the frustration score: one bitter clause in a calm message is not a fed-up customer (dev sets)
_NAMES = {REQUEST: "request", FRUSTRATION: "frustration", QUESTION: "question"}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EscalationScorer(GraphComponent):
    """Adds ``escalation`` to messages."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, trained: heads.Heads | None = None) -> None:
        """``trained`` is None before training."""
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
        return cls(model_storage, resource)

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
            return cls(model_storage, resource, heads.Heads.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train anew when the modules that make features change; Rasa itself looks at this class alone."""
        sources = inspect.getsource(heads) + inspect.getsource(signals)
        return hashlib.sha256(sources.encode()).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Train the heads on the NLU examples."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        texts = [message.get(TEXT) for message in examples]
        labels = [message.get(INTENT) for message in examples]
        # the sentence rows of EmbeddingFeaturizer, the pipeline's only dense features; encoding again takes seconds
        vectors = np.stack([message.get_dense_features(TEXT, [])[1].features[0] for message in examples])
        self._heads = heads.train(texts, labels, vectors, tuple(_NAMES))
        with self._model_storage.write_to(self._resource) as folder:
            self._heads.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Score each message and its clauses; the highest counts, for frustration mostly the whole message."""
        for message in messages:
            vectors: dict[str, np.ndarray] = message.get(CLAUSE_VECTORS) or {}
            message.set(ESCALATION, self._score(message.get(TEXT) or "", vectors), add_to_output=True)
        return messages

    def _score(self, text: str, vectors: dict[str, np.ndarray]) -> dict[str, Any]:
        scored: dict[str, Any] = {name: {"score": 0.0, "clause": ""} for name in _NAMES.values()}
        scored["vector"] = pack(vectors[text].tolist()) if text in vectors else ""
        texts = [part for part in vectors if signals.fold(part)]  # machine words alone say nothing
        if self._heads is None or not texts:
            return scored
        table = self._heads.scores(texts, np.stack([vectors[part] for part in texts]))
        for column, label in enumerate(self._heads.labels):
            best = int(np.argmax(table[:, column]))
            score = float(table[best, column])
            if label == FRUSTRATION and texts[0] == text:
                score = CLAUSE_SHARE * score + (1 - CLAUSE_SHARE) * float(table[0, column])
            scored[_NAMES[label]] = {"score": round(score, 4), "clause": texts[best]}
        return scored
