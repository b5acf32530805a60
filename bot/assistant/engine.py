"""
Keeps Rasa on a thread of its own, so that the process answers while Rasa loads, works or hangs.

Everything in Rasa is synchronous and blocks its loop; here that loop is not the one that serves the socket. What must
work without Rasa, forgetting and sweeping, goes to the rows directly and does not wait for it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.assistant.tracker_store.rows import Rows
from bot.errors import AssistantUnavailable, PreflightError, StoreError
from bot.logs import get_logger, quiet_loop
from bot.triage.levels import Level

if TYPE_CHECKING:
    from bot.assistant.brain import Brain
    from bot.assistant.tracker_store.store import Held

log = get_logger(__name__)

BEAT_SECONDS = 0.5
HUNG_SECONDS = 15.0  # a turn takes 0.01 to 0.05 s
LOAD_SECONDS = 300.0  # loading takes 20 to 60 s
RETRY_SECONDS = 2.0


class State(StrEnum):
    """Of the engine."""

    LOADING = "loading"
    READY = "ready"
    NO_MODEL = "no_model"
    FAILED = "failed"


class Engine:
    """Loads Rasa by *load* on its own thread and runs turns there."""

    def __init__(self, load: Callable[[], Brain], rows: Rows) -> None:
        self._load = load
        self._rows = rows
        self._brain: Brain | None = None
        self._loop = asyncio.new_event_loop()
        self._beat = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._live, name="rasa", daemon=True)
        self.state = State.LOADING

    def start(self) -> None:
        """Begins to load; returns at once."""
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """Ends the thread; false when it did not end within *seconds*, because it hangs or is importing."""
        self._stopped.set()
        self._loop.call_soon_threadsafe(self._loop.stop)  # heard even when loading ends only after this line
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """False when Rasa is stuck, at work or while loading; restarting the process is then the only help."""
        limit = {State.READY: HUNG_SECONDS, State.LOADING: LOAD_SECONDS}.get(self.state)
        return limit is None or time.monotonic() - self._beat < limit

    async def hear(self, who: str, text: str, level: Level, choice: str | None, seconds: float) -> dict[str, Any]:
        """One turn; raises ``AssistantUnavailable`` while loading, ``TimeoutError``, or whatever the turn raises."""
        if self._brain is None:
            raise AssistantUnavailable("the model is not loaded")
        turn = asyncio.run_coroutine_threadsafe(self._brain.hear(who, text, level, choice), self._loop)
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(turn)

    def forget(self, who: str) -> int:
        """Erases a conversation, Rasa loaded or not; blocks for a few milliseconds."""
        return self._rows.delete(who) if self._brain is None else self._brain.store.forget(who)

    def held(self, who: str) -> Held | None:
        """What is kept of *who*; raises ``AssistantUnavailable`` while Rasa, which alone can read it, is not there."""
        if self._brain is None:
            raise AssistantUnavailable("the model is not loaded")
        return self._brain.store.held(who)

    def sweep(self) -> int:
        """Erases what has expired, Rasa loaded or not."""
        return self._rows.delete_expired(int(time.time() // 60)) if self._brain is None else self._brain.store.sweep()

    def keeps(self) -> bool:
        """True when conversations can be written."""
        try:
            self._rows.check()
        except StoreError:
            return False
        return True

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        quiet_loop(self._loop)
        self._brain = self._load_until_it_works()
        if self._brain is not None:
            self._loop.call_soon(self._beats)
            self._loop.run_forever()

    def _load_until_it_works(self) -> Brain | None:
        began = time.monotonic()
        while not self._stopped.is_set():
            try:
                brain = self._load()
            except PreflightError:
                self._becomes(State.NO_MODEL)
            except Exception as error:
                self._becomes(State.FAILED, error)
            else:
                self._beat = time.monotonic()
                self._becomes(State.READY)
                log.info("assistant.ready", seconds=time.monotonic() - began)
                return brain
            self._stopped.wait(RETRY_SECONDS)
        return None

    def _becomes(self, state: State, error: Exception | None = None) -> None:
        if state is not self.state and state is not State.READY:
            log.error("assistant.not_ready", state=state, error=error)
        self.state = state

    def _beats(self) -> None:
        self._beat = time.monotonic()
        self._loop.call_later(BEAT_SECONDS, self._beats)
