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

from bot.assistant.client import AssistantAnswer, Notes
from bot.channels.telegram_text import pieces
from bot.privacy.pseudonyms import Pseudonym
from bot.wording import Button
from tests.channels.builders import edge
from tests.conversations.test_transcripts import TRANSCRIPTS, InProcess, as_it_is
from tests.emulators.bot_api import BotApi, until
from tests.emulators.telegram_door import Door, open_door
from tests.emulators.telegram_people import User

pytestmark = pytest.mark.slow

COMMANDS = re.compile(r"/(start|help|private|person|forget|stop)\Z")


class OneAtATime(InProcess):
    """Rasa belongs to one loop, and here many officers write at once."""

    def __init__(self, agent: Any) -> None:
        super().__init__(agent)
        self._turn = asyncio.Lock()

    async def reply(self, *arguments: Any, **more: Any) -> AssistantAnswer:
        async with self._turn:
            return await super().reply(*arguments, **more)

    async def held(self, who: Pseudonym) -> Notes | None:
        return None


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


async def follow(door: Door, officer: User, transcript: dict[str, Any]) -> list[str]:
    """Goes through *transcript* and returns what was not as it says."""
    officer.says("/start")
    await until(officer.hears, within=90)
    faults = []
    for place, turn in enumerate(transcript["turns"], start=1):
        before = len(officer.hears())
        if "press" in turn:
            press(door, officer, turn["press"])
        else:
            officer.says(turn["write"])
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
        said = "\n".join(officer.hears()[before:])
        faults += [
            f"{transcript['journey']}, turn {place}: {words}" for words in turn.get("never", ()) if words in said
        ]
    return faults


async def test_every_journey(agent: Any, api: BotApi, tmp_path: Path) -> None:
    """
    Each transcript, all officers at once, gets over Telegram what it gets at the edge; no payload is seen there.
    """
    door_edge = edge(tmp_path, assistant=OneAtATime(agent), redact=as_it_is, patience=60.0)
    officers = [api.user(f"Officer{number}") for number in range(len(TRANSCRIPTS))]
    async with open_door(
        api, tmp_path, door_edge, assistant_patience=60.0, web_chat_url="https://chat.example.org"
    ) as door:
        found = await asyncio.gather(*(follow(door, o, t) for o, t in zip(officers, TRANSCRIPTS, strict=True)))
        await until(lambda: api.quiet, within=30)

    assert [fault for faults in found for fault in faults] == []
    assert all(call.status == 200 for call in api.called("sendMessage"))
    data = [b.get("callback_data", "") for m in api.messages.values() for row in m.keyboard for b in row]
    assert not [one for one in data if one.startswith("/")]
