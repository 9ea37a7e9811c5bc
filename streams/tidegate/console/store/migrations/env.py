"""Run the steps on the connection that `Database` gives; Alembic imports this file."""

from __future__ import annotations

from alembic import context

from tidegate.console.store.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
