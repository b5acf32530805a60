"""
The line to Telegram: everything this service sends there, and nothing of it in a log or an error.

The bot's token is part of every address that is called, and the libraries below print addresses and messages. So they
are silenced, their exceptions end here, and what leaves this module is a result or its absence. Importing
python-telegram-bot takes half a second; ``bot.channels.telegram`` imports this module beside the running edge.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar
from urllib.parse import urlsplit

from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.channels.telegram_pace import PACE, URGENT, CrisisFirst
from bot.channels.telegram_updates import ASKED_FOR
from bot.logs import get_logger
from bot.settings import Secret

log = get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE, LONGEST_URGENT_PAUSE = 0.5, 15.0, 4.0
BATCH = 100  # Bot API, deleteMessages
POLL_SECONDS = 25

_JITTER = random.SystemRandom()
_SPEAKERS = ("telegram", "httpx", "httpcore", "aiolimiter")

Row = tuple[str, str]  # a button's title, and its id or its https address
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds what is tried again."""

    ordinary: float = 120.0
    urgent: float = 3_600.0  # the numbers are still worth reading after an hour
    short: float = 30.0  # what nobody waits for


class Outcome(Enum):
    """How a request ended."""

    DONE = auto()
    REFUSED = auto()  # Telegram will not do it, now or later
    SHUT_OUT = auto()  # the officer has blocked the bot
    UNREACHABLE = auto()  # Telegram could not be asked in time


