"""How well near-duplicate warnings tell one question in two wordings from two questions, by language.

Pairs are `data/evaluation/duplicates/pairs.jsonl`, {pair, language, kind, first, second, split}. Each pair is held
against each other as titles of two articles, by the rule that warns editors.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from knowledge_base.articles.articles import LiveArticle, NewArticle, StoredUnit, Unit, UnitKind
from knowledge_base.encoder import Encoder
from knowledge_base.search.likeness import Held, same_questions
from knowledge_base.text.languages import ENGLISH
from knowledge_base.text.similarity import nearness

PAIRS_FILE = Path(__file__).parent.parent.parent / "data" / "evaluation" / "duplicates" / "pairs.jsonl"


class PairKind(StrEnum):
    """What two questions are to each other."""

    COPY = "copy"  # the same in nearly the same words
    REWORDED = "reworded"  # the same in other words
    DISTINCT = "distinct"  # two questions, however alike


@dataclass(frozen=True)
class Pair:
    """Two questions in one language; `split` is `dev` or `test`."""

    language: str
    kind: PairKind
    first: str
    second: str
    split: str


@dataclass(frozen=True)
class Warned:
    """How many pairs there are, and of how many of them an editor would be warned, of each kind in one language."""

    language: str
    warned: dict[PairKind, int]
    pairs: dict[PairKind, int]

    def recall(self, *kinds: PairKind) -> float:
        """Return the share of the pairs of these kinds that are warned of; NaN without any."""
        held = sum(self.pairs[kind] for kind in kinds)
        return sum(self.warned[kind] for kind in kinds) / held if held else float("nan")

    @property
    def precision(self) -> float:
        """The share of the warnings that are right; NaN without any."""
        warned = sum(self.warned.values())
        return 1 - self.warned[PairKind.DISTINCT] / warned if warned else float("nan")


def read_pairs(path: Path = PAIRS_FILE, split: str | None = None) -> list[Pair]:
    """Read the pairs, those of one split where it is given.

    Raises:
        OSError: the file cannot be read.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [Pair(row["language"], PairKind(row["kind"]), row["first"], row["second"], row["split"]) for row in rows]
    return [pair for pair in pairs if split in (None, pair.split)]


def measure(pairs: Sequence[Pair], encoder: Encoder) -> list[Warned]:
    """Return what is warned of, by language in order of appearance.

    Args:
        encoder: that of English, by which titles of all languages are compared.
    """
    found = []
    for language in dict.fromkeys(pair.language for pair in pairs):
        warned, held = dict.fromkeys(PairKind, 0), dict.fromkeys(PairKind, 0)
        for pair in pairs:
            if pair.language == language:
                held[pair.kind] += 1
                warned[pair.kind] += bool(warnings_among([[pair.first], [pair.second]], language, encoder))
        found.append(Warned(language, warned, held))
    return found


def warned_of_articles(articles: Sequence[NewArticle], encoder: Encoder) -> int:
    """Return how many pairs of articles an editor is warned of for their titles and alternative questions."""
    contents = [article.content for article in articles]
    return sum(
        len(warnings_among([[each.title, *each.questions] for each in spoken], language, encoder))
        for language, spoken in itertools.groupby(
            sorted(contents, key=lambda content: content.language), key=lambda content: content.language
        )
    )


def warnings_among(articles: Sequence[Sequence[str]], language: str, encoder: Encoder) -> set[frozenset[str]]:
    """Return the pairs, by number, of articles with these titles and questions that are warned of."""
    held = []
    for number, texts in enumerate(articles):
        article = LiveArticle(str(number), None, str(number), texts[0], language)
        units = (StoredUnit(0, article.article_id, Unit(UnitKind.TITLE, text, text, "")) for text in texts)
        held += [Held(unit, article) for unit in units]
    rows = encoder.encode([one.stored.unit.text for one in held])
    near = nearness(encoder.model, strange=language != ENGLISH)
    alike = same_questions(held, rows, held, rows, near)
    return {frozenset((one.first.article_id, one.second.article_id)) for one in alike}


def markdown(found: Sequence[Warned], *, articles: int, warned_articles: int) -> str:
    """Return the table, with a sentence on how many pairs of the demo shop's articles are warned of."""
    titles = ["language", "near copies", "in other words", "two questions", "precision", "recall of near copies"]
    lines = [titles, ["---"] * len(titles)]
    for one in found:
        cells = [f"{one.warned[kind]} of {one.pairs[kind]}" for kind in PairKind]
        figures = (one.precision, one.recall(PairKind.COPY))
        lines.append([one.language, *cells, *("–" if value != value else f"{value:.2f}" for value in figures)])
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n\nAmong the {articles} articles of the demo shop {warned_articles} pairs are warned of."
