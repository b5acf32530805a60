"""
Carries the web chat's words to the edge and the answers back; serves the page and the widget.

A session is a random token in the browser's memory. Answers come in the response to the message itself, and again over
a stream for what nobody asked for: a responder's lines, the state of a handoff. The browser drops what it has already.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.channels.inbound import Answer, Edge, Incoming
from bot.channels.return_codes import ReturnCodes, TooManyTries
from bot.channels.topics import CRISIS, Topics, payloads
from bot.channels.web_guard import PAGE_POLICY, Guard, json_body, text_body
from bot.channels.web_messages import Said, count, events_of, status_event
from bot.channels.web_pages import LANGUAGES, File, Pages, preferred_language
from bot.channels.web_sessions import Session, SessionClosed, Sessions, TooManyAtOnce, new_token, sender_of
from bot.logs import get_logger
from bot.settings import Settings
from bot.triage.levels import ReplyKind
from bot.wording import Reply, Wording

log = get_logger(__name__)

CHANNEL = "web"
HEARTBEAT_SECONDS = 15.0
POLL_SECONDS = 25.0
SWEEP_SECONDS = 5.0
WARNING_SECONDS = 300.0

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Result = TypeVar("Result")


def routes(edge: Edge, settings: Settings, wording: Wording, topics: Topics | None = None) -> list[BaseRoute]:
    """Every route of the web chat, each behind its own guard. *topics* are those that Telegram's door hands out."""
    chat = WebChat(edge, settings, wording, topics or Topics())
    pages = Pages(settings.exit_url)
    origins = settings.allowed_origins

    def api(path: str, handler: Any, method: str) -> Route:
        return Route(path, Guard(handler, (method,), origins))

    return [
        *_page_routes(pages, origins),
        *(_file_route(f"/widget/{name}", file, origins) for name, file in pages.files.items()),
        _file_route("/icon.svg", pages.icon, ()),
        api("/chat/open", chat.open, "POST"),
        api("/chat/messages", chat.messages, "POST"),
        api("/chat/events", chat.events, "GET"),
        api("/chat/poll", chat.poll, "GET"),
        api("/chat/forget", chat.forget, "POST"),
        api("/chat/code", chat.code, "POST"),
        api("/chat/return", chat.come_back, "POST"),
        Route("/chat/leave", Guard(chat.leave, ("POST",), origins, {"Clear-Site-Data": '"*"'})),
    ]


