"""What tests of several packages share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.postgres import NOT_RUN, Postgres, binaries


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this run; where none is installed, what needs it is skipped and counted below."""
    if binaries() is None:
        pytest.skip(NOT_RUN)
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of an empty PostgreSQL database."""
    return postgres.new_database()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One clear line about what was not run."""
    missing = sum(NOT_RUN in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    if missing:
        terminalreporter.write_line(f"{NOT_RUN}: {missing} tests of the stores on it were not run.", yellow=True)
