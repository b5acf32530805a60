"""
Stands in front of every page of the desk: who may ask, from which page, and what an error may say.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.desk.sessions import Session, Sessions
from bot.errors import CryptoError, DataError, HandoffError, NotYours, StoreError, UnknownCase, WrongState
from bot.logs import get_logger

log = get_logger(__name__)

BODY_LIMIT = 32 * 1024
PAGES = frozenset(
    {"/livez", "/sign-in", "/assets/desk.css", "/assets/icon.svg", "/assets/sign-in.js", "/assets/passkey.js"}
)
PUBLIC = PAGES | {"/api/sign-in", "/api/passkey-sign-in/begin", "/api/passkey-sign-in"}
ONE_TIME = frozenset({"/password", "/assets/password.js", "/assets/post.js", "/api/password", "/api/sign-out"})
_SAFE = ("GET", "HEAD")

Handler = Callable[[Request], Awaitable[Response]]


class Guard:
    """
    Lets nobody in without a session, and no act without the session's token from a page of our own.

    The cookie is ``SameSite=Strict``, the origin must be ours, the token must be in a header: each alone would do
    against a foreign page, together they outlive a mistake in one of them.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, cookie: str) -> None:
        self._app = app
        self._sessions = sessions
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refused = await self._refused(request)
        await (refused or self._app)(scope, receive, send)

    async def _refused(self, request: Request) -> Response | None:
        if request.method not in _SAFE and not _from_our_page(request):
            return refusal(403, "origin")
        if request.url.path in PUBLIC:
            return None
        try:
            session = await to_thread.run_sync(self._sessions.find, request.cookies.get(self._cookie, ""))
        except StoreError:
            return refusal(503, "store")
        if session is None:
            return _to(request, "/sign-in", 401, "signed_out")
        if session.account.must_change and request.url.path not in ONE_TIME:
            return _to(request, "/password", 403, "password")
        if request.method not in _SAFE and not _has_token(request, session):
            return refusal(403, "token")
        request.state.session = session
        return None


def answering(handler: Handler) -> Handler:
    """Turns every exception into a constant word; nothing of a request is repeated or logged."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except HTTPException as error:
            return refusal(error.status_code, error.detail)
        except ClientDisconnect:
            return refusal(400, "body")
        except DataError as error:  # names the rule, never the value
            return JSONResponse({"error": "data", "rule": str(error)}, 400)
        except (HandoffError, StoreError, CryptoError) as error:
            return refusal(*_word_for(error))
        except Exception as error:
            log.error("desk.failed", error=error)
            return refusal(500, "failed")

    return answer


def refusal(status: int, word: str) -> JSONResponse:
    """What a page gets instead of an answer."""
    return JSONResponse({"error": word}, status)


def session_of(request: Request) -> Session:
    """Who asks; the guard has put it there."""
    session: Session = request.state.session
    return session


async def json_body(request: Request) -> dict[str, Any]:
    """The body as an object; raises ``HTTPException`` 413, 415 or 400."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "type")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise HTTPException(413, "size")
    try:
        content = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPException(400, "json") from None
    if not isinstance(content, dict):
        raise HTTPException(400, "json")
    return content


def text_in(content: dict[str, Any], name: str, *, longest: int, shortest: int = 1) -> str:
    """A text of the body; raises ``HTTPException`` 400 when it is none, or too long, or not Unicode."""
    value = content.get(name)
    if not isinstance(value, str) or not shortest <= len(value) <= longest or not _is_unicode(value):
        raise HTTPException(400, name)
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can carry
        return False
    return True


def _from_our_page(request: Request) -> bool:
    # A proxy that ends TLS changes the scheme, so the host decides; a page can forge neither of the two.
    origin, site = request.headers.get("origin", ""), request.headers.get("sec-fetch-site", "same-origin")
    try:
        host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return site == "same-origin" and host == request.headers.get("host", "").lower() != ""


def _has_token(request: Request, session: Session) -> bool:
    given = request.headers.get("x-sidedoor-token", "")
    return hmac.compare_digest(given.encode(), session.token.encode())


def _to(request: Request, page: str, status: int, word: str) -> Response:
    if request.url.path.startswith(("/api/", "/assets/")) or request.method not in _SAFE:
        return refusal(status, word)
    return RedirectResponse(page, 303)


def _word_for(error: Exception) -> tuple[int, str]:
    if isinstance(error, UnknownCase):
        return 404, "gone"
    if isinstance(error, NotYours):
        return 409, "not_yours"
    if isinstance(error, WrongState):
        return 410, "over"
    return 503, "store"
