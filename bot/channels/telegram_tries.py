"""
Tries again what Telegram, or a fault of ours, did not let happen: the door must not stay shut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.logs import get_logger

log = get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


async def keep_going(job: Callable[[], Awaitable[None]]) -> None:
    """Begins *job* again when it fails: a door that has quietly closed answers no crisis."""
    while True:
        try:
            return await job()
        except Exception as error:
            log.error("telegram.job_failed", error=error)
            await asyncio.sleep(FIRST_PAUSE)


async def until(attempt: Callable[[], Awaitable[bool]]) -> None:
    """Tries until it succeeds, ever less often."""
    pause = FIRST_PAUSE
    while not await attempt():
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