class WebChat:
    """The API. Its methods are handlers; ``Guard`` turns what they raise into a refusal."""

    def __init__(self, edge: Edge, settings: Settings, wording: Wording, topics: Topics) -> None:
        self._edge = edge
        self._topics = topics
        self._wording = wording
        self._sessions = Sessions(settings.web_sessions)
        self._codes = ReturnCodes()
        self._per_minute = settings.web_messages_per_minute
        self._limit = settings.message_limit
        self._idle = settings.idle_minutes * 60
        self._lifetime = settings.lifetime_hours * 3600
        self._sweeper: asyncio.Task[None] | None = None
        edge.subscribe(CHANNEL, self._push)

    async def open(self, request: Request) -> Response:
        """
        A new conversation: its token, and what has to be said before anything is told.

        With a code from Telegram also ``choice``, the button for the browser to press: ``None`` when the code opens
        nothing. After a crisis the crisis answer comes at once, and before everything else.
        """
        code = (await json_body(request)).get("topic")
        if self._sessions.is_full():
            await self._make_room()
        token, session = self._sessions.open()
        self._keep_sweeping()
        opened = {"token": token, "limit": self._limit}
        topic = await self._topics.find(code)
        if topic == CRISIS:
            said = await self._edge.hear(Incoming(CHANNEL, session.sender, choice=payloads()[CRISIS]))
            session.spoke = True
            session.add(*events_of(said))
            return JSONResponse({**opened, "events": session.after(0), "choice": ""})
        session.add(*events_of(self._edge.open(CHANNEL, session.sender)))
        asked = {} if code is None else {"choice": topic and payloads()[topic]}
        return JSONResponse({**opened, "events": session.after(0), **asked})

    async def messages(self, request: Request) -> Response:
        """The answer to one message. A repeat with the same id gets the same answer, and is heard once."""
        said = Said.parse(await json_body(request))
        if "authorization" not in request.headers:
            return await self._without_session(said)
        session = self._session(request)
        session.confirm(said.after)
        try:
            await session.once(said.id, lambda: self._hear(session, said))
        except SessionClosed:
            raise HTTPException(401, "session") from None
        except TooManyAtOnce:
            raise HTTPException(429, "busy") from None
        return JSONResponse({"events": session.after(said.after)})

    async def events(self, request: Request) -> Response:
        """Server-sent events from ``after`` on; a newer reader of the same session ends an older one."""
        session, after = self._reading(request)
        session.reader += 1
        stream = _stream(session, session.reader, after)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def poll(self, request: Request) -> Response:
        """The same where a proxy holds streams back: waits for news, answers with it or with nothing."""
        session, after = self._reading(request)
        key = session.key
        events = await session.wait(after, POLL_SECONDS)
        if session.key != key:  # opened elsewhere with a return code: what comes now is not for this window
            raise HTTPException(401, "session")
        return JSONResponse({"events": events})

    async def forget(self, request: Request) -> Response:
        """Erases the conversation everywhere, ends the session, and says what was erased."""
        await json_body(request)
        session = self._session(request)
        self._drop(session)
        answer = await self._edge.forget(CHANNEL, session.sender)
        return JSONResponse({"events": [{"seq": 0, **event} for event in events_of(answer)]})

    async def code(self, request: Request) -> Response:
        """A return code for this conversation, shown once; an earlier one opens nothing any more."""
        await json_body(request)
        session = self._session(request)
        code = await self._in_turn(self._codes.new(session.sender))
        if session.closed:  # erased while the code was made: it would open nothing, and must not stay
            self._codes.forget(session.sender)
            raise HTTPException(401, "session")
        return JSONResponse({"code": code})

    async def come_back(self, request: Request) -> Response:
        """The conversation that a return code opens: a new token for it. The lines from before are not kept."""
        code = (await json_body(request)).get("code")
        if not isinstance(code, str):
            raise HTTPException(400, "code")
        sender = await self._in_turn(self._codes.find(code))
        session = self._sessions.by_sender(sender) if sender is not None else None
        if session is None:
            raise HTTPException(404, "code")
        token = self._sessions.reopen(session)
        session.reader += 1  # whoever reads in the old window stops
        session.touch(self._sessions.clock())
        session.confirm(session.last)
        session.add(*events_of(self._edge.back(CHANNEL, session.sender)))
        return JSONResponse({"token": token, "limit": self._limit, "events": session.after(0)})

    async def leave(self, request: Request) -> Response:
        """Quick exit, from a beacon: the token is the whole body, since a beacon cannot carry a header."""
        session = self._sessions.by_token((await text_body(request)).strip())
        if session is not None:
            await self._end(session)
        return Response(status_code=204)

    # -- what goes on behind them

    def _session(self, request: Request) -> Session:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self._sessions.by_token(token) if scheme.lower() == "bearer" else None
        if session is None:
            raise HTTPException(401, "session")
        return session

    def _reading(self, request: Request) -> tuple[Session, int]:
        session, after = self._session(request), count(request.query_params.get("after", 0))
        session.confirm(after)
        return session, after

    async def _hear(self, session: Session, said: Said) -> None:
        now = self._sessions.clock()
        session.spoke = True
        session.touch(now)
        over = session.is_over(self._per_minute, now)
        answer = await self._edge.hear(Incoming(CHANNEL, session.sender, said.text, said.choice))
        session.add(*events_of(self._slowed(answer) if over else answer, to=said.id))
        if answer.erased:
            session.add(status_event("erased"))
            # the answer still goes out to whoever waits for it; the token opens nothing from now on
            self._drop(session)

    def _slowed(self, answer: Answer) -> Answer:
        """Too many in a minute: a line that says so, never in place of a crisis answer, an erasure or a person."""
        if answer.reply_kind is not ReplyKind.NORMAL or answer.erased or answer.status is not None:
            return answer
        return Answer((self._wording.say("utter_slow_down", channel=CHANNEL),), answer.level)

    async def _without_session(self, said: Said) -> Response:
        """A crisis is answered even where there is no room for a conversation."""
        sender = sender_of(new_token())
        answer = await self._edge.hear(Incoming(CHANNEL, sender, said.text, said.choice))
        await self._edge.forget(CHANNEL, sender)
        if answer.reply_kind is ReplyKind.NORMAL:
            raise HTTPException(*((503, "full") if self._sessions.is_full() else (401, "session")))
        return JSONResponse({"events": [{"seq": 0, **event} for event in events_of(answer)]})

    @staticmethod
    async def _in_turn(work: Coroutine[Any, Any, Result]) -> Result:
        try:
            return await work
        except TooManyTries:
            raise HTTPException(429, "busy") from None

    def _drop(self, session: Session) -> None:
        self._sessions.drop(session)
        self._codes.forget(session.sender)

    async def _make_room(self) -> None:
        leaving = self._sessions.dispensable()
        if leaving is None:
            raise HTTPException(503, "full")
        await self._end(leaving)

    async def _end(self, session: Session) -> None:
        self._drop(session)
        await self._edge.forget(CHANNEL, session.sender)

    async def _push(self, sender: str, replies: Sequence[Reply], status: dict[str, Any] | None) -> None:
        session = self._sessions.by_sender(sender)
        if session is None:
            raise SessionClosed
        if replies:
            session.touch(self._sessions.clock())
        session.add(*events_of(Answer(tuple(replies), status=status)))

    def _keep_sweeping(self) -> None:
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        """Runs while anybody is here: warns before an idle conversation is erased, then erases it."""
        while len(self._sessions):
            await asyncio.sleep(SWEEP_SECONDS)
            for session in self._sessions:
                try:
                    await self._look_at(session)
                except Exception as error:
                    log.error("web.sweep_failed", error=error)

    async def _look_at(self, session: Session) -> None:
        now = self._sessions.clock()
        left = self._idle - (now - session.heard_at)
        if left <= 0 or now - session.started >= self._lifetime:
            session.add(status_event("expired"))
            await self._end(session)
        elif left <= min(WARNING_SECONDS, self._idle / 2) and session.spoke and not session.warned:
            session.warned = True
            session.add(status_event("idle_soon", minutes=max(1, round(left / 60))))


