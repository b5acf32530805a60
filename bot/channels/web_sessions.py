"""
Remembers who may read which answers in the web chat: in memory, bounded, and no word that an officer wrote.

The browser holds a random token, this side only its SHA-256, which serves as the channel's sender id. A session keeps
the answers that the browser has not yet confirmed, and the ids of messages already heard, so that a retry is no repeat.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from bot.errors import SidedoorError

Event = dict[str, Any]
Clock = Callable[[], float]

EVENTS_KEPT = 400
IDS_KEPT = 64
AT_ONCE = 30
ABANDONED_SECONDS = 120  # with the house full, a conversation silent for this long makes room


def new_token() -> str:
    """128 random bits, for the browser only."""
    return secrets.token_urlsafe(16)


def sender_of(token: str) -> str:
    """What this side keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class SessionClosed(SidedoorError):
    """The conversation was erased while one of its messages was being heard."""


class TooManyAtOnce(SidedoorError):
    """More messages wait for an answer than a person could have written."""


class Session:
    """One conversation of one browser page. ``last`` is the number of its newest event."""

    def __init__(self, sender: str, now: float) -> None:
        self.sender = sender
        self.key = sender  # what opens it; another one once an officer came back with a return code
        self.started = self.heard_at = now
        self.spoke = self.warned = self.closed = False
        self.last = 0
        self.reader = 0
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._heard: OrderedDict[str, asyncio.Task[None]] = OrderedDict()
        self._times: deque[float] = deque()
        self._news = asyncio.Event()

    def add(self, *events: Event) -> None:
        """Numbers *events* and wakes whoever waits for them."""
        for event in events:
            self.last += 1
            self._events.append({"seq": self.last, **event})
        self._wake()

    def close(self) -> None:
        """Ends every wait and whatever is still being heard: nothing may be said, or kept, after an erasure."""
        self.closed = True
        for hearing in self._heard.values():
            if hearing is not asyncio.current_task():
                hearing.cancel()
        self._heard.clear()
        self._wake()

    def confirm(self, seq: int) -> None:
        """The browser says that it has everything up to *seq*; that is forgotten here."""
        while self._events and self._events[0]["seq"] <= seq:
            self._events.popleft()

    def after(self, seq: int) -> list[Event]:
        """The events with a higher number."""
        return [event for event in self._events if event["seq"] > seq]

    async def wait(self, seq: int, seconds: float) -> list[Event]:
        """As ``after``, but waits up to *seconds* for the first one."""
        deadline = time.monotonic() + seconds
        while not (events := self.after(seq)) and not self.closed:
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._news.wait()
            except TimeoutError:
                break
        return events

    async def once(self, message_id: str, hear: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """
        Runs *hear* for the first request with this id; a repeat waits for the same run, a failed run may be repeated.

        Raises ``SessionClosed`` when the conversation was erased meanwhile, ``TooManyAtOnce`` for no person's pace.
        """
        if message_id not in self._heard:
            if sum(not hearing.done() for hearing in self._heard.values()) >= AT_ONCE:
                raise TooManyAtOnce
            self._heard[message_id] = asyncio.create_task(hear())
            while len(self._heard) > IDS_KEPT:
                self._heard.popitem(last=False)
        hearing = self._heard[message_id]
        try:
            await asyncio.shield(hearing)
        except asyncio.CancelledError:
            if hearing.cancelled():
                raise SessionClosed from None
            raise
        except Exception:
            self._heard.pop(message_id, None)
            raise

    def touch(self, now: float) -> None:
        """Somebody wrote: the time until it is erased starts anew."""
        self.heard_at, self.warned = now, False

    def is_over(self, limit: int, now: float) -> bool:
        """Counts one message and tells whether it is more than *limit* within a minute."""
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        self._times.append(now)
        return len(self._times) > limit

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Sessions:
    """All open sessions, at most *limit*."""

    def __init__(self, limit: int, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._limit = limit
        self._of: dict[str, Session] = {}
        self._by_key: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._of.values()))

    def open(self) -> tuple[str, Session]:
        """A new token and its session; the caller has made room before."""
        token = new_token()
        session = Session(sender_of(token), self.clock())
        self._of[session.sender] = self._by_key[session.key] = session
        return token, session

    def reopen(self, session: Session) -> str:
        """A new token for *session*; the old one opens nothing from now on."""
        token = new_token()
        self._by_key.pop(session.key, None)
        session.key = sender_of(token)
        self._by_key[session.key] = session
        return token

    def by_token(self, token: str) -> Session | None:
        """The session that *token* opens."""
        return self._by_key.get(sender_of(token))

    def by_sender(self, sender: str) -> Session | None:
        """The session with this sender id."""
        return self._of.get(sender)

    def drop(self, session: Session) -> None:
        """Closes *session* and forgets that it was there."""
        session.close()
        self._of.pop(session.sender, None)
        self._by_key.pop(session.key, None)

    def is_full(self) -> bool:
        """Whether somebody has to leave before another can come in."""
        return len(self._of) >= self._limit

    def dispensable(self) -> Session | None:
        """Who leaves first: one who never wrote, then one who has been silent for long; nobody in mid-conversation."""
        silent = [session for session in self if not session.spoke]
        idle = [session for session in self if self.clock() - session.heard_at > ABANDONED_SECONDS]
        return min(silent or idle, key=lambda session: session.heard_at, default=None)
