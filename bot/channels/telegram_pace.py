"""
Decides which request to Telegram goes first: a crisis does, and whoever was told to wait waits.

Telegram allows about 30 messages a second. python-telegram-bot's own limiter paces the ordinary ones below that; what
is left over belongs to crises, which do not queue. It is not used for refusals (429): it would let one chat's refusal
hold up everybody, a crisis in another chat too, and lets go too early when another request ends meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter

URGENT = 1  # the value of ``rate_limit_args`` in PTB's methods

PACE = 20.0  # ordinary requests a second; Telegram allows about 30
BURST = 0.25  # seconds' worth of them that may go at once: in no second more than 25 go, and 5 are left for crises
AT_ONCE = 40  # ordinary requests under way; the pool has more connections, so that a crisis always finds one
EVERYBODY = "everybody"
_BEHIND = 0.2  # seconds by which an ordinary message lets a crisis in the same chat pass

Api = bool | dict[str, Any] | list[dict[str, Any]]


class CrisisFirst(AIORateLimiter):
    """PTB's limiter with a second door. ``rate_limit_args=URGENT`` opens it."""

    def __init__(self, pace: float = PACE) -> None:
        super().__init__(overall_max_rate=pace * BURST, overall_time_period=BURST)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._free_at: dict[object, float] = {}

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Api]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Api:
        """Waits its turn and then as long as Telegram said; raises ``RetryAfter`` for the caller to come again."""
        chat = data.get("chat_id")
        place = endpoint if chat is None else chat
        try:
            if rate_limit_args == URGENT:
                await self._hold(place)
                return await callback(*args, **kwargs)
            await self._hold(place, *(() if chat is None else (EVERYBODY,)), behind=_BEHIND)
            async with self._room:
                return await super().process_request(callback, args, kwargs, endpoint, data, None)
        except RetryAfter as refusal:
            self._refused(place, chat is not None, refusal._retry_after.total_seconds())
            raise

    def _refused(self, place: object, in_a_chat: bool, seconds: float) -> None:
        """Nobody can tell whether a 429 was about one chat or about all: ordinary messages to all of them wait."""
        now = asyncio.get_running_loop().time()
        self._free_at = {key: at for key, at in self._free_at.items() if at > now}
        for key in (place, EVERYBODY) if in_a_chat else (place,):
            self._free_at[key] = max(self._free_at.get(key, 0.0), now + seconds + 0.1)

    async def _hold(self, *places: object, behind: float = 0.0) -> None:
        loop = asyncio.get_running_loop()
        while (wait := max(self._free_at.get(place, 0.0) for place in places) + behind - loop.time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait)
