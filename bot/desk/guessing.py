"""
Slows down who guesses passwords, without giving a stranger the power to lock a responder out.

Wrong tries are counted per account and per browser. A browser that has signed in before has a count of its own, so a
flood of guesses from elsewhere delays other strangers and nobody else (OWASP, “device cookies”).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

FREE_TRIES = 5
LONGEST_SECONDS = 900.0
REMEMBERED = 5_000


class Guessing:
    """The counts, in memory. After five wrong tries each further one doubles the pause, up to a quarter of an hour."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def pause(self, account: str, browser: str) -> float:
        """Seconds until the next try is allowed; 0 when it is now."""
        _, until = self._wrong.get((account, browser), (0, 0.0))
        return max(0.0, until - self._clock())

    def wrong(self, account: str, browser: str) -> None:
        """A wrong try."""
        tries, _ = self._wrong.pop((account, browser), (0, 0.0))
        over = tries + 1 - FREE_TRIES
        wait = min(LONGEST_SECONDS, 2.0**over) if over >= 0 else 0.0
        self._wrong[account, browser] = tries + 1, self._clock() + wait
        while len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def right(self, account: str, browser: str) -> None:
        """A right one forgets the wrong ones of this browser."""
        self._wrong.pop((account, browser), None)
