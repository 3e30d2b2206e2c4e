"""Units in editions, which may be written before their article, and all that an import will write, beside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("edition", sa.Integer))
    op.create_index("ix_articles_edition", "articles", ["edition"])
    op.execute("update articles set edition = (select min(units.id) from units where units.article_id = articles.id)")
    _add_editions()
    op.add_column("staged_imports", sa.Column("first_unit", sa.Integer))
    op.add_column("staged_imports", sa.Column("last_unit", sa.Integer))
    op.execute("delete from staged_imports")  # staged by the release before; whoever staged it is gone
    _add_staged_tables()


def _add_editions() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("units_article_id_fkey", "units", type_="foreignkey")
        op.add_column("units", sa.Column("edition", sa.Integer))
        op.execute("update units set edition = articles.edition from articles where articles.id = units.article_id")
        op.alter_column("units", "edition", nullable=False)
        op.drop_index("units_of_article", "units")
    else:  # SQLite drops no constraint
        op.drop_index("units_of_article", "units")
        op.rename_table("units", "old_units")
        op.create_table(
            "units",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            sa.Column("article_id", sa.String(200), nullable=False),
            sa.Column("edition", sa.Integer, nullable=False),
            sa.Column("position", sa.Integer, nullable=False),
            sa.Column("kind", sa.String(10), nullable=False),
            sa.Column("heading", sa.Text, nullable=False),
            sa.Column("text", sa.Text, nullable=False),
            sa.Column("markdown", sa.Text, nullable=False),
            sa.Column("encoder_text", sa.Text, nullable=False),
            sa.Column("sentences", sa.JSON, nullable=False),
            sa.Column("content_hash", sa.String(64), nullable=False),
            sqlite_autoincrement=True,
        )
        op.execute(
            "insert into units (id, article_id, edition, position, kind, heading, text, markdown, encoder_text, "
            "sentences, content_hash) select old_units.id, article_id, edition, position, kind, heading, text, "
            "markdown, encoder_text, sentences, content_hash "
            "from old_units join articles on articles.id = old_units.article_id order by old_units.id"
        )
        # No id is given twice, those of units long gone included.
        op.execute("delete from sqlite_sequence where name = 'units'")
        op.execute("update sqlite_sequence set name = 'units' where name = 'old_units'")
        op.drop_table("old_units")
    op.create_index("units_of_edition", "units", ["edition", "position"], unique=True)


def _add_staged_tables() -> None:
    def owner() -> sa.Column[int]:
        key = sa.ForeignKey("staged_imports.id", ondelete="CASCADE")
        return sa.Column("import_id", sa.Integer, key, primary_key=True)

    op.create_table(
        "staged_rows",
        owner(),
        sa.Column("article_id", sa.String(200), primary_key=True),
        sa.Column("is_new", sa.Boolean, nullable=False),
        sa.Column("touched", sa.Boolean, nullable=False),
        sa.Column("external_id", sa.String(200)),
        sa.Column("translation_group", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("latest_version", sa.Integer, nullable=False),
        sa.Column("live_version", sa.Integer),
        sa.Column("edition", sa.Integer),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.Column("updated_by", sa.String(200)),
    )
    op.create_table(
        "staged_versions",
        owner(),
        sa.Column("article_id", sa.String(200), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("questions", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("review_on", sa.Date),
        sa.Column("created_by", sa.String(200)),
        sa.Column("title_folded", sa.Text, nullable=False),
    )
    op.create_table(
        "staged_entries",
        owner(),
        sa.Column("article_id", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("from_version", sa.Integer),
        sa.Column("to_version", sa.Integer),
    )
