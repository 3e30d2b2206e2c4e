"""Vectors made before the articles they are for: kept for a while although nothing holds their text yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vectors", sa.Column("saved_at", sa.Integer, nullable=False, server_default="0"))
