"""
Brings the tables of one store up to date, with alembic, before the store is first used.

Each store has a folder of its own in ``migrations`` and a version table of its own, so several can share a database.
Alembic takes a second to import: a database that is up to date is recognised without it.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

_FOLDER = Path(__file__).resolve().parent / "migrations"
_REVISION = re.compile(r"(\d{4})_[a-z0-9_]+\.py")
_LOCK = 0x51DED004  # of PostgreSQL
_one_at_a_time = threading.Lock()  # alembic keeps what it works on in a global


def migrate(engine: Engine, store: str) -> str | None:
    """Applies what is missing for *store*; returns the newest revision when there was something to do."""
    newest = revisions(store)[-1]
    with engine.connect() as connection:
        if present(connection, store) == newest:
            return None
    with _one_at_a_time, engine.begin() as connection:
        _hold_others_off(connection)
        if present(connection, store) != newest:
            _upgrade(connection, store)
    return newest


def present(connection: Connection, store: str) -> str | None:
    """The revision that the tables of *store* have; None before the first one."""
    table = version_table(store)
    if not sa.inspect(connection).has_table(table):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalar()  # noqa: S608 - a constant name
    return str(found) if found is not None else None


@cache
def revisions(store: str) -> tuple[str, ...]:
    """All revisions of *store*, oldest first, read off the names of their files: ``0001_conversations.py``."""
    found = (_REVISION.fullmatch(path.name) for path in (_FOLDER / store / "versions").iterdir())
    return tuple(sorted(match[1] for match in found if match))


def version_table(store: str) -> str:
    """Where alembic notes the revision of *store*."""
    return f"alembic_version_{store}"


def _hold_others_off(connection: Connection) -> None:
    """Two processes that start together must not both migrate."""
    lock = f"SELECT pg_advisory_xact_lock({_LOCK})" if connection.dialect.name == "postgresql" else "BEGIN IMMEDIATE"
    connection.exec_driver_sql(lock)


def _upgrade(connection: Connection, store: str) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_FOLDER / store))
    scripts = ScriptDirectory.from_config(config)

    def to_newest(revision: Any, _: Any) -> Any:
        return scripts._upgrade_revs("head", revision)

    with EnvironmentContext(config, scripts, fn=to_newest) as environment:
        environment.configure(connection=connection, version_table=version_table(store))
        environment.run_migrations()
