"""Both edges tell the browser, on every answer, to keep nothing, load nothing foreign, and show the page in no frame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bot import wiring
from bot.channels.app import build
from bot.desk.app import app as desk_app
from bot.settings import Settings
from bot.wiring import EdgeProcess

EDGE_PATHS = [
    "/",
    "/livez",
    "/readyz",
    "/icon.svg",
    "/chat/open",
    "/chat/poll",
    "/chat/forget",
    "/nothing-here",
    "/card.svg",
]
DESK_PATHS = ["/", "/livez", "/sign-in", "/assets/desk.js", "/api/state", "/api/words", "/nothing-here"]
NEVER = {"server", "set-cookie", "x-powered-by", "access-control-allow-origin", "via", "etag", "last-modified"}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TestClient]]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("h") / "state")
    wiring.prepare(settings)
    edge, desk = build(EdgeProcess(settings), settings), desk_app(settings, wiring.desk(settings))
    yield {"edge": TestClient(edge), "desk": TestClient(desk, follow_redirects=False)}


def policy(text: str) -> dict[str, str]:
    """A content security policy by directive."""
    return {part.split()[0]: " ".join(part.split()[1:]) for part in text.split(";") if part.strip()}


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    ("side", "path"), [*(("edge", path) for path in EDGE_PATHS), *(("desk", path) for path in DESK_PATHS)]
)
def test_every_answer_is_strict(clients: dict[str, TestClient], side: str, path: str, method: str) -> None:
    """Pages, scripts, answers, refusals and errors all carry the strict headers, and none that tells or keeps anything."""
    response = clients[side].request(method, path)

    got = {name.lower(): value for name, value in response.headers.items()}
    allowed = policy(got["content-security-policy"])
    assert response.status_code < 500 or path == "/readyz"
    assert allowed["default-src"] == "'none'"
    assert "unsafe" not in got["content-security-policy"] and "*" not in got["content-security-policy"]
    assert "http" not in got["content-security-policy"]
    assert got["referrer-policy"] == "no-referrer"
    assert got["cross-origin-opener-policy"] == "same-origin"
    assert got["cross-origin-embedder-policy"] == "require-corp"
    assert got["cross-origin-resource-policy"] in ("same-origin", "cross-origin")
    assert got["x-content-type-options"] == "nosniff"
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in got["permissions-policy"]
    assert NEVER & set(got) == set()


def test_nothing_of_a_conversation_is_cached(clients: dict[str, TestClient]) -> None:
    """What is answered to an officer or a responder is stored nowhere on the way."""
    for side, paths in (("edge", EDGE_PATHS), ("desk", DESK_PATHS)):
        for path in paths:
            for method in ("GET", "POST"):
                assert "no-store" in clients[side].request(method, path).headers["cache-control"], (side, path)


def test_only_our_own_page_frames_the_chat(clients: dict[str, TestClient]) -> None:
    """Without an origin that the operator names, no page shows ours in a frame."""
    for side in ("edge", "desk"):
        for path in ("/", "/nothing-here", "/sign-in"):
            found = policy(clients[side].get(path).headers["content-security-policy"])

            assert found["frame-ancestors"] == "'none'"


def test_the_pages_run_no_foreign_and_no_inline_script(clients: dict[str, TestClient]) -> None:
    """Scripts come from this very host, and none stands in a page."""
    for side, path in (("edge", "/"), ("desk", "/sign-in")):
        response = clients[side].get(path)

        assert policy(response.headers["content-security-policy"])["script-src"] == "'self'"
        assert "<script>" not in response.text and " onclick=" not in response.text
