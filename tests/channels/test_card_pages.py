"""The card's two files: there for everybody, without a query, and off the loop."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.channels import card_pages
from bot.settings import Settings


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    return TestClient(Starlette(routes=card_pages.routes(Settings.load({}, state_dir=tmp_path))))


@pytest.mark.parametrize(
    ("path", "kind", "begin"), [("/card.svg", "image/svg+xml", b"<svg"), ("/card.pdf", "application/pdf", b"%PDF")]
)
def test_card_is_served(browser: TestClient, path: str, kind: str, begin: bytes) -> None:
    """Both files come with their type, nothing may keep them on the way, and no cookie is set."""
    answer = browser.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.content.startswith(begin)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_query_is_refused(browser: TestClient) -> None:
    """Nothing can be told to the service by asking for the card."""
    assert browser.get("/card.svg?who=me").status_code == 400
    assert browser.post("/card.svg").status_code == 405
