"""What tests of several packages share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright import async_api, sync_api

from bot.catalogue.claims import RESULTS
from tests.postgres import NOT_RUN, Postgres, binaries

PATIENCE = 30_000  # milliseconds for what a page is expected to show


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


@pytest.fixture(scope="session", autouse=True)
def _patient_with_browsers() -> None:
    """Beside other work a page takes longer than Playwright waits by default, and is not wrong for it."""
    for api in (async_api, sync_api):
        api.expect.set_options(timeout=PATIENCE)


_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: Any) -> None:
    """Remembers how each test ended; one that failed anywhere has failed."""
    if report.when == "call" or report.outcome != "passed":
        before = _outcomes.get(report.nodeid)
        _outcomes[report.nodeid] = "failed" if "failed" in (before, report.outcome) else report.outcome


def pytest_sessionfinish(session: Any) -> None:
    """Writes it down after a run of everything, for `sidedoor promises proven`."""
    whole = [str(argument).rstrip("/") for argument in session.config.args] == ["tests"]
    if whole and not hasattr(session.config, "workerinput"):
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(_outcomes, indent=0, sort_keys=True), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One clear line about what was not run."""
    missing = sum(NOT_RUN in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    if missing:
        terminalreporter.write_line(f"{NOT_RUN}: {missing} tests of the stores on it were not run.", yellow=True)
