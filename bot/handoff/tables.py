"""
Lays out the mailbox: cases, lines, signs of life. No column can hold who somebody is or what time of day it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.handoff.outbox import outbox_table
from bot.handoff.sqlite import writing

SCHEMA = 2

metadata = sa.MetaData()
cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("alias", sa.String, nullable=False, unique=True),
    sa.Column("edge", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("since", sa.Float, nullable=False),  # the officer waits since
    sa.Column("entered", sa.Float, nullable=False),  # this state since
    sa.Column("owner", sa.String),  # the responder who holds it
    sa.Column("outcome", sa.String),
    sa.Column("moves", sa.Integer, nullable=False, default=0),  # grows with each step; a step names the one it saw
    sa.Column("seen", sa.Integer, nullable=False, default=0),  # the responder had this line before their eyes
    sa.Column("summary", sa.LargeBinary),  # what the officer wants them to know first, sealed
)
lines = sa.Table(
    "lines",
    metadata,
    sa.Column("case_id", sa.String, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("side", sa.String, nullable=False),  # whom it is for
    sa.Column("line_id", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary),  # gone once delivered; the row stays, so that a retry is recognised
    sa.Column("failed", sa.Boolean, nullable=False, default=False),
    sa.UniqueConstraint("case_id", "side", "line_id"),
)
presence = sa.Table(
    "presence",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False, default=1),
    sa.Column("on_duty", sa.Boolean, nullable=False, default=False),
    sa.Column("offers", sa.Integer, nullable=False, default=0),  # at an edge: who has not said yes or no yet
    sa.Column("seen", sa.Float, nullable=False),
)
outbox = outbox_table(metadata)


def prepare(engine: Engine) -> None:
    """Makes the tables; what an older layout held is worth nothing now and goes."""
    with writing(engine) as db:
        if db.exec_driver_sql("PRAGMA user_version").scalar() != SCHEMA:
            metadata.drop_all(db)
            metadata.create_all(db)
            db.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")
