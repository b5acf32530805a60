"""
Signs a responder in and out: name, password, a code where one is required; slow for who guesses, fair to who does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.crypto.sealing import Sealer
from bot.desk import accounts
from bot.desk.accounts import Account
from bot.desk.audit import Act, note
from bot.desk.database import DeskDatabase
from bot.desk.guessing import Guessing
from bot.desk.http import json_body, refusal, session_of, text_in
from bot.desk.sessions import BROWSER_SECONDS, Sessions
from bot.errors import StoreError
from bot.handoff.mailbox import Mailbox
from bot.handoff.post import Post

WAITING_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Cookies:
    """The two cookies' names; with TLS they carry the prefix that binds them to this very host."""

    secure: bool

    @property
    def session(self) -> str:
        """Who is signed in."""
        return "__Host-sidedoor-desk" if self.secure else "sidedoor-desk"

    @property
    def browser(self) -> str:
        """That somebody has signed in from here before."""
        return "__Host-sidedoor-browser" if self.secure else "sidedoor-browser"

    def put(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        """Not readable by scripts, never sent from another site."""
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="strict"
        )


class SigningIn:
    """The handlers of the sign-in and password pages."""

    def __init__(
        self, database: DeskDatabase, sessions: Sessions, sealer: Sealer, mailbox: Mailbox, cookies: Cookies
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._sealer = sealer
        self._mailbox = mailbox
        self._cookies = cookies
        self._guessing = Guessing(time.monotonic)
        self._places = {known: asyncio.Semaphore(1) for known in (True, False)}
        self._waiting = {True: 0, False: 0}

    async def sign_in(self, request: Request) -> Response:
        """``{"name", "password", "code"?}`` → cookies; 401 wrong, 401 code, 429 with the seconds to wait."""
        content = await json_body(request)
        name = text_in(content, "name", longest=accounts.NAME_LIMIT)
        password = text_in(content, "password", longest=accounts.PASSWORD_LONGEST)
        account, browser = await to_thread.run_sync(self._look_up, name, request.cookies.get(self._cookies.browser, ""))
        known, key = browser != "stranger", account.id if account else name.casefold()
        if pause := self._guessing.pause(key, browser):
            return _slower(pause)
        if self._waiting[known] >= WAITING_AT_ONCE:
            return _slower(2)
        if not await self._right(account, password, known=known) or account is None:
            self._guessing.wrong(key, browser)
            return await self._refuse(account, "wrong")
        return await self._second_step(account, browser, content)

    async def sign_out(self, request: Request) -> Response:
        """Gives back what the responder holds, so that nobody waits for somebody who has gone."""
        session = session_of(request)

        def leave(post: Post) -> None:
            post.queue.give_back_all(session.account.id)
            post.presence.gone(session.account.id)

        def end() -> None:
            with self._database.writing() as db:
                self._sessions.end(db, session)
                note(db, session.account.name, Act.SIGNED_OUT)

        await to_thread.run_sync(end)
        with contextlib.suppress(StoreError):  # the clocks of the handoff find out by themselves
            await self._mailbox.ask(leave)
        response = Response(status_code=204, headers={"Clear-Site-Data": '"cache", "storage"'})
        response.delete_cookie(self._cookies.session, secure=self._cookies.secure, httponly=True, samesite="strict")
        return response

    async def password(self, request: Request) -> Response:
        """``{"current"?, "password"}``; the current one is asked for unless it was a one-time password."""
        content, session = await json_body(request), session_of(request)
        wanted = text_in(content, "password", longest=accounts.PASSWORD_LONGEST)
        if not session.account.must_change:
            current = text_in(content, "current", longest=accounts.PASSWORD_LONGEST)
            if not await self._right(session.account, current, known=True):
                return refusal(401, "wrong")
        elif accounts.right_password(session.account, wanted):
            return refusal(400, "same")

        def change() -> None:
            with self._database.writing() as db:
                accounts.change_password(db, session.account, wanted)
                self._sessions.end_others(db, session)

        await to_thread.run_sync(change)
        return Response(status_code=204)

    async def welcome(self, account: Account, request: Request) -> Response:
        """Cookies for somebody who has shown in another way who they are."""
        cookie = request.cookies.get(self._cookies.browser, "")

        def known() -> str:
            with self._database.reading() as db:
                return self._sessions.known_browser(db, account, cookie)

        return await self._welcome(account, await to_thread.run_sync(known))

    def _look_up(self, name: str, cookie: str) -> tuple[Account | None, str]:
        with self._database.reading() as db:
            account = accounts.find(db, name)
            return account, self._sessions.known_browser(db, account, cookie) if account else "stranger"

    async def _right(self, account: Account | None, password: str, *, known: bool) -> bool:
        """One at a time for strangers and one for known browsers: Argon2 takes 64 MiB and a tenth of a second each."""
        self._waiting[known] += 1
        try:
            async with self._places[known]:
                return await to_thread.run_sync(accounts.right_password, account, password)
        finally:
            self._waiting[known] -= 1

    async def _second_step(self, account: Account, browser: str, content: dict[str, Any]) -> Response:
        code = content.get("code")
        if account.code_secret is not None:
            if not isinstance(code, str) or not code.strip():
                return refusal(401, "code")
            if not await to_thread.run_sync(self._right_code, account, code.replace(" ", "")[:10]):
                self._guessing.wrong(account.id, browser)
                return await self._refuse(account, "code")
        self._guessing.right(account.id, browser)
        return await self._welcome(account, browser)

    def _right_code(self, account: Account, code: str) -> bool:
        with self._database.writing() as db:
            return accounts.right_code(db, account, code, self._sealer, time.time())

    async def _welcome(self, account: Account, browser: str) -> Response:
        def start() -> tuple[str, str | None]:
            with self._database.writing() as db:
                note(db, account.name, Act.SIGNED_IN)
                new = self._sessions.know_browser(db, account) if browser == "stranger" else None
                return self._sessions.start(db, account), new

        cookie, new_browser = await to_thread.run_sync(start)
        response = JSONResponse({"next": "/password" if account.must_change else "/"})
        self._cookies.put(response, self._cookies.session, cookie, None)
        if new_browser:
            self._cookies.put(response, self._cookies.browser, new_browser, int(BROWSER_SECONDS))
        return response

    async def _refuse(self, account: Account | None, word: str) -> Response:
        def write_down() -> None:
            with self._database.writing() as db:
                note(db, account.name if account else "unknown", Act.REFUSED)

        if account:  # an unknown name is not written down: it may be somebody's password
            await to_thread.run_sync(write_down)
        return refusal(401, word)


def _slower(seconds: float) -> JSONResponse:
    wait = int(seconds) + 1
    return JSONResponse({"error": "slower", "seconds": wait}, 429, {"Retry-After": str(wait)})
