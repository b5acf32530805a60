"""
Opens a database so that it does not wait long, does not quote values, and lets nothing erased lie about.

SQLite gets the settings that stock Rasa lacks: pooled connections and a write-ahead log with ``synchronous=NORMAL``
(a turn costs 0.2 ms instead of 20), ``secure_delete``, so that nothing erased is left in free pages. PostgreSQL gets
short time-outs. ``hide_parameters`` keeps values out of the errors of both.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 2.0
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY", "mmap_size=0")
_PATIENCE = f"-c lock_timeout={int(BUSY_SECONDS * 1000)} -c statement_timeout=10000 -c client_min_messages=error"


def open_engine(url: str) -> Engine:
    """An engine on *url*, ``sqlite:///…`` or ``postgresql://…``; it connects when it is first used."""
    return postgresql_engine(url) if is_postgresql(url) else sqlite_engine(url)


def is_postgresql(url: str) -> bool:
    """True for a PostgreSQL server, false for a file."""
    return make_url(url).get_backend_name() == "postgresql"


def sqlite_engine(url: str) -> Engine:
    """A file that only its owner can read."""
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


def postgresql_engine(url: str, *, pool_size: int = 3) -> Engine:
    """A server; a connection that it has dropped is noticed before it is used."""
    return sa.create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=pool_size,
        pool_timeout=BUSY_SECONDS,
        connect_args={"connect_timeout": 3, "application_name": "sidedoor", "options": _PATIENCE},
    )


def scrub(engine: Engine, table: str) -> None:
    """
    Removes what was erased from *table* from the files, too; call it after the transaction that erased it.

    SQLite has overwritten it and needs its log cut; PostgreSQL keeps old versions of rows until the table is written
    anew. The tables here are small, and unlogged, so that no log, replica or backup has another copy.
    """
    statement = "PRAGMA wal_checkpoint(TRUNCATE)" if engine.dialect.name == "sqlite" else f"VACUUM FULL {table}"
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


def sqlite_file(url: str) -> Path | None:
    """The file behind *url*, when it is one."""
    found = make_url(url)
    return Path(found.database) if found.get_backend_name() == "sqlite" and found.database else None


def _prepare(connection: Any, _: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
