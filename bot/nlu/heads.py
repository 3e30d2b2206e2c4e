"""Small linear classifiers ("heads") over a text: its vector, its letter and word n-grams, and plain features.

A head for each label, logistic regression on the labelled texts. What a message says is read from the whole of it and
from its clauses; a second, tiny regression (``Verdict``) turns the two into a probability, learned on messages that the
heads were not trained on. Saved as arrays and JSON (no pickles).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.escalation.clauses import clauses
from bot.escalation.signals import FEATURE_NAMES, features, fold, has_words
from bot.escalation.spelling import mended
from bot.nlu.examples import FRUSTRATION, LABELS, QUESTION, REQUEST, UPSET, Example, compose

DENSE_WEIGHT = 1.5  # against n-grams of length 1 each; more helps English and harms the languages it reads badly
PLAIN_WEIGHT = 1.0  # they carry over to wordings never seen better than n-grams do
REGULARISATION = 1.0
MAX_ITERATIONS = 300
TOLERANCE = 2e-4  # a coarser one stops before the plain features have their say, and misses requests in new words
POSITIVE_WEIGHT = {REQUEST: 1.5, FRUSTRATION: 1.5, UPSET: 5.0, QUESTION: 1.5}  # against the many that do not say it
FOLDS = 2  # to learn the verdicts on texts whose wording the heads have not seen
JUDGED = 1_000  # messages the verdicts are learned on: three numbers a label; each message has clauses to encode
AT_ONCE = 2  # heads trained side by side, one a core; they wait for memory more than for each other
SHORTEST = 1e-6  # of a vector, to divide by
NEVER = -6.0  # log-odds of a label no example has
AS_THE_LOUDEST = np.array([0.0, 1.0, 0.0])  # the verdict when there is nothing to learn one from
_CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True, "min_df": 2}
_WORDS = {"analyzer": "word", "ngram_range": (1, 3), "sublinear_tf": True, "min_df": 2, "token_pattern": r"[^\W_]+"}
_ARRAYS, _NAMES = "heads.npz", "heads.json"

Encode = Callable[[Sequence[str], bool], np.ndarray]
"""Makes one vector a text: that of the encoder of English and, if the flag is set and there is one, the second's."""


@dataclass(frozen=True)
class Space:
    """How the vectors of two encoders, side by side, become features.

    A multilingual encoder of the e5 family keeps all its vectors close together: what tells texts apart is where they
    lie from the middle of them.

    Attributes:
        dimension: columns of the encoder of English, the first ones.
        centre: the middle of the other encoder's vectors of the training messages; empty when there was none.
    """

    dimension: int
    centre: np.ndarray

    @classmethod
    def of(cls, wide: np.ndarray, dimension: int) -> Space:
        """Return the space of these vectors."""
        second = wide[:, dimension:]
        return cls(dimension, second[second.any(axis=1)].mean(axis=0) if second.any() else second[0])

    def read(self, wide: np.ndarray) -> np.ndarray:
        """Return features; where the second encoder was not asked or is not there, its part says nothing."""
        english, second = wide[:, : self.dimension], wide[:, self.dimension :]
        if second.shape[1] != len(self.centre):
            return widened(english, self.dimension + len(self.centre))
        second = np.where(second.any(axis=1, keepdims=True), second - self.centre, 0.0)
        lengths = np.linalg.norm(second, axis=1, keepdims=True)
        return np.concatenate([english, second / np.maximum(lengths, SHORTEST)], axis=1)


