"""
Decides what is erased when: nothing outlives an idle hour, and nothing at all outlives a day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.logs import get_logger

log = get_logger(__name__)

SWEEP_SECONDS = 30.0

Sweep = Callable[[float, float], Awaitable[None]]


async def sweep_forever(
    sweep: Sweep, *, idle_minutes: float, lifetime_hours: float, every: float = SWEEP_SECONDS
) -> None:
    """Calls *sweep* with the idle time and the lifetime, both in seconds, until cancelled; a failure is tried again."""
    while True:
        try:
            await sweep(idle_minutes * 60, lifetime_hours * 3600)
        except Exception as error:
            log.error("retention.sweep_failed", error=type(error))
        await asyncio.sleep(every)
