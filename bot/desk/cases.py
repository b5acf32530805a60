"""
What a responder can do with a case: take it, write, read, hand it over, give it back, close it. There is nothing else.
"""

from __future__ import annotations

import re
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.desk.audit import Act, note
from bot.desk.database import DeskDatabase
from bot.desk.http import json_body, refusal, session_of, text_in
from bot.desk.live import Live
from bot.desk.picture import CHATS_AT_ONCE
from bot.errors import StoreError
from bot.handoff.mailbox import Mailbox
from bot.handoff.post import Post
from bot.handoff.records import Kind
from bot.handoff.states import HELD
from bot.logs import get_logger

log = get_logger(__name__)

LINE_LIMIT = 4_000
OUTCOMES = frozenset({"talked", "help_on_the_way", "no_answer"})
_ID = re.compile(r"[0-9a-f]{32}")
_PAGE = re.compile(r"[0-9a-f]{16,32}")
_LETTER = re.compile(r"msg_[0-9a-f]{24}")
_SEQ_LIMIT = 1_000_000


class Cases:
    """The handlers behind the desk's page."""

    def __init__(self, mailbox: Mailbox, database: DeskDatabase, live: Live, heartbeat: float) -> None:
        self._mailbox = mailbox
        self._database = database
        self._live = live
        self._heartbeat = heartbeat

    async def here(self, request: Request) -> Response:
        """``{"page", "on_duty"}``: a sign of life; 409 when another page of this account is the live one."""
        content, account = await json_body(request), session_of(request).account
        if not self._live.is_current(account.id, page_in(content.get("page"))):
            return refusal(409, "replaced")
        on_duty, tier = content.get("on_duty") is True, self._mailbox.duty.tier_of(account.name, account.tier)
        await self._mailbox.ask(lambda post: post.presence.beat(account.id, Kind.RESPONDER, tier=tier, on_duty=on_duty))
        return Response(status_code=204)

    async def state(self, request: Request) -> Response:
        """The same picture as in the stream, for a browser or a proxy that does not stream."""
        picture = await self._live.picture(session_of(request))
        return JSONResponse({"now": self._mailbox.clock(), "picture": picture})

    async def tell_again(self, request: Request) -> Response:
        """Tries to tell once more what could not be told; 404 when somebody was faster."""
        letter = _letter_id(request)
        done = await self._mailbox.ask(lambda post: post.outbox.again(letter))
        return Response(status_code=204) if done else refusal(404, "gone")

    async def put_away(self, request: Request) -> Response:
        """Somebody has seen what could not be told."""
        letter = _letter_id(request)
        done = await self._mailbox.ask(lambda post: post.outbox.put_away(letter))
        return Response(status_code=204) if done else refusal(404, "gone")

    async def claim(self, request: Request) -> Response:
        """Takes a case; 409 ``taken`` when a colleague was faster, 409 ``too_many`` with three chats at once."""
        case_id, account = _case_id(request), session_of(request).account

        def take(post: Post) -> str:
            held = [case for case in post.queue.all() if case.owner == account.id and case.state in HELD]
            if len(held) >= CHATS_AT_ONCE:
                return "too_many"
            return "" if post.queue.claim(case_id, account.id) else _why_not(post, case_id)

        if refused := await self._mailbox.ask(take):
            return refusal(409, refused)
        await self._write_down(account.name, Act.CASE_TAKEN)
        return Response(status_code=204)

    async def write(self, request: Request) -> Response:
        """``{"id", "text"}`` → ``{"seq"}``; the same id again is the same line."""
        content, account, case_id = await json_body(request), session_of(request).account, _case_id(request)
        text = text_in(content, "text", longest=LINE_LIMIT).replace("\0", "")
        line_id = text_in(content, "id", longest=64, shortest=8)
        if not text.strip():
            raise HTTPException(400, "text")
        seq = await self._mailbox.ask(lambda post: post.relay.to_officer(case_id, account.id, line_id, text))
        return JSONResponse({"seq": seq})

    async def read(self, request: Request) -> Response:
        """``{"got", "saw"}``: the page has the lines up to one number and has shown those up to the other."""
        content, account, case_id = await json_body(request), session_of(request).account, _case_id(request)
        got, saw = _number(content, "got"), _number(content, "saw")
        await self._mailbox.ask(
            lambda post: post.relay.read_by(case_id, account.id, got=max(got, saw), saw=min(got, saw))
        )
        return Response(status_code=204)

    async def hand_over(self, request: Request) -> Response:
        """``{"to"}``: to a colleague who is there and on duty."""
        content, account, case_id = await json_body(request), session_of(request).account, _case_id(request)
        colleague = text_in(content, "to", longest=64)

        def give(post: Post) -> bool:
            sign = post.presence.there(Kind.RESPONDER, self._heartbeat).get(colleague)
            if sign is None or not sign.on_duty or colleague == account.id:
                return False
            post.queue.hand_over(case_id, account.id, colleague)
            return True

        if not await self._mailbox.ask(give):
            return refusal(409, "not_there")
        await self._write_down(account.name, Act.CASE_HANDED_OVER)
        return Response(status_code=204)

    async def give_back(self, request: Request) -> Response:
        """Back into the queue."""
        account, case_id = session_of(request).account, _case_id(request)
        await self._mailbox.ask(lambda post: post.queue.give_back(case_id, account.id))
        await self._write_down(account.name, Act.CASE_GIVEN_BACK)
        return Response(status_code=204)

    async def close(self, request: Request) -> Response:
        """``{"outcome"}``: the officer is told in the words that fit; the outcome itself is not kept."""
        content, account, case_id = await json_body(request), session_of(request).account, _case_id(request)
        outcome = text_in(content, "outcome", longest=40)
        if outcome not in OUTCOMES:
            raise HTTPException(400, "outcome")
        await self._mailbox.ask(lambda post: post.queue.close(case_id, account.id, outcome))
        await self._write_down(account.name, Act.CASE_CLOSED)
        return Response(status_code=204)

    async def _write_down(self, name: str, act: Act) -> None:
        def write() -> None:
            with self._database.writing() as db:
                note(db, name, act)

        try:
            await to_thread.run_sync(write)
        except StoreError as error:  # the act is done; an officer does not wait for a log
            log.error("desk.audit_failed", error=type(error))


def page_in(value: Any) -> str:
    """The id that a page has given itself; raises ``HTTPException`` 400 when it is none."""
    if not isinstance(value, str) or not _PAGE.fullmatch(value):
        raise HTTPException(400, "page")
    return value


def _letter_id(request: Request) -> str:
    letter = str(request.path_params["letter"])
    if not _LETTER.fullmatch(letter):
        raise HTTPException(404, "gone")
    return letter


def _case_id(request: Request) -> str:
    case_id = str(request.path_params["case"])
    if not _ID.fullmatch(case_id):
        raise HTTPException(404, "gone")
    return case_id


def _number(content: dict[str, Any], name: str) -> int:
    value = content.get(name)
    if type(value) is not int or not 0 <= value <= _SEQ_LIMIT:
        raise HTTPException(400, name)
    return value


def _why_not(post: Post, case_id: str) -> str:
    return "taken" if post.queue.find(case_id).state in HELD else "over"