class _Bot(ExtBot[int]):
    """A bot that does not print its token when something prints the bot."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Bot(…)"

    __str__ = __repr__

    async def updates(self, offset: int | None) -> Any:
        """As Telegram sent them: PTB makes objects of them, and loses all when it cannot make one."""
        wish = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": list(ASKED_FOR)}
        return await self._post("getUpdates", wish, read_timeout=POLL_SECONDS + 10)


class Line:
    """One bot's line. Its methods survive any network and raise nothing but ``CancelledError``."""

    def __init__(
        self, token: Secret, api: str, *, pace: float = PACE, patience: Patience | None = None, edges: int = 1
    ) -> None:
        """*pace* is the whole bot's: each of its *edges* has its part."""
        hush()
        self._patience = patience or Patience()
        base = api.rstrip("/")
        # a proxy from the environment is for the world, not for a Bot API server on this machine
        options = {"trust_env": urlsplit(base).hostname not in ("127.0.0.1", "::1", "localhost")}
        self._bot = _Bot(
            token.reveal(),
            base_url=f"{base}/bot",
            request=HTTPXRequest(64, read_timeout=10, pool_timeout=10, httpx_kwargs=options),
            get_updates_request=HTTPXRequest(2, httpx_kwargs=options),
            rate_limiter=CrisisFirst(pace / edges),
        )

    async def close(self) -> None:
        """Ends the connections."""
        for request in self._bot._request:  # shutdown() would end only those of a bot that has asked for its name
            with suppress(Exception):
                await request.shutdown()

    # -- to an officer

    async def send(self, chat: int, text: str, rows: Sequence[Row] = (), *, urgent: bool = False) -> int | None:
        """Sends a message and returns its id; None when it could not be delivered."""
        patience = self._patience.urgent if urgent else self._patience.ordinary
        for shown in (rows, ()) if rows else ((),):
            call = self._sending(chat, text, shown, urgent)
            outcome, message_id = await self._persist(call, patience, urgent=urgent)
            if outcome is not Outcome.REFUSED:  # a keyboard that Telegram dislikes must not keep the words back
                break
        if message_id is None:
            log.error("telegram.undelivered", outcome=outcome, urgent=urgent)
        return message_id

    async def type(self, chat: int) -> None:
        """Shows for five seconds that an answer is coming; not worth a second try."""
        await self._ask(lambda: self._bot.send_chat_action(chat, ChatAction.TYPING), patience=2)

    async def settle(self, callback_id: str) -> None:
        """Tells Telegram that a pressed button was noticed, so that it stops spinning."""
        await self._ask(lambda: self._bot.answer_callback_query(callback_id), patience=10)

    async def strip(self, chat: int, message_id: int) -> None:
        """Takes the buttons off a message."""
        await self._ask(lambda: self._bot.edit_message_reply_markup(chat, message_id))

    async def delete(self, chat: int, message_ids: Sequence[int]) -> list[int]:
        """Deletes messages of both sides; returns those that Telegram could not be asked about."""
        left: list[int] = []
        for start in range(0, len(message_ids), BATCH):
            left += await self._delete_batch(chat, message_ids[start : start + BATCH])
        return left

    async def leave(self, chat: int) -> None:
        """Leaves a group or a channel."""
        await self._ask(lambda: self._bot.leave_chat(chat))

    # -- about the bot itself

    async def updates(self, offset: int | None) -> list[Any] | None:
        """Waits for updates from *offset* on, as Telegram sent them; None when it could not be asked."""
        with suppress(Exception):
            found = await self._bot.updates(offset)
            return found if isinstance(found, list) else None
        return None

    async def hook(self, url: str, secret: Secret) -> bool:
        """Has Telegram bring updates to *url*; those that wait there already are kept."""
        done = await self._ask(
            lambda: self._bot.set_webhook(url, allowed_updates=ASKED_FOR, secret_token=secret.reveal())
        )
        return done is not None

    async def unhook(self) -> bool:
        """Has Telegram keep updates until they are fetched."""
        return await self._ask(self._bot.delete_webhook) is not None

    async def hooked(self, url: str) -> bool | None:
        """Whether Telegram still brings updates to *url*; None when it could not be asked."""
        held = await self._ask(self._bot.get_webhook_info)
        return None if held is None else held.url == url

    async def introduce(self, words: dict[str, Any]) -> bool:
        """Sets the menu, the name and the descriptions where they differ: Telegram allows few changes a day."""
        bot, menu = self._bot, tuple(BotCommand(name, about) for name, about in words["commands"].items())
        held = await self._ask(bot.get_my_commands)
        steps = [held == menu or await self._ask(lambda: bot.set_my_commands(menu)) is not None]
        for get, put, field in (
            (bot.get_my_name, bot.set_my_name, "name"),
            (bot.get_my_description, bot.set_my_description, "description"),
            (bot.get_my_short_description, bot.set_my_short_description, "short_description"),
        ):
            steps.append(await self._set(get, put, field, words[field]))
        return all(steps)

    async def _set(self, get: Callable[..., Any], put: Callable[..., Any], field: str, value: str) -> bool:
        held = await self._ask(get)
        return getattr(held, field, None) == value or await self._ask(lambda: put(value)) is not None

    # -- how it is done

    def _sending(self, chat: int, text: str, rows: Sequence[Row], urgent: bool) -> Callable[[], Awaitable[int]]:
        async def once() -> int:
            sent = await self._bot.send_message(
                chat,
                text,
                protect_content=True,
                link_preview_options=LinkPreviewOptions(is_disabled=True),  # Telegram would fetch the page
                reply_markup=_keyboard(rows),
                rate_limit_args=URGENT if urgent else None,
            )
            return sent.message_id

        return once

    async def _delete_batch(self, chat: int, batch: Sequence[int]) -> Sequence[int]:
        outcome, _ = await self._persist(lambda: self._bot.delete_messages(chat, batch), self._patience.short)
        if outcome is Outcome.REFUSED:  # one of them is too old to be deleted; the others still can be
            for number in batch:
                await self._delete_one(chat, number)
        return batch if outcome is Outcome.UNREACHABLE else ()

    async def _delete_one(self, chat: int, message_id: int) -> None:
        await self._ask(lambda: self._bot.delete_message(chat, message_id), patience=5)

    async def _ask(self, call: Callable[[], Awaitable[Result]], patience: float | None = None) -> Result | None:
        outcome, result = await self._persist(call, min(patience or self._patience.short, self._patience.short))
        if outcome is not Outcome.DONE:
            log.warning("telegram.not_done", outcome=outcome)
        return result

    async def _persist(
        self, call: Callable[[], Awaitable[Result]], patience: float, *, urgent: bool = False
    ) -> tuple[Outcome, Result | None]:
        """Calls until it works, Telegram refuses, or *patience* seconds are over."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + patience, FIRST_PAUSE
        while (left := end - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):  # not wait_for(): it can swallow a cancellation on Python 3.11
                    return Outcome.DONE, await call()
            except RetryAfter:
                continue  # the limiter knows for how long, and holds the next call
            except Forbidden:
                return Outcome.SHUT_OUT, None
            except BadRequest:
                return Outcome.REFUSED, None
            except (TelegramError, TimeoutError):
                await asyncio.sleep(min(pause * _JITTER.uniform(0.5, 1.0), max(0.0, end - loop.time())))
                pause = min(pause * 2, LONGEST_URGENT_PAUSE if urgent else LONGEST_PAUSE)
            except Exception as error:  # PTB could not read what came back; it may have been done
                log.error("telegram.unreadable", error=type(error))
                break
        return Outcome.UNREACHABLE, None


def hush() -> None:
    """Keeps the libraries below from saying anything: all of it would be addresses with the token, or messages."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _SPEAKERS]
    for name in {*_SPEAKERS, *known}:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        logger.disabled = True


def _keyboard(rows: Sequence[Row]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    buttons = [
        InlineKeyboardButton(title, url=target)
        if target.startswith("https://")
        else InlineKeyboardButton(title, callback_data=target)
        for title, target in rows
    ]
    return InlineKeyboardMarkup([[button] for button in buttons])
