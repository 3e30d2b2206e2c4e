"""The report of an import as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge_base.importing.importer import Report
from knowledge_base.importing.limits import MAX_IGNORED_NAMES
from knowledge_base.importing.plan import Outcome, PlannedRow


def report_json(report: Report) -> Mapping[str, object]:
    """Build the answer to an import."""
    return {
        "created": report.plan.count(Outcome.CREATED),
        "changed": report.plan.count(Outcome.CHANGED),
        "unchanged": report.plan.count(Outcome.SAME),
        "refused": [_refusal(row) for row in report.plan.rows if row.outcome is Outcome.REFUSED],
        "rows": [_row(row) for row in report.plan.rows],
        "ignored": list(report.ignored[:MAX_IGNORED_NAMES]),
        "dry_run": report.dry_run,
        "written": report.written,
        "generation": report.generation,
    }


def _place(row: PlannedRow) -> dict[str, object]:
    place: dict[str, object] = {"row": row.place.row}
    if row.place.file is not None:
        place["file"] = row.place.file
    return place | {"external_id": row.external_id}


def _refusal(row: PlannedRow) -> Mapping[str, object]:
    return _place(row) | {"error": row.why}


def _row(row: PlannedRow) -> Mapping[str, object]:
    made = _place(row) | {"outcome": row.outcome.value, "id": row.article_id}
    return made if row.why is None else made | {"why": row.why}
