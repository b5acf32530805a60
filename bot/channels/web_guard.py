"""
Stands around every web route: who may ask, how much, and what a browser may do with the answer.

No cookie is read or set, nothing about a request is logged, and no answer repeats what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.logs import get_logger

log = get_logger(__name__)

BODY_LIMIT = 64 * 1024

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src '{style}'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)

Handler = Callable[[Request], Awaitable[Response]]


class Guard:
    """An ASGI application around one *handler*; refusals are ``{"error": "<one word>"}`` and nothing else."""

    def __init__(
        self,
        handler: Handler,
        methods: Collection[str],
        origins: Collection[str],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._handler = handler
        self._methods = frozenset(methods) | ({"HEAD"} if "GET" in methods else frozenset())
        self._origins = frozenset(origins)
        self._headers = HEADERS | dict(headers or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(self._headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is None or _is_same_origin(request, origin):
            return await self._handled(request)
        if origin not in self._origins:
            return refusal(403, "origin")
        preflight = request.method == "OPTIONS"
        response = Response(status_code=204) if preflight else await self._handled(request)
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
        if preflight:
            response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(self._methods))
            response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
            response.headers["Access-Control-Max-Age"] = "600"
        return response

    async def _handled(self, request: Request) -> Response:
        if request.method not in self._methods:
            return refusal(405, "method")
        try:
            return await self._handler(request)
        except HTTPException as refused:
            return refusal(refused.status_code, refused.detail)
        except ClientDisconnect:
            return refusal(400, "body")
        except Exception as error:  # uvicorn would print a traceback
            log.error("web.failed", error=error)
            return refusal(500, "failed")


def refusal(status: int, word: str) -> JSONResponse:
    """What a client gets instead of an answer: one constant word."""
    return JSONResponse({"error": word}, status)


async def json_body(request: Request) -> dict[str, Any]:
    """The body as an object; raises ``HTTPException`` 413 (size), 415 (type) or 400 (encoding, json)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "type")
    body = await text_body(request)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "json") from None
    if not isinstance(content, dict):
        raise HTTPException(400, "json")
    return content


async def text_body(request: Request) -> str:
    """The body as text, never more than ``BODY_LIMIT`` bytes of it in memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise HTTPException(413, "size")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise HTTPException(400, "encoding") from None


def _is_same_origin(request: Request, origin: str) -> bool:
    # A proxy that ends TLS changes the scheme, so the host decides; a page cannot forge either header.
    return (
        request.headers.get("sec-fetch-site") == "same-origin"
        or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""
    )
