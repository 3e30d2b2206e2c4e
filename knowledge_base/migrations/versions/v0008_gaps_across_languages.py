"""The centre of a gap in the space that all languages share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gaps", sa.Column("shared_encoder", sa.String(200)))
    op.add_column("gaps", sa.Column("shared_centroid", sa.LargeBinary))
