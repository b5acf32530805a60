"""Who may ask the web routes, and what a browser may do with the answers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.widget.service import Service, settings

HOST = "https://union.example"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(settings(allowed_origins=(HOST,))) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/en", "/frame", "/icon.svg", "/widget/define.js", "/chat/poll", "/chat/events"])
def test_every_answer_carries_the_headers(service: Service, path: str) -> None:
    """
    Pages, files and refusals alike: not stored, not indexed, not framed, no referrer, nothing from elsewhere.
    """
    headers = httpx.get(service.url + path).headers

    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert "noindex" in headers["x-robots-tag"]
    assert "geolocation=()" in headers["permissions-policy"]


def test_only_the_frame_page_may_be_framed(service: Service) -> None:
    """
    The hosted page is never framed, the frame page only by the listed origins.
    """
    page = httpx.get(service.url + "/").headers["content-security-policy"]
    frame = httpx.get(service.url + "/frame").headers["content-security-policy"]

    assert page.endswith("frame-ancestors 'none'")
    assert frame.endswith(f"frame-ancestors {HOST}")


def test_without_listed_origins_nobody_frames() -> None:
    """
    The default allow-list is empty, for the frame page too.
    """
    with Service() as service:
        policy = httpx.get(service.url + "/frame").headers["content-security-policy"]

    assert policy.endswith("frame-ancestors 'none'")


def test_listed_origin_may_ask(service: Service) -> None:
    """
    A listed origin is named in the answer and in the preflight, without credentials.
    """
    opened = httpx.post(service.url + "/chat/open", json={}, headers={"Origin": HOST})
    asked = httpx.options(service.url + "/chat/messages", headers={"Origin": HOST})

    assert opened.headers["access-control-allow-origin"] == HOST
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-headers"] == "authorization, content-type"
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert "access-control-allow-credentials" not in {**opened.headers, **asked.headers}


OTHERS = [
    "https://union.example.evil.example",
    "http://union.example",
    "https://union.example:8443",
    "https://UNION.example/",
    "null",
    "https://other.example",
    "",
]


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_any_other_origin_may_not(service: Service, origin: str, method: str) -> None:
    """
    The list is exact: a look-alike, another scheme or port, a sandbox without an origin are refused.
    """
    answer = httpx.request(method, service.url + "/chat/open", json={}, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_own_origin_may_ask_behind_a_tls_proxy(service: Service) -> None:
    """
    The page's own origin needs no entry, whatever the scheme that the proxy speaks to us.
    """
    headers = {"Origin": "https://chat.example", "Host": "chat.example"}

    assert httpx.post(service.url + "/chat/open", json={}, headers=headers).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/chat/open"), ("POST", "/"), ("DELETE", "/chat/forget")])
def test_other_methods_are_refused_with_the_headers(service: Service, method: str, path: str) -> None:
    """
    A wrong method is refused by the guard itself, so even that answer is not stored.
    """
    answer = httpx.request(method, service.url + path)

    assert (answer.status_code, answer.json()) == (405, {"error": "method"})
    assert answer.headers["cache-control"] == "no-store"
