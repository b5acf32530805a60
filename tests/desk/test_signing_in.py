"""Only responders get in, and only from the desk's own page."""

from __future__ import annotations

import time
from dataclasses import replace

import pyotp
import pytest

from bot.desk import accounts
from bot.desk.app import app
from bot.desk.sessions import IDLE_SECONDS, Sessions
from bot.handoff.records import Kind
from bot.handoff.states import State
from tests.desk.builders import ORIGIN, PASSWORD, DeskHouse, Person, sign_in


async def test_sign_in_and_out(house: DeskHouse) -> None:
    """
    The right password opens the desk until one signs out; the cookie alone is worth nothing afterwards.
    """
    house.account()
    async with house.signed_in() as dana:
        assert (await dana.client.get("/")).status_code == 200
        cookie = dana.client.cookies["sidedoor-desk"]

        await dana.post("/api/sign-out")
        dana.client.cookies.set("sidedoor-desk", cookie)

        assert (await dana.client.get("/api/state")).status_code == 401


async def test_wrong_password_and_unknown_name_look_alike(house: DeskHouse) -> None:
    """
    Nobody can find out which accounts there are.
    """
    house.account()
    async with house.browser() as client:
        wrong = await sign_in(client, "dana", "not the password")
        unknown = await sign_in(client, "lee", "not the password")

    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) == (401, {"error": "wrong"})
    assert not wrong.cookies


async def test_guessing_is_slowed(house: DeskHouse) -> None:
    """
    After five wrong tries a stranger waits; a browser that has signed in before does not.
    """
    house.account()
    async with house.signed_in() as dana, house.browser() as stranger:
        answers = [(await sign_in(stranger, "dana", "guess no 1234")).status_code for _ in range(6)]
        assert answers == [401] * 5 + [429]
        assert (await sign_in(stranger)).status_code == 429

        dana.client.cookies.delete("sidedoor-desk")

        assert (await sign_in(dana.client)).status_code == 200


async def test_cookie(house: DeskHouse) -> None:
    """
    The cookie is out of reach of scripts and of other sites; with TLS it is bound to this very host.
    """
    house.account()
    async with house.browser() as client:
        plain = (await sign_in(client)).headers.get_list("set-cookie")
    assert plain and all("HttpOnly" in cookie and "SameSite=strict" in cookie for cookie in plain)

    house.app = app(replace(house.settings, secure_cookies=True), house.parts)
    async with house.browser() as client:
        answer = await sign_in(client)
    secure = answer.headers.get_list("set-cookie")
    assert all(cookie.startswith("__Host-") and "Secure" in cookie and "Path=/" in cookie for cookie in secure)
    assert "Domain" not in "".join(secure)
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_session_is_not_in_the_file(house: DeskHouse, dana: Person) -> None:
    """
    Who steals the file cannot sign in with it.
    """
    found = house.bytes_on_disk()

    assert dana.client.cookies["sidedoor-desk"].encode() not in found
    assert dana.token.encode() not in found


async def test_sessions_end(house: DeskHouse) -> None:
    """
    A session ends after its time, and after half an hour without a sign of the page.
    """
    house.account()
    now = time.time()
    clock = lambda: now  # noqa: E731
    sessions = Sessions(house.database, house.parts.keyring, 8 * 3600, clock=clock)
    with house.database.writing() as db:
        account = accounts.find(db, "dana")
        assert account
        cookie = sessions.start(db, account)
    assert sessions.find(cookie)
    now += IDLE_SECONDS - 1
    assert sessions.find(cookie)
    now += IDLE_SECONDS + 1
    assert sessions.find(cookie) is None

    with house.database.writing() as db:
        cookie = sessions.start(db, account)
    for _ in range(30):
        now += 1000
        alive = sessions.find(cookie)
    assert alive is None


async def test_removed_account_is_out_at_once(house: DeskHouse, dana: Person) -> None:
    """
    An operator who removes an account ends what it is doing.
    """
    accounts.remove(house.settings.desk_db, "dana")

    assert (await dana.client.get("/api/state")).status_code == 401


async def test_one_time_password_has_to_go(house: DeskHouse) -> None:
    """
    With a one-time password one gets to the page that replaces it and nowhere else.
    """
    given = accounts.add(house.settings.desk_db, "lee")
    async with house.browser() as client:
        answer = await sign_in(client, "lee", given)
        assert answer.json() == {"next": "/password"}
        assert (await client.get("/")).headers["location"] == "/password"
        assert (await client.get("/api/state")).status_code == 403
        token = (await client.get("/password")).text.split('name="token" content="')[1].split('"')[0]
        headers = {"Origin": ORIGIN, "X-Sidedoor-Token": token}
        short = await client.post("/api/password", json={"password": "short"}, headers=headers)
        same = await client.post("/api/password", json={"password": given}, headers=headers)
        fine = await client.post("/api/password", json={"password": PASSWORD}, headers=headers)

        assert (short.status_code, same.status_code, fine.status_code) == (400, 400, 204)
        assert (await client.get("/")).status_code == 200
    async with house.browser() as client:
        assert (await sign_in(client, "lee", given)).status_code == 401


async def test_password_change_needs_the_present_one(house: DeskHouse, dana: Person) -> None:
    """
    An unlocked screen does not change a password; a change ends the other sessions.
    """
    async with house.signed_in() as elsewhere:
        refused = await dana.post("/api/password", {"current": "not the password", "password": "another long one"})
        changed = await dana.post("/api/password", {"current": PASSWORD, "password": "another long one"})

        assert (refused.status_code, changed.status_code) == (401, 204)
        assert (await dana.client.get("/api/state")).status_code == 200
        assert (await elsewhere.client.get("/api/state")).status_code == 401


async def test_second_step(house: DeskHouse) -> None:
    """
    Where a code is required, the password alone does not open, and the same code does not open twice.
    """
    house.account()
    sealer = house.parts.keyring.sealer("desk_sessions")
    totp = pyotp.parse_uri(accounts.require_code(house.settings.desk_db, "dana", sealer))
    assert isinstance(totp, pyotp.TOTP)
    code = totp.now()
    async with house.browser() as client:
        without = await sign_in(client)
        wrong = await sign_in(client, code="12345")
        right = await sign_in(client, code=code)
        again = await sign_in(client, code=code)

    assert [answer.status_code for answer in (without, wrong, right, again)] == [401, 401, 200, 401]
    assert without.json() == wrong.json() == {"error": "code"}


async def test_leaving_gives_back(house: DeskHouse, dana: Person) -> None:
    """
    Who signs out with an open chat puts it back in the queue and is no longer counted as there.
    """
    case = house.case()
    await dana.post("/api/here", {"page": "a" * 16, "on_duty": True})
    await dana.post(f"/api/cases/{case.id}/claim")
    await dana.post("/api/sign-out")

    post = house.parts.mailbox.post
    assert post.queue.find(case.id).state is State.NOTIFYING
    assert post.presence.there(Kind.RESPONDER, 60) == {}


async def test_leaving_with_a_broken_mailbox(house: DeskHouse, dana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Signing out works whatever state the mailbox is in.
    """
    house.parts.mailbox.dispose()
    house.settings.handoff_db.write_bytes(b"x" * 9000)

    assert (await dana.post("/api/sign-out")).status_code == 204
    assert (await dana.client.get("/api/state")).status_code == 401
