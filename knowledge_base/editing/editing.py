"""Changes to articles, each one transaction with its entry in the audit.

Every function takes the connection of an open transaction and is run through `Database`. Splitting a long text takes
longer than a transaction may, so the units of what is to be published are made before, and come with the content they
were made from; a version never changes, and every function refuses to publish another content than it was given.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from knowledge_base.articles.articles import Article, ArticleState, Author, Content, NewArticle, Unit
from knowledge_base.errors import ConflictError, InvalidArticleError, StaleVersionError, TakenError
from knowledge_base.store import store, unit_store
from knowledge_base.store.audit import Action, Entry, record
from knowledge_base.store.tables import articles, audit
from knowledge_base.text.analysis import fold

MAX_SLUG = 80  # characters of the title that go into an id; the rest of the 200 is for a number
RANDOM_ID_BYTES = 8


@dataclass(frozen=True)
class Split:
    """A content with the units made from it."""

    content: Content
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Writing:
    """Who writes, and when."""

    author: Author
    now: datetime


@dataclass(frozen=True)
class Edit:
    """A change to the newest version of an article.

    Attributes:
        version: the newest version, as far as the author knows; another one is refused.
        content: the whole new content; the old one again makes no new version.
        state: `published` publishes it, `archived` archives the article, `draft` takes it out of the archive;
            a published article stays so, with the draft beside the live version.
        units: of the content, when it is to be published.
        group_of: the article whose translation this becomes; its own id for none; `None` leaves that as it is.
    """

    article_id: str
    version: int
    content: Content
    state: ArticleState | None = None
    units: tuple[Unit, ...] = ()
    group_of: str | None = None


def create(connection: Connection, new: NewArticle, units: Sequence[Unit], writing: Writing) -> Article:
    """Add an article as version 1; without an id it gets one made from its title.

    Raises:
        TakenError: another article has the id or external id.
        InvalidArticleError: it is to be a translation of an article that does not exist.
        ConflictError: there is a translation in its language already.
    """
    article_id = new.article_id or free_id(connection, new.content.title)
    if store.article_exists(connection, article_id):
        raise TakenError("id", article_id)
    taken = select(articles.c.id).where(articles.c.external_id == new.external_id)
    if new.external_id is not None and connection.execute(taken).first() is not None:
        raise TakenError("external_id", new.external_id)
    group = None if new.translation_of is None else _group_of(connection, new.translation_of)
    if group is not None:
        _refuse_double(connection, article_id, group, new.content.language, "translation_of")
    ready = replace(new, article_id=article_id, translation_of=group)
    store.add_articles(connection, [ready], lambda _: units, writing.now, writing.author)
    return store.get_article(connection, article_id)


def edit(connection: Connection, change: Edit, writing: Writing) -> Article:
    """Change an article; see `Edit`.

    Raises:
        NotFoundError: nothing has this id.
        StaleVersionError: `version` is not the newest.
        InvalidArticleError: it is to be a translation of an article that does not exist.
        ConflictError: there is a translation in its language already.
    """
    before = at_version(connection, change.article_id, change.version)
    if change.group_of is not None:
        if (
            change.group_of != change.article_id
            and (group := _group_of(connection, change.group_of)) != before.head.group
        ):
            _refuse_double(connection, change.article_id, group, change.content.language, "translation_of")
        moved = join_group(connection, change.article_id, change.group_of, writing)
        if moved:
            store.note_change(connection, moved)
    if change.content != before.content:
        _check_language(connection, before, change.content)
        _add_version(connection, before, change.content, writing)
        _record(connection, before, Action.EDITED, (change.version, change.version + 1), writing, change.content.title)
    match change.state:
        case ArticleState.PUBLISHED:
            return publish(connection, change.article_id, Split(change.content, change.units), writing)
        case ArticleState.ARCHIVED:
            return archive(connection, change.article_id, None, writing)
        case ArticleState.DRAFT if before.head.state is ArticleState.ARCHIVED:
            _set(connection, change.article_id, writing, state=ArticleState.DRAFT.value)
    return store.get_article(connection, change.article_id)


def publish(connection: Connection, article_id: str, split: Split, writing: Writing) -> Article:
    """Make the newest version the live one, in place of the one before.

    Raises:
        NotFoundError: nothing has this id.
        StaleVersionError: the newest version does not hold the content that was split.
    """
    before = store.get_article(connection, article_id)
    if before.content != split.content:
        raise StaleVersionError(before)
    newest = before.head.version
    if before.head.live_version == newest:
        return before
    unit_store.write_units(connection, article_id, split.units)
    _set(connection, article_id, writing, state=ArticleState.PUBLISHED.value, live_version=newest)
    _record(connection, before, Action.PUBLISHED, (before.head.live_version, newest), writing)
    store.note_change(connection, [article_id])
    return store.get_article(connection, article_id)


def archive(connection: Connection, article_id: str, version: int | None, writing: Writing) -> Article:
    """Take an article out of search; its versions stay.

    Args:
        version: the newest version, as far as the author knows; `None` is not checked.

    Raises:
        NotFoundError: nothing has this id.
        StaleVersionError: `version` is not the newest.
    """
    before = at_version(connection, article_id, version)
    if before.head.state is ArticleState.ARCHIVED:
        return before
    _set(connection, article_id, writing, state=ArticleState.ARCHIVED.value, live_version=None)
    _record(connection, before, Action.ARCHIVED, (before.head.live_version, None), writing)
    _leave_search(connection, before)
    return store.get_article(connection, article_id)


def roll_back(connection: Connection, article_id: str, version: int, split: Split, writing: Writing) -> Article:
    """Add a new version with the content of an old one, and publish it when the article is live.

    Raises:
        NotFoundError: there is no such article or version.
        StaleVersionError: the version does not hold the content that was split.
        ConflictError: there is a translation in its language by now.
    """
    before = store.get_article(connection, article_id)
    if store.get_version(connection, article_id, version).content != split.content:
        raise StaleVersionError(before)  # the id was given to another article meanwhile
    _check_language(connection, before, split.content)
    _add_version(connection, before, split.content, writing)
    moved = (version, before.head.version + 1)
    _record(connection, before, Action.ROLLED_BACK, moved, writing, split.content.title)
    if before.head.live_version is None:
        return store.get_article(connection, article_id)
    return publish(connection, article_id, split, writing)


def delete_article(connection: Connection, article_id: str, version: int | None, writing: Writing) -> None:
    """Delete an article with all its versions; the audit stays.

    Raises:
        NotFoundError: nothing has this id.
        StaleVersionError: `version` is not the newest.
    """
    before = at_version(connection, article_id, version)
    _record(connection, before, Action.DELETED, (before.head.version, None), writing)
    _leave_search(connection, before)
    moved = _leave_group(connection, before)
    if moved:
        store.note_change(connection, moved)
    connection.execute(delete(articles).where(articles.c.id == article_id))


def at_version(connection: Connection, article_id: str, version: int | None) -> Article:
    """Return an article if `version` is its newest.

    Raises:
        NotFoundError: nothing has this id.
        StaleVersionError: `version` is another.
    """
    found = store.get_article(connection, article_id)
    if version is not None and version != found.head.version:
        raise StaleVersionError(found)
    return found


def free_id(connection: Connection, title: str) -> str:
    """Return an id made from a title that no article has or had: its history would look like the new one's."""
    slug = "-".join(re.findall(r"[a-z0-9]+", fold(title)))[:MAX_SLUG].strip("-") or secrets.token_hex(RANDOM_ID_BYTES)
    for table, column in ((articles, articles.c.id), (audit, audit.c.article_id)):
        used = select(func.count()).select_from(table).where(column == slug)
        if connection.execute(used).scalar_one():
            return f"{slug}-{secrets.token_hex(RANDOM_ID_BYTES // 2)}"
    return slug


