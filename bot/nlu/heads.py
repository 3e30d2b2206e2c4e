"""Small linear classifiers ("heads") over a text: its vector, its letter and word n-grams, and plain features.

One head per label against all the rest, logistic regression; saved as arrays and JSON (no pickles).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.escalation.signals import FEATURE_NAMES, features, fold

DENSE_WEIGHT = 2.0  # against n-grams of length 1 each; measured on the development sets
PLAIN_WEIGHT = 0.35  # a dozen of them fire at once, so each counts less
REGULARISATION = 4.0
MAX_ITERATIONS = 400
_CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True, "min_df": 2}
_WORDS = {"analyzer": "word", "ngram_range": (1, 3), "sublinear_tf": True, "min_df": 2, "token_pattern": r"[^\W_]+"}
_ARRAYS, _NAMES = "heads.npz", "heads.json"


@dataclass(frozen=True)
class Heads:
    """Trained heads: ``labels`` in the order of the columns of ``coefficients`` (labels × features)."""

    labels: tuple[str, ...]
    characters: TfidfVectorizer
    words: TfidfVectorizer
    coefficients: np.ndarray
    intercepts: np.ndarray

    def scores(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return the probability of each label (columns) for each text (rows)."""
        raw = _matrix(texts, vectors, self.characters, self.words) @ self.coefficients.T + self.intercepts
        return np.asarray(1.0 / (1.0 + np.exp(-raw)))

    def save(self, folder: Path) -> None:
        """Write the heads into ``folder``."""
        np.savez_compressed(
            folder / _ARRAYS,
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            characters_idf=self.characters.idf_,
            words_idf=self.words.idf_,
        )
        names = {
            "labels": self.labels,
            "characters": {term: int(index) for term, index in self.characters.vocabulary_.items()},
            "words": {term: int(index) for term, index in self.words.vocabulary_.items()},
        }
        (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Heads:
        """Read the heads from ``folder``."""
        names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            return cls(
                tuple(names["labels"]),
                _restored(_CHARACTERS, names["characters"], arrays["characters_idf"]),
                _restored(_WORDS, names["words"], arrays["words_idf"]),
                arrays["coefficients"],
                arrays["intercepts"],
            )


def train(texts: Sequence[str], labels: Sequence[str], vectors: np.ndarray, heads: Sequence[str]) -> Heads:
    """Train one head for each label in ``heads`` on labelled texts and their vectors."""
    folded = [fold(text) for text in texts]
    characters = TfidfVectorizer(**_CHARACTERS).fit(folded)
    words = TfidfVectorizer(**_WORDS).fit(folded)
    matrix = _matrix(texts, vectors, characters, words)
    rows, intercepts = [], []
    for head in heads:
        model = LogisticRegression(C=REGULARISATION, max_iter=MAX_ITERATIONS, class_weight="balanced", random_state=7)
        model.fit(matrix, [label == head for label in labels])
        rows.append(model.coef_[0])
        intercepts.append(float(model.intercept_[0]))
    return Heads(tuple(heads), characters, words, np.stack(rows), np.asarray(intercepts))


def _matrix(
    texts: Sequence[str], vectors: np.ndarray, characters: TfidfVectorizer, words: TfidfVectorizer
) -> csr_matrix:
    folded = [fold(text) for text in texts]
    plain = np.asarray([features(text) for text in texts]).reshape(len(texts), len(FEATURE_NAMES))
    return csr_matrix(
        hstack(
            [
                csr_matrix(np.asarray(vectors) * DENSE_WEIGHT),
                characters.transform(folded),
                words.transform(folded),
                csr_matrix(plain * PLAIN_WEIGHT),
            ]
        )
    )


def _restored(options: dict[str, object], vocabulary: dict[str, int], idf: np.ndarray) -> TfidfVectorizer:
    vectorizer = TfidfVectorizer(**options, vocabulary=vocabulary)
    vectorizer.idf_ = idf
    return vectorizer
