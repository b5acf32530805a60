"""A real Chromium for the tests of the widget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.widget.service import Service
from tests.widget.storage import left_behind

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests here; it ends with the package, since its event loop would be in others' way."""
    if not CHROMIUM.exists():
        pytest.skip("the widget's browser tests were not run: Chromium is missing (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def service() -> Iterator[Service]:
    """A fresh server with a scripted edge."""
    with Service() as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab of its own. An error in a script fails the test, and so does anything that is left on the device at its end."""
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda message: faults.append(message.text) if "Security Policy" in message.text else None)
    yield tab
    context.set_offline(False)
    kept = left_behind(context)
    context.close()

    assert faults == []
    assert kept == []