def _add_version(connection: Connection, before: Article, content: Content, writing: Writing) -> None:
    number = before.head.version + 1
    store.add_version(connection, before.head.article_id, number, content, writing.author, writing.now)
    _set(connection, before.head.article_id, writing, latest_version=number)


def _set(connection: Connection, article_id: str, writing: Writing, **values: Any) -> None:
    changed = {"updated_at": writing.now, "updated_by": writing.author.name, **values}
    connection.execute(update(articles).where(articles.c.id == article_id).values(changed))


def _record(
    connection: Connection,
    article: Article,
    action: Action,
    moved: tuple[int | None, int | None],
    writing: Writing,
    title: str | None = None,
) -> None:
    head = article.head
    record(connection, Entry(writing.now, writing.author, action, head.article_id, title or head.title, *moved))


def _leave_search(connection: Connection, article: Article) -> None:
    if article.head.live_version is not None:
        unit_store.write_units(connection, article.head.article_id, ())
        store.note_change(connection, [article.head.article_id])


def _group_of(connection: Connection, article_id: str) -> str:
    found = connection.execute(select(articles.c.translation_group).where(articles.c.id == article_id)).scalar()
    if found is None:
        raise InvalidArticleError(article_id, "names an article that does not exist", "translation_of")
    return str(found)


def _check_language(connection: Connection, before: Article, content: Content) -> None:
    """Refuse a text in a language that its group has an article in; read anew, since the group may be another now."""
    if content.language != before.content.language:
        group = _group_of(connection, before.head.article_id)
        _refuse_double(connection, before.head.article_id, group, content.language, "language")


def _refuse_double(connection: Connection, article_id: str, group: str, language: str, field: str) -> None:
    """Refuse a second article of a group in one language: customers would get whichever came first."""
    other = store.in_group(connection, group, language, without=article_id)
    if other is not None:
        raise ConflictError(
            field,
            f"{other!r} is the article of this group in {language!r} already; change that one, or give this one "
            "another language or no translation_of",
        )


def join_group(connection: Connection, article_id: str, group_of: str, writing: Writing) -> list[str]:
    """Make an article a translation of another, or, by its own id, of none.

    Returns:
        the articles whose group is another now, for the caller to note as changed.

    Raises:
        NotFoundError: nothing has this id.
        InvalidArticleError: it is to be a translation of an article that does not exist.
    """
    article = store.get_article(connection, article_id)
    head = article.head
    moved: list[str] = []
    if group_of == head.article_id:
        if head.group == head.article_id:
            return []
        group = head.article_id
    else:
        group = _group_of(connection, group_of)
        if group == head.group:
            return []
        moved = _leave_group(connection, article)
    _set(connection, head.article_id, writing, translation_group=group)
    return moved if head.live_version is None else [*moved, head.article_id]


def _leave_group(connection: Connection, article: Article) -> list[str]:
    """Name a group anew when it was named after the article that leaves it; return the others if it was."""
    head = article.head
    others = [other.article_id for other in article.translations]
    if head.group != head.article_id or not others:
        return []
    connection.execute(update(articles).where(articles.c.id.in_(others)).values(translation_group=others[0]))
    return others
