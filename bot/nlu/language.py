"""Rasa component: which language a message is in, as the entity ``language`` that fills the slot of that name.

Short texts ("ok", "DHL?") carry no evidence. Then the language of the leg so far counts, then the one the gateway
knows for the conversation, then English.
"""

# ruff: noqa: ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

from typing import Any

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

LANGUAGES = ("en", "cs", "lt", "de")  # those the bot has texts in
FALLBACK = "en"
LIKELY = 0.05  # lingua's confidence from which a text may be in a language; a short text may be in any
CERTAIN = 0.9  # lingua's confidence among the four from which a text counts as clearly in a language
CERTAIN_SHORT = 0.97  # the same for a text with fewer than FEW_LETTERS letters
FEW_LETTERS = 12
MIN_LETTERS = 5  # under this, nothing can be said
MAX_CHARACTERS = 600  # enough to be sure, and bounds the time a long message takes

WARM_UP = "the first text loads the models, which takes two seconds no customer must wait for"
DETECTED_ENTITY = "language"


def known(code: Any) -> str | None:
    """Return ``code`` reduced to one of our languages ("de-AT" → "de"), or None."""
    if not isinstance(code, str):
        return None
    short = code.strip().lower().replace("_", "-").split("-")[0]
    return short if short in LANGUAGES else None


def build_detector() -> LanguageDetector:
    """Return lingua limited to our languages."""
    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    detector = LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()
    detector.compute_language_confidence_values(WARM_UP)
    return detector


def clearly(detector: LanguageDetector, text: str) -> str | None:
    """Return the language ``text`` is clearly in, or None when it is short or could be several."""
    letters = sum(c.isalpha() for c in text)
    if letters < MIN_LETTERS:
        return None
    values = detector.compute_language_confidence_values(text[:MAX_CHARACTERS])
    if not values or values[0].value < (CERTAIN if letters >= FEW_LETTERS else CERTAIN_SHORT):
        return None
    best: Language = values[0].language
    return known(best.iso_code_639_1.name)


def likely(detector: LanguageDetector, text: str) -> list[str]:
    """Return the languages ``text`` may be in: all of them when it is short."""
    if sum(c.isalpha() for c in text) < FEW_LETTERS:
        return list(LANGUAGES)
    values = detector.compute_language_confidence_values(text[:MAX_CHARACTERS])
    found = [known(each.language.iso_code_639_1.name) for each in values if each.value >= LIKELY]
    return [language for language in found if language is not None]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageEntity(GraphComponent):
    """Adds the entity ``language``."""

    def __init__(self, detector: LanguageDetector) -> None:
        """Use ``detector`` (see ``build_detector``)."""
        self._detector = detector

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageEntity:
        """Create the component."""
        return cls(build_detector())

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the language to each message."""
        for message in messages:
            metadata: dict[str, Any] = message.get("metadata") or {}
            language = (
                clearly(self._detector, message.get(TEXT) or "")
                or known(metadata.get("leg_language"))
                or known(metadata.get("language"))
                or FALLBACK
            )
            entity = {
                "entity": DETECTED_ENTITY,
                "value": language,
                "likely": likely(self._detector, message.get(TEXT) or ""),
                "extractor": type(self).__name__,
            }
            message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)
        return messages
