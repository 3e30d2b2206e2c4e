"""Alembic's entry: runs the migrations over the connection `run.config` was given."""

from alembic import context

from handoff_gateway.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
