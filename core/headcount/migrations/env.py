"""What alembic runs: the revisions that a store lacks, on the connection and in the transaction that it is given."""

from __future__ import annotations

from alembic import context

from headcount.migrations import TABLE

context.configure(connection=context.config.attributes["connection"], version_table=TABLE, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
