"""
Keeps the responders' accounts, their sessions and the log of their acts in one file; nothing about an officer is in it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import StoreError
from bot.handoff import sqlite

SCHEMA = 1

metadata = sa.MetaData()
accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("name_key", sa.String, nullable=False, unique=True),
    sa.Column("password", sa.String, nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("code_secret", sa.LargeBinary),
    sa.Column("code_used", sa.Integer, nullable=False, default=0),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("ends", sa.Float, nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
)
browsers = sa.Table(
    "browsers",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("made", sa.Float, nullable=False),
)
passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),  # public
    sa.Column("uses", sa.Integer, nullable=False),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("about", sa.String, nullable=False),  # the account, where the act is about one
    sa.Column("chain", sa.String, nullable=False),
)


class DeskDatabase:
    """``desk.db``. Raises ``StoreError`` and nothing else when it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view."""
        with self._guarded(), sqlite.reading(self._ready()) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction."""
        with self._guarded(), sqlite.writing(self._ready()) as connection:
            yield connection

    def __enter__(self) -> DeskDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        """Closes every connection."""
        if self._engine is not None:
            self._engine.dispose()

    def _ready(self) -> Engine:
        with self._opening:
            if self._engine is None:
                sqlite.private_file(self._path)
                engine = sqlite.engine_for(self._path)
                with sqlite.writing(engine) as db:
                    metadata.create_all(db)
                    db.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")
                self._engine = engine
            return self._engine

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite.FAULTS:
            raise StoreError("the desk's database cannot be read or written") from None
