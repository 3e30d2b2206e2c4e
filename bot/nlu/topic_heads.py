"""One small classifier over sensitive topics: how probably a text touches each of them, or none.

Multinomial logistic regression on the text's vectors and its letter n-grams, so that the topics and "none" share one
probability: a text half about a lawyer and half about the press is still surely about something sensitive. Learned from
``data/escalation/topics`` and, as examples of "none", from what the other heads learn. Saved as arrays and JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.escalation.signals import fold
from bot.nlu.heads import Encode, Space
from bot.nlu.topic_examples import NO_TOPIC, TopicExample

DENSE_WEIGHT = 2.0  # against letter n-grams of length 1, by cross-validation over the topics' messages
REGULARISATION = 0.3  # three times less, and a few ordinary messages sound surely sensitive, whatever the threshold
TOPIC_WEIGHT = 4.0  # of an example of a topic against the many of none
NEAR_WEIGHT = 3.0  # of one of none that was written because it sounds like a topic
# How much of a clause's probabilities is the whole message's, where it is one sentence and where there are several: a
# story in which somebody died is no cry for help.
OF_THE_SENTENCE, OF_THE_STORY = 0.5, 0.45
MAX_ITERATIONS = 400
TOLERANCE = 1e-3
_CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True, "min_df": 2}
_BETWEEN_SENTENCES = re.compile(r"[.!?…;]\s+\S|\n")
_ARRAYS, _NAMES = "topics.npz", "topics.json"


@dataclass(frozen=True)
class TopicHeads:
    """The trained classifier: ``topics`` in the order of the rows of ``coefficients``, ``NO_TOPIC`` among them."""

    topics: tuple[str, ...]
    characters: TfidfVectorizer
    coefficients: np.ndarray
    intercepts: np.ndarray
    space: Space

    def judge(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return the probability of each topic (columns) for each text (rows)."""
        odds = _matrix(texts, self.space.read(vectors), self.characters) @ self.coefficients.T + self.intercepts
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def read(self, parts: Sequence[str], table: np.ndarray) -> np.ndarray:
        """Return ``judge`` of a message (first) and its clauses, each clause read in the light of the whole.

        "I'm a lawyer" alone may be a threat, "I'm a lawyer, which printer do you recommend" is none.
        """
        share = OF_THE_STORY if _BETWEEN_SENTENCES.search(parts[0]) else OF_THE_SENTENCE
        blended = table ** (1 - share) * table[0] ** share
        return np.asarray(blended / blended.sum(axis=1, keepdims=True))

    def none(self, table: np.ndarray) -> np.ndarray:
        """Return how probably each text of ``judge`` touches nothing sensitive."""
        return np.asarray(table[:, self.topics.index(NO_TOPIC)])

    def named(self, row: np.ndarray) -> dict[str, float]:
        """Return topic → probability for one row of ``judge``, without ``NO_TOPIC``."""
        return {name: round(float(score), 4) for name, score in zip(self.topics, row, strict=True) if name != NO_TOPIC}

    def save(self, folder: Path) -> None:
        """Write the classifier into ``folder``."""
        np.savez_compressed(
            folder / _ARRAYS,
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            dimension=self.space.dimension,
            centre=self.space.centre,
            idf=self.characters.idf_,
        )
        names = {
            "topics": self.topics,
            "characters": {term: int(index) for term, index in self.characters.vocabulary_.items()},
        }
        (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TopicHeads:
        """Read the classifier from ``folder``."""
        names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            characters = TfidfVectorizer(**_CHARACTERS, vocabulary=names["characters"])
            characters.idf_ = arrays["idf"]
            return cls(
                tuple(names["topics"]),
                characters,
                arrays["coefficients"],
                arrays["intercepts"],
                Space(int(arrays["dimension"]), arrays["centre"]),
            )


def is_in(folder: Path) -> bool:
    """Say whether a classifier was saved in ``folder``: none is trained where no message names a topic."""
    return (folder / _NAMES).exists()


def train(
    written: Sequence[TopicExample], ordinary: Sequence[TopicExample], encode: Encode, dimension: int
) -> TopicHeads:
    """Train on examples of topics and of none.

    Args:
        written: examples of topics, and of none that sound like one.
        ordinary: examples of none.
        encode: makes vectors.
        dimension: columns of the encoder of English.
    """
    examples = [*written, *ordinary]
    texts = [example.text for example in examples]
    characters = TfidfVectorizer(**_CHARACTERS).fit([fold(text) for text in texts])
    vectors = encode(texts, True)
    space = Space.of(vectors, dimension)
    says = [example.topic for example in examples]
    weights = [NEAR_WEIGHT if example.topic == NO_TOPIC else TOPIC_WEIGHT for example in written]
    model = LogisticRegression(C=REGULARISATION, max_iter=MAX_ITERATIONS, tol=TOLERANCE, random_state=7)
    matrix = _matrix(texts, space.read(vectors), characters)
    model.fit(matrix, says, sample_weight=[*weights, *([1.0] * len(ordinary))])
    rows, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes: half of it each makes the same odds
        rows, intercepts = np.concatenate([-rows, rows]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    return TopicHeads(tuple(model.classes_), characters, rows, intercepts, space)


def _matrix(texts: Sequence[str], vectors: np.ndarray, characters: TfidfVectorizer) -> csr_matrix:
    dense = csr_matrix(np.asarray(vectors) * DENSE_WEIGHT)
    return csr_matrix(hstack([dense, characters.transform([fold(text) for text in texts])]))
