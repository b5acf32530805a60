"""
Remembers which updates were answered, so that a repeated one is answered once, also after a restart.

The file holds numbers of updates and nothing about who sent them. Only an update that *was* answered gets into it: if
the process dies in between, Telegram brings the update again, and two answers are better than none. For the same reason
there is no "everything up to here": updates come out of order, and an unknown number is always a new message.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from bot.logs import get_logger

log = get_logger(__name__)

WINDOW = 2_048


class Seen:
    """The last ``WINDOW`` updates, by number."""

    def __init__(self, path: Path, *, window: int = WINDOW) -> None:
        self._path = path
        self._window = window
        self._answered: OrderedDict[int, bool] = OrderedDict()
        self._dirty = False
        self._load()

    def take(self, update_id: int) -> bool:
        """True for the first one to ask; the caller answers the update and calls ``done``."""
        if update_id in self._answered:
            return False
        self._answered[update_id] = False
        while len(self._answered) > self._window:
            self._answered.popitem(last=False)
        return True

    def done(self, update_id: int) -> None:
        """The update was answered."""
        if update_id in self._answered:
            self._answered[update_id] = True
            self._dirty = True

    def save(self) -> None:
        """Writes the numbers if there are new ones; a full disk costs only this."""
        if not self._dirty:
            return
        fresh = self._path.with_suffix(".new")
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                json.dump([number for number, done in self._answered.items() if done], file)
            fresh.replace(self._path)
            self._dirty = False
        except OSError as error:
            log.warning("telegram.seen_not_saved", error=type(error))

    def _load(self) -> None:
        with suppress(OSError, ValueError, RecursionError):
            kept = json.loads(self._path.read_text(encoding="ascii"))
            answered = [number for number in kept if type(number) is int] if isinstance(kept, list) else []
            self._answered.update((number, True) for number in answered[-self._window :])
