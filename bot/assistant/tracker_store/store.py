"""
Keeps conversations for Rasa: sealed, of one size, the last turns only, and gone within the hour.

One row holds the whole window of one conversation, because that costs the same at turn 10 and at turn 1,000: one read
and one write of a few kilobytes. A row per event, as in stock Rasa, shows to whoever holds the file how long and how
lively each conversation was, and grows until a turn takes seconds.

Rasa wraps a store in one that falls back to memory on errors and so hides that nothing is kept. Here an error is an
error: the message gets no answer from Rasa, and the edge says its own honest line.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.tracker_store.rows import Rows
from bot.assistant.tracker_store.window import Record, bounded, to_events, to_records, turns_in
from bot.crypto.sealing import Sealer, pad, unpad
from bot.errors import CannotOpenError
from bot.logs import get_logger

log = get_logger(__name__)

BLOCK = 4096  # bytes; a full window takes 1 to 2 KB, so every row has the same size
FORMAT = 1
_TOMBSTONE_SECONDS = 3600.0
_COARSEST = 5  # minutes; what stands in clear must not tell the minute in which somebody wrote


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of one conversation, for telling the officer: counts and names, no values."""

    turns: int
    slots: tuple[str, ...]
    minutes_left: int


@dataclass(frozen=True, slots=True)
class _Tombstone:
    """Marks a conversation that was forgotten: what was read before *order* must not be written again."""

    order: int
    when: float


class SealedTrackerStore(TrackerStore):
    """Rasa's tracker store; ``forget``, ``sweep`` and ``held`` are ours."""

    def __init__(
        self,
        sealer: Sealer,
        rows: Rows,
        *,
        window_turns: int,
        idle_minutes: float,
        lifetime_hours: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(Domain.empty())
        self._sealer = sealer
        self._rows = rows
        self._window_turns = window_turns
        self._idle = int(idle_minutes)
        self._lifetime = int(lifetime_hours * 60)
        self._step = max(1, min(_COARSEST, min(self._idle, self._lifetime) // 12))
        self._clock = clock
        self._forgotten: dict[str, _Tombstone] = {}
        self._order = itertools.count(1)
        self._writing = threading.Lock()  # a turn under way must not write between a tombstone and the erasure

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation of *sender_id* as it was after its last turn; None when there is none, or none any more."""
        order, found = next(self._order), self._read(sender_id)
        if found is None:
            return None
        tracker = self._tracker(sender_id, found)
        tracker.sidedoor_order, tracker.sidedoor_began = order, found["began"]
        return tracker

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new conversation; it is first written when its first turn is done."""
        tracker = DialogueStateTracker.from_events(sender_id, [], slots=self.domain.slots)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        tracker.sidedoor_order, tracker.sidedoor_began = next(self._order), _minute(self._clock())
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Writes the window of *tracker*, unless the conversation was forgotten while this turn was under way."""
        who, now = tracker.sender_id, _minute(self._clock())
        began = getattr(tracker, "sidedoor_began", now)
        sealed = self._sealer.seal(self._packed(tracker.events, began, now), place=_place(who))
        with self._writing:
            if who in self._forgotten and getattr(tracker, "sidedoor_order", 0) < self._forgotten[who].order:
                log.info("tracker.not_resurrected")
                return
            self._rows.write(who, self._gone_by(began, now), sealed)

    async def keys(self) -> Iterable[str]:
        """The pseudonyms of all conversations."""
        return self._rows.everyone()

    def forget(self, who: str) -> int:
        """Erases the conversation of *who*, also from under a turn that still runs; 0 or 1. Any thread may call it."""
        with self._writing:
            self._forgotten[who] = _Tombstone(next(self._order), self._clock())
            return self._rows.delete(who)

    def sweep(self, now: float | None = None) -> int:
        """Erases every conversation that is idle or old; returns how many."""
        now = self._clock() if now is None else now
        with self._writing:
            for who in [who for who, stone in self._forgotten.items() if stone.when < now - _TOMBSTONE_SECONDS]:
                del self._forgotten[who]
            return self._rows.delete_expired(_minute(now))

    def held(self, who: str) -> Held | None:
        """What is kept of *who* right now."""
        found = self._read(who)
        if found is None:
            return None
        slots = self._tracker(who, found).slots
        initial = {slot.name: slot.initial_value for slot in self.domain.slots}
        names = tuple(sorted(name for name, slot in slots.items() if slot.value != initial[name]))
        minutes_left = self._gone_by(found["began"], found["saved"]) - _minute(self._clock())
        return Held(turns_in(found["events"]), names, minutes_left)

    def subject(self, who: str) -> str:
        """The intent that was understood last; nothing is built for it, so it costs a fraction of a turn."""
        found = self._read(who)
        said = (record["intent"] for record in reversed(found["events"] if found else []) if "intent" in record)
        return str(next(said, None) or "")

    def check(self) -> None:
        """Raises ``StoreError`` when nothing could be kept now."""
        self._rows.check()

    def close(self) -> None:
        """Lets go of the database."""
        self._rows.close()

    def _tracker(self, who: str, found: Record) -> DialogueStateTracker:
        return DialogueStateTracker.from_events(who, to_events(found["events"]), slots=self.domain.slots)

    def _gone_by(self, began: int, saved: int) -> int:
        """The minute it ends, rounded down, so that nothing is kept for longer than is said."""
        minute = min(saved + self._idle, began + self._lifetime)
        return minute - minute % self._step

    def _read(self, who: str) -> Record | None:
        """
        What was kept. A row that does not open counts as none, and the next save overwrites it: its key was forgotten,
        or an older version wrote it, and the officer can do nothing about either.
        """
        sealed = self._rows.read(who, _minute(self._clock()))
        if sealed is None:
            return None
        try:
            found: Record = json.loads(zlib.decompress(unpad(self._sealer.open(sealed, place=_place(who)))))
        except (CannotOpenError, ValueError, zlib.error) as error:
            log.warning("tracker.unreadable", error=type(error))
            return None
        return found if found.get("format") == FORMAT else None

    def _packed(self, events: Iterable[Event], began: int, saved: int) -> bytes:
        """The window in one block; where slots are oversized, older turns go, so that the length still says nothing."""
        turns, kept = self._window_turns, list(events)
        while True:
            kept = bounded(kept, turns, self.domain.slots)
            content = {"format": FORMAT, "began": began, "saved": saved, "events": to_records(kept)}
            data = pad(zlib.compress(json.dumps(content, separators=(",", ":")).encode()), BLOCK)
            if len(data) <= BLOCK or turns <= 1:
                break
            turns //= 2
        if len(data) > BLOCK:
            log.warning("tracker.row_grew", blocks=len(data) // BLOCK)
        return data


def _place(who: str) -> str:
    return f"tracker/{who}"


def _minute(seconds: float) -> int:
    return int(seconds // 60)
