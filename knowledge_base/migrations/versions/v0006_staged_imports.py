"""Imports that search prepares before they are committed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staged_imports",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("beats", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer),
        sa.Column("again", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staged_slices",
        sa.Column("import_id", sa.Integer, sa.ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("articles", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "staged_readers",
        sa.Column("import_id", sa.Integer, sa.ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reader", sa.String(32), primary_key=True),
        sa.Column("beats", sa.Integer, nullable=False),
        sa.Column("prepared", sa.Boolean, nullable=False),
    )
