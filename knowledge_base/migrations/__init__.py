"""Alembic migrations, run at start. Append only."""
