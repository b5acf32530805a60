"""
Keeps the responders' pages up to date: looks whether the mailbox has changed, and tells the pages that are open.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from anyio import to_thread

from bot.desk.accounts import everybody
from bot.desk.database import DeskDatabase
from bot.desk.picture import draw
from bot.desk.sessions import Session, Sessions
from bot.errors import StoreError
from bot.handoff.escalation import EDGE_SILENT, MARK_SECONDS
from bot.handoff.mailbox import Mailbox
from bot.handoff.post import Post
from bot.logs import get_logger

log = get_logger(__name__)

POLL_SECONDS = 0.25  # between looks by the clock; a mailbox that was written into wakes the desk at once
IDLE_SECONDS = 1.0
FAILED_SECONDS = 1.0
CLEAN_SECONDS = 3.0
PING_SECONDS = 10.0


class Live:
    """One per desk process. Of several pages of one account the newest is live: lines go to one place."""

    def __init__(self, mailbox: Mailbox, database: DeskDatabase, sessions: Sessions, heartbeat: float) -> None:
        self._mailbox = mailbox
        self._database = database
        self._sessions = sessions
        self._heartbeat = heartbeat
        self._pages: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._news = asyncio.Event()  # look now, not when it is time
        self._ending = False

    async def run(self) -> None:
        """Watches until cancelled."""
        try:
            await self._watch()
        finally:
            self._mailbox.stop_listening()

    async def _watch(self) -> None:
        version, cleaned = -1, float("-inf")
        while True:
            now = asyncio.get_running_loop().time()
            try:
                self._news.clear()
                found = await self._mailbox.ask(lambda _: self._mailbox.version())
                self._mailbox.listen(self._news.set)
                if now - cleaned >= CLEAN_SECONDS:
                    await self._mailbox.ask(_clean)
                    cleaned = now
                pause = POLL_SECONDS if self._pages else IDLE_SECONDS
            except StoreError:
                found, pause = version + 1, FAILED_SECONDS
            if found != version:
                version = found
                self._tell()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    def end(self) -> None:
        """Ends every stream, so that the process can stop."""
        self._ending = True
        self._tell()

    def is_current(self, account_id: str, page: str) -> bool:
        """Whether *page* is the one that is live; a page that comes first after a restart of the desk is."""
        return self._pages.setdefault(account_id, page) == page

    async def picture(self, session: Session) -> dict[str, Any]:
        """The page's content now; ``{"broken": true}`` when the mailbox cannot be read."""
        try:
            return await self._mailbox.ask(lambda post: draw(post, session.account, self._names(), self._heartbeat))
        except StoreError:
            return {"broken": True}

    async def stream(self, cookie: str, session: Session, page: str) -> AsyncIterator[str]:
        """Server-sent events for one page: ``picture`` on every change, ``ping`` every 10 s, the reason at the end."""
        account = session.account.id
        self._pages[account] = page
        self._tell()
        self._news.set()
        last, pinged = None, float("-inf")
        loop = asyncio.get_running_loop()
        try:
            while not self._ending:
                changed = self._changed
                if self._pages.get(account) != page:
                    yield _event("replaced")
                    return
                if loop.time() - pinged >= PING_SECONDS:
                    pinged = loop.time()
                    if await to_thread.run_sync(self._sessions.find, cookie) is None:
                        yield _event("signed_out")
                        return
                    yield _event("ping")
                picture = await self.picture(session)
                if picture != last:
                    last = picture
                    yield _event("picture", {"now": self._mailbox.clock(), "picture": picture})
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PING_SECONDS):
                        await changed.wait()
        except StoreError:
            return  # the page connects again, and is told
        finally:
            if self._pages.get(account) == page:
                del self._pages[account]

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _names(self) -> dict[str, str]:
        with self._database.reading() as db:
            return everybody(db)


def _clean(post: Post) -> None:
    post.queue.strand(EDGE_SILENT)
    post.queue.sweep(MARK_SECONDS)
    post.queue.sweep_letters()
    post.presence.sweep(86_400)


def _event(name: str, data: dict[str, Any] | None = None) -> str:
    return f"event: {name}\ndata: {json.dumps(data or {}, ensure_ascii=True)}\n\n"
