"""
Remembers which messages stand on an officer's phone, in memory only, so that they can be taken away again.

A bot may delete both sides of a private chat for 48 hours (Bot API, deleteMessage). Nothing outlives the lifetime of a
conversation, which is a day at most; what no longer fits into memory is deleted early, never forgotten. ``Kept``
carries them over a restart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from bot.channels.telegram_kept import Kept

DELETABLE_SECONDS = 47 * 3_600.0  # an hour less than Telegram allows
TOO_LATE_SECONDS = 48 * 3_600.0
OTHERS_SECONDS = 600.0  # after which another edge has deleted what was due in its chats
PER_CHAT = 1_000
IN_ALL = 100_000


class Traces:
    """Message ids by chat, with the time each was sent."""

    def __init__(
        self,
        keep_seconds: float,
        *,
        clock: Callable[[], float] = time.time,
        in_all: int = IN_ALL,
        kept: Kept | None = None,
        ours: Callable[[int], bool] | None = None,
    ) -> None:
        """*ours*: of several edges each deletes in its own chats, and in those of one that is gone."""
        self._keep = min(keep_seconds, DELETABLE_SECONDS)
        self._clock = clock
        self._in_all = in_all
        self._kept = kept
        self._ours = ours
        self._sent: dict[int, dict[int, float]] = {}
        self._take_over()

    def note(self, chat: int, message_id: int, sent_at: float | None = None) -> None:
        """A message stands in *chat*; *sent_at* where Telegram told it."""
        if message_id:
            now = self._clock()
            sent, at = self._sent.setdefault(chat, {}), min(now, sent_at) if sent_at else now
            if self._kept is not None and message_id not in sent:
                self._kept.add(chat, message_id, at)
            sent[message_id] = at

    def stands(self, chat: int) -> bool:
        """Whether something stands in *chat*, as far as can be known: without ``Kept`` it may always be so."""
        self._take_over()
        return self._kept is None or chat in self._sent

    def take(self, chat: int, *, known: bool = False) -> list[int]:
        """
        All that stands in *chat*, which is forgotten here; the caller deletes it there, and says ``gone``.

        *known*: only what this edge knows of already, not what another has said there meanwhile.
        """
        if not known:
            self._take_over()
        return list(self._sent.pop(chat, {}))

    def give_back(self, chat: int, message_ids: Iterable[int]) -> None:
        """They could not be deleted yet: due again at the next look."""
        self._sent.setdefault(chat, {}).update((number, self._clock() - self._keep) for number in message_ids)

    def gone(self, chat: int, message_ids: Iterable[int]) -> None:
        """They stand there no more, or never will be deleted: nothing is kept of them."""
        if self._kept is not None:
            self._kept.drop(chat, message_ids)

    def due(self) -> dict[int, list[int]]:
        """What is old enough, or too much, by chat; forgotten here like with ``take``."""
        self._take_over()
        old = {chat: ids for chat, sent in self._sent.items() if (ids := self._too_old(sent))}
        due = {chat: ids for chat, ids in old.items() if self._ours is None or self._ours(chat)}
        seen_to = self._clock() - self._keep - OTHERS_SECONDS
        for chat, ids in old.items():
            for number in ids:
                if chat in due or self._sent[chat][number] <= seen_to:
                    del self._sent[chat][number]
        self._sent = {chat: sent for chat, sent in self._sent.items() if sent}
        for chat in self._too_many():
            due.setdefault(chat, []).extend(self.take(chat))
        return due

    def _take_over(self) -> None:
        """What a process before this one, or beside it, has said on a phone; too old to be deleted is forgotten."""
        for chat, message_id, sent_at in self._kept.news() if self._kept is not None else ():
            if sent_at < self._clock() - TOO_LATE_SECONDS:
                self.gone(chat, [message_id])
            else:
                self._sent.setdefault(chat, {}).setdefault(message_id, sent_at)

    def _too_old(self, sent: dict[int, float]) -> list[int]:
        limit = self._clock() - self._keep
        surplus = len(sent) - PER_CHAT
        return [number for place, (number, at) in enumerate(sent.items()) if at <= limit or place < surplus]

    def _too_many(self) -> list[int]:
        surplus = sum(map(len, self._sent.values())) - self._in_all
        chats = []
        for chat, sent in self._sent.items():
            if surplus <= 0:
                break
            chats.append(chat)
            surplus -= len(sent)
        return chats
