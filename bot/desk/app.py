"""
The responders' port: sign-in, the desk's page, its files, and the few acts the page can ask for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Protocol

import yaml
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot import serving
from bot.crypto.keyring import Keyring
from bot.desk.cases import OUTCOMES, Cases, page_in
from bot.desk.database import DeskDatabase
from bot.desk.http import Guard, Handler, answering, refusal, session_of
from bot.desk.live import Live
from bot.desk.passkeys import Passkeys
from bot.desk.sessions import Sessions
from bot.desk.signing_in import Cookies, SigningIn
from bot.errors import DataError
from bot.handoff.delivery import Delivery
from bot.handoff.mailbox import Mailbox
from bot.http_headers import ONLY_TLS, STRICT, SecurityHeaders
from bot.logs import quiet_loop
from bot.settings import Settings
from bot.yaml_files import read_yaml

PAGES = Path(__file__).parent / "pages"
HEAD_START = 2.0
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class DeskParts(Protocol):
    """What ``bot.wiring`` hands over. The keyring holds ``mailbox`` and ``desk_sessions``, nothing of the officers'."""

    @property
    def mailbox(self) -> Mailbox: ...

    @property
    def keyring(self) -> Keyring: ...

    @property
    def delivery(self) -> Delivery | None: ...


def app(settings: Settings, parts: DeskParts) -> Starlette:
    """The desk as a web application."""
    database = DeskDatabase(settings.desk_db)
    sessions = Sessions(database, parts.keyring, settings.desk_session_minutes * 60)
    cookies = Cookies(settings.secure_cookies)
    live = Live(parts.mailbox, database, sessions, settings.desk_heartbeat_seconds)
    signing = SigningIn(database, sessions, parts.keyring.sealer("desk_sessions"), parts.mailbox, cookies)
    keys = Passkeys(database, parts.keyring, signing)
    cases = Cases(parts.mailbox, database, live, settings.desk_heartbeat_seconds)
    headers = STRICT | (ONLY_TLS if settings.secure_cookies else {})
    return Starlette(
        routes=_routes(signing, keys, cases, Pages.load(), live, cookies),
        middleware=[
            Middleware(SecurityHeaders, headers=headers),
            Middleware(Guard, sessions=sessions, cookie=cookies.session),
        ],
        exception_handlers={404: _not_found, 405: _not_allowed},
        lifespan=_lifespan(live, parts.delivery),
    )


def serve(parts: DeskParts, settings: Settings) -> None:
    """Runs the desk until it is told to stop."""
    serving.serve(app(settings, parts), settings.desk_host, settings.desk_port, grace=1)


@dataclass(frozen=True, slots=True)
class Pages:
    """The files that a browser gets, read once."""

    files: dict[str, str]
    words: dict[str, Any]

    @classmethod
    def load(cls, folder: Path = PAGES) -> Pages:
        """Raises ``DataError`` that names the file."""
        files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.suffix != ".yml"}
        words = {name: _data(folder / f"{name}.yml") for name in ("strings", "canned")}
        if set(words["strings"]["outcomes"]) != OUTCOMES:
            raise DataError("strings.yml: outcomes do not match the ones the desk knows")
        return cls(files, words)

    async def sign_in(self, _: Request) -> Response:
        """For everybody."""
        return HTMLResponse(self.files["sign-in.html"])

    async def password(self, request: Request) -> Response:
        """For who came with a one-time password, and for who wants another one."""
        return self._with_session("password.html", request)

    async def desk(self, request: Request) -> Response:
        """The page itself."""
        return self._with_session("desk.html", request)

    async def asset(self, request: Request) -> Response:
        """Scripts and styles."""
        name = str(request.path_params["name"])
        kind = _TYPES.get(Path(name).suffix)
        if kind is None or name not in self.files:
            return refusal(404, "gone")
        return Response(self.files[name], media_type=kind)

    async def words_of(self, _: Request) -> Response:
        """All that the page says, and the canned replies."""
        return JSONResponse(self.words)

    def _with_session(self, name: str, request: Request) -> Response:
        session = session_of(request)
        first = "yes" if session.account.must_change else "no"
        values = {"token": session.token, "name": session.account.name, "first": first}
        text = self.files[name]
        for key, value in values.items():
            text = text.replace("{{" + key + "}}", escape(value))
        return HTMLResponse(text)


def _routes(
    signing: SigningIn, keys: Passkeys, cases: Cases, pages: Pages, live: Live, cookies: Cookies
) -> list[BaseRoute]:
    async def events(request: Request) -> Response:
        page = page_in(request.query_params.get("page"))
        stream = live.stream(request.cookies.get(cookies.session, ""), session_of(request), page)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    def get(path: str, handler: Handler) -> Route:
        return Route(path, answering(handler), methods=["GET"])

    def post(path: str, handler: Handler) -> Route:
        return Route(path, answering(handler), methods=["POST"])

    return [
        get("/livez", _live),
        get("/sign-in", pages.sign_in),
        get("/password", pages.password),
        get("/", pages.desk),
        get("/assets/{name}", pages.asset),
        post("/api/sign-in", signing.sign_in),
        post("/api/sign-out", signing.sign_out),
        post("/api/password", signing.password),
        post("/api/passkeys/begin", keys.begin_adding),
        post("/api/passkeys", keys.add),
        post("/api/passkeys/remove", keys.remove),
        post("/api/passkey-sign-in/begin", keys.begin),
        post("/api/passkey-sign-in", keys.sign_in),
        get("/api/words", pages.words_of),
        get("/api/state", cases.state),
        get("/api/events", events),
        post("/api/here", cases.here),
        post("/api/letters/{letter}/again", cases.tell_again),
        post("/api/letters/{letter}/put-away", cases.put_away),
        post("/api/cases/{case}/claim", cases.claim),
        post("/api/cases/{case}/lines", cases.write),
        post("/api/cases/{case}/read", cases.read),
        post("/api/cases/{case}/hand-over", cases.hand_over),
        post("/api/cases/{case}/give-back", cases.give_back),
        post("/api/cases/{case}/close", cases.close),
    ]


async def _live(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


async def _not_found(_: Request, __: Exception) -> Response:
    return refusal(404, "gone")


async def _not_allowed(_: Request, __: Exception) -> Response:
    return refusal(405, "method")


def _lifespan(live: Live, delivery: Delivery | None) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(_: Starlette) -> AsyncIterator[None]:
        quiet_loop(asyncio.get_running_loop())
        tasks = [asyncio.create_task(live.run())]
        tasks += [asyncio.create_task(delivery.run(HEAD_START))] if delivery else []
        try:
            yield
        finally:
            live.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return run


def _data(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml(path)
    except (OSError, yaml.YAMLError):
        raise DataError(f"{path.name}: cannot be read") from None
    if not isinstance(content, dict):
        raise DataError(f"{path.name}: must be a mapping")
    json.dumps(content)
    return content
