"""
Delivers what the outbox holds: at once, again by the schedule, from whichever process is alive.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.errors import StoreError
from bot.handoff.duty import Endpoint
from bot.handoff.notices import Notice, Result, Sender
from bot.logs import get_logger

if TYPE_CHECKING:
    from bot.handoff.outbox import Letter, Outbox

log = get_logger(__name__)

LOOK_SECONDS = 0.25
IDLE_SECONDS = 2.0


class Delivery:
    """One per process and store. *ask* runs work off the event loop and raises ``StoreError`` when it fails."""

    def __init__(
        self,
        store: Any,
        outbox: Callable[[], Outbox],
        find: Callable[[str], Endpoint | None],
        sender: Sender,
        *,
        patience: float = 0.0,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._find = find
        self._sender = sender
        self._patience = patience  # the second process to look lets the first one go first
        self._awake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There is something to tell."""
        self._awake.set()

    async def run(self, head_start: float = 0.0) -> None:
        """Delivers until cancelled; looks once after *head_start* for what an earlier process has left."""
        try:
            async with asyncio.timeout(head_start):
                await self._awake.wait()
        except TimeoutError:
            pass
        try:
            while True:
                pending = await self.round()
                if not pending:
                    self._awake.clear()
                    await self._rest()
                else:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in self._under_way:
                task.cancel()

    async def round(self) -> bool:
        """Takes what is due; each letter is told beside the others, so that a slow receiver holds up none of them."""
        try:
            for letter in await self._store.ask(lambda _: self._outbox().lease(patience=self._patience)):
                task = asyncio.create_task(self._tell(letter))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            return await self._store.ask(lambda _: self._outbox().next_due()) is not None
        except StoreError:
            return True

    async def idle(self) -> None:
        """Waits until what is under way is over."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS if self._patience else None):
                await self._awake.wait()
        except TimeoutError:
            pass

    async def _tell(self, letter: Letter) -> None:
        endpoint = self._find(letter.endpoint)
        result = await self._sender(endpoint, _notice(letter)) if endpoint else Result(False, "unknown", final=True)
        try:
            await self._store.ask(lambda _: self._note(letter, result))
        except StoreError:
            return  # the lease runs out, and it is told again

    def _note(self, letter: Letter, result: Result) -> None:
        if result.ok:
            self._outbox().told(letter, result.word)
            return
        log.warning("delivery.failed", tries=letter.tries)
        if self._outbox().failed(letter, result.word, final=result.final, wait=result.wait):
            log.error("delivery.dead", tries=letter.tries)


def _notice(letter: Letter) -> Notice:
    content: dict[str, Any] = {}
    if letter.case_id:
        content["id"] = letter.case_id
    if letter.level:
        content["level"] = letter.level
    attachment = base64.b64encode(letter.attachment).decode() if letter.attachment else ""
    return Notice(letter.id, letter.kind, content, attachment)
