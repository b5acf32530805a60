"""
The Telegram door: gets updates by webhook or by asking, sees that each is answered once, and keeps itself registered.

Telegram may be down for hours: everything here tries again in the background, and the edge does not notice.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.telegram_buttons import Buttons
from bot.channels.telegram_kept import Kept
from bot.channels.telegram_lanes import Lanes, Turn, cancel
from bot.channels.telegram_polling import poll
from bot.channels.telegram_registration import PATH, Registration
from bot.channels.telegram_seen import Seen, Taken
from bot.channels.telegram_several import Begun, Several
from bot.channels.telegram_talk import CHANNEL, Hearing, Talk, TalkParts
from bot.channels.telegram_traces import Traces
from bot.channels.telegram_tries import keep_going, until
from bot.channels.telegram_updates import Update, read
from bot.channels.topics import Topics
from bot.crypto.sealing import Sealer
from bot.errors import SettingsError
from bot.logs import get_logger
from bot.settings import Settings
from bot.triage.levels import ReplyKind, Verdict
from bot.triage.lexicon import Triage
from bot.wording import Reply, Wording

if TYPE_CHECKING:  # imported beside the running edge, see Line
    from bot.channels.telegram_line import Line

log = get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
BODY_LIMIT = 256 * 1024  # an update without its files is a few kilobytes
BACKLOG = 2_000  # updates under way; beyond, Telegram is asked to keep them a little longer

# An update counts as delivered once it is answered or this many seconds are over: should this process die before,
# Telegram brings it again. Longer, and a hanging assistant would keep the next update out.
GRACE = 0.4
BUTTON_SECONDS = 12 * 3_600.0  # a shift
TIDY_SECONDS = 60.0
LAST_WORDS_SECONDS = 3.0  # for answers under way when the edge is stopped

_SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}\Z")  # Bot API, setWebhook


class TelegramChannel:
    """One bot. ``routes`` before the edge's port opens, ``start`` once its loop runs, ``stop`` at the end."""

    def __init__(
        self,
        edge: Hearing,
        settings: Settings,
        *,
        wording: Wording | None = None,
        judge: Callable[[str], Verdict] | None = None,
        topics: Topics | None = None,
        pace: float | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        """
        *wording* and *judge* are loaded when not given; *topics* are shared with the web chat. With a *sealer*, which
        messages have to be deleted is known after a restart, too.

        Raises ``SettingsError`` rather than run half-safe.
        """
        _check(settings)
        self._edge = edge
        self._settings = settings
        self._wording = wording
        self._judge = judge
        self._topics = topics or Topics()
        self._pace: dict[str, Any] = {} if pace is None else {"pace": pace}
        self._sealer = sealer
        self._kept: Kept | None = None
        self._seen = Seen(settings.state_dir / "telegram_updates.db")
        self._line: Line | None = None
        self._talk: asyncio.Future[Talk] | None = None
        self._background: list[asyncio.Task[None]] = []
        self._lanes = Lanes()
        self._registration = Registration(settings)
        self._stopping = False
        self._several = self._among_others() if settings.edges > 1 and settings.telegram_mode != "off" else None
        edge.subscribe(CHANNEL, self._push)

    def routes(self) -> list[BaseRoute]:
        """The webhook's route; none when updates are asked for."""
        if self._settings.telegram_mode != "webhook":
            return []
        return [Route(PATH, self._webhook, methods=["POST"])]

    async def start(self) -> None:
        """Starts everything in the background and returns at once, whatever the network is like."""
        if self._settings.telegram_mode == "off" or self._background:
            return
        self._stopping = False
        self._registration.done.clear()
        jobs = [self._open, self._register, self._tidy]
        if self._settings.telegram_mode == "polling":
            jobs.append(self._poll)
        if self._several is not None:
            jobs.append(self._join)
        self._background = [asyncio.create_task(keep_going(job)) for job in jobs]

    async def stop(self) -> None:
        """Takes no more updates, gives the answers under way a moment, and closes the line."""
        self._stopping = True
        await cancel(self._background)
        self._background = []
        if self._several is not None:
            await self._several.leave()
        await self._lanes.close(LAST_WORDS_SECONDS)
        if self._talk is not None and self._talk.done() and not self._talk.cancelled():
            await self._talk.result().last_words(LAST_WORDS_SECONDS)
        if self._several is not None:
            await self._several.close()
        self._seen.close()
        if self._line is not None:
            await self._line.close()
        if self._kept is not None:
            self._kept.close()
        self._line = self._talk = self._kept = None

    async def erase_chat(self, sender: str) -> int:
        """Deletes the bot's and the officer's messages in this chat, as far as they are remembered; how many."""
        if not self._background:
            return 0
        return await (await self._talking()).erase(int(sender))

    @property
    def ready(self) -> bool:
        """True once Telegram has agreed to bring updates here, or to hand them out."""
        return self._registration.done.is_set()

    # -- updates in

    async def _webhook(self, request: Request) -> Response:
        secret = self._settings.telegram_secret.reveal().encode()
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace"), secret):
            log.warning("telegram.wrong_secret")
            return Response(status_code=401)
        if self._stopping or self._is_full():
            return Response(status_code=503)  # Telegram brings it again
        raw = await _body(request)
        taken, work = await self._bring(raw)
        if taken is Taken.ELSEWHERE:
            return Response(status_code=503)  # it has to come again, should the other process die
        if work is not None:
            await self._well_under_way({work: raw})
        return Response(status_code=200)

    async def _poll(self) -> None:
        """Asks for updates until cancelled; Telegram forgets them when the next ones are asked for."""
        await self._registration.done.wait()
        turn = await self._several.turn_to_poll() if self._several is not None else None
        try:
            if self._line is not None:
                await poll(self._line, self._bring, self._well_under_way, self._is_full)
        finally:
            if turn is not None:
                os.close(turn)

    async def _bring(self, raw: object) -> Begun:
        """Has what came in answered, here or by another edge."""
        update = read(raw)
        if update is None:
            log.debug("telegram.passed_over")
            return Taken.ANSWERED, None
        if self._several is None or not update.chat:
            return self._here(update)
        return await self._several.bring(update, raw, urgent=self._is_urgent(update))

    async def _well_under_way(self, works: dict[asyncio.Task[None], Any]) -> None:
        """Until all is answered, or will be even if this process dies and there is another one."""
        _, slow = await asyncio.wait(works, timeout=GRACE)
        if self._several is not None:
            await asyncio.gather(*(self._several.deposit(work, works[work]) for work in slow))

    def _is_urgent(self, update: Update) -> bool:
        return self._judge is None or self._judge(update.text).reply_kind is not ReplyKind.NORMAL

    def _here(self, update: Update) -> Begun:
        """Begins *update*, unless it was begun before."""
        taken = Taken.ELSEWHERE if self._is_full() else self._seen.take(update.update_id)
        if taken is not Taken.OURS:
            log.debug("telegram.passed_over")
            return taken, None
        return taken, self._begin(update)

    def _is_full(self) -> bool:
        return len(self._lanes) + len(self._several or ()) >= BACKLOG

    def _begin(self, update: Update) -> asyncio.Task[None]:
        async def act(turn: Turn) -> None:
            await (await self._talking()).answer(update, turn)
            self._seen.done(update.update_id)

        return self._lanes.put(update.chat, act)

    async def _push(self, sender: str, replies: Sequence[Reply], status: dict[str, Any] | None) -> None:
        """The edge does not wait for Telegram: pushes of one chat queue behind one another, here."""
        chat = int(sender)

        async def act(turn: Turn) -> None:
            await (await self._talking()).push(chat, replies, turn)

        if self._several is not None:
            self._several.touch(chat)
        if replies and self._background:
            self._lanes.put(("push", chat), act)

    # -- several edges

    def _among_others(self) -> Several:
        settings = self._settings
        return Several(
            settings.state_dir,
            self._seen,
            self._here,
            self._forget,
            self._topics.take,
            memory=settings.memory_dir,
            keep_seconds=settings.lifetime_hours * 3600,
            gone_seconds=settings.idle_minutes * 60,
        )

    async def _join(self) -> None:
        """Only an edge that can speak takes what the others hand over."""
        await self._talking()
        if self._several is not None:
            self._topics.elsewhere = self._several.topic
            await self._several.join()

    async def _forget(self, chat: int, was_here: bool) -> None:
        """Another edge has erased *chat*; *was_here* where this one has answered in it as well."""
        await (await self._talking()).forget(chat, was_here=was_here)
        if was_here:
            await self._edge.forget(CHANNEL, str(chat))

    # -- the background

    def _ready_to_talk(self) -> asyncio.Future[Talk]:
        if self._talk is None:
            self._talk = asyncio.get_running_loop().create_future()
        return self._talk

    async def _talking(self) -> Talk:
        return await asyncio.shield(self._ready_to_talk())

    async def _open(self) -> None:
        """Gets ready to answer; should that fail, the updates wait and it is tried again."""
        await until(self._try_to_open)

    async def _try_to_open(self) -> bool:
        settings, keep = self._settings, self._settings.lifetime_hours * 3600
        try:
            self._line = await asyncio.to_thread(self._new_line)  # so that the edge goes on answering
            traces = await asyncio.to_thread(self._new_traces, keep)
            parts = TalkParts(
                edge=self._edge,
                line=self._line,
                wording=self._wording or Wording.load(),
                judge=self._judge or Triage.load().judge,
                traces=traces,
                buttons=Buttons(min(BUTTON_SECONDS, keep)),
                patience=3 * settings.assistant_patience,
                topics=self._topics,
                web_chat_url=settings.web_chat_url,
                per_minute=settings.web_messages_per_minute,
                others=self._several,
            )
            self._ready_to_talk().set_result(Talk(parts))
        except Exception as error:
            log.error("telegram.not_open", error=error)
            return False
        return True

    def _new_line(self) -> Line:
        from bot.channels.telegram_line import Line  # half a second

        settings = self._settings
        return Line(settings.telegram_token, settings.telegram_api, edges=settings.edges, **self._pace)

    def _new_traces(self, keep: float) -> Traces:
        if self._sealer is not None and self._kept is None:
            self._kept = Kept.at(self._settings.memory_dir, self._settings.state_dir, self._sealer)
        return Traces(keep, kept=self._kept, ours=self._several.is_ours if self._several else None)

    async def _register(self) -> None:
        await self._talking()
        if self._line is not None:
            await self._registration.keep(self._line)

    async def _tidy(self) -> None:
        talk = await self._talking()
        while True:  # first at once: what became due while no process was there
            try:
                if self._several is not None:
                    self._several.tidy()
                await talk.tidy()
            except Exception as error:
                log.error("telegram.tidy_failed", error=type(error))
            await asyncio.sleep(TIDY_SECONDS)


def _check(settings: Settings) -> None:
    """``Settings`` checks some of this too; a door to the world checks again what it relies on."""
    if settings.telegram_mode != "off" and not settings.telegram_token:
        raise SettingsError("SIDEDOOR_TELEGRAM_TOKEN is needed when SIDEDOOR_TELEGRAM_MODE is not off")
    if settings.telegram_mode != "webhook":
        return
    if not _SECRET.match(settings.telegram_secret.reveal()):
        raise SettingsError("SIDEDOOR_TELEGRAM_SECRET must have 32 to 256 characters from A-Z a-z 0-9 _ -")
    if urlsplit(settings.telegram_webhook_url).scheme not in ("https", "http"):
        raise SettingsError("SIDEDOOR_TELEGRAM_WEBHOOK_URL must be an https address in webhook mode")


async def _body(request: Request) -> object:
    """The JSON that was posted; None when it is too long or none. Telegram would only bring it again."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                log.warning("telegram.too_long")
                return None
        return json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect):
        return None
