"""Alembic's entrance. The caller hands over an open connection; there is no offline mode."""

from alembic import context

from newsletter.adapters.stores.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
