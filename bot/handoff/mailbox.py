"""
Keeps the one file in which edge and desk meet, so that neither waits on it and nothing stays in it.

No time of day is in it: times are seconds of the machine's monotonic clock, which both processes share. What is in it
is worth nothing after the chat, so a file that turns out to be damaged is thrown away and made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from bot.crypto.sealing import Sealer
from bot.errors import StoreError
from bot.logs import get_logger

log = get_logger(__name__)
T = TypeVar("T")

SCHEMA = 1
BUSY_SECONDS = 1.0
PATIENCE = 1.5  # an officer is told that something is wrong after this, whatever hangs
_CREATE = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC
_DAMAGED = ("malformed", "not a database")

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
    sa.Column("seen", sa.Float, nullable=False),
)


class Mailbox:
    """
    The sealed file. Nothing is opened before the first use, so a broken disk does not keep a process from starting.

    All methods raise ``StoreError`` and nothing else when the file is locked, full or damaged.
    """

    def __init__(self, path: Path, sealer: Sealer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self.sealer = sealer
        self.clock = clock
        self._engine: Engine | None = None
        self._inode = 0
        self._watcher: Any = None
        self._versions = 0
        self._last: Any = None
        self._opening = threading.RLock()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="mailbox")

    async def ask(self, work: Callable[..., T], *args: Any, within: float = PATIENCE) -> T:
        """Runs *work* off the event loop; raises ``StoreError`` when it takes longer than *within* seconds."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        try:
            return await asyncio.wait_for(future, within)
        except TimeoutError:
            raise StoreError("the mailbox does not answer in time") from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; waits for no writer."""
        with self._guarded(), self._ready().connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the only write lock from its first statement on."""
        with self._guarded(), self._ready().connect() as plain:
            connection = plain.execution_options(sidedoor_write=True)
            with connection.begin():
                yield connection

    def version(self) -> int:
        """Another number whenever anything has changed in the file; cheap enough to ask twenty times a second."""
        with self._guarded():
            engine = self._ready()
            with self._opening:
                if self._watcher is None:
                    self._watcher = engine.raw_connection()
                    self._watcher.detach()  # it sees everybody's commits but its own, so it never writes
                found = self._watcher.cursor().execute("PRAGMA data_version").fetchone()[0]
                if found != self._last:
                    self._last, self._versions = found, self._versions + 1
                return self._versions

    def wipe(self) -> bool:
        """Empties the write-ahead log, which still holds what was deleted; false when somebody was reading just now."""
        with self._guarded():
            raw = self._ready().raw_connection()
            try:
                return bool(raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            finally:
                raw.close()

    def dispose(self) -> None:
        """Closes every connection; the next use opens them again."""
        with self._opening:
            if self._watcher is not None:
                with contextlib.suppress(Exception):
                    self._watcher.close()
            if self._engine is not None:
                self._engine.dispose()
            self._engine = self._watcher = self._last = None

    def _ready(self) -> Engine:
        with self._opening:
            if self._engine is not None and _inode(self.path) == self._inode:
                return self._engine
            self.dispose()  # the other process has thrown the file away, or nothing was open yet
            self._versions += 1
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _only_one(self.path):
                os.close(os.open(self.path, _CREATE, 0o600))
                self._inode = _inode(self.path)
                engine = _engine(self.path)
                _prepare(engine)
            self._engine = engine
            return engine

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, OSError) as error:
            reason = str(getattr(error, "orig", error)).lower()
            if any(word in reason for word in _DAMAGED):
                self._throw_away()
            log.warning("mailbox.failed", error=type(error))
            raise StoreError("the mailbox cannot be read or written") from None

    def _throw_away(self) -> None:
        """Removes the damaged file, once: whoever comes second finds another file and leaves it alone."""
        with contextlib.suppress(OSError), self._opening, _only_one(self.path):
            damaged, self._inode = self._inode, 0
            self.dispose()
            if _inode(self.path) == damaged:
                log.error("mailbox.thrown_away")
                for suffix in ("-wal", "-shm", ""):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _engine(path: Path) -> Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=4,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(raw: Any, _: Any) -> None:
    raw.isolation_level = None  # transactions are begun by us: pysqlite would begin them too late
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY"):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("sidedoor_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _prepare(engine: Engine) -> None:
    with engine.connect() as plain:
        connection = plain.execution_options(sidedoor_write=True)
        with connection.begin():
            found = connection.exec_driver_sql("PRAGMA user_version").scalar()
            if found != SCHEMA:
                metadata.drop_all(connection)
                metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    descriptor = os.open(f"{path}.lock", _CREATE, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
