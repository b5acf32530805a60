"""Telegram with the real edge behind it: real triage, real wording, keys and pseudonyms."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.wording import Button, Reply
from tests.channels.builders import WORDING, FakeAssistant, edge, kept
from tests.emulators.bot_api import BotApi, until
from tests.emulators.telegram_door import open_door

CRISIS = "I'm sitting here with my gun and I am going to do it tonight"


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


async def test_first_contact(api: BotApi, tmp_path: Path) -> None:
    """The first words say what this is and what Telegram sees, before anything was told."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, edge(tmp_path)):
        officer.says("/start poster7")
        await until(officer.hears)

    assert officer.hears() == [WORDING.say("utter_first_contact", channel="telegram").text]
    assert "software" in officer.hears()[0]
    assert "Telegram" in officer.hears()[0]


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_the_numbers_come_first(api: BotApi, tmp_path: Path, mode: str) -> None:
    """A crisis as the very first message gets the numbers first, with the assistant dead."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, edge(tmp_path, assistant=FakeAssistant(away=True)), telegram_mode=mode):
        officer.says(CRISIS)
        await until(officer.hears)

    assert "988" in officer.hears()[0]


async def test_a_crisis_behind_a_hanging_assistant(api: BotApi, tmp_path: Path) -> None:
    """A crisis does not wait for the assistant to answer what came before it."""
    officer = api.user("Robin")
    behind = edge(tmp_path, assistant=FakeAssistant(hangs=True), patience=30.0)
    async with open_door(api, tmp_path, behind):
        officer.says("what is an EAP")
        officer.says(CRISIS)
        await until(lambda: any("988" in text for text in officer.hears()))


async def test_erased_on_both_sides(api: BotApi, tmp_path: Path) -> None:
    """Typed or pressed, an erasure takes both sides' messages off the phone and says so."""
    officer = api.user("Robin")
    assistant = FakeAssistant(said=(Reply("An EAP is …", (Button("Erase everything", "/forget"),)),))
    async with open_door(api, tmp_path, edge(tmp_path, assistant=assistant)):
        for erase in (lambda: officer.says("delete everything"), lambda: officer.presses("Erase everything")):
            officer.says("what is an EAP")
            officer.sends_sticker()
            await until(lambda: "An EAP is …" in officer.transcript() and "only read text" in officer.transcript())
            await until(lambda: api.quiet)
            erase()
            await until(lambda: len(officer.screen()) == 1 and api.quiet)
            assert officer.screen()[0].by_bot

    assert len(assistant.forgotten) == 2


async def test_erased_after_a_restart(api: BotApi, tmp_path: Path) -> None:
    """A door that remembers nothing any more still takes what was said before its restart off the phone."""
    officer, other = api.user("Robin"), api.user("Alex")
    async with open_door(api, tmp_path, edge(tmp_path)):
        for someone in (officer, other):
            someone.says("what is an EAP")
            await until(someone.hears)
    async with open_door(api, tmp_path, edge(tmp_path)):
        officer.says("delete everything")
        await until(lambda: len(officer.screen()) == 1 and api.quiet)

    assert officer.screen()[0].by_bot
    assert len(other.screen()) > 1


async def test_the_subject_goes_along(api: BotApi, tmp_path: Path) -> None:
    """The way out carries what was spoken of last, and in a crisis the crisis, until everything is erased."""
    officer = api.user("Robin")
    assistant = FakeAssistant(subject="report_sleep")
    web = "https://chat.example.org/"

    def topic() -> str | None:
        url = officer.screen()[-1].keyboard[-1][0].get("url", "")
        return door.topics.take(url.partition("#")[2]) if url else "no way"

    async with open_door(api, tmp_path, edge(tmp_path, assistant=assistant), web_chat_url=web) as door:
        told = ("/start", "I cannot sleep", "/help", CRISIS, "what is an EAP", "/private", "/forget", "/start")
        for said, words in enumerate(told, start=1):
            officer.says(words)
            await until(lambda said=said: api.quiet and len(api.called("sendMessage", officer.id)) >= said)
            found = {"/start": None, "/help": "report_sleep", CRISIS: "crisis", "/private": "crisis"}
            if words in found:
                await until(lambda: officer.screen()[-1].by_bot and officer.screen()[-1].keyboard)
                assert topic() == found[words], words


async def test_nothing_of_the_sender_goes_further(api: BotApi, tmp_path: Path) -> None:
    """What reaches the assistant is a pseudonym and redacted text; the state folder holds neither name nor number."""
    officer = api.user("Canaryname")
    assistant = FakeAssistant()
    async with open_door(api, tmp_path, edge(tmp_path, assistant=assistant)):
        officer.says("my badge is 5550147")
        await until(lambda: assistant.heard and api.quiet)

    who, text, *_ = assistant.heard[0]
    assert str(officer.id) not in who
    assert "5550147" not in text
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert str(officer.id).encode() not in files
    assert b"Canaryname" not in files


async def test_the_timer_outlives_a_restart(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """What a door that is gone has said is taken off the phone a day later by the one that came after it."""
    officer, sealer = api.user("Robin"), Sealer([new_key()])
    async with open_door(api, tmp_path, edge(tmp_path), sealer=sealer, memory_dir=memory):
        officer.says("what is an EAP")
        await until(officer.hears)
        await until(lambda: api.quiet)
    assert len(officer.screen()) > 1

    async with open_door(api, tmp_path, edge(tmp_path), sealer=sealer, memory_dir=memory) as door:
        talk = await door.channel._talking()
        await talk.tidy()
        assert len(officer.screen()) > 1
        talk._parts.traces._clock = lambda: time.time() + 24 * 3600
        await talk.tidy()

    assert officer.screen() == []
    assert kept(memory, tmp_path, sealer).news() == []


async def test_an_erasure_takes_what_was_said_before_a_restart(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """After a restart all of one's own chat is known, and nobody else's is touched; the file has nothing of it left."""
    officer, other, sealer = api.user("Robin"), api.user("Alex"), Sealer([new_key()])
    async with open_door(api, tmp_path, edge(tmp_path), sealer=sealer, memory_dir=memory):
        for someone in (officer, other):
            someone.says("what is an EAP")
            await until(someone.hears)
        await until(lambda: api.quiet)
    async with open_door(api, tmp_path, edge(tmp_path), sealer=sealer, memory_dir=memory):
        officer.says("delete everything")
        await until(lambda: len(officer.screen()) == 1 and api.quiet)

    assert officer.screen()[0].by_bot
    assert len(other.screen()) > 1
    assert {chat for chat, _, _ in kept(memory, tmp_path, sealer).news()} == {officer.id, other.id}
    assert sum(chat == officer.id for chat, _, _ in kept(memory, tmp_path, sealer).news()) == 1
