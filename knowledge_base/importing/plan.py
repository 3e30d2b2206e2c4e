"""What an import would do to the base: rows and what the base holds become a plan. Pure.

An article is recognised by its external id, else by its id. What a row does not name stays as it is. A row that
says nothing new changes nothing: no version, no generation.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from knowledge_base.articles.articles import ARTICLE_ID, ArticleState, Content
from knowledge_base.importing.rows import Field, ImportRow, Place, Refusal

LONGEST_SLUG = 180  # leaves room for the mark that keeps two apart
MARK_LETTERS = 8


class Outcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Existing:
    """An article of the base, as far as an import must know it."""

    article_id: str
    external_id: str | None
    group: str
    state: ArticleState
    version: int
    live_version: int | None
    newest: Content
    live: Content | None


@dataclass(frozen=True)
class BaseView:
    """The base before an import.

    Attributes:
        articles: those that rows may be about, by id.
        groups: the group of every article, by id.
        external: the id of every article that has an external id.
        languages: of the newest version of every article, by id.
    """

    articles: Mapping[str, Existing]
    groups: Mapping[str, str]
    external: Mapping[str, str]
    languages: Mapping[str, str]


@dataclass(frozen=True)
class Create:
    """Add the article of the row, with its history if it brings one."""

    content: Content
    state: ArticleState
    group: str


@dataclass(frozen=True)
class Change:
    """Bring an article that exists to a content and a state.

    Attributes:
        content: the newest version's, when only the state changes.
        state: as `editing.Edit` has it: `None` leaves the article's.
    """

    content: Content
    state: ArticleState | None = None


@dataclass(frozen=True)
class Regroup:
    """Make the article a translation of those of a group, or, by its own id, of none."""

    group: str


Step = Create | Change | Regroup


@dataclass(frozen=True)
class PlannedRow:
    """What becomes of one row."""

    place: Place
    outcome: Outcome
    external_id: str | None
    article_id: str | None = None
    why: str | None = None
    row: ImportRow | None = field(default=None, repr=False)
    existing: Existing | None = field(default=None, repr=False)
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What becomes of every row, in the order of the file."""

    rows: tuple[PlannedRow, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many rows come to this."""
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def live_contents(self) -> set[Content]:
        """Return the contents that search will have to know."""
        found: set[Content] = set()
        for planned in self.rows:
            for step in planned.steps:
                match step:
                    case Change(content, ArticleState.PUBLISHED):
                        found.add(content)
                    case Create(content, ArticleState.PUBLISHED):
                        history = planned.row.history if planned.row is not None else None
                        found.add((history.live if history is not None else None) or content)
        return found


def make_plan(rows: Iterable[ImportRow], refused: Iterable[Refusal], base: BaseView, new_state: ArticleState) -> Plan:
    """Decide what becomes of every row.

    Args:
        refused: rows that could not be read, kept for the report.
        new_state: of new articles whose row names no state.
    """
    planned = [_refused(refusal) for refusal in refused]
    targets, doubles = _identify(rows, base)
    planned += doubles
    groups, orphans = _find_groups(targets, base)
    planned += orphans
    for target in targets:
        if target.article_id in groups:
            planned.append(_decide(target, groups[target.article_id], new_state))
    return Plan(tuple(sorted(planned, key=lambda each: (each.place.file or "", each.place.row))))


@dataclass(frozen=True)
class _Target:
    row: ImportRow
    article_id: str
    existing: Existing | None


def _identify(rows: Iterable[ImportRow], base: BaseView) -> tuple[list[_Target], list[PlannedRow]]:
    """Find which article each row is about, and refuse rows about an article that has had one."""
    targets: dict[str, _Target] = {}
    external: dict[str, Place] = {}
    refused = []
    waiting = []
    for row in rows:
        article_id = _known_id(row, base)
        why = None
        if row.external_id is not None and row.external_id in external:
            why = f"external_id {row.external_id!r} is in {external[row.external_id]} already"
        elif article_id in targets:
            why = f"id {article_id!r} is in {targets[article_id].row.place} already"
        elif article_id is not None and article_id in base.groups and not _may_change(row, article_id, base):
            why = f"id {article_id!r} belongs to another article of the base"
        if why is not None:
            refused.append(PlannedRow(row.place, Outcome.REFUSED, row.external_id, why=why))
            continue
        if row.external_id is not None:
            external[row.external_id] = row.place
        if article_id is None:
            waiting.append(row)
        else:
            targets[article_id] = _Target(row, article_id, base.articles.get(article_id))
    for row in waiting:  # last, since an id that a row names is its own
        article_id = _new_id(row.external_id or "", targets.keys() | base.groups.keys())
        targets[article_id] = _Target(row, article_id, None)
    return list(targets.values()), refused


def _known_id(row: ImportRow, base: BaseView) -> str | None:
    if row.external_id is not None and row.external_id in base.external:
        return base.external[row.external_id]
    return row.article_id


def _may_change(row: ImportRow, article_id: str, base: BaseView) -> bool:
    return row.external_id is None or base.external.get(row.external_id) == article_id


def _new_id(external_id: str, taken: Iterable[str]) -> str:
    """Return an id for a new article: its external id as far as that can be an id."""
    if ARTICLE_ID.fullmatch(external_id) and external_id not in taken:
        return external_id
    plain = unicodedata.normalize("NFKD", external_id).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9._~]+", "-", plain).strip("-._~")[:LONGEST_SLUG]
    mark = hashlib.sha256(external_id.encode()).hexdigest()
    if words and words not in taken:
        return words
    for letters in range(MARK_LETTERS, len(mark) + 1):
        marked = f"{words or 'article'}-{mark[:letters]}"
        if marked not in taken:
            break
    return marked


def _find_groups(targets: list[_Target], base: BaseView) -> tuple[dict[str, str], list[PlannedRow]]:
    """Return the group of each article by id, and refuse translations of nothing."""
    by_id = {target.row.article_id: target for target in targets if target.row.article_id is not None}
    by_id |= {target.article_id: target for target in targets}
    by_external = {target.row.external_id: target.article_id for target in targets if target.row.external_id}
    groups: dict[str, str] = {}
    refused = []
    for target in targets:
        found = _group(target, by_id, by_external, base)
        if isinstance(found, str):
            groups[target.article_id] = found
        else:
            row = target.row
            why = f"translation_of names {found.missing!r}, which is neither in the base nor a good row of the file"
            refused.append(PlannedRow(row.place, Outcome.REFUSED, row.external_id, why=why))
    return groups, refused


@dataclass(frozen=True)
class _NoGroup:
    missing: str


def _group(
    target: _Target, by_id: Mapping[str, _Target], by_external: Mapping[str, str], base: BaseView
) -> str | _NoGroup:
    """Follow `translation_of` to the original; a translation of a translation is one of the original."""
    seen = set()
    while target.article_id not in seen:
        seen.add(target.article_id)
        row, existing = target.row, target.existing
        if row.translation_of is None:
            return target.article_id if existing is None or Field.TRANSLATION_OF in row.named else existing.group
        original = _original(row, by_id, by_external, base)
        if original is None and row.history is not None:
            return target.article_id  # the original has been deleted since
        if original is None:
            return _NoGroup(row.translation_of)
        if original not in by_id:
            return base.groups[original]
        target = by_id[original]
    return _NoGroup(target.row.translation_of or "")  # translations of each other


def _original(
    row: ImportRow, by_id: Mapping[str, _Target], by_external: Mapping[str, str], base: BaseView
) -> str | None:
    """Return the id of the article that `translation_of` names: by external id, by id, or as a file beside this one."""
    name = row.translation_of or ""
    for candidate in (name, beside(row, name)):
        for known in (by_external, base.external):
            if candidate in known:
                return known[candidate]
        if candidate in by_id or candidate in base.groups:
            return candidate
    return None


def beside(row: ImportRow, name: str) -> str:
    """Return the external id of a file of this name in the folder of the row's own; the name where it has none."""
    return f"{row.external_id.rsplit('/', 1)[0]}/{name}" if row.external_id and "/" in row.external_id else name


def _decide(target: _Target, group: str, new_state: ArticleState) -> PlannedRow:
    row, existing = target.row, target.existing
    if existing is None:
        steps: tuple[Step, ...] = (Create(row.content, row.state or new_state, group),)
        return PlannedRow(row.place, Outcome.CREATED, row.external_id, target.article_id, None, row, steps=steps)
    changed: list[Step] = [] if group == existing.group else [Regroup(group)]
    changed += _versions(row, existing)
    external_id = existing.external_id
    if not changed:
        return PlannedRow(row.place, Outcome.SAME, external_id, target.article_id, None, row, existing)
    why = ", ".join(dict.fromkeys(_differences(changed, existing)))
    return PlannedRow(row.place, Outcome.CHANGED, external_id, target.article_id, why, row, existing, tuple(changed))


def _versions(row: ImportRow, existing: Existing) -> list[Change]:
    """Return what brings an article that exists to what the row says."""
    wanted = merge(row, existing.newest)
    history = row.history
    if history is not None and history.live is not None and history.live_version != history.newest.version:
        steps = [] if history.live == existing.live else [Change(history.live, ArticleState.PUBLISHED)]
        newest = history.live if steps else existing.newest
        return steps + ([] if row.content == newest else [Change(row.content)])
    state = row.state or existing.state
    if state is ArticleState.PUBLISHED:
        if existing.live is not None and merge(row, existing.live) == existing.live:
            return []  # a draft that somebody has begun beside it stays
        return [Change(wanted, ArticleState.PUBLISHED)]
    if wanted == existing.newest and (row.state is None or state is existing.state or _is_beside(state, existing)):
        return []
    return [Change(wanted, row.state)]


def _is_beside(state: ArticleState, existing: Existing) -> bool:
    """Whether a draft is wanted that stands already, beside the live version."""
    return state is ArticleState.DRAFT and existing.live is not None


def merge(row: ImportRow, content: Content) -> Content:
    """Return the row's content, with that of the base in the fields that the row does not name."""
    kept = {
        name: getattr(content, name.value)
        for name in (Field.LANGUAGE, Field.QUESTIONS, Field.TAGS, Field.REVIEW_ON)
        if name not in row.named
    }
    return dataclasses.replace(row.content, **kept)


def _differences(steps: Iterable[Step], existing: Existing) -> Iterable[str]:
    for step in steps:
        match step:
            case Change(content, state):
                published = state is ArticleState.PUBLISHED
                before = existing.live if published and existing.live is not None else existing.newest
                for each in dataclasses.fields(Content):
                    if getattr(before, each.name) != getattr(content, each.name):
                        yield each.name
                if state is not None and state is not existing.state and not _is_beside(state, existing):
                    yield "state"
            case Regroup():
                yield "translation_of"


def _refused(refusal: Refusal) -> PlannedRow:
    return PlannedRow(refusal.place, Outcome.REFUSED, refusal.external_id, why=refusal.error)
