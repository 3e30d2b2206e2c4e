"""Customers the host site vouches for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("customers", sa.Column("email", sa.Text))
    op.add_column("customers", sa.Column("external_id", sa.String(200)))
    op.create_index("customers_by_external_id", "customers", ["external_id"], unique=True)
