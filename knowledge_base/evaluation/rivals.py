"""What search is measured against: plain sentence-transformers with FAISS, and txtai, a peer from PyPI.

Both read the same articles and the same questions, alternative questions included. A base from which articles were
taken is indexed anew for them, as it is for us: txtai's scores are relative to the best one found, so an article only
struck off its answer would still lower the others. Of each group of translations the first entry counts.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from knowledge_base.articles.articles import NewArticle
from knowledge_base.encoder.model_folder import model_folder
from knowledge_base.errors import CannotStartError
from knowledge_base.evaluation.vector_file import FileEncoder
from knowledge_base.service import split
from knowledge_base.settings import Settings
from knowledge_base.vectors import Vectors

CANDIDATES = 200  # texts asked of a rival: enough to hold ten articles
PEER_SCRIPT = Path(__file__).with_name("peer_txtai.py")
PEER_DEADLINE_S = 3_600  # five times what the sets measured here take
ENCODER_DIMENSION_PROBE = "dimension"

Ranking: TypeAlias = list[tuple[str, float]]
"""Article ids with scores, best first."""


@dataclass(frozen=True)
class Exam:
    """What a rival is given: a base and the questions asked of it."""

    articles: Sequence[NewArticle]
    questions: Sequence[str]


class Rival(Protocol):
    """Another way to search."""

    def rank(self, exams: Sequence[Exam]) -> dict[str, list[list[Ranking]]]:
        """Return, by the name of the configuration, one ranking a question of each exam."""


class PlainVectors:
    """sentence-transformers and a flat FAISS index, one vector an article: what a tutorial builds."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; the model is loaded when a text is not in the file of vectors."""
        self._encoder = FileEncoder(_PlainEncoder(model_path(settings.encoder)), settings.var / "evaluation")

    def rank(self, exams: Sequence[Exam]) -> dict[str, list[list[Ranking]]]:
        """Return one ranking a question of each exam, under `plain`."""
        return {"plain": [self._rank(exam) for exam in exams]}

    def _rank(self, exam: Exam) -> list[Ranking]:
        import faiss

        index: Any = faiss.IndexFlatIP(self._encoder.dimension)
        texts = [f"{article.content.title}\n{article.content.body}" for article in exam.articles]
        index.add(np.ascontiguousarray(self._encoder.encode(texts)))
        asked = np.ascontiguousarray(self._encoder.encode(list(exam.questions)))
        scores, rows = index.search(asked, min(CANDIDATES, len(texts)))
        return [
            [(exam.articles[row].article_id, float(score)) for row, score in zip(found, given, strict=True)]
            for found, given in zip(rows.tolist(), scores.tolist(), strict=True)
        ]


class Txtai:
    """txtai's own hybrid index with the same encoder, in an environment of its own, over JSON lines.

    Two configurations: `txtai`, one text an article, and `txtai, passages`, a row a title, alternative question and
    passage (ours, with title and headings), an article scoring as its best row.
    """

    def __init__(self, python: Path, settings: Settings) -> None:
        """Prepare.

        Raises:
            CannotStartError: the environment is missing.
        """
        if not python.is_file():
            raise CannotStartError(f"The peer's environment {python} is missing: run 'python3 scripts/setup.py peer'.")
        self._python = python
        self._model = model_path(settings.encoder)

    def rank(self, exams: Sequence[Exam]) -> dict[str, list[list[Ranking]]]:
        """Ask every question of every exam.

        Raises:
            CannotStartError: the peer failed or took too long.
        """
        lines = []
        for exam in exams:
            whole = [[article.article_id, _whole(article)] for article in exam.articles]
            passages = [
                [article.article_id, unit.encoder_text] for article in exam.articles for unit in split(article.content)
            ]
            lines += [json.dumps({"rows": rows, "questions": list(exam.questions)}) for rows in (whole, passages)]
        said = self._run("".join(line + "\n" for line in lines))
        found = [[[(name, float(score)) for name, score in one] for one in json.loads(line)] for line in said]
        if len(found) != len(lines):
            raise CannotStartError(f"The peer answered {len(found)} of {len(lines)} requests.")
        return {"txtai": found[0::2], "txtai, passages": found[1::2]}

    def _run(self, requests: str) -> list[str]:
        command = [str(self._python), str(PEER_SCRIPT), self._model, str(CANDIDATES)]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        try:
            ended = subprocess.run(
                command, input=requests, env=environment, capture_output=True, text=True, timeout=PEER_DEADLINE_S
            )
        except subprocess.TimeoutExpired as error:
            raise CannotStartError(f"The peer did not answer within {PEER_DEADLINE_S} s.") from error
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["no message"])[-1]
            raise CannotStartError(f"The peer ended with code {ended.returncode}: {last}")
        return ended.stdout.splitlines()


def one_a_group(ranking: Iterable[tuple[str, float]], group_of: Mapping[str, str]) -> Ranking:
    """Return the ranking with the best article of each group standing for it."""
    seen: set[str] = set()
    kept: Ranking = []
    for article_id, score in ranking:
        if group_of[article_id] not in seen:
            seen.add(group_of[article_id])
            kept.append((article_id, score))
    return kept


def model_path(name: str) -> str:
    """Return what sentence-transformers and txtai can load: the folder of the packaged model, else the name itself.

    Raises:
        EncoderUnavailableError: the package is not installed.
    """
    return str(model_folder(name) or name)


def _whole(article: NewArticle) -> str:
    content = article.content
    return "\n".join([content.title, *content.questions, content.body])


class _PlainEncoder:
    """`SentenceTransformer.encode` and nothing else."""

    words: frozenset[str] = frozenset()

    def __init__(self, path: str) -> None:
        self.model = f"plain sentence-transformers {Path(path).name}"
        self._path = path
        self._loaded: Any = None
        self._dimension = 0

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        if not self._dimension:
            self._dimension = self.encode([ENCODER_DIMENSION_PROBE]).shape[1]
        return self._dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        if self._loaded is None:
            from sentence_transformers import SentenceTransformer

            self._loaded = SentenceTransformer(self._path, device="cpu")
        made = self._loaded.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(made, dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a passage: for this model the same."""
        return self.encode(texts)