async def _stream(session: Session, reader: int, after: int) -> AsyncIterator[bytes]:
    yield b": open\n\n"  # a first byte at once, so that the browser can tell a proxy that holds streams back
    while session.reader == reader:
        events = await session.wait(after, HEARTBEAT_SECONDS)
        if session.reader != reader:
            return
        for event in events:
            after = event["seq"]
            yield f"id: {after}\ndata: {json.dumps(event)}\n\n".encode()
        if session.closed:
            return
        if not events:
            yield b": still here\n\n"


def _page_routes(pages: Pages, origins: Sequence[str]) -> list[Route]:
    own = PAGE_POLICY.format(style=pages.style_hash, ancestors="'none'")
    framed = PAGE_POLICY.format(style=pages.style_hash, ancestors=" ".join(origins) or "'none'")
    found = []
    for path, base, policy, resource in (("/", "/", own, "same-origin"), ("/frame", "/frame/", framed, "cross-origin")):
        headers = {"Content-Security-Policy": policy, "Cross-Origin-Resource-Policy": resource}
        files = {language: pages.page(language, base) for language in LANGUAGES}
        found.append(Route(path, Guard(_by_language(files), ("GET",), (), {**headers, "Vary": "Accept-Language"})))
        found += [Route(base + name, Guard(_constant(file), ("GET",), (), headers)) for name, file in files.items()]
    return found


def _file_route(path: str, file: File, origins: Sequence[str]) -> Route:
    return Route(path, Guard(_constant(file), ("GET",), origins))


def _constant(file: File) -> Handler:
    async def respond(_: Request) -> Response:
        return Response(file.content, media_type=file.media_type)

    return respond


def _by_language(files: dict[str, File]) -> Handler:
    async def respond(request: Request) -> Response:
        file = files[preferred_language(request.headers.get("accept-language", ""))]
        return Response(file.content, media_type=file.media_type)

    return respond
