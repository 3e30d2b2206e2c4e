"""The database: its tables, its transactions, and what it says when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, delete, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from knowledge_base.articles.articles import ArticleState, UnitKind
from knowledge_base.errors import DatabaseUnusableError, NotFoundError
from knowledge_base.service import split
from knowledge_base.store import live, store, unit_store
from knowledge_base.store.database import MIGRATIONS, Database
from knowledge_base.store.query_log import AskedQuery, Feedback, record_feedback, record_query
from knowledge_base.store.store import ArticleFilter
from knowledge_base.store.tables import article_versions, articles, metadata, queries, units
from tests.support import postgres
from tests.support.knowledge_base import ARTICLES, HOURS, NOW, RETURNS, SECRET_DRAFT, fill

AT = {"t": NOW.isoformat(sep=" ")}


@pytest.fixture(params=postgres.BOTH)
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    on_postgres = request.param == "postgresql"
    database = Database(postgres.empty_database() if on_postgres else tmp_path / "knowledge.db")
    yield database
    database.close()


def test_migrations_make_exactly_the_tables_described(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert database.write_now(differences) == []


def test_articles_come_back_as_they_went_in(database: Database) -> None:
    fill(database, [RETURNS])
    article = database.write_now(lambda connection: store.get_article(connection, "return-an-item"))
    assert article.content == RETURNS.content
    head = article.head
    assert (head.state, head.version, head.live_version) == (ArticleState.PUBLISHED, 1, 1)
    assert head.created_at == head.updated_at == NOW
    assert article.live == RETURNS.content


def test_search_is_told_published_articles_only(database: Database) -> None:
    fill(database, ARTICLES)
    base = database.write_now(live.live_base)
    assert SECRET_DRAFT.article_id not in {article.article_id for article in base.articles}
    assert {article.group for article in base.articles if article.language == "cs"} == {"return-an-item"}
    kinds = [
        unit.unit.kind for article in base.articles if article.article_id == "return-an-item" for unit in article.units
    ]
    assert kinds == [UnitKind.TITLE, UnitKind.QUESTION, UnitKind.PASSAGE, UnitKind.PASSAGE]


def test_a_load_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError):
        fill(database, [HOURS, RETURNS, RETURNS])
    assert database.write_now(store.count_articles) == 0
    assert database.write_now(store.generation) == 0


def test_every_change_raises_the_generation(database: Database) -> None:
    fill(database, [HOURS])
    fill(database, [RETURNS])
    assert database.write_now(store.generation) == 2


def test_passages_are_made_anew_once_when_the_rules_changed(database: Database) -> None:
    database.write_now(lambda connection: store.resplit(connection, split))
    fill(database, [RETURNS])
    before = database.write_now(lambda connection: connection.execute(select(func.max(units.c.id))).scalar_one())
    database.write_now(lambda connection: connection.execute(text("update base_state set splitter_version = 0")))
    assert database.write_now(lambda connection: store.resplit(connection, split))
    assert not database.write_now(lambda connection: store.resplit(connection, split))
    after = database.write_now(lambda connection: connection.execute(select(func.min(units.c.id))).scalar_one())
    assert after > before, "an id of the vector index is never given twice"


def test_articles_are_listed_by_page_and_filter(database: Database) -> None:
    fill(database, ARTICLES)

    def ids(wanted: ArticleFilter, limit: int) -> list[str]:
        found = database.write_now(lambda connection: store.list_articles(connection, wanted, limit))
        return [article.article_id for article in found]

    first = ids(ArticleFilter(), 2)
    assert first == ["boot-care", "opening-hours"]
    assert ids(ArticleFilter(after=first[-1]), 9) == ["return-an-item", "return-an-item.cs", "secret-sale"]
    assert ids(ArticleFilter(language="cs"), 9) == ["return-an-item.cs"]
    assert ids(ArticleFilter(state=ArticleState.DRAFT), 9) == ["secret-sale"]
    assert ids(ArticleFilter(tag="returns"), 9) == ["return-an-item", "return-an-item.cs"]
    assert ids(ArticleFilter(tag="return"), 9) == []
    assert ids(ArticleFilter(title="ZBOZI"), 9) == ["return-an-item.cs"]
    assert ids(ArticleFilter(title="%"), 9) == []


def test_an_unknown_article_is_not_found(database: Database) -> None:
    with pytest.raises(NotFoundError, match="no article 'nothing'"):
        database.write_now(lambda connection: store.get_article(connection, "nothing"))


def test_feedback_remembers_which_article_was_meant(database: Database) -> None:
    query = AskedQuery("q1", NOW, "How?", "en", "opening-hours", 0.7, True, 1)
    database.write_now(lambda connection: record_query(connection, query))
    database.write_now(
        lambda connection: record_feedback(connection, Feedback(NOW, False, query_id="q1", comment="no"))
    )
    row = database.write_now(lambda connection: connection.execute(text("select * from feedback")).one())
    assert (row.query_id, row.article_id, row.helpful, row.comment) == ("q1", "opening-hours", 0, "no")


@pytest.mark.parametrize("verdict", [Feedback(NOW, True, query_id="x"), Feedback(NOW, True, article_id="x")])
def test_feedback_on_nothing_is_refused(database: Database, verdict: Feedback) -> None:
    with pytest.raises(NotFoundError):
        database.write_now(lambda connection: record_feedback(connection, verdict))


async def test_the_database_thread_keeps_the_order(database: Database) -> None:
    for number in range(50):
        query = AskedQuery(f"{number:02}", NOW, "How?", None, None, 0.0, False, 1)
        database.submit(lambda connection, query=query: record_query(connection, query))
    found = await database.run(lambda connection: [row.id for row in connection.execute(select(queries.c.id))])
    assert found == [f"{number:02}" for number in range(50)]


def test_a_file_that_is_no_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.db"
    path.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(DatabaseUnusableError, match=r"knowledge\.db cannot be used .*restore it from a backup"):
        Database(path)


def test_a_damaged_page_is_noticed_at_start(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.db"
    database = Database(path)
    fill(database, ARTICLES)
    database.close()
    data = bytearray(path.read_bytes())
    data[4096 * 2 : 4096 * 12] = b"\xff" * (4096 * 10)
    path.write_bytes(data)
    with pytest.raises(DatabaseUnusableError, match="cannot be used"):
        Database(path)


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.db"
    database = Database(path)
    database.write_now(lambda connection: connection.execute(text("update alembic_version set version_num = '9999'")))
    database.close()
    with pytest.raises(DatabaseUnusableError, match="9999"):
        Database(path)


def test_articles_of_an_earlier_release_are_found_by_title(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.db"
    engine, config = create_engine(f"sqlite:///{path}"), Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(
            text("insert into articles values ('vraceni', null, 'vraceni', 'draft', 1, null, :t, :t)"), AT
        )
        connection.execute(
            text("insert into article_versions values ('vraceni', 1, 'Vrácení', 'Text.', 'cs', '[]', '[]', :t)"), AT
        )
    engine.dispose()
    database = Database(path)
    (found,) = database.write_now(lambda c: store.list_articles(c, ArticleFilter(title="VRACENI"), 9))
    assert (found.article_id, found.updated_by, found.review_on) == ("vraceni", "service", None)
    assert database.write_now(lambda c: store.get_version(c, "vraceni", 1)).created_by == "service"
    database.close()


@pytest.mark.parametrize("kind", postgres.BOTH)
def test_units_of_an_earlier_release_are_searched_and_their_ids_never_given_again(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = postgres.empty_database() if kind == "postgresql" else tmp_path / "knowledge.db"

    def before_editions(engine: Engine) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0006")

    def fill_it(connection: Connection) -> None:
        times = {"created_at": NOW, "updated_at": NOW}
        article = {
            "id": "wax",
            "translation_group": "wax",
            "state": "published",
            "latest_version": 1,
            "live_version": 1,
        }
        version = {"article_id": "wax", "version": 1, "title": "Wax", "body": "Rub it in.", "language": "en"}
        unit = {"article_id": "wax", "kind": "passage", "sentences": [], "heading": "", "text": "t"}
        unit |= {"markdown": "t", "encoder_text": "t"}
        connection.execute(insert(articles).values(article | times))
        connection.execute(insert(article_versions).values(version | {"questions": [], "tags": [], "created_at": NOW}))
        for position in range(3):
            connection.execute(insert(units).values(unit | {"position": position, "content_hash": f"h{position}"}))
        connection.execute(delete(units).where(units.c.position == 2))

    with monkeypatch.context() as patch:
        patch.setattr("knowledge_base.store.database.migrate", before_editions)
        database = Database(place)
        database.write_now(fill_it)
        database.close()
    database = Database(place)
    (article,) = database.write_now(live.live_base).articles
    assert [(stored.unit_id, stored.unit.content_hash) for stored in article.units] == [(1, "h0"), (2, "h1")]
    assert database.write_now(lambda connection: unit_store.reserve_units(connection, 1)) == 4
    database.close()
