"""
Where the sealed conversations lie: one row a person, holding a pseudonym, the minute it expires, and sealed bytes.

SQLite gets the settings that stock Rasa lacks: pooled connections and a write-ahead log with ``synchronous=NORMAL``
(a turn costs 0.2 ms instead of 20), ``secure_delete``, so that nothing erased is left in free pages, and a log that
is cut to nothing after each erasure. ``hide_parameters`` keeps values out of the database's error messages. Statements
are SQLAlchemy's own; all differences between databases are in ``open_engine`` and ``_WRITE``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot.errors import StoreError
from bot.logs import get_logger

log = get_logger(__name__)

BUSY_SECONDS = 2.0
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY", "mmap_size=0")

_metadata = sa.MetaData()
conversations = sa.Table(
    "conversations",
    _metadata,
    sa.Column("who", sa.String(64), primary_key=True),
    sa.Column("gone_by", sa.Integer, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


def _upsert(dialect: Any) -> Any:
    insert = dialect.insert(conversations)
    fresh = {"gone_by": insert.excluded.gone_by, "sealed": insert.excluded.sealed}
    return insert.on_conflict_do_update(index_elements=[conversations.c.who], set_=fresh)


# Made once: SQLAlchemy takes longer to put such a statement into words than SQLite to carry it out.
_WRITE = {"sqlite": _upsert(sqlite), "postgresql": _upsert(postgresql)}
_READ = sa.select(conversations.c.sealed).where(
    conversations.c.who == sa.bindparam("by_who"), conversations.c.gone_by > sa.bindparam("now")
)


class Rows:
    """The table. Every method raises ``StoreError`` when the database cannot do it; times are minutes since 1970."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._made = False

    def __repr__(self) -> str:
        return "Rows()"

    @classmethod
    def in_file(cls, path: Path) -> Rows:
        """An SQLite database that only its owner can read."""
        return cls(f"sqlite:///{path}")

    def read(self, who: str, now: int) -> bytes | None:
        """The sealed bytes of *who*, if there are any that have not expired."""
        with self._working() as connection:
            found = connection.execute(_READ, {"by_who": who, "now": now}).scalar()
        return None if found is None else bytes(found)

    def write(self, who: str, gone_by: int, sealed: bytes) -> None:
        """Puts *sealed* in the place of what was there."""
        with self._working() as connection:
            connection.execute(_WRITE[connection.dialect.name], {"who": who, "gone_by": gone_by, "sealed": sealed})

    def delete(self, who: str) -> int:
        """Erases the row of *who*, also from free pages and the log; returns how many rows there were."""
        return self._erase(conversations.c.who == who)

    def delete_expired(self, now: int) -> int:
        """Erases what has expired; returns how many rows."""
        return self._erase(conversations.c.gone_by <= now)

    def everyone(self) -> list[str]:
        """The pseudonyms that have a row."""
        with self._working() as connection:
            return list(connection.execute(sa.select(conversations.c.who)).scalars())

    def check(self) -> None:
        """Raises ``StoreError`` when nothing could be written now."""
        with self._working() as connection:
            connection.execute(conversations.delete().where(conversations.c.who == ""))

    def close(self) -> None:
        """Lets go of the database; the next call opens it again."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine, self._made = None, False

    def _erase(self, condition: Any) -> int:
        with self._working() as connection:
            count = int(connection.execute(conversations.delete().where(condition)).rowcount)
        if count and self._sqlite_file is not None:
            with self._working() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    @contextmanager
    def _working(self) -> Iterator[Connection]:
        try:
            with self._open().begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            if self._sqlite_file is not None and _corrupt(error):
                self._replace(self._sqlite_file)
            raise StoreError("the tracker store cannot be used") from error

    def _open(self) -> Engine:
        if self._engine is None:
            self._engine = open_engine(self._url)
        if not self._made:
            _metadata.create_all(self._engine)
            self._made = True
        return self._engine

    def _replace(self, path: Path) -> None:
        """A damaged database is no use to anybody: conversations are short, and the next one shall work."""
        log.error("tracker.database_replaced")
        self.close()
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{path}{suffix}").unlink(missing_ok=True)

    @property
    def _sqlite_file(self) -> Path | None:
        url = make_url(self._url)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def open_engine(url: str) -> Engine:
    """An engine whose errors quote nothing."""
    if make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True)
    database = make_url(url).database
    if database:
        os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
        os.chmod(database, 0o600)  # its -wal and -shm take their mode from it
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=2,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _corrupt(error: BaseException) -> bool:
    """True for “malformed” and “not a database”; what may pass, full or locked, is an ``OperationalError``."""
    return isinstance(error, DBAPIError) and type(error.orig) is sqlite3.DatabaseError
