"""
The Telegram door on a real port, with an edge that answers by a script.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from bot.channels.inbound import Answer, Incoming
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_talk import words
from bot.channels.topics import Topics
from bot.crypto.sealing import Sealer
from bot.settings import Secret, Settings
from bot.triage.levels import Level, ReplyKind, Verdict
from bot.wording import Button, Reply, Wording
from tests.emulators.bot_api import SECRET, TOKEN, BotApi, until

NUMBERS = "Call or text 988 now. In danger: 911."
CRISIS = "my gun is in my lap"
NOT_TEXT = "I can only read text."
AWAY = "Not running right now. CopLine, 988, 911."
SLOW_DOWN = "Too many at once. Give me a minute."
WORDING = Wording(
    {
        "utter_not_text": [{"text": NOT_TEXT}],
        "utter_assistant_away": [{"text": AWAY}],
        "utter_slow_down": [{"text": SLOW_DOWN}],
    }
)
EDITED, FORWARDED = (words()[name]["text"] for name in ("edited", "forwarded"))


def judge(text: str) -> Verdict:
    """Triage as simple as can be: a gun is a crisis."""
    return Verdict(Level.IMMINENT, ReplyKind.CRISIS) if "gun" in text else Verdict()


def crisis_answer(*buttons: Button) -> Answer:
    """What the edge says in a crisis."""
    return Answer((Reply(NUMBERS, buttons),), Level.IMMINENT, ReplyKind.CRISIS)


def says(*texts: str, buttons: tuple[Button, ...] = (), **more: Any) -> Answer:
    """An ordinary answer."""
    return Answer(tuple(Reply(text, buttons) for text in texts), **more)


@dataclass
class FakeEdge:
    """
    Answers ``script[text or choice]``, else echoes; notes what it heard.

    *delays* are seconds by the same key; a value of *script* that is an exception is raised.
    """

    script: dict[str, Answer | Exception] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    heard: list[Incoming] = field(default_factory=list)
    forgotten: list[tuple[str, str]] = field(default_factory=list)
    push: Callable[..., Any] | None = None

    def subscribe(self, channel: str, push: Callable[..., Any]) -> None:
        self.push = push

    async def hear(self, incoming: Incoming) -> Answer:
        self.heard.append(incoming)
        key = incoming.choice or incoming.text
        await asyncio.sleep(self.delays.get(key, 0))
        answer = self.script.get(key)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        return crisis_answer() if judge(incoming.text).reply_kind is ReplyKind.CRISIS else says(f"heard: {key}")

    async def forget(self, channel: str, sender: str) -> Answer:
        self.forgotten.append((channel, sender))
        return says("Erased.", erased=True)

    def texts(self) -> list[str]:
        """What was heard, as text or choice."""
        return [incoming.choice or incoming.text for incoming in self.heard]


def telegram_settings(folder: Path, api: str, **changes: Any) -> Settings:
    """Settings of a webhook door; *changes* replace single ones."""
    values: dict[str, Any] = {
        "state_dir": folder,
        "telegram_mode": "webhook",
        "telegram_token": Secret(TOKEN),
        "telegram_secret": Secret(SECRET),
        "telegram_webhook_url": "http://127.0.0.1:1/telegram",
        "telegram_api": api,
        "assistant_patience": 2.0,
    }
    return Settings(**(values | changes))


@dataclass
class Door:
    """A running door: its channel, its edge and, in webhook mode, where its port is."""

    channel: TelegramChannel
    edge: Any
    url: str
    topics: Topics


@contextlib.asynccontextmanager
async def open_door(
    api: BotApi,
    folder: Path,
    edge: Any = None,
    *,
    wait: bool = True,
    pace: float | None = 500,
    sealer: Sealer | None = None,
    **changes: Any,
) -> AsyncIterator[Door]:
    """
    Opens a door to *api*, waits until Telegram knows it (unless told not to), closes it at the end.

    With a ``FakeEdge`` the wording and the triage are as simple; with a real one they are the real ones.
    """
    edge = FakeEdge() if edge is None else edge
    simple: dict[str, Any] = {"wording": WORDING, "judge": judge} if isinstance(edge, FakeEdge) else {}
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/telegram"
        settings = telegram_settings(folder, api.url, **{"telegram_webhook_url": url, **changes})
        topics = Topics()
        channel = TelegramChannel(edge, settings, pace=pace, topics=topics, sealer=sealer, **simple)
        server = _Server(uvicorn.Config(Starlette(routes=channel.routes()), log_config=None, ws="none", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await channel.start()
        try:
            if wait:
                await until(lambda: channel.ready, within=60)
            yield Door(channel, edge, url, topics)
        finally:
            await channel.stop()
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Signals belong to the test run."""
        yield
