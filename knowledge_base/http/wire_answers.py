"""JSON of answer diffs, the golden set and warnings: requests parsed, answers built."""

from __future__ import annotations

from knowledge_base.articles.articles import MAX_QUESTION
from knowledge_base.articles.fields import TOO_LARGE, Json, read_language, read_object, read_text
from knowledge_base.editing.answer_diff import MOST_GOLDEN, Action, AnswerDiff, First
from knowledge_base.editing.warnings_report import ADVICE, WarningReport
from knowledge_base.errors import InvalidRequestError
from knowledge_base.http.wire import time_json
from knowledge_base.store.dismissed_warnings import Dismissal
from knowledge_base.store.golden_set import GoldenSet
from knowledge_base.store.known_questions import GoldenQuestion, Source

MAX_ID = 200
MAX_REVISION = 100
OPEN = "open"
DISMISSED = "dismissed"


def parse_action(value: str | None) -> Action:
    """Read what is to be done; publish when nothing is said.

    Raises:
        InvalidRequestError: no such action.
    """
    try:
        return Action.PUBLISH if value is None else Action(value)
    except ValueError:
        raise InvalidRequestError("action", f"must be one of {', '.join(Action)}") from None


def parse_warning_state(value: str | None) -> bool:
    """Read which warnings to list: whether the dismissed ones; those that stand when nothing is said.

    Raises:
        InvalidRequestError: no such state.
    """
    if value not in (None, OPEN, DISMISSED):
        raise InvalidRequestError("state", f"must be one of {OPEN}, {DISMISSED}")
    return value == DISMISSED


def parse_golden(body: object) -> tuple[list[GoldenQuestion], str | None]:
    """Read a golden set, and the revision it is a change of, if one is given.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    given = fields.get("golden")
    if not isinstance(given, list):
        raise InvalidRequestError("golden", "must be a list")
    if len(given) > MOST_GOLDEN:
        raise InvalidRequestError("golden", f"has {len(given)} entries, the limit is {MOST_GOLDEN}", TOO_LARGE)
    questions = [_golden(number, item) for number, item in enumerate(given)]
    seen: dict[tuple[str, str | None], int] = {}
    for number, one in enumerate(questions):
        if (first := seen.setdefault((one.question.casefold(), one.language), number)) != number:
            raise InvalidRequestError(f"golden[{number}].question", f"is the same as golden[{first}].question")
    return questions, read_text(fields, "revision", MAX_REVISION)


def _golden(number: int, item: object) -> GoldenQuestion:
    try:
        fields = read_object(item)
        question = " ".join((read_text(fields, "question", MAX_QUESTION) or "").split())
        if not question:
            raise InvalidRequestError("question", "must be a text that is not empty")
        return GoldenQuestion(question, read_text(fields, "article_id", MAX_ID) or None, read_language(fields))
    except InvalidRequestError as error:
        raise InvalidRequestError(f"golden[{number}].{error.field}", error.reason, error.status) from error


def golden_json(found: GoldenSet) -> Json:
    """Build a golden set."""
    return {
        "golden": [
            {
                "question": entry.known.question,
                "article_id": entry.known.article_id,
                "language": entry.known.language,
                "title": entry.title,
                "state": entry.state and entry.state.value,
            }
            for entry in found.entries
        ],
        "revision": found.revision,
    }


def diff_json(diff: AnswerDiff) -> Json:
    """Build what would change."""
    return {
        "generation": diff.generation,
        "known": diff.known,
        "asked": diff.asked,
        "truncated": diff.truncated,
        "golden": {"asked": diff.golden.asked, "right": diff.golden.right, "right_then": diff.golden.right_then},
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
                "id": warned.warning_id,
                "kind": warned.kind.value,
                "articles": [{"id": article_id, "title": title} for article_id, title in warned.articles],
                "evidence": list(warned.evidence),
                "similarity": None if warned.similarity is None else round(warned.similarity, 4),
                "advice": ADVICE[warned.kind],
                "dismissed": warned.dismissal and _dismissal_json(warned.dismissal),
            }
            for warned in report.warnings
        ],
    }


def _dismissal_json(dismissal: Dismissal) -> Json:
    return {"at": time_json(dismissal.at), "by": dismissal.by}


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
