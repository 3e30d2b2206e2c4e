"""Gaps in the database: found for a question, listed by cost, moved from state to state.

Every function runs inside a transaction of `Database`, so two processes over one database never make one gap twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import Connection, Integer, and_, case, cast, func, insert, or_, select, update

from knowledge_base.errors import NotFoundError
from knowledge_base.store.failed_questions import FailedQuestion
from knowledge_base.store.gap_groups import Group, Meanings, nearest, spoken
from knowledge_base.store.gaps import Gap, GapAction, GapList, GapState, Nearest, Reasons, after
from knowledge_base.store.tables import article_versions, articles, failed_questions, gaps, queries
from knowledge_base.text.languages import ENGLISH
from knowledge_base.vectors import Vectors

EXAMPLES = 5  # wordings shown of a gap
ENOUGH_MEASURED = 5  # agents' minutes measured before their mean takes the place of the setting
MEMBERS_FOR_CENTRE = 20  # wordings of a gap from which its centre is made anew for another encoder


@dataclass(frozen=True)
class Encoders:
    """Names of the encoders by which questions are compared."""

    english: str
    foreign: str

    @property
    def shared(self) -> str | None:
        """The one that knows every language; `None` when there is none but that of English."""
        return None if self.foreign == self.english else self.foreign

    def of(self, language: str | None) -> str:
        """Return the one for a language; what is in none counts as English."""
        return self.english if language in (None, ENGLISH) else self.foreign


@dataclass(frozen=True)
class Stale:
    """A gap whose centre is to be made anew, from these wordings."""

    gap_id: int
    language: str | None
    wordings: tuple[str, ...]


def sort_questions(
    connection: Connection, questions: Sequence[FailedQuestion], meanings: Meanings, now: datetime
) -> None:
    """Put each question into the gap whose centre is near enough, else into a gap of its own.

    A closed gap that fails again is open again; a dismissed one takes its questions in silence.

    Args:
        meanings: of the questions, in their order.
    """
    groups = [_group(row) for row in connection.execute(select(gaps).order_by(gaps.c.id))]
    for number, question in enumerate(questions):
        waiting = select(failed_questions.c.query_id).where(
            failed_questions.c.query_id == question.query_id, failed_questions.c.gap_id.is_(None)
        )
        if connection.execute(waiting).first() is None:
            continue  # another process was faster
        group = nearest(groups, meanings, number)
        if group is None:
            group = _new_gap(connection, question, meanings, number, now)
            groups.append(group)
        else:
            group.join(meanings, number)
        connection.execute(
            update(failed_questions).where(failed_questions.c.query_id == question.query_id).values(gap_id=group.gap_id)
        )
    for group in groups:
        if group.changed:
            connection.execute(update(gaps).where(gaps.c.id == group.gap_id).values(**_stored(group)))


def _group(row: Any) -> Group:
    return Group(
        gap_id=row.id,
        language=row.language,
        state=GapState(row.state),
        encoder=row.encoder,
        total=np.frombuffer(row.centroid, "<f4").copy(),
        shared_encoder=row.shared_encoder,
        shared=None if row.shared_centroid is None else np.frombuffer(row.shared_centroid, "<f4").copy(),
        weight=row.weight,
    )


def _new_gap(connection: Connection, question: FailedQuestion, meanings: Meanings, number: int, now: datetime) -> Group:
    group = Group(
        gap_id=0,
        language=meanings.language,
        state=GapState.OPEN,
        encoder=meanings.encoder,
        total=meanings.own[number].copy(),
        shared_encoder=meanings.shared_encoder,
        shared=None if meanings.shared is None else meanings.shared[number].copy(),
        weight=1,
    )
    values = _stored(group) | {"question": question.text, "language": group.language, "created_at": now}
    made = connection.execute(insert(gaps).values(**values)).inserted_primary_key
    assert made is not None  # noqa: S101 - every insert of one row has one
    group.gap_id = int(made[0])
    return group


def _stored(group: Group) -> dict[str, object]:
    return {
        "state": group.state.value,
        **_centre(group.total, group.weight, group.encoder, group.shared, group.shared_encoder),
    }


def _centre(
    total: Vectors, weight: int, encoder: str, shared: Vectors | None, shared_encoder: str | None
) -> dict[str, object]:
    return {
        "encoder": encoder,
        "centroid": total.astype("<f4").tobytes(),
        "weight": weight,
        "shared_encoder": shared_encoder,
        "shared_centroid": None if shared is None else shared.astype("<f4").tobytes(),
    }


def of_other_encoders(connection: Connection, encoders: Encoders, limit: int) -> list[Stale]:
    """Return gaps whose centre was made by another encoder than is used now, for their language or for all of them."""
    english = or_(gaps.c.language.is_(None), gaps.c.language == ENGLISH)
    wanted = case((english, encoders.english), else_=encoders.foreign)
    found = connection.execute(
        select(gaps.c.id, gaps.c.question, gaps.c.language)
        .where(or_(gaps.c.encoder != wanted, gaps.c.shared_encoder.is_distinct_from(encoders.shared)))
        .order_by(gaps.c.id)
        .limit(limit)
    ).all()
    stale = []
    for row in found:
        texts = connection.execute(
            select(queries.c.text)
            .join(failed_questions, failed_questions.c.query_id == queries.c.id)
            .where(failed_questions.c.gap_id == row.id, _same_language(row.language))
            .order_by(queries.c.at.desc(), queries.c.id)
            .limit(MEMBERS_FOR_CENTRE)
        )
        stale.append(Stale(row.id, row.language, tuple(text for (text,) in texts) or (row.question,)))
    return stale


def _same_language(language: str | None) -> Any:
    """Only questions in the language of a gap make its centre."""
    if spoken(language) == ENGLISH:
        return or_(queries.c.language.is_(None), queries.c.language == ENGLISH)
    return queries.c.language == language


def recentre(connection: Connection, gap_id: int, meanings: Meanings) -> None:
    """Give a gap a centre in the spaces of other encoders, of these questions."""
    shared = None if meanings.shared is None else np.asarray(meanings.shared.sum(axis=0), np.float32)
    total = np.asarray(meanings.own.sum(axis=0), np.float32)
    values = _centre(total, len(meanings.own), meanings.encoder, shared, meanings.shared_encoder)
    connection.execute(update(gaps).where(gaps.c.id == gap_id).values(**values))


def list_gaps(connection: Connection, state: GapState, limit: int, default_minutes: float) -> GapList:
    """Return the costliest gaps in a state.

    Args:
        default_minutes: what a question costs an agent until enough was measured.
    """
    usual, measured = agent_minutes(connection, default_minutes)
    counted = [row for row in connection.execute(_counts().where(gaps.c.state == state.value)) if row.times]
    cost = {row.id: row.times * (usual if row.minutes is None else float(row.minutes)) for row in counted}
    counted.sort(key=lambda row: (-cost[row.id], -row.times, row.id))
    page = counted[:limit]
    members = _members(connection, [row.id for row in page])
    titles = _titles(connection, {m.article_id for rows in members.values() for m in rows if m.article_id})
    waiting = connection.execute(
        select(func.count()).select_from(failed_questions).where(failed_questions.c.gap_id.is_(None))
    ).scalar_one()
    found = tuple(_gap(row, members[row.id], titles, cost[row.id]) for row in page)
    return GapList(found, len(counted), int(waiting), usual, measured)


def get_gap(connection: Connection, gap_id: int, default_minutes: float) -> Gap:
    """Return one gap.

    Raises:
        NotFoundError: nothing has this id.
    """
    row = connection.execute(_counts().where(gaps.c.id == gap_id)).first()
    if row is None or not row.times:
        raise NotFoundError("gap", str(gap_id))
    usual, _ = agent_minutes(connection, default_minutes)
    members = _members(connection, [gap_id])[gap_id]
    titles = _titles(connection, {member.article_id for member in members if member.article_id})
    return _gap(row, members, titles, row.times * (usual if row.minutes is None else float(row.minutes)))


def change_state(connection: Connection, gap_id: int, action: GapAction, draft_article_id: str | None = None) -> None:
    """Do something with a gap.

    Raises:
        NotFoundError: nothing has this id.
        ConflictError: that is not possible as the gap stands.
    """
    row = connection.execute(select(gaps.c.state).where(gaps.c.id == gap_id)).first()
    if row is None:
        raise NotFoundError("gap", str(gap_id))
    values: dict[str, object] = {"state": after(GapState(row.state), action).value}
    if draft_article_id is not None:
        values["draft_article_id"] = draft_article_id
    connection.execute(update(gaps).where(gaps.c.id == gap_id).values(values))


def agent_minutes(connection: Connection, default: float) -> tuple[float, int]:
    """Return what a failed question costs an agent, and from how many conversations that was measured."""
    row = connection.execute(select(func.avg(failed_questions.c.minutes), func.count(failed_questions.c.minutes))).one()
    mean, count = row
    return (float(mean), int(count)) if count >= ENOUGH_MEASURED else (default, 0)


def _counts() -> Any:
    """Select every gap with what is counted over its questions."""

    def times(column: Any) -> Any:
        return func.coalesce(func.sum(cast(column, Integer)), 0)

    failed = failed_questions.c
    return (
        select(
            gaps.c.id,
            gaps.c.question,
            gaps.c.state,
            gaps.c.draft_article_id,
            func.count(failed.query_id).label("times"),
            func.avg(failed.minutes).label("minutes"),
            times(failed.unanswered).label("unanswered"),
            times(failed.thumbs_down).label("thumbs_down"),
            times(failed.handed_off).label("handed_off"),
            func.count(failed.answered).label("asked_again"),
            times(failed.answered).label("answered_now"),
            func.min(failed.at).label("first_at"),
            func.max(failed.at).label("last_at"),
        )
        .outerjoin(failed_questions, failed.gap_id == gaps.c.id)
        .group_by(gaps.c.id)
    )


def _members(connection: Connection, gap_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return the questions of these gaps, the newest first."""
    rows = connection.execute(
        select(
            failed_questions.c.gap_id, queries.c.text, queries.c.language, queries.c.article_id, queries.c.confidence
        )
        .join(queries, queries.c.id == failed_questions.c.query_id)
        .where(failed_questions.c.gap_id.in_(gap_ids))
        .order_by(failed_questions.c.gap_id, failed_questions.c.at.desc(), queries.c.id)
    )
    return {gap_id: list(group) for gap_id, group in groupby(rows.all(), key=lambda row: int(row.gap_id))}


