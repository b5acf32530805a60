"""
Makes several edges behind one bot answer as one: an update goes to the edge that holds its chat, whoever received it.

Who received an update keeps it until the holder says that it is answered; a holder that received it itself, and needs
longer, gives it to another one to keep, before Telegram is told that it was delivered. A holder that is gone, or does
not take it in time, is answered for: exactly one claims the update's number (``telegram_seen``), and what the holder
remembered is then not there, which the officer is told. What passes between the edges stays in memory.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bot.channels.telegram_lanes import cancel
from bot.channels.telegram_links import TAKEN, Links, Said
from bot.channels.telegram_seen import Seen, Taken
from bot.channels.telegram_shares import Shares
from bot.channels.telegram_updates import Update, read
from bot.logs import get_logger

log = get_logger(__name__)

PATIENCE, URGENT_PATIENCE = 2.0, 0.5  # seconds for the holder to take an update; words in danger wait for less
ROUNDS = 3  # a share may change hands while it is asked for
AGAIN_SECONDS = 0.1  # between two looks at an update that was left behind
LEFT_BEHIND_SECONDS = 120.0
ASIDE_PATIENCE = 1.0
LOCK_SECONDS = 0.5

_MOVED, _KEPT = "moved", "kept"
_WORDS = {Taken.ANSWERED: "answered", Taken.ELSEWHERE: "elsewhere"}
_TAKEN_OF = {word: taken for taken, word in _WORDS.items()}

Begun = tuple[Taken, asyncio.Task[None] | None]  # whose it is, and what ends when it is answered


class Several:
    """
    This edge among the others on *folder*.

    *here* begins an update in this process; *forget* forgets a chat here, wholly where it was answered here; *topic*
    opens a code of the way to the web chat. *gone_seconds* is how long it is worth telling that something may be lost.
    """

    def __init__(
        self,
        folder: Path,
        seen: Seen,
        here: Callable[[Update], Begun],
        forget: Callable[[int, bool], Awaitable[object]],
        topic: Callable[[str], str | None],
        *,
        memory: Path,
        keep_seconds: float,
        gone_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seen = seen
        self._here = here
        self._forget = forget
        self._topic = topic
        self._clock = clock
        self._keep, self._gone = keep_seconds, gone_seconds
        self._poll_lock = folder / "telegram_poll.lock"
        self._links = Links(folder, seen.worker, self._answer)
        self._shares = Shares(
            seen.worker, seen.lives, self._alive, keep_seconds, database=Shares.table(memory, folder), clock=clock
        )
        self._guests: dict[int, float] = {}  # chats answered here for a holder that did not answer
        self._told: dict[int, float] = {}
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._following: set[asyncio.Task[None]] = set()
        self._asides: set[asyncio.Task[None]] = set()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._following)

    async def join(self) -> None:
        """From now on the others hand over what is for this edge."""
        await self._links.open(self._seen.workers())
        log.info("telegram.joined", edges=len(self._alive()))

    async def leave(self) -> None:
        """Nothing more is taken from the others, who hold this edge's chats from now on."""
        self._stopping = True
        self._links.shut()
        self._shares.leave()
        await cancel(self._following)

    async def close(self) -> None:
        """What was under way has been told to whoever waits for it."""
        await cancel(self._asides)
        await self._links.close()

    async def bring(self, update: Update, raw: Any, *, urgent: bool) -> Begun:
        """Has *update* answered by whoever holds its chat, or else here; *raw* is the update as it came."""
        for _ in range(ROUNDS):
            holder = self._shares.owner(update.chat)
            if holder == self._seen.worker:
                return self._ours(update)
            asked = await self._links.ask(holder, "update", raw, URGENT_PATIENCE if urgent else PATIENCE)
            if asked is None:
                break
            if asked.said == TAKEN:
                return Taken.OURS, self._follow(update, raw, asked.done)
            if asked.said in _TAKEN_OF:
                return _TAKEN_OF[asked.said], None
        begun = self._here(update)
        if begun[0] is Taken.OURS:
            log.warning("telegram.answered_for_another", urgent=urgent)
            self._guests.setdefault(update.chat, self._clock())
        return begun

    async def deposit(self, work: asyncio.Task[None], raw: Any) -> None:
        """Another edge keeps *raw*, whose *work* goes on here, and begins it anew should this process die."""
        if work in self._following:
            return  # it is done elsewhere, and kept here
        for worker in self._alive():
            if worker != self._seen.worker and await self._links.ask(worker, "keep", raw, URGENT_PATIENCE):
                return

    def touch(self, chat: int) -> None:
        """Something was said in *chat* here."""
        self._shares.touch(chat)

    def is_ours(self, chat: int) -> bool:
        """Whether this edge has to see to *chat*."""
        return self._shares.owner(chat) == self._seen.worker

    def may_have_lost(self, chat: int) -> bool:
        """True once for a chat whose holder went, or did not answer, while what was said there could be remembered."""
        now = self._clock()
        noticed = max((at for at in (self._guests.get(chat), self._shares.gone_at(chat)) if at), default=None)
        if noticed is None or now - noticed > self._gone or self._told.get(chat, noticed - 1) >= noticed:
            return False
        self._told[chat] = now
        return True

    async def forget(self, chat: int) -> None:
        """*chat* was erased here: whoever else answered in it erases it too."""
        self._guests.pop(chat, None)
        for worker in self._alive():
            if worker != self._seen.worker:
                await self._links.ask(worker, "forget", chat, ASIDE_PATIENCE)

    async def topic(self, code: str) -> str | None:
        """The subject of a code that another edge has handed out."""
        for worker in self._alive():
            if worker == self._seen.worker:
                continue
            asked = await self._links.ask(worker, "topic", code, ASIDE_PATIENCE)
            if asked is not None and isinstance(asked.said, str):
                return asked.said or None
        return None

    def tidy(self) -> None:
        """Gives up what nobody needs here any more."""
        now = self._clock()
        self._shares.let_go()
        self._told = {chat: at for chat, at in self._told.items() if now - at <= self._gone}
        self._guests = {chat: at for chat, at in self._guests.items() if now - at <= self._keep}

    async def turn_to_poll(self) -> int | None:
        """Waits until no other edge asks Telegram for updates; the lock is held by what is returned, until closed."""
        while True:
            try:
                held = os.open(self._poll_lock, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return None  # better twice than by nobody
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return held
            except OSError:
                os.close(held)
            await asyncio.sleep(LOCK_SECONDS)

    # -- what the others ask

    def _answer(self, verb: str, content: Any) -> Said:
        if verb == "update":
            return self._taken_over(content)
        if verb == "keep":
            self._keep_for_another(content)
            return _KEPT, None
        if verb == "forget":
            return TAKEN, self._aside(self._forget_here(int(content)))
        return self._topic(str(content)) or "", None

    def _taken_over(self, raw: Any) -> Said:
        update = read(raw)
        if update is None:
            return _WORDS[Taken.ANSWERED], None
        if self._stopping or not self.is_ours(update.chat):
            return _MOVED, None
        taken, work = Taken.OURS, self._under_way.get(update.update_id)
        if work is None:
            taken, work = self._ours(update)
        return (TAKEN, work) if taken is Taken.OURS else (_WORDS[taken], None)

    async def _forget_here(self, chat: int) -> None:
        was_here = self._guests.pop(chat, None) is not None or self.is_ours(chat)
        await self._forget(chat, was_here)

    # -- one update

    def _ours(self, update: Update) -> Begun:
        self._shares.touch(update.chat)
        taken, work = self._here(update)
        if work is not None:
            self._under_way[update.update_id] = work
            work.add_done_callback(lambda _: self._under_way.pop(update.update_id, None))
        return taken, work

    def _keep_for_another(self, raw: Any) -> None:
        """Whoever gave it is at work on it: asked for it, they say when it is done."""
        update, gone = read(raw), asyncio.get_running_loop().create_future()
        if update is not None:
            gone.set_result(False)
            self._follow(update, raw, gone)

    def _follow(self, update: Update, raw: Any, done: asyncio.Future[bool]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._until_answered(update, raw, done))
        self._following.add(task)
        task.add_done_callback(self._following.discard)
        return task

    async def _until_answered(self, update: Update, raw: Any, done: asyncio.Future[bool]) -> None:
        """Telegram may have been told that it was delivered, so nobody else brings it again."""
        if await done:
            return
        end = self._clock() + LEFT_BEHIND_SECONDS
        while self._clock() < end:
            taken, work = await self.bring(update, raw, urgent=False)  # who holds it may be slow; if gone, nobody waits
            if taken is not Taken.ELSEWHERE:
                if work is not None:
                    await asyncio.wait({work})
                return
            await asyncio.sleep(AGAIN_SECONDS)  # the kernel is still taking the other process apart
        log.error("telegram.left_behind")

    def _alive(self) -> list[str]:
        return [worker for worker in self._seen.workers() if self._links.listens(worker)]

    def _aside(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
        return task
