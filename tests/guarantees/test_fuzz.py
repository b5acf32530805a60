"""
Thousands of requests that nobody would send on purpose: none makes an edge fail, none leaves a trace, none is repeated.

The processes are real. schemathesis makes the requests from ``openapi.yml``, right ones and wrong ones; each carries marked
words in its body, path, query and headers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from tests.emulators.bot_api import BotApi
from tests.guarantees.house import House
from tests.guarantees.search import forms, hits

pytestmark = pytest.mark.slow

SPEC = yaml.safe_load(Path(__file__).with_name("openapi.yml").read_text())
WORD, BADGE = "flibbertigibbet", "7734155"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
DESK = [
    ("POST", "/api/sign-in"),
    ("POST", "/api/here"),
    ("GET", "/api/state"),
    ("POST", "/api/cases/{}/lines"),
    ("GET", "/assets/{}"),
]
QUICK = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

schema = schemathesis.openapi.from_dict(SPEC)
OPERATIONS = [result.ok() for result in schema.get_all_operations()]
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TRIES = [(operation, RIGHT) for operation in OPERATIONS]
TRIES += [(operation, WRONG) for operation in OPERATIONS if operation.method == "post" or operation.path_parameters]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Edge and desk at DEBUG; the assistant is away, so that whatever reaches it would fail."""
    with BotApi(token="123456:canary-token-for-the-emulator") as telegram:
        built = House(tmp_path_factory.mktemp("fuzz") / "s")
        built.environ |= {
            "SIDEDOOR_LOG_LEVEL": "DEBUG",
            "SIDEDOOR_ASSISTANT_PATIENCE": "0.5",
        }
        built.hears_telegram(telegram)
        built.start("desk")
        built.start("serve")
        built.wait_for(built.edge_url + "/livez", 120)
        built.wait_for(built.desk_url + "/livez", 60)
        yield built
        built.close()


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, timeout=30) as made:
        yield made


def judged(response: httpx.Response, allowed: tuple[int, ...] = ()) -> None:
    """No failure, nothing of the request in the answer, and the strict headers on it."""
    assert response.status_code < 500 or response.status_code in allowed, response.status_code
    everything = response.content + str(response.headers).encode()
    assert not any(form in everything for word in (WORD, BADGE) for form in forms(word))
    if response.status_code != 400 or "content-security-policy" in response.headers:
        assert "default-src 'none'" in response.headers["content-security-policy"]


def test_no_route_is_left_out(tmp_path: Path) -> None:
    """What is fuzzed is every route of the officers' edge, its fixed pages and files aside."""
    from bot import wiring
    from bot.channels.app import build
    from bot.settings import Settings

    settings = Settings(state_dir=tmp_path / "s")
    wiring.prepare(settings)
    routes = {getattr(route, "path", "") for route in build(wiring.EdgeProcess(settings), settings).routes}

    fixed = {
        path for path in routes if path.startswith(("/widget/", "/frame")) or path in ("/", "/en", "/es", "/icon.svg")
    }
    assert routes - fixed - set(SPEC["paths"]) == set()


@pytest.mark.parametrize(("operation", "mode"), TRIES, ids=[f"{one.label} {mode.value}" for one, mode in TRIES])
def test_officers_edge(house: House, client: httpx.Client, operation: Any, mode: GenerationMode) -> None:
    """Every route of the officers' edge answers every request, and a session's too, without a 5xx and without an echo."""
    token = client.post(house.edge_url + "/chat/open", json={}).json()["token"]

    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode), signed=st.booleans())
    def fuzz(case: Any, signed: bool) -> None:
        request = case.as_transport_kwargs(base_url=house.edge_url)
        body = case.body if isinstance(case.body, dict) else None
        if body is not None and isinstance(body.get("text"), str):
            request["json"] = body | {"text": f"{body['text']} {WORD} badge {BADGE}"}
        headers = {k: v for k, v in dict(request.get("headers") or {}).items() if v.isascii() and v.isprintable()}
        headers |= {"User-Agent": WORD, "X-Forwarded-For": "203.0.113.77", "X-Note": BADGE}
        if signed and not case.path.endswith(("poll", "events")):  # those would wait for news
            headers["Authorization"] = f"Bearer {token}"
        content = {key: request[key] for key in ("json",) if request.get(key) is not None}
        if not content and isinstance(request.get("data"), bytes | str):
            content = {"content": request["data"]}
        params = [*dict(request.get("params") or {}).items(), ("q", WORD)]
        try:
            response = client.request(case.method, request["url"], params=params, headers=headers, **content)
        except (httpx.InvalidURL, ValueError, TypeError):
            return  # no client could send that
        judged(response, allowed=(503,) if "readyz" in request["url"] else ())

    fuzz()


@pytest.mark.parametrize(("method", "path"), DESK)
def test_responders_edge(house: House, client: httpx.Client, method: str, path: str) -> None:
    """Every route of the desk turns strangers away, whatever they send, without a 5xx and without an echo."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=5,
    )

    @QUICK
    @given(body=anything, part=st.text("abcdef0123456789./%", max_size=40), raw=st.binary(max_size=60) | st.none())
    def fuzz(body: Any, part: str, raw: bytes | None) -> None:
        headers = {
            "User-Agent": WORD,
            "Origin": house.desk_url,
            "Content-Type": "application/json",
            "Cookie": f"a={WORD}",
        }
        content = {"content": raw} if raw is not None else {"json": {"name": WORD, "password": BADGE, "x": body}}
        try:
            url = house.desk_url + path.format(part) + f"?q={WORD}"
            response = client.request(method, url, headers=headers, **(content if method == "POST" else {}))
        except (httpx.InvalidURL, ValueError):
            return
        judged(response)
        assert response.status_code >= 300 or "/assets" in path or part == ""

    fuzz()


RAW = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"POST /chat/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /chat/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"GET /" + WORD.encode() * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + WORD.encode() * 9000 + b"\r\n\r\n",
    WORD.encode() + b"\r\n\r\n",
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_bytes_that_are_no_request(house: House, raw: bytes) -> None:
    """What is no HTTP at all is refused without an echo, and the edge lives on."""
    import socket

    with socket.create_connection(("127.0.0.1", house.edge_port), timeout=20) as connection:
        connection.sendall(raw)
        connection.settimeout(1)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except (TimeoutError, ConnectionResetError):
            pass

    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert WORD.encode() not in answer
    assert httpx.get(house.edge_url + "/livez", trust_env=False).status_code == 200


def test_the_doctor_finds_only_what_is_away(house: House) -> None:
    """Over the running edge and desk the doctor finds nothing amiss but the assistant, which this test left out."""
    from bot import doctor_live, wiring
    from bot.settings import Settings

    settings = Settings(state_dir=house.state, edge_port=house.edge_port, desk_port=house.desk_port)
    wiring.prepare(settings)  # the keys that the assistant would have made
    found = doctor_live.faults(settings)

    assert [fault for fault in found if "is not ready" not in fault and "waits longer" not in fault] == []


def test_nothing_of_it_is_left(house: House) -> None:
    """After all of it no log and no file holds a word of any request."""
    assert hits([house.state, house.log], [WORD, BADGE, "203.0.113.77"]) == []
