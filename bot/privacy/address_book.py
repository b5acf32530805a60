"""
Remembers where an answer has to go: the only way back from a pseudonym to a person.

It lives in memory alone, each entry sealed and padded; an entry ends with its conversation, after an idle hour, or
after a day, whichever comes first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.crypto.sealing import Sealer, pad, unpad
from bot.errors import CannotOpenError
from bot.privacy.pseudonyms import Pseudonym

IDLE_SECONDS = 3_600.0
LIFETIME_SECONDS = 86_400.0
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class _Entry:
    sealed: bytes = field(repr=False)
    born: float
    heard: float


class AddressBook:
    """*clock* gives seconds and never runs backwards."""

    def __init__(
        self,
        sealer: Sealer,
        *,
        idle: float = IDLE_SECONDS,
        lifetime: float = LIFETIME_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sealer = sealer
        self._idle, self._lifetime, self._clock = idle, lifetime, clock
        self._entries: dict[Pseudonym, _Entry] = {}

    def __contains__(self, who: Pseudonym) -> bool:
        entry = self._entries.get(who)
        return entry is not None and not self._expired(entry, self._clock())

    def __len__(self) -> int:
        return len(self._entries)

    def remember(self, who: Pseudonym, channel: str, sender: str) -> None:
        """Writes down where *who* can be answered, or notes that they are still there."""
        now = self._clock()
        born = self._entries[who].born if who in self else now
        sealed = self._sealer.seal(pad(json.dumps([channel, sender]).encode(), _BLOCK), place=_place(who))
        self._entries[who] = _Entry(sealed, born, now)

    def find(self, who: Pseudonym) -> tuple[str, str] | None:
        """``(channel, sender)``, or ``None`` for somebody unknown, expired, or sealed with a forgotten key."""
        if who not in self:
            self._entries.pop(who, None)
            return None
        try:
            channel, sender = json.loads(unpad(self._sealer.open(self._entries[who].sealed, place=_place(who))))
        except CannotOpenError:
            del self._entries[who]
            return None
        return channel, sender

    def seconds_left(self, who: Pseudonym) -> float:
        """How long the entry lives if nothing more is heard; 0 for somebody unknown."""
        entry = self._entries.get(who)
        if entry is None:
            return 0.0
        return max(0.0, min(entry.heard + self._idle, entry.born + self._lifetime) - self._clock())

    def forget(self, who: Pseudonym) -> int:
        """Erases the entry; returns how many there were, 0 or 1."""
        return 0 if self._entries.pop(who, None) is None else 1

    def sweep(self, now: float | None = None) -> int:
        """Erases what has expired at *now*, by the clock when none is given; returns how many."""
        now = self._clock() if now is None else now
        expired = [who for who, entry in self._entries.items() if self._expired(entry, now)]
        return sum(self.forget(who) for who in expired)

    def _expired(self, entry: _Entry, now: float) -> bool:
        return now - entry.heard >= self._idle or now - entry.born >= self._lifetime


def _place(who: Pseudonym) -> str:
    return f"address_book/{who}"
