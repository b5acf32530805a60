"""Tables are brought up to date from nothing, and from what the version before there were migrations had left."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.assistant.tracker_store.rows import STORE, Rows, conversations
from bot.database.engine import open_engine
from bot.database.migrating import migrate, present, revisions

WHO = "c0ffee" + "0" * 26
BEFORE = """
CREATE TABLE conversations (who VARCHAR(64) NOT NULL, gone_by INTEGER NOT NULL, sealed {bytes} NOT NULL, PRIMARY KEY (who));
CREATE INDEX ix_conversations_gone_by ON conversations (gone_by);
INSERT INTO conversations VALUES ('{who}', 1009, CAST('sealed' AS {bytes}));
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/tracker.db"


@pytest.fixture
def engine(url: str):
    engine = open_engine(url)
    yield engine
    engine.dispose()


def layout(engine: Engine) -> set[tuple[str, bool]]:
    """Columns and whether they may be empty."""
    return {(column["name"], column["nullable"]) for column in sa.inspect(engine).get_columns("conversations")}


def test_from_nothing(engine: Engine) -> None:
    """An empty database gets the tables as the store expects them."""
    done = migrate(engine, STORE)

    assert done == revisions(STORE)[-1]
    assert layout(engine) == {(column.name, bool(column.nullable)) for column in conversations.columns}
    assert {tuple(index["column_names"]) for index in sa.inspect(engine).get_indexes("conversations")} == {("gone_by",)}


def test_from_the_layout_before_migrations(engine: Engine, url: str) -> None:
    """A database that was made before there were migrations is taken over with the conversations in it."""
    kind = "BYTEA" if engine.dialect.name == "postgresql" else "BLOB"
    for statement in filter(str.strip, BEFORE.format(bytes=kind, who=WHO).split(";")):
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)

    migrate(engine, STORE)

    assert Rows(url).read(WHO, 1000) == b"sealed"
    with engine.connect() as connection:
        assert connection.execute(sa.select(conversations.c.gone_by)).scalar() == 1005


def test_a_second_time_nothing_happens(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is up to date is left alone, and recognised without loading alembic."""
    migrate(engine, STORE)
    monkeypatch.setitem(sys.modules, "alembic.config", None)  # importing it would now fail

    assert migrate(engine, STORE) is None


def test_two_at_once(url: str) -> None:
    """Two processes that start together bring one database up to date once."""
    import alembic.runtime.environment  # noqa: F401 - not once in each process

    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=lambda: Rows(url).check()) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    with open_engine(url).connect() as connection:
        assert present(connection, STORE) == revisions(STORE)[-1]


def test_no_log_holds_what_postgres_stores(engine: Engine) -> None:
    """On PostgreSQL the conversations lie in a table without a write-ahead log: no replica or backup has them."""
    if engine.dialect.name != "postgresql":
        pytest.skip("of PostgreSQL alone")
    migrate(engine, STORE)

    with engine.connect() as connection:
        kinds = connection.exec_driver_sql(
            "SELECT relpersistence FROM pg_class WHERE relname IN ('conversations', 'ix_conversations_gone_by')"
        ).scalars()
        assert set(kinds) == {"u"}


def test_every_way_back(engine: Engine) -> None:
    """Each step can be taken back, so that an operator can return to the version before."""
    import importlib.util

    migrate(engine, STORE)
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    folder = Path(sys.modules[migrate.__module__].__file__ or "").parent / "migrations" / STORE / "versions"
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for path in sorted(folder.glob("0*.py"), reverse=True):
            spec = importlib.util.spec_from_file_location(path.stem, path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.downgrade()

    assert not sa.inspect(engine).has_table("conversations")
