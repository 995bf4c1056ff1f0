"""Alembic's entry: runs steps on the connection that migrating.py hands over, within its transaction.

A new step is a file in versions/ whose `down_revision` is the newest one; a test compares the result with
tables.py on SQLite and PostgreSQL.
"""

from __future__ import annotations

from alembic import context

from helpdesk.serving.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # SQLite can, once its driver leaves transactions alone: see transactions.py
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
