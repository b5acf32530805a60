"""The table of sealed conversations; a database from before there were migrations has it already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0001", None, None, None


def upgrade() -> None:
    """Unlogged on PostgreSQL: what lives an hour at most has no place in a write-ahead log, a replica or a backup."""
    if sa.inspect(op.get_bind()).has_table("conversations"):
        return
    op.create_table(
        "conversations",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("gone_by", sa.Integer, nullable=False, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        prefixes=["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else [],
    )


def downgrade() -> None:
    """Erases every conversation."""
    op.drop_table("conversations")
