"""Times in clear become multiples of five minutes: to whom a conversation belonged must not show in when it ended."""

from __future__ import annotations

from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade() -> None:
    """Rounded down, so that nothing is kept for longer than before."""
    op.execute("UPDATE conversations SET gone_by = gone_by - gone_by % 5")


def downgrade() -> None:
    """What was rounded stays rounded."""
