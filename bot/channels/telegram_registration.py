"""
Keeps Telegram bringing updates here, or handing them out, and keeps the bot's menu and descriptions as they should be.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.channels.telegram_talk import words
from bot.channels.telegram_tries import until
from bot.logs import get_logger
from bot.settings import Settings

if TYPE_CHECKING:  # imported beside the running edge, see Line
    from bot.channels.telegram_line import Line

log = get_logger(__name__)

PATH = "/telegram"
CHECK_SECONDS = 300.0


class Registration:
    """``done`` is set once Telegram has agreed. Several edges of one bot register the same address, which is one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.done = asyncio.Event()

    async def keep(self, line: Line) -> None:
        """Makes Telegram bring updates, then sets menu and descriptions, then watches that nobody undoes it."""

        async def hook() -> bool:
            if self._settings.telegram_mode == "polling":
                return await line.unhook()
            return await line.hook(self._url(), self._settings.telegram_secret)

        await until(hook)
        self.done.set()
        log.info("telegram.registered")
        await until(lambda: line.introduce(words()))
        while self._settings.telegram_mode == "webhook":
            await asyncio.sleep(CHECK_SECONDS)
            if await line.hooked(self._url()) is False:
                log.error("telegram.webhook_lost")
                await until(hook)

    def _url(self) -> str:
        url = self._settings.telegram_webhook_url
        return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH
