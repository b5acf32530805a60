"""
Lets an officer move from Telegram to the web chat with a subject in hand, and nothing that says who they are.

The button on Telegram leads to the web chat's address with a random code behind the ``#``, which browsers do not send
anywhere. The code opens one subject, once, within half an hour. This side remembers code and subject, in memory, and
not which chat the code was made for, so the two conversations cannot be brought together here.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag

from bot.yaml_files import read_yaml

GOOD_SECONDS = 1_800.0
IN_ALL = 10_000
CRISIS = "crisis"

_LIST = Path(__file__).with_name("topics.yml")


@cache
def payloads() -> dict[str, str]:
    """The subjects that may be carried, each with the button that it is answered like; see ``topics.yml``."""
    listed = read_yaml(_LIST)
    return {CRISIS: str(listed["crisis"]), **{str(name): f"/{name}" for name in listed["subjects"]}}


def is_subject(name: str) -> bool:
    """Whether *name*, an intent's, may be carried."""
    return name in payloads() and name != CRISIS


class Topics:
    """The codes that were handed out and not used yet."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, in_all: int = IN_ALL) -> None:
        self._clock = clock
        self._in_all = in_all
        self._of: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self.elsewhere: Callable[[str], Awaitable[str | None]] | None = None  # asks the edges beside this one

    @property
    def outstanding(self) -> int:
        """How many codes would still open something."""
        self._drop_old()
        return len(self._of)

    def address(self, base: str, topic: str) -> str:
        """*base* with a fresh code for *topic*; just *base* when there is no subject to carry."""
        if topic not in payloads():
            return base
        self._drop_old()
        while len(self._of) >= self._in_all:
            self._of.popitem(last=False)
        code = secrets.token_urlsafe(12)
        self._of[code] = (topic, self._clock() + GOOD_SECONDS)
        return f"{urldefrag(base).url}#{code}"

    def take(self, code: object) -> str | None:
        """The subject of *code*, which opens nothing from now on; None for any other."""
        self._drop_old()
        topic, _ = self._of.pop(code, (None, 0.0)) if isinstance(code, str) else (None, 0.0)
        return topic

    async def find(self, code: object) -> str | None:
        """As ``take``, and where this edge does not know the code the others are asked."""
        topic = self.take(code)
        if topic is None and self.elsewhere is not None and isinstance(code, str):
            topic = await self.elsewhere(code)
        return topic if topic in payloads() else None

    def _drop_old(self) -> None:
        now = self._clock()
        while self._of and next(iter(self._of.values()))[1] <= now:
            self._of.popitem(last=False)
