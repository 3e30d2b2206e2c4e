"""Rasa featurizer: one dense sentence vector a message, from the knowledge base's encoder.

A message whose vector cannot be had fails (and with it the turn): an intent guessed without it would be a lie.
"""

# ruff: noqa: ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.escalation.clauses import clauses
from bot.escalation.signals import has_words
from bot.escalation.spelling import mended
from bot.nlu.encoder_client import EncoderClient, Encoding
from bot.settings import Settings

WORDLESS = "?"  # encoded for a message without words, whose features are zeros
# On a message in flight, {text: vector} of the message and its clauses, of both encoders side by side; and the
# message's own of the encoder of English alone.
CLAUSE_VECTORS, SENTENCE_VECTOR = "clause_vectors", "sentence_vector"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class EmbeddingFeaturizer(DenseFeaturizer, GraphComponent):
    """Dense sentence features from ``/v1/embed``."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The component's default config."""
        return {**DenseFeaturizer.get_default_config()}

    def __init__(self, config: dict[str, Any], name: str, settings: Settings, token: str) -> None:
        """Call the knowledge base of ``settings``."""
        super().__init__(name, config)
        self._settings = settings
        self._token = token
        self._client = EncoderClient(settings.knowledge_url, token, settings.embed_deadline_s)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmbeddingFeaturizer:
        """Create the component with the settings of the process."""
        settings = Settings.from_env()
        return cls(config, execution_context.node_name, settings, settings.service_token())

    def close(self) -> None:
        """Close the connections; Rasa keeps a component as long as the process lives."""
        self._client.close()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train anew when the encoder is another one: the name of its model is part of the cache key."""
        settings = Settings.from_env()
        client = EncoderClient(
            settings.knowledge_url, settings.service_token(), settings.train_embed_deadline_s, patient=True
        )
        try:
            return client.model()
        finally:
            client.close()

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Accept any config; there is nothing to set."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to all examples, in batches."""
        examples = [message for message in training_data.training_examples if message.get(TEXT)]
        if examples:
            client = EncoderClient(
                self._settings.knowledge_url, self._token, self._settings.train_embed_deadline_s, patient=True
            )
            try:
                vectors = client.encode([mended(message.get(TEXT)) for message in examples], both=False).vectors
            finally:
                client.close()
            for message, vector in zip(examples, vectors, strict=True):
                self._add(message, vector)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to messages, and the vectors of their clauses for the components behind."""
        texts = [mended(message.get(TEXT) or "") for message in messages]
        parts = [[part for part in (text, *clauses(text)) if has_words(part)] for text in texts]
        wanted = [part for group in parts for part in group] + [WORDLESS] * any(not group for group in parts)
        encoding = self._encode(wanted, patiently=len(messages) > 1)
        vectors = dict(zip(wanted, encoding.wide, strict=True))
        for message, text, group in zip(messages, texts, parts, strict=True):
            message.set(CLAUSE_VECTORS, {part: vectors[part] for part in group})
            own = vectors[text if text in group else WORDLESS][: encoding.dimension]
            message.set(SENTENCE_VECTOR, own if text in group else None)
            self._add(message, own if text in group else np.zeros_like(own))
        return messages

    def _encode(self, texts: list[str], *, patiently: bool) -> Encoding:
        """Return vectors; many messages at once are no turn, and each call has the time it has in training."""
        if not patiently:
            return self._client.encode(texts)
        client = EncoderClient(
            self._settings.knowledge_url, self._token, self._settings.train_embed_deadline_s, patient=True
        )
        try:
            return client.encode(texts)
        finally:
            client.close()

    def _patient_client(self) -> EncoderClient:
        settings = self._settings
        return EncoderClient(settings.knowledge_url, self._token, settings.train_embed_deadline_s, patient=True)

    def _add(self, message: Message, vector: np.ndarray) -> None:
        # Rasa's classifiers read the sentence row; the sequence row is what they skip over to reach it.
        row = vector.reshape(1, -1).astype(np.float32)
        self.add_features_to_message(sequence=row, sentence=row, attribute=TEXT, message=message)