@dataclass(frozen=True)
class Heads:
    """Trained heads: ``labels`` in the order of the columns of ``coefficients`` (labels × features).

    ``verdicts`` holds for each label the weights of the whole message, of its strongest clause, and a constant.
    ``space`` says how to read vectors.
    """

    labels: tuple[str, ...]
    characters: TfidfVectorizer
    words: TfidfVectorizer
    coefficients: np.ndarray
    intercepts: np.ndarray
    verdicts: np.ndarray
    space: Space

    def raw(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return the log-odds of each label (columns) for each text (rows) as it stands."""
        folded = [fold(text) for text in texts]
        matrix = _matrix(folded, self.space.read(vectors), _plain(texts), self.characters, self.words)
        return np.asarray(matrix @ self.coefficients.T + self.intercepts)

    def judge(self, table: np.ndarray) -> np.ndarray:
        """Return the probability of each label for one message.

        Args:
            table: ``raw`` of the message (first row) and its clauses.
        """
        odds = (self.verdicts * _evidence(table)).sum(axis=1)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)))

    def save(self, folder: Path) -> None:
        """Write the heads into ``folder``."""
        np.savez_compressed(
            folder / _ARRAYS,
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            verdicts=self.verdicts,
            dimension=self.space.dimension,
            centre=self.space.centre,
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
                arrays["verdicts"],
                Space(int(arrays["dimension"]), arrays["centre"]),
            )


@dataclass(frozen=True)
class _Material:
    """Examples and what is read from each of them but once: its folded text, vectors and plain features."""

    examples: Sequence[Example]
    folded: Sequence[str]
    wide: np.ndarray
    plain: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Example], encode: Encode, dimension: int) -> _Material:
        read = [replace(example, text=mended(example.text)) for example in examples]
        texts = [example.text for example in read]
        return cls(read, [fold(text) for text in texts], _vectors(read, encode, dimension), _plain(texts))

    def part(self, rows: Sequence[int]) -> _Material:
        chosen = list(rows)
        examples, folded = [self.examples[row] for row in chosen], [self.folded[row] for row in chosen]
        return _Material(examples, folded, self.wide[chosen], self.plain[chosen])


def train(examples: Sequence[Example], encode: Encode, dimension: int) -> Heads:
    """Train the heads and their verdicts on labelled examples and on messages composed of them.

    The encoder of English has ``dimension`` columns.
    """
    alone = [example for example in examples if example.alone]
    others = [example for example in examples if not example.alone]
    folds = [split(others, number, FOLDS)[1] for number in range(FOLDS)]
    learned = [[*fold_examples, *compose(fold_examples)] for fold_examples in folds]
    material = _Material.of([example for some in [*learned, alone] for example in some], encode, dimension)
    fold_of = [number for number, some in enumerate([*learned, alone]) for _ in some]  # alone ones are held by none
    asked: list[Example] = []
    tables: list[np.ndarray] = []
    for number, held in enumerate(learned):
        kept = material.part([row for row, of in enumerate(fold_of) if of != number])
        chosen = _every(held, JUDGED // FOLDS)
        asked += chosen
        tables += tables_of(_fit(kept, dimension), [example.text for example in chosen], encode)
    verdicts = np.stack([_verdict(label, column, asked, tables) for column, label in enumerate(LABELS)])
    return replace(_fit(material, dimension), verdicts=verdicts)


def split(examples: Sequence[Example], number: int, count: int) -> tuple[list[Example], list[Example]]:
    """Return the examples outside and inside part ``number`` of ``count``; a group is never in both."""
    groups = {group: index % count for index, group in enumerate(sorted({example.group for example in examples}))}
    kept = [example for example in examples if groups[example.group] != number]
    return kept, [example for example in examples if groups[example.group] == number]


def _fit(material: _Material, dimension: int) -> Heads:
    """Train the heads alone; their verdict is that of the whole message."""
    characters = TfidfVectorizer(**_CHARACTERS).fit(material.folded)
    words = TfidfVectorizer(**_WORDS).fit(material.folded)
    space = Space.of(material.wide, dimension)
    matrix = _matrix(material.folded, space.read(material.wide), material.plain, characters, words)
    with ThreadPoolExecutor(AT_ONCE, "head") as threads:
        fitted = list(threads.map(lambda label: _fit_one(label, material.examples, matrix), LABELS))
    rows, intercepts = zip(*fitted, strict=True)
    alone = np.tile([1.0, 0.0, 0.0], (len(LABELS), 1))
    return Heads(tuple(LABELS), characters, words, np.stack(rows), np.asarray(intercepts), alone, space)


def _vectors(learned: Sequence[Example], encode: Encode, dimension: int) -> np.ndarray:
    """Return the examples' vectors; of a composed one only that of English, the middle of those of its parts.

    Encoding them would take longer than all the rest of a training, and the heads tell texts apart no better for it.
    """
    single = [row for row, example in enumerate(learned) if not example.composed]
    wide = encode([learned[row].text for row in single], True)
    vectors = np.zeros((len(learned), wide.shape[1]), np.float32)
    vectors[single] = wide
    row_of = {learned[row].text: row for row in reversed(single)}
    for row, example in enumerate(learned):
        if example.composed:
            middle = vectors[[row_of[mended(part)] for part in example.parts], :dimension].mean(axis=0)
            vectors[row, :dimension] = middle / max(float(np.linalg.norm(middle)), SHORTEST)
    return vectors


def widened(vectors: np.ndarray, columns: int) -> np.ndarray:
    """Return vectors with zeros on the right, as many columns wide as asked."""
    return np.concatenate([vectors, np.zeros((len(vectors), columns - vectors.shape[1]), np.float32)], axis=1)


def _fit_one(label: str, learned: Sequence[Example], matrix: csr_matrix) -> tuple[np.ndarray, float]:
    sure = np.array([label not in example.unsure for example in learned])
    says = np.array([label in example.says for example in learned])[sure]
    if says.all() or not says.any():
        return np.zeros(matrix.shape[1]), -NEVER if says.all() and says.size else NEVER
    weights = {True: POSITIVE_WEIGHT[label], False: 1.0}
    model = LogisticRegression(
        C=REGULARISATION, max_iter=MAX_ITERATIONS, tol=TOLERANCE, class_weight=weights, random_state=7
    )
    model.fit(matrix[sure], says)
    return model.coef_[0], float(model.intercept_[0])


def parts_of(text: str) -> list[str]:
    """Return a message, its odd spellings mended, and its clauses: those in which there is something to read."""
    text = mended(text)
    return [part for part in (text, *clauses(text)) if has_words(part) and fold(part)]


def tables_of(heads: Heads, texts: Sequence[str], encode: Encode) -> list[np.ndarray]:
    """Return ``Heads.raw`` of each text and its clauses."""
    parts = [parts_of(text) for text in texts]
    flat = list(dict.fromkeys(part for some in parts for part in some))
    rows = dict(zip(flat, heads.raw(flat, encode(flat, True)), strict=True))
    return [np.stack([rows[part] for part in some]) if some else np.zeros((0, len(LABELS))) for some in parts]


def _evidence(table: np.ndarray) -> np.ndarray:
    """Return for each label: the whole message's log-odds, its strongest clause's, and 1 for the constant."""
    return np.stack([table[0], table.max(axis=0), np.ones(table.shape[1])], axis=1)


def _verdict(label: str, column: int, asked: Sequence[Example], tables: Sequence[np.ndarray]) -> np.ndarray:
    usable = [
        (example, table)
        for example, table in zip(asked, tables, strict=True)
        if len(table) and label not in example.unsure
    ]
    says = [label in example.says for example, _ in usable]
    if all(says) or not any(says):
        return AS_THE_LOUDEST
    evidence = np.stack([_evidence(table)[column, :2] for _, table in usable])
    model = LogisticRegression(C=1.0, max_iter=MAX_ITERATIONS)
    model.fit(evidence, says)
    # fewer examples than there are wordings can teach the heads the opposite of what the next wording means
    return np.array([*model.coef_[0], model.intercept_[0]]) if model.coef_.sum() > 0 else AS_THE_LOUDEST


def _every(examples: Sequence[Example], count: int) -> list[Example]:
    step = max(1, len(examples) // count)
    return list(examples[::step])


def _plain(texts: Sequence[str]) -> np.ndarray:
    return np.asarray([features(text) for text in texts]).reshape(len(texts), len(FEATURE_NAMES))


def _matrix(
    folded: Sequence[str], vectors: np.ndarray, plain: np.ndarray, characters: TfidfVectorizer, words: TfidfVectorizer
) -> csr_matrix:
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
