"""
Tells when one chat sends more than a person writes, so that it cannot keep the answers from everybody else.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable

SECONDS = 60.0
FLOOD = 5  # times the limit: from there on a message is only looked at for danger


class Crowd:
    """Counts messages by chat, in memory, and forgets them after a minute."""

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._times: defaultdict[int, deque[float]] = defaultdict(deque)

    def over(self, chat: int) -> int:
        """Counts one message of *chat*; by how many it is now over the limit, 0 or less when it is not."""
        times = self._times[chat]
        self._expire(times)
        times.append(self._clock())
        while len(times) > self._limit * (FLOOD + 1):
            times.popleft()
        return len(times) - self._limit

    def is_flood(self, over: int) -> bool:
        """Whether *over* is more than any hand can do."""
        return over > self._limit * (FLOOD - 1)

    def sweep(self) -> None:
        """Forgets the chats that have been quiet."""
        for times in self._times.values():
            self._expire(times)
        self._times = defaultdict(deque, {chat: times for chat, times in self._times.items() if times})

    def forget(self, chat: int) -> None:
        """Nothing is known of *chat*."""
        self._times.pop(chat, None)

    def _expire(self, times: deque[float]) -> None:
        now = self._clock()
        while times and now - times[0] > SECONDS:
            times.popleft()
