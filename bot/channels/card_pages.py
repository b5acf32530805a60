"""
Serves the card for the wallet: two files that are the same for everybody, without a query, a cookie or a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_guard import Guard
from bot.settings import Settings


def routes(settings: Settings) -> list[BaseRoute]:
    """``/card.svg`` and ``/card.pdf``, drawn when they are first asked for and kept."""
    card = _Card(settings)
    return [
        Route("/card.svg", Guard(card.page("image/svg+xml"), ("GET",), settings.allowed_origins)),
        Route("/card.pdf", Guard(card.page("application/pdf"), ("GET",), settings.allowed_origins)),
    ]


class _Card:
    """Both files, once drawn."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files: dict[str, bytes] = {}
        self._turn = asyncio.Lock()

    def page(self, media_type: str) -> Callable[[Request], Any]:
        """The handler of one of the two."""

        async def respond(request: Request) -> Response:
            if request.url.query:  # what is asked beyond the file could say who asks
                raise HTTPException(400, "query")
            async with self._turn:
                if not self._files:
                    self._files = await asyncio.to_thread(self._draw)
            return Response(self._files[media_type], media_type=media_type)

        return respond

    def _draw(self) -> dict[str, bytes]:
        from bot.catalogue import Catalogue
        from bot.catalogue.crisis_card import as_pdf, as_svg, crisis_card

        card = crisis_card(Catalogue.load(own=self._settings.directory_dir))
        return {"image/svg+xml": as_svg(card).encode(), "application/pdf": as_pdf(card)}
