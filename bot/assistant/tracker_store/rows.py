"""
Where the sealed conversations lie: one row a person, holding a pseudonym, about when it expires, and sealed bytes.

SQLite or PostgreSQL; all differences between the two are in ``bot.database`` and ``_WRITE``.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.database.engine import open_engine, scrub, sqlite_file
from bot.database.migrating import migrate
from bot.errors import StoreError
from bot.logs import get_logger

log = get_logger(__name__)

STORE = "tracker"

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
        self._opening = threading.Lock()

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

    def expired(self, now: int) -> int:
        """How many rows should have been erased by *now*."""
        count = sa.select(sa.func.count()).select_from(conversations).where(conversations.c.gone_by <= now)
        with self._working() as connection:
            return int(connection.execute(count).scalar() or 0)

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
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _erase(self, condition: Any) -> int:
        with self._working() as connection:
            count = int(connection.execute(conversations.delete().where(condition)).rowcount)
        if count:
            with self._guarded():
                scrub(self._open(), conversations.name)
        return count

    @contextmanager
    def _working(self) -> Iterator[Connection]:
        with self._guarded(), self._open().begin() as connection:
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            path = sqlite_file(self._url)
            if path is not None and _corrupt(error):
                self._replace(path)
            raise StoreError("the tracker store cannot be used") from error

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = open_engine(self._url)
                try:
                    migrate(engine, STORE)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _replace(self, path: Path) -> None:
        """A damaged database is no use to anybody: conversations are short, and the next one shall work."""
        log.error("tracker.database_replaced")
        self.close()
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{path}{suffix}").unlink(missing_ok=True)


def _corrupt(error: BaseException) -> bool:
    """True for “malformed” and “not a database”; what may pass, full or locked, is an ``OperationalError``."""
    return isinstance(error, DBAPIError) and type(error.orig) is sqlite3.DatabaseError
