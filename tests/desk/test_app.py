"""Nothing is reachable without a session, nothing acts from a foreign page, and nothing about the officer is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from bot.desk.app import Pages
from bot.desk.http import PAGES, PUBLIC
from bot.handoff.records import Kind, Side
from bot.handoff.states import State
from bot.triage.levels import Level
from tests.desk.builders import ORIGIN, DeskHouse, Person

STRANGE = ["<img src=x onerror=alert(1)>", "{{token}}", "\u202eabc", "a\0b", "\U0001f600"]


def paths(house: DeskHouse) -> list[tuple[str, str]]:
    routes = [route for route in house.app.routes if isinstance(route, Route)]
    return [
        (
            method,
            route.path.replace("{case}", "c" * 32).replace("{name}", "desk.js").replace("{letter}", "msg_" + "a" * 24),
        )
        for route in routes
        for method in route.methods or ()
    ]


async def test_nothing_without_a_session(house: DeskHouse) -> None:
    """
    Every route but the sign-in refuses whoever is not signed in; pages lead to the sign-in.
    """
    async with house.browser() as client:
        for method, path in paths(house):
            if path in PUBLIC:
                continue
            answer = await client.request(method, path, headers={"Origin": ORIGIN}, json={})
            if path in ("/", "/password") and method != "POST":
                assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
            else:
                assert answer.status_code == 401, path
        assert (await client.get("/anything/else")).headers["location"] == "/sign-in"


async def test_public_pages_hold_nothing(house: DeskHouse) -> None:
    """
    What a stranger can read is the sign-in page and its style.
    """
    async with house.browser() as client:
        for path in sorted(PAGES):
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/assets/canned.yml")).status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://desk.test.evil.example", "http://[", None]
)
async def test_foreign_origin(house: DeskHouse, dana: Person, origin: str | None) -> None:
    """
    An act that does not come from the desk's own page is refused, whatever else it carries.
    """
    case = house.case()
    headers = {"X-Sidedoor-Token": dana.token} | ({"Origin": origin} if origin is not None else {})
    answer = await dana.client.post(f"/api/cases/{case.id}/claim", json={}, headers=headers)

    assert (answer.status_code, answer.json()) == (403, {"error": "origin"})
    assert house.parts.mailbox.post.queue.find(case.id).state is State.NOTIFYING


async def test_cross_site_and_token(house: DeskHouse, dana: Person) -> None:
    """
    A browser that says “cross-site” is believed, and without the page's token nothing is done.
    """
    path = f"/api/cases/{house.case().id}/claim"

    assert (await dana.post(path, Sec_Fetch_Site="cross-site")).json() == {"error": "origin"}
    assert (await dana.post(path, X_Sidedoor_Token="0" * 64)).json() == {"error": "token"}


async def test_headers(house: DeskHouse, dana: Person) -> None:
    """
    Every answer forbids frames, foreign scripts, sniffing and keeping.
    """
    for path in ("/", "/sign-in", "/api/state", "/assets/desk.css", "/nowhere"):
        headers = (await dana.client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert headers["referrer-policy"] == "no-referrer"


async def test_a_whole_chat(house: DeskHouse, dana: Person) -> None:
    """
    See, take, write, read, close: over HTTP as the page does it.
    """
    case, post = house.case(level=Level.IMMINENT), house.parts.mailbox.post
    await dana.post("/api/here", {"page": "a" * 16, "on_duty": True})
    (seen,) = (await dana.picture())["cases"]
    assert (seen["alias"], seen["level"], seen["state"], seen["alarm"]) == ("Harbor 41", "imminent", "notifying", True)

    assert (await dana.post(f"/api/cases/{case.id}/claim")).status_code == 204
    post.relay.to_desk(case.id, "o1", "I am in the car")
    chat = (await dana.picture())["chats"][case.id]
    assert chat["lines"] == [{"seq": 1, "text": "I am in the car"}]
    assert (await dana.post(f"/api/cases/{case.id}/read", {"got": 1, "saw": 1})).status_code == 204
    assert (await dana.picture())["chats"][case.id]["lines"] == []

    body = {"id": "one-and-the-same", "text": "I am with you"}
    answers = [await dana.post(f"/api/cases/{case.id}/lines", body) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"seq": 2}] * 2
    assert [line.text for line in post.relay.waiting(case.id, Side.OFFICER)] == ["I am with you"]

    assert (await dana.post(f"/api/cases/{case.id}/close", {"outcome": "talked"})).status_code == 204
    assert post.queue.find(case.id).state is State.CLOSED


async def test_desk_never_sees_who_it_is(house: DeskHouse, dana: Person) -> None:
    """
    What the page gets about a case is exactly this list; there is no field that could hold who or where.
    """
    house.case()
    (seen,) = (await dana.picture())["cases"]

    assert set(seen) == {
        *("id", "alias", "level", "state", "tier", "since", "entered", "mine", "holder", "alarm", "reachable"),
    }


async def test_others_lines_are_not_mine(house: DeskHouse, dana: Person) -> None:
    """
    A responder sees neither the lines of a colleague's chat nor can they act in it; a hand-over changes that.
    """
    house.account("lee")
    case, post = house.case(), house.parts.mailbox.post
    async with house.signed_in("lee") as lee:
        await lee.post("/api/here", {"page": "b" * 16, "on_duty": True})
        await dana.post(f"/api/cases/{case.id}/claim")
        post.relay.to_desk(case.id, "o1", "only for Dana")

        assert "only for Dana" not in json.dumps(await lee.picture())
        assert (await lee.post(f"/api/cases/{case.id}/claim")).json() == {"error": "taken"}
        for act, body in (
            ("lines", {"id": "12345678", "text": "x"}),
            ("close", {"outcome": "talked"}),
            ("give-back", {}),
        ):
            assert (await lee.post(f"/api/cases/{case.id}/{act}", body)).json() == {"error": "not_yours"}

        assert (await dana.post(f"/api/cases/{case.id}/hand-over", {"to": lee.id})).status_code == 204
        assert "only for Dana" in json.dumps(await lee.picture())
        assert (await dana.picture())["chats"] == {}


async def test_hand_over_only_to_who_is_there(house: DeskHouse, dana: Person) -> None:
    """
    A case cannot be given to somebody who is away, off duty, or oneself.
    """
    house.account("lee")
    case = house.case()
    await dana.post(f"/api/cases/{case.id}/claim")
    async with house.signed_in("lee") as lee:
        for to in (lee.id, dana.id, "nobody"):
            assert (await dana.post(f"/api/cases/{case.id}/hand-over", {"to": to})).json() == {"error": "not_there"}


async def test_three_chats_at_once(house: DeskHouse, dana: Person) -> None:
    """
    A fourth chat is refused: nobody can hold four people.
    """
    answers = [await dana.post(f"/api/cases/{house.case().id}/claim") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [204, 204, 204, 409]
    assert answers[-1].json() == {"error": "too_many"}


async def test_nothing_after_the_end(house: DeskHouse, dana: Person) -> None:
    """
    A closed case answers to nothing any more, and nothing of it is in the files.
    """
    case, post = house.case(), house.parts.mailbox.post
    await dana.post(f"/api/cases/{case.id}/claim")
    post.relay.to_desk(case.id, "o1", "I am in the car")
    await dana.post(f"/api/cases/{case.id}/close", {"outcome": "talked"})
    post.queue.end(case.id, State.RETURNED)

    for act, body in (("lines", {"id": "12345678", "text": "x"}), ("read", {"got": 1, "saw": 1}), ("claim", {})):
        assert (await dana.post(f"/api/cases/{case.id}/{act}", body)).status_code == 404
    assert (await dana.picture())["cases"] == []
    assert case.id.encode() not in house.bytes_on_disk() and b"Harbor 41" not in house.bytes_on_disk()


async def test_alarm_by_tier(house: DeskHouse) -> None:
    """
    A page rings when its tier is called, and shows the case before that.
    """
    house.account("lee", tier=2)
    case, post = house.case(), house.parts.mailbox.post
    async with house.signed_in("lee") as lee:
        assert [one["alarm"] for one in (await lee.picture())["cases"]] == [False]
        post.queue.move(post.queue.find(case.id), State.NOTIFYING, 2)

        assert [one["alarm"] for one in (await lee.picture())["cases"]] == [True]


async def test_one_live_page_an_account(house: DeskHouse, dana: Person) -> None:
    """
    A second window of the same account cannot show signs of life for the first.
    """
    assert (await dana.post("/api/here", {"page": "a" * 16, "on_duty": True})).status_code == 204
    assert (await dana.post("/api/here", {"page": "b" * 16, "on_duty": True})).json() == {"error": "replaced"}


async def test_broken_mailbox_is_said(house: DeskHouse, dana: Person) -> None:
    """
    With a mailbox that cannot be read the page says so, and acts answer 503, not 500.
    """
    house.parts.mailbox.dispose()
    house.settings.handoff_db.write_bytes(b"x" * 9000)
    assert await dana.picture() == {"broken": True}
    assert (await dana.picture()).get("broken") is None

    house.parts.mailbox.dispose()
    house.settings.handoff_db.write_bytes(b"x" * 9000)
    assert (await dana.post(f"/api/cases/{'c' * 32}/claim")).status_code == 503


async def test_strange_lines_pass_as_text(house: DeskHouse, dana: Person) -> None:
    """
    Markup, right-to-left marks and emoji go through unchanged; they are text on both sides.
    """
    case, post = house.case(), house.parts.mailbox.post
    await dana.post(f"/api/cases/{case.id}/claim")
    for number, text in enumerate(STRANGE):
        post.relay.to_desk(case.id, f"o{number}", text)
        await dana.post(f"/api/cases/{case.id}/lines", {"id": f"desk-line-{number}", "text": text})

    lines = (await dana.picture())["chats"][case.id]["lines"]
    assert [line["text"] for line in lines] == STRANGE
    sent = [line.text for line in post.relay.waiting(case.id, Side.OFFICER)]
    assert sent == [text.replace("\0", "") for text in STRANGE]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.integers(0, 50),
    case=st.sampled_from(["c" * 32, "../../etc", "%00", "C" * 32, "1"]),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["id", "text", "got", "saw", "to", "outcome", "page", "on_duty", "password", "name"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=6,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from(["application/json", "text/plain", "application/json; charset=x", ""]),
)
async def test_fuzzed(house: DeskHouse, dana: Person, where: int, case: str, body: bytes, kind: str) -> None:
    """
    Whatever is sent to whichever route, signed in: no answer is a 5xx, and none repeats what was sent.
    """
    wanted = [(method, path) for method, path in paths(house) if "events" not in path and path != "/api/sign-out"]
    method, path = wanted[where % len(wanted)]
    headers = {"Origin": ORIGIN, "X-Sidedoor-Token": dana.token, "Content-Type": kind}
    answer: Any = await dana.client.request(method, path.replace("c" * 32, case), content=body, headers=headers)

    assert answer.status_code < 500
    assert answer.status_code in (200, 204, 303, 400, 401, 404, 405, 409, 410, 413, 415, 429)


async def test_huge_body(house: DeskHouse, dana: Person) -> None:
    """
    A body of a megabyte is refused before it is in memory.
    """
    answer = await dana.post(f"/api/cases/{'c' * 32}/lines", {"id": "12345678", "text": "x" * 1_000_000})

    assert answer.status_code == 413


def test_words_fit_the_code() -> None:
    """
    Every state, level and refusal that the server can name has words on the page.
    """
    words = Pages.load().words["strings"]
    table_states = {state.value for state in State} - {"offered", "declined", "consented", "closed", "returned"}

    assert set(words["levels"]) == {level.label for level in Level}
    assert set(words["states"]) == table_states
    assert {"taken", "too_many", "over", "gone", "not_yours", "not_there", "other"} <= set(words["refusals"])


def test_canned_lines() -> None:
    """
    The prepared lines ask about suicide in plain words, name the lines to call, and hold no exclamation mark.
    """
    lines = [line for group in Pages.load().words["canned"]["groups"] for line in group["lines"]]

    assert "Are you thinking about killing yourself?" in lines
    assert any("988" in line and "1-800-267-5463" in line for line in lines)
    assert not any("!" in line for line in lines)
    assert all(len(line) < 300 for line in lines)


async def test_presence_is_kept_by_kind(house: DeskHouse, dana: Person) -> None:
    """
    A responder who is signed in but has not said “on duty” is there, and is not counted.
    """
    await dana.post("/api/here", {"page": "a" * 16, "on_duty": False})
    post = house.parts.mailbox.post

    assert list(post.presence.there(Kind.RESPONDER, 60)) == [dana.id]
    assert sum(post.presence.on_duty(60).values()) == 0
