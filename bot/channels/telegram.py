"""
The Telegram door: gets updates by webhook or by asking, sees that each is answered once, and keeps itself registered.

Telegram may be down for hours: everything here tries again in the background, and the edge does not notice.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.telegram_buttons import Buttons
from bot.channels.telegram_kept import Kept
from bot.channels.telegram_lanes import Lanes, Turn, cancel
from bot.channels.telegram_seen import Seen, Taken
from bot.channels.telegram_talk import CHANNEL, Hearing, Talk, TalkParts, words
from bot.channels.telegram_traces import Traces
from bot.channels.telegram_updates import Update, read
from bot.channels.topics import Topics
from bot.crypto.sealing import Sealer
from bot.errors import SettingsError
from bot.logs import get_logger
from bot.settings import Settings
from bot.triage.levels import Verdict
from bot.triage.lexicon import Triage
from bot.wording import Reply, Wording

if TYPE_CHECKING:  # imported beside the running edge, see Line
    from bot.channels.telegram_line import Line

log = get_logger(__name__)

PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
BODY_LIMIT = 256 * 1024  # an update without its files is a few kilobytes
BACKLOG = 2_000  # updates under way; beyond, Telegram is asked to keep them a little longer

# An update counts as delivered once it is answered or this many seconds are over: should this process die before,
# Telegram brings it again. Longer, and a hanging assistant would keep the next update out.
GRACE = 0.4
BUTTON_SECONDS = 12 * 3_600.0  # a shift
TIDY_SECONDS, CHECK_SECONDS = 60.0, 300.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
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
        self._registered = asyncio.Event()
        self._stopping = False
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
        self._registered.clear()
        jobs = [self._open, self._register, self._tidy]
        if self._settings.telegram_mode == "polling":
            jobs.append(self._poll)
        self._background = [asyncio.create_task(_keep_going(job)) for job in jobs]

    async def stop(self) -> None:
        """Takes no more updates, gives the answers under way a moment, and closes the line."""
        self._stopping = True
        await cancel(self._background)
        self._background = []
        await self._lanes.close(LAST_WORDS_SECONDS)
        if self._talk is not None and self._talk.done() and not self._talk.cancelled():
            await self._talk.result().last_words(LAST_WORDS_SECONDS)
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
        return self._registered.is_set()

    # -- updates in

    async def _webhook(self, request: Request) -> Response:
        secret = self._settings.telegram_secret.reveal().encode()
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace"), secret):
            log.warning("telegram.wrong_secret")
            return Response(status_code=401)
        if self._stopping or len(self._lanes) >= BACKLOG:
            return Response(status_code=503)  # Telegram brings it again
        update = read(await _body(request))
        taken = self._take(update)
        if taken is Taken.ELSEWHERE:
            return Response(status_code=503)  # it has to come again, should the other process die
        if update is not None and taken is Taken.OURS:
            await asyncio.wait({self._begin(update)}, timeout=GRACE)
        return Response(status_code=200)

    async def _poll(self) -> None:
        """Asks for updates until cancelled; Telegram forgets them when the next ones are asked for."""
        await self._registered.wait()
        offset, pause = None, FIRST_PAUSE
        while True:
            found = await self._line.updates(offset) if self._line and len(self._lanes) < BACKLOG else None
            if found is None:
                log.warning("telegram.no_updates", backlog=len(self._lanes))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE / 4)
                continue
            pause = FIRST_PAUSE
            taken = {update: self._take(update) for raw in found if (update := read(raw))}
            tasks = {self._begin(update) for update, whose in taken.items() if whose is Taken.OURS}
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE)
            else:
                await asyncio.sleep(GRACE)  # should a proxy answer at once with nothing, this does not spin
            elsewhere = [update.update_id for update, whose in taken.items() if whose is Taken.ELSEWHERE]
            offset = min(elsewhere, default=max((update.update_id + 1 for update in taken), default=offset))

    def _take(self, update: Update | None) -> Taken:
        taken = self._seen.take(update.update_id) if update else Taken.ANSWERED
        if taken is not Taken.OURS:
            log.debug("telegram.passed_over", readable=update is not None)
        return taken

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

        if replies and self._background:
            self._lanes.put(("push", chat), act)

    # -- the background

    def _ready_to_talk(self) -> asyncio.Future[Talk]:
        if self._talk is None:
            self._talk = asyncio.get_running_loop().create_future()
        return self._talk

    async def _talking(self) -> Talk:
        return await asyncio.shield(self._ready_to_talk())

    async def _open(self) -> None:
        """Gets ready to answer; should that fail, the updates wait and it is tried again."""
        await _until(self._try_to_open)

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
            )
            self._ready_to_talk().set_result(Talk(parts))
        except Exception as error:
            log.error("telegram.not_open", error=error)
            return False
        return True

    def _new_line(self) -> Line:
        from bot.channels.telegram_line import Line  # half a second

        return Line(self._settings.telegram_token, self._settings.telegram_api, **self._pace)

    def _new_traces(self, keep: float) -> Traces:
        if self._sealer is not None and self._kept is None:
            self._kept = Kept.at(self._settings.memory_dir, self._settings.state_dir, self._sealer)
        return Traces(keep, kept=self._kept)

    async def _register(self) -> None:
        """Makes Telegram bring updates, then sets menu and descriptions, then watches that nobody undoes it."""
        await self._talking()
        await _until(self._hook)
        self._registered.set()
        log.info("telegram.registered")
        await _until(self._introduce)
        while self._settings.telegram_mode == "webhook":
            await asyncio.sleep(CHECK_SECONDS)
            if self._line and await self._line.hooked(self._webhook_url()) is False:
                log.error("telegram.webhook_lost")
                await _until(self._hook)

    async def _hook(self) -> bool:
        if self._line is None:
            return False
        if self._settings.telegram_mode == "polling":
            return await self._line.unhook()
        return await self._line.hook(self._webhook_url(), self._settings.telegram_secret)

    async def _introduce(self) -> bool:
        return self._line is not None and await self._line.introduce(words())

    def _webhook_url(self) -> str:
        url = self._settings.telegram_webhook_url
        return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH

    async def _tidy(self) -> None:
        talk = await self._talking()
        while True:  # first at once: what became due while no process was there
            try:
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


async def _keep_going(job: Callable[[], Awaitable[None]]) -> None:
    """Begins *job* again when it fails: a door that has quietly closed answers no crisis."""
    while True:
        try:
            return await job()
        except Exception as error:
            log.error("telegram.job_failed", error=error)
            await asyncio.sleep(FIRST_PAUSE)


async def _until(attempt: Callable[[], Awaitable[bool]]) -> None:
    """Tries until it succeeds, ever less often."""
    pause = FIRST_PAUSE
    while not await attempt():
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
