"""
The whole set of journeys over Telegram: real HTTP to an emulated Bot API and back, real edge, trained model, real actions.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.assistant.client import AssistantAnswer
from bot.channels.telegram_text import pieces
from bot.wording import Button
from tests.conversations.house import TRANSCRIPTS, InProcess, Provider, open_house, remembered, sealed_notes, written
from tests.emulators.bot_api import BotApi, until
from tests.emulators.telegram_door import Door, open_door
from tests.emulators.telegram_people import User

pytestmark = pytest.mark.slow

COMMANDS = re.compile(r"/(start|help|private|person|forget|stop)\Z")


class OneAtATime(InProcess):
    """Rasa belongs to one loop, and here many officers write at once."""

    def __init__(self, brain: Any) -> None:
        super().__init__(brain)
        self._turn = asyncio.Lock()

    async def reply(self, *arguments: Any, **more: Any) -> AssistantAnswer:
        async with self._turn:
            return await super().reply(*arguments, **more)


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


def press(door: Door, officer: User, payload: str) -> None:
    """Presses the newest button of that payload, or one as it would stand there; Telegram sees its opaque id only."""
    if COMMANDS.match(payload):
        officer.says(payload)
        return
    buttons = door.channel._talk.result()._parts.buttons  # type: ignore[union-attr]
    ids = [
        opaque
        for opaque, keyboard in buttons._keyboards.items()
        if keyboard.chat == officer.id and not keyboard.used and keyboard.payloads[opaque] == payload
    ]
    opaque = ids[-1] if ids else buttons.show(officer.id, [Button("free", payload)])[0][1]
    officer.presses_data(opaque)


async def follow(door: Door, officer: User, transcript: dict[str, Any], provider: Provider) -> list[str]:
    """Goes through *transcript* and returns what was not as it says."""
    officer.says("/start")
    await until(officer.hears, within=90)
    faults, known = [], {}  # type: ignore[var-annotated]
    for place, turn in enumerate(transcript["turns"], start=1):
        before = len(officer.hears())
        if "press" in turn:
            press(door, officer, turn["press"])
        else:
            officer.says(written(turn, known))
        wanted = [piece for words in turn["gets"] for piece in pieces(words)]
        try:
            await until(lambda before=before: len(officer.hears()) > before, within=90, every=0.05)
            await until(
                lambda before=before, wanted=wanted: all(w in "\n".join(officer.hears()[before:]) for w in wanted),
                within=5,
                every=0.05,
            )
        except AssertionError:
            faults.append(f"{transcript['journey']}: {transcript['title']}, turn {place}")
            break
        remembered(turn, "\n".join(officer.hears()[before:]), known)
        if turn.get("arrives"):
            await provider.is_reached()
        said = "\n".join(officer.hears()[before:])
        faults += [
            f"{transcript['journey']}, turn {place}: {words}" for words in turn.get("never", ()) if words in said
        ]
    return faults


async def test_every_journey(agent: Any, api: BotApi, tmp_path: Path) -> None:
    """
    Each transcript, all officers at once, gets over Telegram what it gets at the edge; no payload is seen there.
    """
    provider = Provider.at(tmp_path, taking=True)
    transcripts = [one for one in TRANSCRIPTS if one.get("provider", True)]
    officers = [api.user(f"Officer{number}") for number in range(len(transcripts))]
    with sealed_notes(agent, tmp_path) as brain:
        house = open_house(tmp_path, OneAtATime(brain), provider)
        more = {"assistant_patience": 60.0, "web_chat_url": "https://chat.example.org"}
        async with open_door(api, tmp_path, house, **more) as door:
            every = zip(officers, transcripts, strict=True)
            found = await asyncio.gather(*(follow(door, *each, provider) for each in every))
            await until(lambda: api.quiet, within=30)

    assert [fault for faults in found for fault in faults] == []
    assert all(call.status == 200 for call in api.called("sendMessage"))
    data = [b.get("callback_data", "") for m in api.messages.values() for row in m.keyboard for b in row]
    assert not [one for one in data if one.startswith("/")]
