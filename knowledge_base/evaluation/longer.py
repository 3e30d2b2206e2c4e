"""How well a question is answered inside a longer message, beside the same question alone.

Labelled questions come with what people write beside them: a greeting, a name, a number of an order, a sentence of a
story, thanks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from knowledge_base.encoder import Encoder
from knowledge_base.evaluation.datasets import LabelledQuestion, LabelledSet
from knowledge_base.evaluation.sources import foreign_questions, questions_of
from knowledge_base.evaluation.trials import Bench
from knowledge_base.search.answering import Asked, Encoders, answer
from knowledge_base.search.confidence import Confidence
from knowledge_base.search.question import Answer, Question
from knowledge_base.search.search import SearchIndex
from knowledge_base.text.languages import ENGLISH

QUESTIONS_A_SET = 150
FEWEST = 20  # questions in a language that are worth a row
UNANSWERABLE_SHARE = 0.1  # as where the threshold is chosen
SEED = 7
BEFORE = {
    "en": (
        "My order number is 48213377. ",
        "Hi, my name is Laura Bennett and my number is 100288. ",
        "Good morning. I hope you can help me. ",
        "I have been a customer of yours for years. ",
        "We were travelling last week and came back yesterday. ",
        "Sorry to bother you again. ",
        "I was talking to my husband about this. ",
    ),
    "cs": (
        "Číslo objednávky je 48213377. ",
        "Dobrý den, jmenuji se Jana Nováková a moje číslo je 100288. ",
        "Dobré ráno. Doufám, že mi pomůžete. ",
        "Jsem u vás zákazníkem už léta. ",
        "Minulý týden jsme byli na cestách. ",
        "Omlouvám se, že zase otravuji. ",
    ),
}
AFTER = {
    "en": (
        " Thanks in advance, Tom",
        " My account is laura.b@example.org.",
        " I really need to know this today.",
        " Order 5531902.",
        " I could not find it anywhere on the website.",
    ),
    "cs": (
        " Předem děkuji, Tomáš",
        " Můj účet je jana@example.org.",
        " Potřebuji to vědět dnes.",
        " Objednávka 5531902.",
        " Na webu jsem to nenašla.",
    ),
}


@dataclass(frozen=True)
class Given:
    """Of the answerable questions the share that is answered right; of the answers the share that is wrong."""

    right: float
    wrong: float


@dataclass(frozen=True)
class Row:
    """One set in one language: its questions alone, and in longer messages searched as a whole and as served."""

    name: str
    language: str
    questions: int
    alone: Given
    whole: Given
    served: Given


@dataclass(frozen=True)
class _Outcome:
    answerable: bool
    given: bool
    right: bool


def measure(
    sets: Sequence[LabelledSet], confidence: Confidence, english: Encoder, multilingual: Encoder | None
) -> list[Row]:
    """Return a row for each set and language with enough questions."""
    return [
        row
        for labelled in sets
        for language in sorted(BEFORE)
        if language == ENGLISH or multilingual is not None
        for row in _row(labelled, sets, confidence, Encoders(english, multilingual), language)
    ]


def longer(question: str, language: str, draw: random.Random) -> str:
    """Return a question with sentences before it, after it, or both."""
    where = draw.choice(("before", "after", "both"))
    before = "" if where == "after" else draw.choice(BEFORE[language])
    end = "" if question.endswith((".", "?", "!")) else "." if where == "before" else "?"
    return before + question + end + ("" if where == "before" else draw.choice(AFTER[language]))


def markdown(rows: Sequence[Row]) -> str:
    """Return the table, with a row of means."""
    if not rows:
        return "No set has enough questions."
    cells = [[row.alone, row.whole, row.served] for row in rows]
    means = [
        Given(mean(row[number].right for row in cells), mean(row[number].wrong for row in cells)) for number in range(3)
    ]
    lines = [
        "| set | language | questions | alone | in a longer message, searched whole | in a longer message, as served |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row, each in zip(rows, cells, strict=True):
        lines.append(_line(row.name, row.language, str(row.questions), each))
    return "\n".join([*lines, _line("mean", "", "", means)])


def _line(name: str, language: str, questions: str, given: Sequence[Given]) -> str:
    figures = [f"{each.right:.3f} · {each.wrong:.3f}" for each in given]
    return f"| {' | '.join([name, language, questions, *figures])} |"


def _row(
    labelled: LabelledSet, sets: Sequence[LabelledSet], confidence: Confidence, encoders: Encoders, language: str
) -> Iterator[Row]:
    chosen = [each for each in questions_of(labelled, "dev", QUESTIONS_A_SET) if each.language == language]
    if len(chosen) < FEWEST:
        return
    foreign = [each for each in foreign_questions(labelled, sets, len(chosen)) if each.language == language]
    second = encoders.multilingual if language != ENGLISH else None
    bench = Bench(labelled, encoders.english, second, confidence)
    asked = list(_asked(bench, chosen, foreign))
    draw = random.Random(SEED)  # noqa: S311 - a reproducible sample, not a secret
    messages = [longer(question.text, language, draw) for _, question, _ in asked]
    used = Encoders(encoders.english, second)
    alone = [answer(index, used, Asked(question.text, language)) for index, question, _ in asked]
    served = [answer(index, used, Asked(text, language)) for (index, _, _), text in zip(asked, messages, strict=True)]
    whole = [_whole(index, used, text, language) for (index, _, _), text in zip(asked, messages, strict=True)]
    gold = [right for _, _, right in asked]
    yield Row(labelled.name, language, len(chosen), *(_given(found, gold) for found in (alone, whole, served)))


def _asked(
    bench: Bench, chosen: Sequence[LabelledQuestion], foreign: Sequence[LabelledQuestion]
) -> Iterator[tuple[SearchIndex, LabelledQuestion, frozenset[str]]]:
    """Each question, the base to ask it of and the articles that answer it there: none for an unanswerable one."""
    full = bench.index()
    yield from ((full, question, question.gold) for question in chosen)
    if not bench.labelled.holds_unanswerable:
        for gone in bench.folds():
            index = bench.index(gone)
            yield from ((index, each, frozenset()) for each in chosen if each.gold and each.gold <= gone)
        yield from ((full, question, frozenset()) for question in foreign)


def _whole(index: SearchIndex, encoders: Encoders, text: str, language: str) -> Answer:
    second = encoders.multilingual
    foreign = second.encode([text])[0] if second is not None and index.wants_multilingual(text, language) else None
    return index.search(Question(text, encoders.english.encode([text])[0], language, multilingual=foreign))


def _given(found: Sequence[Answer], gold: Sequence[frozenset[str]]) -> Given:
    outcomes = [
        _Outcome(bool(right), each.answerable, bool(each.hits) and each.hits[0].article.article_id in right)
        for each, right in zip(found, gold, strict=True)
    ]
    known = [each for each in outcomes if each.answerable]
    unknown = [each for each in outcomes if not each.answerable]
    right = mean(each.given and each.right for each in known)
    mistaken = mean(each.given and not each.right for each in known)
    invented = mean(each.given for each in unknown) if unknown else 0.0
    wrong = (1 - UNANSWERABLE_SHARE) * mistaken + UNANSWERABLE_SHARE * invented
    given = (1 - UNANSWERABLE_SHARE) * right + wrong
    return Given(right, wrong / given if given else 0.0)
