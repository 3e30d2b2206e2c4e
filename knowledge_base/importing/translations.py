"""Which rows of a plan would give a group of translations a second article in one language. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge_base.importing.plan import BaseView, Change, Create, Outcome, PlannedRow, Regroup

Place = tuple[str, str]
"""A group and a language: one article each."""


def refuse_doubles(rows: Sequence[PlannedRow], base: BaseView) -> list[PlannedRow]:
    """Return the rows with those refused whose place in their group another article has.

    Articles that stay where they are come first, then originals, then the order of the file. A base that has doubles
    already keeps them: only what would move is refused.
    """
    places = {row.article_id: _place(row) for row in rows if row.article_id is not None and row.steps}
    moving = {key: place for key, place in places.items() if place != _place_before(key, base)}
    order = sorted(moving, key=lambda key: moving[key][0] != key)
    refused: dict[str, str] = {}
    while True:
        staying = ((place, key) for key in base.groups if key not in moving and (place := _place_before(key, base)))
        owner: dict[Place, str] = {}
        for place, key in staying:
            owner.setdefault(place, key)
        taken = {key: owner[moving[key]] for key in order if owner.setdefault(moving[key], key) != key}
        if not taken:
            return [_refuse(row, refused, places) for row in rows]
        refused |= taken
        order = [key for key in order if key not in taken]
        moving = {key: moving[key] for key in order}  # those refused stay where they were, which others may have wanted


def _place(row: PlannedRow) -> Place:
    """Return where the steps of a row lead."""
    group, language = "", ""
    if row.existing is not None:
        group, language = row.existing.group, row.existing.newest.language
    for step in row.steps:
        match step:
            case Create(content, _, wanted):
                group, language = wanted, content.language
            case Change(content):
                language = content.language
            case Regroup(wanted):
                group = wanted
    return group, language


def _place_before(article_id: str, base: BaseView) -> Place | None:
    if article_id not in base.groups:
        return None
    return base.groups[article_id], base.languages[article_id]


def _refuse(row: PlannedRow, refused: dict[str, str], places: dict[str, Place]) -> PlannedRow:
    if row.article_id is None or row.article_id not in refused:
        return row
    _, language = places[row.article_id]
    why = (
        f"translation_of: {refused[row.article_id]!r} is the article of its group in {language!r} already; "
        "change that one, or give this one another language or no translation_of"
    )
    return replace(row, outcome=Outcome.REFUSED, article_id=None, why=why, steps=())
