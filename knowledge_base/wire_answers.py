"""JSON of answer diffs, the golden set and warnings: requests parsed, answers built."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge_base.answer_diff import MOST_GOLDEN, Action, AnswerDiff, First
from knowledge_base.articles import MAX_QUESTION
from knowledge_base.errors import InvalidRequestError
from knowledge_base.fields import TOO_LARGE, Json, read_language, read_object, read_text
from knowledge_base.known_questions import GoldenQuestion, Source
from knowledge_base.warnings_report import ADVICE, WarningReport

MAX_ID = 200


def parse_action(value: str | None) -> Action:
    """Read what is to be done; publish when nothing is said.

    Raises:
        InvalidRequestError: no such action.
    """
    try:
        return Action.PUBLISH if value is None else Action(value)
    except ValueError:
        raise InvalidRequestError("action", f"must be one of {', '.join(Action)}") from None


def parse_golden(body: object) -> list[GoldenQuestion]:
    """Read a golden set.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    given = read_object(body).get("golden")
    if not isinstance(given, list):
        raise InvalidRequestError("golden", "must be a list")
    if len(given) > MOST_GOLDEN:
        raise InvalidRequestError("golden", f"has {len(given)} entries, the limit is {MOST_GOLDEN}", TOO_LARGE)
    return [_golden(number, item) for number, item in enumerate(given)]


def _golden(number: int, item: object) -> GoldenQuestion:
    try:
        fields = read_object(item)
        question = (read_text(fields, "question", MAX_QUESTION) or "").strip()
        if not question:
            raise InvalidRequestError("question", "must be a text that is not empty")
        return GoldenQuestion(question, read_text(fields, "article_id", MAX_ID) or None, read_language(fields))
    except InvalidRequestError as error:
        raise InvalidRequestError(f"golden[{number}].{error.field}", error.reason, error.status) from error


def golden_json(questions: Sequence[GoldenQuestion]) -> Json:
    """Build a golden set."""
    return {
        "golden": [
            {"question": one.question, "article_id": one.article_id, "language": one.language} for one in questions
        ]
    }


def diff_json(diff: AnswerDiff) -> Json:
    """Build what would change."""
    return {
        "generation": diff.generation,
        "known": diff.known,
        "asked": diff.asked,
        "truncated": diff.truncated,
        "changes": [
            {
                "question": change.known.question,
                "language": change.known.language,
                "source": change.known.source.value,
                "expected": (change.known.expected or None) if change.known.source is Source.GOLDEN else None,
                "breaks": change.breaks,
                "before": _first_json(change.before),
                "after": _first_json(change.after),
            }
            for change in diff.changes
        ],
    }


def warnings_json(report: WarningReport) -> Json:
    """Build a list of warnings."""
    return {
        "generation": report.generation,
        "truncated": report.truncated,
        "warnings": [
            {
                "kind": warned.kind.value,
                "articles": [{"id": article_id, "title": title} for article_id, title in warned.articles],
                "evidence": list(warned.evidence),
                "similarity": None if warned.similarity is None else round(warned.similarity, 4),
                "advice": ADVICE[warned.kind],
            }
            for warned in report.warnings
        ],
    }


def _first_json(first: First | None) -> Json | None:
    if first is None:
        return None
    return {
        "article_id": first.article_id,
        "title": first.title,
        "passage": first.passage,
        "confidence": round(first.confidence, 4),
        "answerable": first.answerable,
    }
