"""
The officers' port: the web chat, Telegram's webhook, and two lines that say whether this process is well.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot import preflight, serving, wiring
from bot.channels import card_pages, webchat
from bot.channels.inbound import Edge
from bot.channels.topics import Topics
from bot.channels.web_guard import HEADERS
from bot.errors import SidedoorError
from bot.http_headers import SecurityHeaders
from bot.logs import get_logger, lock_down, quiet_loop
from bot.retention import sweep_forever
from bot.settings import Settings
from bot.wiring import EdgeProcess

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel

log = get_logger(__name__)

SWITCH_SECONDS = 0.0005  # loading spaCy may hold the interpreter this long while a crisis waits; usually it is 5 ms

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def build(process: EdgeProcess, settings: Settings) -> Starlette:
    """The edge as a web application; everything slow starts in the background, after the port is open."""
    edge, topics = Edge(process.parts), Topics()
    process.on_push(edge.push)
    telegram = _telegram(edge, process, settings, topics)
    routes: list[BaseRoute] = [
        Route("/livez", _live, methods=["GET"]),
        Route("/readyz", _ready_of(process, settings), methods=["GET"]),
        *webchat.routes(edge, settings, process.parts.wording, topics),
        *card_pages.routes(settings),
        *(telegram.routes() if telegram else ()),
    ]
    headers = Middleware(SecurityHeaders, headers=HEADERS, replace=False)
    return Starlette(routes=routes, middleware=[headers], lifespan=_lifespan(edge, process, settings, telegram))


def serve(process: EdgeProcess, settings: Settings) -> None:
    """Runs the edge until it is told to stop."""
    serving.serve(build(process, settings), settings.edge_host, settings.edge_port, grace=2)


def main(settings: Settings | None = None) -> None:
    """The edge as a process of its own; an error of ours is one line, as everywhere."""
    try:
        settings = settings or Settings.load()
        lock_down(settings.log_level, "edge")
        sys.setswitchinterval(SWITCH_SECONDS)
        serve(wiring.edge(settings), settings)
    except SidedoorError as error:
        sys.exit(str(error))


async def _live(_: Request) -> JSONResponse:
    """The process answers, so a crisis is answered."""
    return JSONResponse({"live": True})


def _ready_of(process: EdgeProcess, settings: Settings) -> Callable[[Request], object]:
    async def ready(_: Request) -> JSONResponse:
        """Which parts of a whole conversation are there; 503 while one is not."""
        parts = await process.readiness()
        parts["preflight"] = not await asyncio.to_thread(preflight.faults, settings, "edge")
        return JSONResponse({"ready": all(parts.values()), "parts": parts}, 200 if all(parts.values()) else 503)

    return ready


def _lifespan(edge: Edge, process: EdgeProcess, settings: Settings, telegram: TelegramChannel | None) -> Lifespan:
    @asynccontextmanager
    async def run(_: Starlette) -> AsyncIterator[None]:
        quiet_loop(asyncio.get_running_loop())

        async def sweep() -> None:
            await edge.sweep(settings.idle_minutes * 60, settings.lifetime_hours * 3600)
            await process.tidy()

        tasks = [asyncio.create_task(sweep_forever(sweep)), asyncio.create_task(process.run())]
        if telegram is not None:
            tasks.append(asyncio.create_task(telegram.start()))
        try:
            yield
        finally:
            if telegram is not None:
                await telegram.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return run


def _telegram(edge: Edge, process: EdgeProcess, settings: Settings, topics: Topics) -> TelegramChannel | None:
    if settings.telegram_mode == "off":
        return None
    from bot.channels.telegram import TelegramChannel  # half a second of imports that the web chat does not need

    parts = process.parts
    judge, sealer = parts.triage.judge, process.traces_sealer
    return TelegramChannel(edge, settings, wording=parts.wording, judge=judge, topics=topics, sealer=sealer)
