"""
Brings texts to officers in order, each conversation in a lane of its own, so that a slow one holds up nobody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.logs import get_logger
from bot.privacy.pseudonyms import Pseudonym
from bot.wording import Reply

log = get_logger(__name__)

Push = Callable[[Pseudonym, Sequence[Reply], dict[str, Any] | None], Awaitable[Any]]
Then = Callable[[bool], None]

RETRY_SECONDS = (0.5, 1.5)
GIVE_UP_SECONDS = 20.0


@dataclass(slots=True)
class _Lane:
    items: deque[tuple[Sequence[Reply], dict[str, Any] | None, Then | None]] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Courier:
    """A push that raises or returns ``False`` did not arrive; texts are tried three times, a bare status once."""

    def __init__(self, push: Push) -> None:
        self._push = push
        self._lanes: dict[Pseudonym, _Lane] = {}

    def bring(
        self, who: Pseudonym, replies: Sequence[Reply], status: dict[str, Any] | None, then: Then | None = None
    ) -> None:
        """Queues *replies*; *then* is called with whether they arrived."""
        lane = self._lanes.setdefault(who, _Lane())
        lane.items.append((replies, status, then))
        if lane.task is None:
            lane.task = asyncio.get_running_loop().create_task(self._drain(who, lane))

    def show(self, who: Pseudonym, status: dict[str, Any] | None) -> None:
        """A status alone; skipped while something else is on its way, because a newer one follows."""
        if who not in self._lanes:
            self.bring(who, (), status)

    def drop(self, who: Pseudonym) -> None:
        """Forgets what was still to be brought."""
        lane = self._lanes.pop(who, None)
        if lane and lane.task:
            lane.task.cancel()

    async def idle(self) -> None:
        """Waits until everything queued so far has been tried."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task]
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Ends every lane."""
        for who in list(self._lanes):
            self.drop(who)

    async def _drain(self, who: Pseudonym, lane: _Lane) -> None:
        while lane.items:
            replies, status, then = lane.items.popleft()
            arrived = await self._try(who, replies, status)
            if then:
                then(arrived)
        if self._lanes.get(who) is lane:
            del self._lanes[who]

    async def _try(self, who: Pseudonym, replies: Sequence[Reply], status: dict[str, Any] | None) -> bool:
        for pause in (*RETRY_SECONDS, None) if replies else (None,):
            try:
                async with asyncio.timeout(GIVE_UP_SECONDS):
                    if await self._push(who, replies, status) is not False:
                        return True
            except Exception as error:
                if replies:
                    log.warning("handoff.push_failed", error=type(error))
            if pause is not None:
                await asyncio.sleep(pause)
        return False
