"""Alembic's way into our database. The caller gives the connection (see bot/migrate.py).

SQLite: batch mode re-creates a table, and dropping a parent with foreign keys on empties its children,
so the caller connects with them off and they are checked before the commit.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
