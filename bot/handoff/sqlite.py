"""
Opens an SQLite file so that it is private, does not wait, does not quote values, and overwrites what it deletes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 1.0
FAULTS = (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, OSError)


def private_file(path: Path) -> None:
    """Makes *path* and its folder if they are missing, for their owner alone; its WAL files inherit that."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def engine_for(path: Path) -> Engine:
    """An engine on *path*; ``writing`` and ``reading`` open transactions on it."""
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


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view; waits for no writer."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the only write lock from its first statement on."""
    with engine.connect() as plain:
        connection = plain.execution_options(sidedoor_write=True)
        with connection.begin():
            yield connection


def _configure(raw: Any, _: Any) -> None:
    raw.isolation_level = None  # transactions are begun by us: pysqlite would begin them too late
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY"):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("sidedoor_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
