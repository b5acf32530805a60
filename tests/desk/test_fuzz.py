"""Whatever is sent to the desk: no 5xx, nothing without a session, and no answer that names anybody."""

from __future__ import annotations

import asyncio
import string
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from bot.desk.http import PUBLIC
from bot.handoff.records import Kind
from tests.desk.builders import ORIGIN, DeskHouse, Person

CANARY = "Quackenbush 77341 (212) 555-0142"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=30) | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "id",
    "text",
    "got",
    "saw",
    "to",
    "outcome",
    "page",
    "on_duty",
    "name",
    "password",
    "code",
    "current",
    "credential",
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5) | JSON
PIECES = st.text(string.ascii_letters + string.digits + "._-~%/\\ ", max_size=40) | st.sampled_from(
    ["c" * 32, "msg_" + "a" * 24, "..", "%2e%2e", "desk.js", "desk_db", "%00", CANARY]
)
QUICK = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def routes(house: DeskHouse) -> list[str]:
    return sorted({route.path for route in house.app.routes if isinstance(route, Route)} - {"/api/events"})


def requests(house: DeskHouse) -> st.SearchStrategy[tuple[str, str, Any]]:
    known = st.sampled_from(routes(house)).flatmap(
        lambda path: PIECES.map(
            lambda piece: path.replace("{case}", piece).replace("{letter}", piece).replace("{name}", piece)
        )
    )
    return st.tuples(st.sampled_from(METHODS), known | PIECES.map(lambda piece: "/" + piece), BODIES)


def test_a_stranger_gets_nothing(house: DeskHouse) -> None:
    """
    Without a session every request ends at the door: a sign-in page, a constant word, or a public file.
    """
    house.account("dana")
    case = house.case(alias="Harbor 41")

    @QUICK
    @given(request=requests(house))
    def check(request: tuple[str, str, Any]) -> None:
        method, path, body = request
        answer = asyncio.run(ask(house, None, method, path, body))
        assert answer.status_code < 500, (method, path)
        assert "Harbor" not in answer.text and case.id not in answer.text and "Quackenbush" not in answer.text
        if answer.status_code == 200:
            assert path in PUBLIC, (method, path)

    check()


async def test_a_responder_breaks_nothing(house: DeskHouse, dana: Person) -> None:
    """
    With a session nothing ends in a 5xx, and no answer repeats what was sent or holds an id of an officer's side.
    """
    house.case(alias="Harbor 41")
    house.parts.mailbox.post.presence.beat("edge-1", Kind.EDGE)
    seen: list[tuple[str, str, Any]] = []

    @QUICK
    @given(request=requests(house))
    def collect(request: tuple[str, str, Any]) -> None:
        seen.append(request)

    collect()
    for method, path, body in seen:
        if path == "/api/sign-out":
            continue
        answer = await ask(house, dana, method, path, body)
        assert answer.status_code < 500, (method, path, answer.text)
        assert "Quackenbush" not in answer.text and "edge-1" not in answer.text
    assert (await dana.client.get("/api/state")).status_code == 200


async def ask(house: DeskHouse, person: Person | None, method: str, path: str, body: Any) -> Any:
    headers = {"Origin": ORIGIN} | ({"X-Sidedoor-Token": person.token} if person else {})
    try:
        if person:
            return await person.client.request(method, path, json=body, headers=headers)
        async with house.browser() as client:
            return await client.request(method, path, json=body, headers=headers)
    except (ValueError, UnicodeError):  # what no client can send, such as NaN
        return NOTHING


class _Nothing:
    status_code, text = 204, ""


NOTHING = _Nothing()
