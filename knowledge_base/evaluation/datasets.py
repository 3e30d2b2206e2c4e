"""Labelled questions: the project's own demo shop, and public sets in two common shapes.

* retrieval, a folder with `corpus.jsonl` {_id,title,text}, `queries.jsonl` {_id,text}, `qrels.tsv` (as BEIR);
* intents, a file of {text, label (null: out of scope), split}: an article a label, its training texts as
  alternative questions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.articles.articles import Content, NewArticle
from knowledge_base.articles.markdown_files import read_folder
from knowledge_base.text.languages import LanguageDetector

TITLE_WORDS = 10  # of an article whose set gives it no title
SET_LANGUAGES = ("cs", "de", "en", "es", "fr", "it", "lt", "nl", "pl", "pt", "sk")
SAMPLE = 20  # articles, or questions: enough text to tell the language of a set


@dataclass(frozen=True)
class LabelledQuestion:
    """A question and the ids of the articles that answer it; none when nothing in the base does.

    Attributes:
        kind: `routine`, or why there is no answer.
        wording: of a routine question of the shop, `everyday` or `oblique`.
    """

    text: str
    gold: frozenset[str]
    kind: str
    split: str = "test"
    language: str = "en"
    wording: str = ""


@dataclass(frozen=True)
class LabelledSet:
    """A base and questions asked of it.

    Attributes:
        holds_unanswerable: whether questions without an answer are among them; else they are made by taking
            articles away.
    """

    name: str
    articles: tuple[NewArticle, ...]
    questions: tuple[LabelledQuestion, ...]
    holds_unanswerable: bool


def read_shop(articles: Path, questions: Path) -> LabelledSet:
    """Read the demo shop: its articles and its labelled questions (a translation counts as its original)."""
    base = tuple(read_folder(articles))
    groups: dict[str, set[str]] = {}
    group_of = {article.article_id: article.translation_of or article.article_id for article in base}
    for article_id, group in group_of.items():
        groups.setdefault(group, set()).add(article_id)
    asked = []
    for row in _rows(questions):
        named = [row["article_id"], *row.get("also", ())] if row["article_id"] else []
        gold = frozenset(member for name in named for member in groups[group_of[name]])
        asked.append(
            LabelledQuestion(row["text"], gold, row["kind"], row["split"], row["language"], row.get("wording", ""))
        )
    return LabelledSet("shop", base, tuple(asked), holds_unanswerable=True)


def read_sets(folder: Path) -> list[LabelledSet]:
    """Read every set in a folder and its subfolders, in order of name."""
    retrieval = [read_retrieval(path.parent) for path in sorted(folder.rglob("corpus.jsonl"))]
    intents = [read_intents(path) for path in sorted(folder.rglob("*.jsonl")) if _holds_intents(path)]
    return retrieval + intents


def read_retrieval(folder: Path) -> LabelledSet:
    """Read a retrieval set."""
    rows = list(_rows(folder / "corpus.jsonl"))
    asked = list(_rows(folder / "queries.jsonl"))
    detector = LanguageDetector(SET_LANGUAGES)
    language = detector.detect(" ".join(row["text"][:300] for row in rows[:SAMPLE])) or "en"
    asked_in = detector.detect(" ".join(row["text"] for row in asked[:SAMPLE])) or language
    gold: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query_id, article_id, relevance = line.split("\t")
        if int(relevance) > 0:
            gold.setdefault(query_id, set()).add(article_id)
    return LabelledSet(
        name=folder.name,
        articles=tuple(_article(row["_id"], row["title"], row["text"], language) for row in rows),
        questions=tuple(
            LabelledQuestion(row["text"], frozenset(gold[row["_id"]]), "routine", language=asked_in)
            for row in asked
            if row["_id"] in gold
        ),
        holds_unanswerable=False,
    )


def read_intents(path: Path) -> LabelledSet:
    """Read a set of intents; the label's words are all its article says."""
    examples: dict[str, list[str]] = {}
    asked = []
    for row in _rows(path):
        label = row["label"]
        if row["split"] == "train" and label is not None:
            examples.setdefault(label, []).append(row["text"])
        elif row["split"] != "train":
            gold = frozenset() if label is None else frozenset({label})
            asked.append(LabelledQuestion(row["text"], gold, row.get("oos") or ("far" if label is None else "routine")))
    articles = tuple(
        _article(label, label.replace("_", " "), label.replace("_", " "), "en", tuple(texts))
        for label, texts in sorted(examples.items())
    )
    return LabelledSet(path.stem, articles, tuple(asked), holds_unanswerable=True)


def _article(article_id: str, title: str, body: str, language: str, questions: tuple[str, ...] = ()) -> NewArticle:
    title = title.strip() or " ".join(body.split()[:TITLE_WORDS])
    return NewArticle(article_id, Content(title, body, language, questions))


def _holds_intents(path: Path) -> bool:
    with path.open(encoding="utf-8") as file:
        first = json.loads(file.readline() or "{}")
    return isinstance(first, dict) and {"text", "label", "split"} <= first.keys()


def _rows(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]  # rows of files, each reader knows its fields
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
