"""
Decides what is erased when: nothing outlives an idle hour, and nothing at all outlives a day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.logs import get_logger

log = get_logger(__name__)

SWEEP_SECONDS = 30.0


async def sweep_forever(
    sweep: Callable[[], Awaitable[object]], *, every: float = SWEEP_SECONDS, head_start: float = 0.0
) -> None:
    """Calls *sweep* after *head_start* seconds and then *every* so many, until cancelled; a failure is tried again."""
    await asyncio.sleep(head_start)
    while True:
        try:
            await sweep()
        except Exception as error:
            log.error("retention.sweep_failed", error=type(error))
        await asyncio.sleep(every)
