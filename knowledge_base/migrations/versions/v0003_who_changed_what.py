"""Who changed what: an audit of articles, authors and review dates of versions, titles that can be searched."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUTHOR = "service"  # whoever changed articles before there was an audit: a part of Tandem


def upgrade() -> None:
    op.add_column("articles", sa.Column("updated_by", sa.String(200), nullable=False, server_default=AUTHOR))
    op.add_column("article_versions", sa.Column("review_on", sa.Date))
    op.add_column("article_versions", sa.Column("created_by", sa.String(200), nullable=False, server_default=AUTHOR))
    op.add_column("article_versions", sa.Column("title_folded", sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    names = ("article_id", "version", "title", "title_folded")
    versions = sa.table("article_versions", *(sa.column(name) for name in names))
    for row in connection.execute(sa.select(versions)).all():
        connection.execute(
            sa.update(versions)
            .where(versions.c.article_id == row.article_id, versions.c.version == row.version)
            .values(title_folded=_folded(row.title))
        )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.String(200), nullable=False),
        sa.Column("author_name", sa.String(200), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("article_id", sa.String(200), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("from_version", sa.Integer),
        sa.Column("to_version", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_article_id", "audit", ["article_id"])


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
