"""Where scores become decisions: read from ``config.yml``, some of them for each language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from bot.errors import SettingsError

LANGUAGES = ("en", "cs", "lt", "de")
MOST_TURNS = 20  # the gateway itself calls a person after 30 turns
OTHERS = "en"  # counts for a language that is not named: such messages are read as English

PerLanguage = float | Mapping[str, float]
"""One number for all languages, or one for each; then ``OTHERS`` is among them."""


@dataclass(frozen=True)
class Thresholds:
    """Scores are probabilities. The defaults are for tests; what counts stands in ``config.yml``.

    Attributes:
        request: of the request score at which a person is called.
        frustration: the same for the frustration score.
        upset: of either anger score at which the bot says that it is sorry before it goes on.
        topic: of what was learned about sensitive topics, at which a person is called without any listed word.
        topic_urgent: the same for urgent topics; a lower one for a language counts all the same.
        topic_hinted: the same where a word is listed as a hint, or is negated or names a thing.
        question: of the question score at which a message is taken for a question.
        same_meaning: cosine at which two questions are one.
        same_words: share of letter trigrams at which they are one.
        similar_meaning: cosine at which showing the same passage again would be no answer.
        doubtful: confidence an answer needs when the message may be no question at all.
        outside, unrelated: confidence and, in English, cosine of the best hit under which a question is plainly about
            something else.
        turns_without_progress: messages that got the customer nowhere before a person is called.
    """

    request: PerLanguage = 0.5
    frustration: PerLanguage = 0.5
    upset: PerLanguage = 0.5
    topic: PerLanguage = 0.7
    topic_urgent: float = 0.5
    topic_hinted: float = 0.2
    question: float = 0.5
    same_meaning: float = 0.9
    same_words: float = 0.85
    similar_meaning: float = 0.75
    doubtful: float = 0.7
    outside: float = 0.06
    unrelated: float = 0.4
    turns_without_progress: int = 4

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Thresholds:
        """Read the thresholds among the keys of ``config``; what is not there keeps its default.

        Raises:
            SettingsError: one of them is no number from 0 to 1, or names a language there is none for.
        """
        values: dict[str, PerLanguage | int] = {}
        for field in fields(cls):
            if field.name in config:
                values[field.name] = _read(field.name, config[field.name])
        return cls(**values)  # type: ignore[arg-type]

    def in_language(self, name: str, language: str) -> float:
        """Return the threshold ``name`` for ``language``."""
        value: PerLanguage = getattr(self, name)
        return value.get(language, value[OTHERS]) if isinstance(value, Mapping) else value


_BY_LANGUAGE = frozenset({"request", "frustration", "upset", "topic"})


def _read(name: str, value: object) -> PerLanguage | int:
    if name == "turns_without_progress":
        return _count(name, value)
    if not isinstance(value, Mapping):
        return _number(name, value)
    if name not in _BY_LANGUAGE:
        raise SettingsError(f"config.yml: {name} must be one number from 0 to 1, not one for each language.")
    unknown = [str(language) for language in value if language not in LANGUAGES]
    if unknown:
        known = ", ".join(LANGUAGES)
        raise SettingsError(f"config.yml: {name} names the language {unknown[0]!r}; there are {known}.")
    if OTHERS not in value:
        raise SettingsError(f"config.yml: {name} must name {OTHERS}, which counts for all languages not named.")
    return {str(language): _number(f"{name}.{language}", number) for language, number in value.items()}


def _count(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 2 <= value <= MOST_TURNS:
        raise SettingsError(f"config.yml: {name} is {value!r}; it must be a whole number from 2 to {MOST_TURNS}.")
    return value


def _number(name: str, value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= 1:  # type: ignore[operator,arg-type]
        raise SettingsError(f"config.yml: {name} is {value!r}; it must be a number from 0 to 1.")
    return float(value)  # type: ignore[arg-type]
