"""
The mailbox on a PostgreSQL server, for an edge and a desk on two machines; a change is heard at once, not looked for.

Tables are unlogged: no write-ahead log, no replica and no backup gets a copy, and a crash of the server empties them,
which the edge notices like any other loss. Times are seconds since the server was started, so that both machines have
the same clock and no row tells the time of day.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.crypto.sealing import Sealer
from bot.errors import StoreError
from bot.handoff.duty import Duty
from bot.handoff.mailbox import Mailbox
from bot.logs import get_logger

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

log = get_logger(__name__)

_CHANNEL = "sidedoor_mailbox"
_WRITER = 0x51DED006  # one writer at a time, as on the embedded store: what is promised there holds here
_CLOCK = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())"
_SET_CLOCK_SECONDS = 60.0
_HEARD_AT_LEAST = 2.0  # a change is looked for this often even if the server says nothing


class ServerMailbox(Mailbox):
    """The same promises as ``Mailbox``."""

    def __init__(self, url: str, sealer: Sealer, *, duty: Duty | None = None) -> None:
        super().__init__(Path("postgresql"), sealer, clock=self._server_clock, duty=duty)
        self._url = url
        self._offset: float | None = None
        self._set_at = float("-inf")
        self._listener: Any = None
        self._heard = time.monotonic()
        self._ear: int | None = None
        self._ear_of: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the only write lock from its first statement on; its end wakes who listens."""
        with self._guarded(), self._ready().connect() as connection, connection.begin():
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
            yield connection
            connection.exec_driver_sql(f"NOTIFY {_CHANNEL}")

    def version(self) -> int:
        """Another number whenever something was heard; asking costs a look at a socket."""
        with self._guarded():
            self._ready()
            with self._opening:
                if self._listener is None:
                    self._listen()
                self._take_news(0.0)
                return self._versions

    def listen(self, heard: Callable[[], None]) -> None:
        """As there; the connection that hears was opened by ``version``, off the loop, and is read there."""
        import psycopg2

        listener = self._listener
        if listener is not self._ear_of:
            self._close_ear()
        if listener is None:
            return
        with contextlib.suppress(OSError, psycopg2.Error):
            if self._ear is None:  # a descriptor of its own: the connection may be closed by another thread
                self._ear, self._ear_of = os.dup(listener.fileno()), listener
                self._loop = asyncio.get_running_loop()
            asyncio.get_running_loop().add_reader(self._ear, self._rung, heard)

    def stop_listening(self) -> None:
        """Ends the connection as well: what nobody reads would pile up at the server."""
        self._close_ear()
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(Exception):
                listener.close()

    def wipe(self) -> bool:
        """Writes the tables anew, because old versions of rows stay where they are; false when one was in use."""
        with self._guarded():
            engine = self._ready()
            with engine.connect() as connection:
                plain = connection.execution_options(isolation_level="AUTOCOMMIT")
                plain.exec_driver_sql("SET lock_timeout = 200")
                try:
                    for table in ("lines", "cases", "outbox"):
                        plain.exec_driver_sql(f"VACUUM FULL {table}")
                except Exception:
                    return False
                finally:
                    with contextlib.suppress(Exception):
                        plain.exec_driver_sql("RESET lock_timeout")
        return True

    def dispose(self) -> None:
        """Closes every connection; the next use opens them again."""
        with self._opening:
            if self._listener is not None:
                with contextlib.suppress(Exception):
                    self._listener.close()
            self._listener = None
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None
            self._versions += 1

    def _rung(self, heard: Callable[[], None]) -> None:
        if self._ear is not None and self._loop is not None:
            self._loop.remove_reader(self._ear)  # until ``version`` has read what is there
        heard()

    def _close_ear(self) -> None:
        if self._ear is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._ear)
            os.close(self._ear)
        self._ear = self._ear_of = self._loop = None

    @contextlib.contextmanager
    def _begin_reading(self) -> Iterator[Connection]:
        with self._ready().connect() as connection, connection.begin():
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    def _ready(self) -> Engine:
        with self._opening:
            if self._engine is None:
                from bot.database.engine import postgresql_engine

                engine = postgresql_engine(self._url, pool_size=5)
                _prepare(engine)
                self._engine = engine
                self._offset = None
                self._versions += 1
            return self._engine

    def _listen(self) -> None:
        raw = self._ready().raw_connection()
        raw.detach()
        self._listener = raw.dbapi_connection
        self._listener.autocommit = True
        self._listener.cursor().execute(f"SET search_path TO {_SCHEMA}; LISTEN {_CHANNEL}")
        self._versions += 1

    def _take_news(self, seconds: float) -> None:
        select.select([self._listener], [], [], seconds)
        self._listener.poll()
        if self._listener.notifies or time.monotonic() - self._heard > _HEARD_AT_LEAST:
            self._listener.notifies.clear()
            self._heard = time.monotonic()
            self._versions += 1

    def _server_clock(self) -> float:
        """Monotonic here, counted from the server's start; the difference is measured again every minute."""
        now = time.monotonic()
        if self._offset is None or now - self._set_at > _SET_CLOCK_SECONDS:
            self._set_at = now  # one measurement at a time, whatever comes of it
            try:
                self._offset = self._measure()
            except StoreError:
                if self._offset is None:
                    return now  # nothing can be read or written either
        return now + self._offset

    def _measure(self) -> float:
        """The shortest of three round trips is the truest."""
        found = []
        with self._guarded(), self._ready().connect() as connection:
            for _ in range(3):
                before = time.monotonic()
                there = float(connection.exec_driver_sql(_CLOCK).scalar())
                after = time.monotonic()
                found.append((after - before, there - (before + after) / 2))
        return min(found)[1]

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        import psycopg2

        from bot.handoff.sqlite import FAULTS

        try:
            yield
        except (*FAULTS, psycopg2.Error) as error:
            log.warning("mailbox.failed", error=type(error))
            if _is_gone(error):
                self.dispose()
            raise StoreError("the mailbox cannot be read or written") from None


_SCHEMA = "sidedoor_mailbox"


def _prepare(engine: Engine) -> None:
    """Makes the tables in a schema of their own; an older layout goes, since nothing in it is worth keeping."""
    import sqlalchemy as sa

    from bot.handoff.tables import SCHEMA, metadata

    sa.event.listen(engine, "connect", _own_schema)
    with engine.begin() as db:
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
        db.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        found = db.exec_driver_sql(f"SELECT obj_description('{_SCHEMA}'::regnamespace, 'pg_namespace')").scalar()
        if found != str(SCHEMA):
            metadata.drop_all(db)
            metadata.create_all(db)
            for table in metadata.tables:
                db.exec_driver_sql(f"ALTER TABLE {table} SET UNLOGGED")
            db.exec_driver_sql(f"COMMENT ON SCHEMA {_SCHEMA} IS '{SCHEMA}'")


def _own_schema(raw: Any, _: Any) -> None:
    with raw.cursor() as cursor:
        cursor.execute(f"SET search_path TO {_SCHEMA}")
    raw.commit()


def _is_gone(error: BaseException) -> bool:
    """Whether the server has gone, rather than one statement failed."""
    import psycopg2

    inner = getattr(error, "orig", error)
    return isinstance(inner, psycopg2.OperationalError | psycopg2.InterfaceError)
