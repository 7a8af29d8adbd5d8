"""knowledge that is written here: drafts, who wrote a version, entries edited here and in their files, last days"""

import json
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"


def upgrade() -> None:
    with op.batch_alter_table("entry_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.Text(), nullable=True))
    op.execute("UPDATE entry_versions SET author = ''")
    with op.batch_alter_table("entry_versions", schema=None) as batch_op:
        batch_op.alter_column("author", existing_type=sa.Text(), nullable=False)

    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edited", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
    op.execute(sa.text("UPDATE entries SET edited = :no").bindparams(no=False))
    _set_last_days()
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.alter_column("edited", existing_type=sa.Boolean(), nullable=False)
        batch_op.create_index(batch_op.f("ix_entries_expires_on"), ["expires_on"], unique=False)

    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers_until", sa.Date(), nullable=True))

    op.create_table(
        "entry_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=True),
        sa.Column("written_at", bot.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("fk_entry_drafts_author_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["people.id"], name=op.f("fk_entry_drafts_reviewer_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_drafts")),
    )
    with op.batch_alter_table("entry_drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_drafts_state"), ["state"], unique=False)

    op.create_table(
        "entry_conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found_at", bot.db.Moment(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_conflicts")),
        sa.UniqueConstraint("entry_id", "digest", name=op.f("uq_entry_conflicts_entry_id_digest")),
    )
    with op.batch_alter_table("entry_conflicts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_conflicts_state"), ["state"], unique=False)


def _set_last_days() -> None:
    """From the entries themselves, which are JSON text."""
    entries = sa.table(
        "entries",
        sa.column("id", sa.Text),
        sa.column("entry", sa.Text),
        sa.column("expires_on", sa.Date),
    )
    connection = op.get_bind()
    for entry_id, text in connection.execute(sa.select(entries.c.id, entries.c.entry)).all():
        last = json.loads(text).get("valid_until")
        if last:
            connection.execute(
                entries.update()
                .where(entries.c.id == entry_id)
                .values(expires_on=date.fromisoformat(last))
            )
