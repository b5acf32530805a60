"""
Asks Telegram for updates, where it does not bring them, and forgets none before it is answered or well under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.channels.telegram_seen import Taken
from bot.channels.telegram_several import Begun
from bot.channels.telegram_tries import FIRST_PAUSE, LONGEST_PAUSE
from bot.channels.telegram_updates import read
from bot.logs import get_logger

if TYPE_CHECKING:  # imported beside the running edge, see Line
    from bot.channels.telegram_line import Line

log = get_logger(__name__)

NOTHING_SECONDS = 0.4


async def poll(
    line: Line,
    bring: Callable[[Any], Awaitable[Begun]],
    well_under_way: Callable[[dict[asyncio.Task[None], Any]], Awaitable[None]],
    is_full: Callable[[], bool],
) -> None:
    """Asks until cancelled; Telegram forgets updates when the next ones are asked for."""
    offset, pause = None, FIRST_PAUSE
    while True:
        found = None if is_full() else await line.updates(offset)
        if found is None:
            log.warning("telegram.no_updates", backlog=is_full())
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE / 4)
            continue
        pause = FIRST_PAUSE
        updates = {update.update_id: raw for raw in found if (update := read(raw))}
        begun = await asyncio.gather(*map(bring, updates.values()))
        works = {work: raw for (_, work), raw in zip(begun, updates.values(), strict=True) if work is not None}
        if works:
            await well_under_way(works)
        else:
            await asyncio.sleep(NOTHING_SECONDS)  # should a proxy answer at once with nothing, this does not spin
        elsewhere = [number for number, (taken, _) in zip(updates, begun, strict=True) if taken is Taken.ELSEWHERE]
        offset = min(elsewhere, default=max((number + 1 for number in updates), default=offset))
