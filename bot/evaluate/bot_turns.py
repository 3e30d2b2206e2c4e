"""How a recorded turn of a bot ended, told from its words: an answer, a failure, a question back …

A small classifier over words, letters and the encoder's vectors, learned in seconds from
``data/escalation/bot/turns.yml``. Recorded bots are of any company, so nothing but their text is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.errors import SettingsError
from bot.escalation.signals import fold, has_words
from bot.evaluate.bot_words import features

EXAMPLES = Path("data/escalation/bot/turns.yml")
DENSE_WEIGHT = 2.0  # against n-grams of length 1 each; all three by cross-validation over the examples
PLAIN_WEIGHT = 1.5
REGULARISATION = 10.0
MAX_ITERATIONS = 600
CERTAIN = 0.5  # probability from which one sentence says more than the turn as a whole
MAX_SENTENCES = 12  # of a long turn; failures are said at its beginning, offers at its end

_WORD = r"[^\W_]+|\?"  # a question mark tells as much as a word
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


class Kind(str, Enum):
    """What a bot's turn did."""

    COULD_NOT = "could_not"
    ASKS_BACK = "asks_back"
    ASKS_DETAIL = "asks_detail"
    OFFERS_PERSON = "offers_person"
    HANDED_OFF = "handed_off"
    OUTSIDE = "outside"
    SMALL_TALK = "small_talk"
    ANSWERED = "answered"


_TELLING = (Kind.HANDED_OFF, Kind.COULD_NOT, Kind.OUTSIDE, Kind.ASKS_BACK)  # one such sentence decides, in this order


@dataclass(frozen=True)
class Utterance:
    """A bot's turn and what it did; ``offers_person`` where it also asks whether a person should take over."""

    text: str
    kind: Kind
    offers_person: bool = False


@dataclass(frozen=True)
class Example:
    """A labelled turn."""

    text: str
    kind: Kind
    language: str


def read_examples(path: Path = EXAMPLES) -> list[Example]:
    """Return the labelled turns.

    Raises:
        SettingsError: the file is missing or of another shape.
    """
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return [
            Example(str(text), Kind(kind), str(language))
            for kind, languages in data.items()
            for language, texts in languages.items()
            for text in texts
        ]
    except (OSError, AttributeError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{path} cannot be used: {error}. Run from the folder that holds bot/ and data/."
        ) from error


def parts_of(text: str) -> list[str]:
    """Return the text and, where there are several, its sentences: what is encoded."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(text) if fold(sentence)]
    if len(sentences) > MAX_SENTENCES:
        half = MAX_SENTENCES // 2
        sentences = sentences[:half] + sentences[-half:]
    return [text, *sentences] if len(sentences) > 1 else [text]


class BotTurnClassifier:
    """Tells the kind of a bot's turn."""

    def __init__(self, examples: Sequence[Example], vectors: np.ndarray) -> None:
        """Learn from labelled turns and their vectors (one row each)."""
        texts = [example.text for example in examples]
        folded = [fold(text) for text in texts]
        self._characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True).fit(folded)
        self._words = TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, token_pattern=_WORD).fit(folded)
        self._model = LogisticRegression(
            C=REGULARISATION, max_iter=MAX_ITERATIONS, class_weight="balanced", random_state=7
        )
        self._model.fit(self._matrix(texts, vectors), [example.kind.value for example in examples])
        self._kinds = [Kind(name) for name in self._model.classes_]

    def classify(self, texts: Sequence[str], vectors: Mapping[str, np.ndarray]) -> list[Utterance]:
        """Return what each turn did; ``vectors`` holds those of all ``parts_of`` the texts."""
        parts = [parts_of(text) for text in texts]
        flat = [part for group in parts for part in group]
        if not flat:
            return []
        table = self._model.predict_proba(self._matrix(flat, np.stack([vectors[p] for p in flat])))
        utterances, start = [], 0
        for text, group in zip(texts, parts, strict=True):
            utterances.append(self._utterance(text, table[start : start + len(group)]))
            start += len(group)
        return utterances

    def _utterance(self, text: str, rows: np.ndarray) -> Utterance:
        best = [self._kinds[int(column)] for column in rows.argmax(axis=1)]
        sure = {kind for kind, row in zip(best[1:], rows[1:], strict=True) if row.max() >= CERTAIN}
        if not has_words(text):
            return Utterance(text, Kind.SMALL_TALK)
        kind = next((telling for telling in _TELLING if telling in sure), best[0])
        return Utterance(text, kind, Kind.OFFERS_PERSON in {best[0], *sure})

    def _matrix(self, texts: Sequence[str], vectors: np.ndarray) -> csr_matrix:
        folded = [fold(text) for text in texts]
        return csr_matrix(
            hstack(
                [
                    csr_matrix(np.asarray(vectors) * DENSE_WEIGHT),
                    self._characters.transform(folded),
                    self._words.transform(folded),
                    csr_matrix(np.asarray([features(text) for text in texts]) * PLAIN_WEIGHT),
                ]
            )
        )
