"""
Lets every update be worked on at once and still be answered in its chat's order, by giving each a turn to wait for.

A crisis answer does not wait for its turn; everything that came after it still does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.logs import get_logger

log = get_logger(__name__)

Turn = Callable[[], Awaitable[None]]


class Lanes:
    """One lane for each place (a chat, say); lanes do not know of one another."""

    def __init__(self) -> None:
        self._last: dict[object, asyncio.Task[None]] = {}
        self._all: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._all)

    def put(self, place: object, act: Callable[[Turn], Awaitable[None]]) -> asyncio.Task[None]:
        """Starts *act*; its ``Turn`` returns when all that was put into *place* before is done. Never raises."""
        before = self._last.get(place)

        async def turn() -> None:
            if before is not None:
                await asyncio.wait({before})

        async def work() -> None:
            try:
                await act(turn)
            except Exception as error:
                log.error("telegram.update_failed", error=error)
            await turn()  # who comes next waits for this one only

        task = asyncio.create_task(work())
        self._last[place] = task
        self._all.add(task)
        task.add_done_callback(lambda _: self._finished(place, task))
        return task

    async def close(self, patience: float) -> None:
        """Gives what is under way *patience* seconds, then ends it."""
        if self._all:
            await asyncio.wait(set(self._all), timeout=patience)
        await cancel(self._all)

    def _finished(self, place: object, task: asyncio.Task[None]) -> None:
        self._all.discard(task)
        if self._last.get(place) is task:
            del self._last[place]


async def cancel(tasks: set[asyncio.Task[None]] | list[asyncio.Task[None]]) -> None:
    """Ends *tasks* and waits until they have."""
    doomed = list(tasks)
    for task in doomed:
        task.cancel()
    await asyncio.gather(*doomed, return_exceptions=True)