def _titles(connection: Connection, article_ids: set[str]) -> dict[str, str]:
    shown = func.coalesce(articles.c.live_version, articles.c.latest_version)
    rows = connection.execute(
        select(articles.c.id, article_versions.c.title)
        .join(
            article_versions, and_(article_versions.c.article_id == articles.c.id, article_versions.c.version == shown)
        )
        .where(articles.c.id.in_(sorted(article_ids)))
    )
    return {row.id: row.title for row in rows}


def _gap(row: Any, members: Sequence[Any], titles: Mapping[str, str], cost: float) -> Gap:
    wordings: dict[str, str] = {}  # one spelling of each, the newest
    times: Counter[str] = Counter()
    for member in members:
        key = " ".join(member.text.casefold().split()).strip(" ?!.")
        wordings.setdefault(key, member.text)
        times[key] += 1
    # The wording most used speaks for all; where none is used twice, the first that was asked.
    key, most = max(times.items(), key=lambda item: item[1])
    question = wordings[key] if most > 1 else row.question
    examples = [text for text in wordings.values() if text != question][:EXAMPLES]
    near = max((m for m in members if m.article_id in titles), key=lambda m: m.confidence, default=None)
    return Gap(
        gap_id=row.id,
        question=question,
        state=GapState(row.state),
        count=row.times,
        cost_minutes=cost,
        examples=tuple(examples),
        languages=tuple(language for language, _ in Counter(m.language for m in members if m.language).most_common()),
        nearest=None if near is None else Nearest(near.article_id, titles[near.article_id], near.confidence),
        reasons=Reasons(row.unanswered, row.thumbs_down, row.handed_off),
        draft_article_id=row.draft_article_id,
        asked_again=row.asked_again,
        answered_now=row.answered_now,
        first_at=row.first_at.replace(tzinfo=UTC),
        last_at=row.last_at.replace(tzinfo=UTC),
    )
