"""The Telegram door over real HTTP, against an emulator of the Bot API that shares no code with it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.telegram import SECRET_HEADER, TelegramChannel
from bot.channels.telegram_buttons import Buttons
from bot.channels.telegram_line import Line, Patience
from bot.channels.telegram_talk import Talk, TalkParts
from bot.channels.telegram_traces import Traces
from bot.channels.telegram_updates import Kind, Update
from bot.errors import SettingsError
from bot.settings import Secret
from bot.wording import Button, Reply
from tests.emulators.bot_api import SECRET, TOKEN, BotApi, until
from tests.emulators.telegram_door import (
    AWAY,
    CRISIS,
    EDITED,
    FORWARDED,
    NOT_TEXT,
    NUMBERS,
    SLOW_DOWN,
    WORDING,
    FakeEdge,
    crisis_answer,
    judge,
    open_door,
    says,
    telegram_settings,
)

YES_NO = (Button("Yes", "/check_in_yes"), Button("No", "/check_in_no"))


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


def update(text: str, number: int = 1, chat: int = 5550101) -> dict[str, Any]:
    """An update as anybody could post it."""
    place = {"message_id": number, "chat": {"id": chat, "type": "private"}, "date": 0}
    return {"update_id": number, "message": {**place, "text": text}}


async def at_once() -> None:
    """A turn that need not be waited for."""


# -- the way of a message


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_a_conversation(api: BotApi, tmp_path: Path, mode: str) -> None:
    """A message brings its answer, a button its own, and a command the edge's choice of that name."""
    officer = api.user("Robin")
    edge = FakeEdge({"/start": says("This is software.", buttons=(Button("Ask", "/find_support"),))})
    async with open_door(api, tmp_path, edge, telegram_mode=mode):
        officer.says("/start")
        await until(lambda: "This is software." in officer.hears())
        officer.presses("Ask")
        await until(lambda: "heard: /find_support" in officer.hears())
        officer.says("what is an EAP")
        await until(lambda: len(officer.hears()) == 3)

    assert edge.texts() == ["/start", "/find_support", "what is an EAP"]
    assert {incoming.sender for incoming in edge.heard} == {str(officer.id)}
    assert {incoming.channel for incoming in edge.heard} == {"telegram"}
    assert officer.transcript().splitlines()[-2:] == ["Robin: what is an EAP", "bot: heard: what is an EAP"]


async def test_messages_are_protected(api: BotApi, tmp_path: Path) -> None:
    """No message can be forwarded or saved, and Telegram is never made to fetch a page for a preview."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge({"hi": says("see https://example.org")})):
        officer.says("hi")
        await until(officer.hears)

    assert all(message.protected and not message.preview for message in officer.screen() if message.by_bot)


async def test_menu_and_description(api: BotApi, tmp_path: Path) -> None:
    """The menu and the descriptions are set once, and not again when they are as they should be."""
    for _ in range(2):
        async with open_door(api, tmp_path):
            await until(lambda: api.called("getMyShortDescription") and api.about["short_description"])
        api.calls = [call for call in api.calls if not call.method.startswith("get")]

    assert [command["command"] for command in api.about["commands"]] == [
        "start", "help", "private", "person", "forget", "stop"
    ]  # fmt: skip
    assert api.about["name"] == "Sidedoor"
    for method in ("setMyCommands", "setMyName", "setMyDescription", "setMyShortDescription"):
        assert len(api.called(method)) == 1


async def test_long_answers_are_split(api: BotApi, tmp_path: Path) -> None:
    """An answer longer than Telegram takes comes in pieces, in order, with the buttons under the last."""
    officer = api.user("Robin")
    text = "\n\n".join(f"{number}: " + "word " * 250 for number in range(6))
    async with open_door(api, tmp_path, FakeEdge({"hi": says(text, buttons=YES_NO)})):
        officer.says("hi")
        await until(lambda: any(message.buttons for message in officer.screen()))

    said = [message for message in officer.screen() if message.by_bot]
    assert len(said) == 2
    assert [message.buttons for message in said] == [[], ["Yes", "No"]]
    assert [piece.split(":")[0] for piece in "\n\n".join(officer.hears()).split("\n\n")] == list("012345")


async def test_typing_is_shown_while_the_edge_thinks(api: BotApi, tmp_path: Path) -> None:
    """Whoever waits sees that an answer is coming; a quick answer shows nothing of the kind."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge(delays={"slow": 1.0})):
        officer.says("quick")
        await until(officer.hears)
        assert not api.called("sendChatAction")
        officer.says("slow")
        await until(lambda: len(officer.hears()) == 2)

    assert [call.parameters["action"] for call in api.called("sendChatAction", officer.id)] == ["typing"]


async def test_campaign_codes_go_nowhere(api: BotApi, tmp_path: Path) -> None:
    """The code of a poster is neither heard nor kept."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        officer.says("/start poster7")
        await until(officer.hears)

    assert door.edge.texts() == ["/start"]
    assert all(b"poster7" not in path.read_bytes() for path in tmp_path.iterdir())


async def test_a_poster_may_name_a_subject(api: BotApi, tmp_path: Path) -> None:
    """A poster's code that is on the list of subjects is answered after the first words, like its button."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        officer.says("/start ask_confidentiality")
        await until(lambda: len(officer.hears()) == 2)

    assert door.edge.texts() == ["/start", "/ask_confidentiality"]


async def test_the_way_to_the_web_chat(api: BotApi, tmp_path: Path) -> None:
    """Where the web chat has a public address, it is one tap away at the start and again in a crisis."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, web_chat_url="https://chat.example.org/"):
        officer.says("/start")
        await until(officer.hears)
        officer.says("hello")
        await until(lambda: len(officer.hears()) == 2)
        officer.says(CRISIS)
        await until(lambda: len(officer.hears()) == 3)

    shown = [message.buttons for message in officer.screen() if message.by_bot]
    assert shown == [["Move to the web chat"], [], ["Move to the web chat"]]


async def test_the_way_carries_the_subject(api: BotApi, tmp_path: Path) -> None:
    """
    The way out has a code behind the #, a new one each time, that opens the subject once; nothing in it is the
    officer's, and Telegram is not shown which subject it is.
    """
    officer = api.user("Robin")
    edge = FakeEdge({"/help": says("help", topic="ask_gun"), "hi": says("hi", topic="ask_gun")})
    async with open_door(api, tmp_path, edge, web_chat_url="https://chat.example.org/") as door:
        for count in (1, 2):
            officer.says("/help")
            await until(lambda count=count: len(officer.hears()) == count)
        shown = [button["url"] for message in officer.screen() for row in message.keyboard for button in row]
        codes = [url.removeprefix("https://chat.example.org/#") for url in shown]

        assert len(set(codes)) == 2
        assert all(re.fullmatch("[A-Za-z0-9_-]{16}", code) for code in codes)
        assert "ask_gun" not in str(api.calls)
        assert str(officer.id) not in repr(vars(door.topics))
        assert [door.topics.take(code) for code in (*codes, codes[0])] == ["ask_gun", "ask_gun", None]


# -- a crisis first


async def test_a_crisis_overtakes(api: BotApi, tmp_path: Path) -> None:
    """A crisis is answered first, also while an earlier message of the same chat still waits for its answer."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge(delays={"first": 1.5})):
        officer.says("first")
        officer.says("second")
        officer.says(CRISIS)
        await until(lambda: len(officer.hears()) == 3)

    assert officer.hears() == [NUMBERS, "heard: first", "heard: second"]


async def test_chats_do_not_wait_for_one_another(api: BotApi, tmp_path: Path) -> None:
    """One officer's slow answer holds up nobody else."""
    slow, quick = api.user("Robin"), api.user("Alex")
    async with open_door(api, tmp_path, FakeEdge(delays={"slow": 5.0})):
        slow.says("slow")
        quick.says("quick")
        await until(quick.hears)

        assert not slow.hears()


async def test_a_crisis_passes_a_crowd(api: BotApi, tmp_path: Path) -> None:
    """
    While a hundred ordinary answers are paced, a crisis answer passes them; everybody gets theirs once. How many go in a
    second is counted where they leave, by ``test_pace``: on a busy machine they arrive in heaps.
    """
    crowd = [api.user(f"Officer{number}") for number in range(100)]
    async with open_door(api, tmp_path, pace=None):
        for officer in crowd:
            officer.says("hello")
        await until(lambda: len(api.called("sendMessage")) > 20)
        last = api.user("Robin")
        last.says(CRISIS)
        await until(last.hears)
        waiting = sum(not officer.hears() for officer in crowd)
        await until(lambda: all(officer.hears() for officer in crowd), within=30)

    assert waiting > 30
    assert [officer.hears() for officer in crowd] == [["heard: hello"]] * 100


async def test_captions_are_heard(api: BotApi, tmp_path: Path) -> None:
    """Words under a photograph are heard, a crisis among them answered, and the picture is said not to be read."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path):
        officer.sends_photo(caption=CRISIS)
        await until(lambda: len(officer.hears()) == 2)

    assert officer.hears() == [NUMBERS, NOT_TEXT]
    assert not api.called("getFile")


async def test_danger_in_an_edit_or_a_forward(api: BotApi, tmp_path: Path) -> None:
    """An edit or a forward is not read, but a crisis in it is answered all the same."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        first = officer.says("hello")
        await until(officer.hears)
        officer.edits(first, text="hello there")
        await until(lambda: len(officer.hears()) == 2)
        officer.edits(first, text=CRISIS)
        await until(lambda: len(officer.hears()) == 3)
        officer.forwards("see you at the range")
        await until(lambda: len(officer.hears()) == 4)
        officer.forwards(CRISIS)
        await until(lambda: len(officer.hears()) == 5)

    assert officer.hears()[1:] == [EDITED, NUMBERS, FORWARDED, NUMBERS]
    assert door.edge.texts() == ["hello", CRISIS, CRISIS]


async def test_danger_after_a_command(api: BotApi, tmp_path: Path) -> None:
    """Words after a command are heard when there is danger in them, after the command was done."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        officer.says(f"/help {CRISIS}")
        await until(lambda: NUMBERS in officer.hears())

    assert door.edge.texts() == ["/help", CRISIS]


@pytest.mark.parametrize(("text", "answer"), [("hello", AWAY), (CRISIS, "988")])
async def test_a_broken_edge_still_answers(api: BotApi, tmp_path: Path, text: str, answer: str) -> None:
    """Should the edge itself fail, the officer still gets the numbers."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge({text: RuntimeError("canary")})):
        officer.says(text)
        await until(officer.hears)

    assert answer in officer.hears()[0]


async def test_a_hanging_edge_still_answers(api: BotApi, tmp_path: Path) -> None:
    """Should the edge itself hang, the officer gets the honest line instead of silence."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge(delays={"hello": 60}), assistant_patience=0.2):
        officer.says("hello")
        await until(officer.hears)

    assert officer.hears() == [AWAY]


# -- what is not read


async def test_other_things_are_said_not_to_be_read(api: BotApi, tmp_path: Path) -> None:
    """For each thing that is not text the officer is told so; nothing is downloaded and nothing reaches the edge."""
    officer = api.user("Robin")
    things = [
        officer.sends_sticker, officer.sends_voice, officer.sends_location, officer.sends_contact,
        officer.sends_document, officer.sends_photo,
    ]  # fmt: skip
    async with open_door(api, tmp_path) as door:
        for count, send in enumerate(things, start=1):
            send()
            await until(lambda count=count: len(officer.hears()) == count)

    assert set(officer.hears()) == {NOT_TEXT}
    assert door.edge.heard == []
    assert not api.called("getFile")


async def test_an_album_is_answered_once(api: BotApi, tmp_path: Path) -> None:
    """An album arrives as many messages and gets one answer; what nobody wrote gets none."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path):
        for number in officer.sends_album(5)[:1]:
            officer.pins(number)
        officer.says("done")
        await until(lambda: "heard: done" in officer.hears())

    assert officer.hears() == [NOT_TEXT, "heard: done"]


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_groups_are_left(api: BotApi, tmp_path: Path, kind: str) -> None:
    """Added to a group or a channel, the bot leaves at once and says nothing; so also when only a message tells it."""
    officer = api.user("Robin")
    first, second = api.group("Night shift", kind), api.group("Day shift", kind)
    async with open_door(api, tmp_path) as door:
        first.adds_bot(officer)
        second.has_bot = True
        second.says(CRISIS, by=officer)
        await until(lambda: not first.has_bot)
        if kind != "channel":  # posts of channels are not even asked for
            await until(lambda: not second.has_bot)

    assert door.edge.heard == []
    assert not api.called("sendMessage")


# -- buttons


async def test_buttons(api: BotApi, tmp_path: Path) -> None:
    """A pressed button is answered to Telegram, does its work once, and its keyboard goes away."""
    officer = api.user("Robin")
    edge = FakeEdge({"hi": says("Are you thinking of it?", buttons=YES_NO), "/check_in_yes": crisis_answer()})
    async with open_door(api, tmp_path, edge):
        officer.says("hi")
        await until(officer.hears)
        officer.presses("Yes", twice=True)
        await until(lambda: NUMBERS in officer.hears())
        await until(lambda: all(api.callbacks.values()) and len(api.callbacks) == 2)
        await until(lambda: not any(message.buttons for message in officer.screen()))
        await until(lambda: api.quiet)

    assert edge.texts() == ["hi", "/check_in_yes"]
    assert "check_in" not in str([call.parameters for call in api.called("sendMessage")])


@pytest.mark.parametrize("how", ["restart", "forged", "somebody else"])
async def test_unknown_buttons(api: BotApi, tmp_path: Path, how: str) -> None:
    """A button from before a restart, a forged one, or another officer's gets the numbers, help again, and no more."""
    officer, other = api.user("Robin"), api.user("Alex")
    edge = FakeEdge({"hi": says("Well?", buttons=YES_NO)})
    async with open_door(api, tmp_path, edge):
        officer.says("hi")
        await until(officer.hears)
        if how == "somebody else":
            other.presses_data(officer.screen()[-1].keyboard[0][0]["callback_data"])
            await until(other.hears)
        if how == "forged":
            other.presses_data("/check_in_yes")
            await until(other.hears)
    async with open_door(api, tmp_path, edge):
        if how == "restart":
            other = officer
            officer.presses("Yes")
            await until(lambda: len(officer.hears()) == 2)
        await until(lambda: all(api.callbacks.values()))

    assert "988" in other.hears()[-1]
    assert other.screen()[-1].buttons == ["What I can do here", "Ask for a person"]
    assert edge.texts() == ["hi"]


async def test_a_keyboard_that_telegram_refuses(api: BotApi, tmp_path: Path) -> None:
    """Buttons that Telegram does not accept do not keep the words from arriving."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge({"hi": crisis_answer(Button("", "/x"))})):
        officer.says("hi")
        await until(officer.hears)

    assert officer.hears() == [NUMBERS]


# -- erasing


async def test_erase_deletes_both_sides(api: BotApi, tmp_path: Path) -> None:
    """After /forget, nothing of either side stands in the chat but the line that says so; others keep theirs."""
    officer, other = api.user("Robin"), api.user("Alex")
    edge = FakeEdge({"/forget": says("Erased.", erased=True)})
    async with open_door(api, tmp_path, edge, web_messages_per_minute=100):
        for number in range(60):
            officer.says(f"message {number}")
        officer.sends_sticker()
        other.says("mine")
        await until(lambda: len(officer.hears()) == 61 and other.hears())
        officer.says("/forget")
        await until(lambda: "Erased." in officer.hears())

    assert officer.transcript() == "bot: Erased."
    assert other.transcript() == "Alex: mine\nbot: heard: mine"
    assert max(call.parameters["message_ids"].count(",") + 1 for call in api.called("deleteMessages")) == 100


async def test_erase_chat(api: BotApi, tmp_path: Path) -> None:
    """The edge can have a chat erased, its buttons too, and learns how many messages that were."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge({"hi": says("Well?", buttons=YES_NO)})) as door:
        officer.says("hi")
        await until(lambda: officer.hears() and api.quiet)
        data = officer.screen()[-1].keyboard[0][0]["callback_data"]

        assert await door.channel.erase_chat(str(officer.id)) == 2

        assert officer.screen() == []
        officer.presses_data(data)
        await until(lambda: "988" in officer.hears()[-1])
        assert door.edge.texts() == ["hi"]


async def test_one_that_is_too_old_does_not_save_the_others(api: BotApi, tmp_path: Path) -> None:
    """When Telegram refuses a batch for one old message, the others are deleted one by one."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge({"/forget": says("Erased.", erased=True)})):
        old = officer.says("old")
        officer.says("new")
        await until(lambda: len(officer.hears()) == 2)
        api.messages[old].date -= 49 * 3600
        officer.says("/forget")
        await until(lambda: "Erased." in officer.hears())

    assert officer.transcript() == "Robin: old\nbot: Erased."


async def test_blocking_is_leaving(api: BotApi, tmp_path: Path) -> None:
    """Whoever shuts the bot out is forgotten by the edge too."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        officer.says("hi")
        await until(officer.hears)
        officer.blocks()
        await until(lambda: door.edge.forgotten == [("telegram", str(officer.id))])


# -- pushes


async def test_pushes(api: BotApi, tmp_path: Path) -> None:
    """What a person on duty writes arrives in order and is marked as a person's; no status is no message."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        officer.says("hi")
        await until(officer.hears)
        await door.edge.push(str(officer.id), (), {"state": "waiting"})
        for number in range(5):
            await door.edge.push(str(officer.id), (Reply(f"line {number}", speaker="desk"),), None)
        await door.edge.push(str(officer.id), (Reply("The person has left.", speaker="notice"),), {"state": "closed"})
        await until(lambda: len(officer.hears()) == 7)

    assert officer.hears()[1:6] == [f"Person on duty:\nline {number}" for number in range(5)]
    assert officer.hears()[6] == "The person has left."


async def test_a_push_does_not_wait_for_telegram(api: BotApi, tmp_path: Path) -> None:
    """With Telegram away, a push returns all the same, and arrives when Telegram is back."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        officer.says("hi")
        await until(officer.hears)
        api.down()
        async with asyncio.timeout(10):  # Telegram comes back only after it
            await door.edge.push(str(officer.id), (Reply("Someone is here.", speaker="desk"),), None)
        api.up()
        await until(lambda: len(officer.hears()) == 2, within=10)


# -- the webhook


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], SECRET.upper(), "é"])
async def test_wrong_secret(api: BotApi, tmp_path: Path, secret: str | None) -> None:
    """An update without the right secret is refused before it is read, and reaches nobody."""
    async with open_door(api, tmp_path) as door, httpx.AsyncClient(trust_env=False) as stranger:
        headers = {} if secret is None else {SECRET_HEADER: secret.encode()}
        answer = await stranger.post(door.url, json=update(CRISIS), headers=headers)

        assert answer.status_code == 401
        assert answer.content == b""
        assert door.edge.heard == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"update_id":"x"}'])
async def test_broken_updates(api: BotApi, tmp_path: Path, body: bytes) -> None:
    """What is no update is taken and passed over: Telegram would only bring it again."""
    async with open_door(api, tmp_path) as door, httpx.AsyncClient(trust_env=False) as sender:
        answer = await sender.post(door.url, content=body, headers={SECRET_HEADER: SECRET})

        assert answer.status_code == 200
        assert door.edge.heard == []


async def test_huge_updates(api: BotApi, tmp_path: Path) -> None:
    """A body beyond the limit is not kept, and the door goes on."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door, httpx.AsyncClient(trust_env=False) as sender:
        answer = await sender.post(door.url, content=b"x" * 2_000_000, headers={SECRET_HEADER: SECRET})
        officer.says("hi")
        await until(officer.hears)

        assert answer.status_code == 200


async def test_the_webhook_answers_quickly(api: BotApi, tmp_path: Path) -> None:
    """Telegram is not kept waiting by a slow answer; a quick answer is out before Telegram is told 200."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge(delays={"slow": 1.5})):
        officer.says("slow")
        await until(officer.hears)
        officer.says("quick")
        await until(lambda: len(api.deliveries) == 2)

        assert "heard: quick" in officer.hears()
        assert max(delivery.seconds for delivery in api.deliveries) < 1.0


async def test_the_webhook_is_registered_with_its_secret(api: BotApi, tmp_path: Path) -> None:
    """Telegram is told the secret and asked only for what is used; what waited there already is answered."""
    officer = api.user("Robin")
    officer.says(CRISIS)
    async with open_door(api, tmp_path):
        await until(officer.hears)

        assert api.webhook is not None
        assert api.webhook.secret == SECRET
        assert set(api.webhook.allowed) == {"message", "edited_message", "callback_query", "my_chat_member"}


@pytest.mark.parametrize(
    "change",
    [
        {"telegram_secret": Secret("")},
        {"telegram_secret": Secret("short")},
        {"telegram_secret": Secret("x" * 40 + " with blanks")},
        {"telegram_token": Secret("")},
        {"telegram_webhook_url": ""},
    ],
)
def test_refuses_to_start_half_safe(tmp_path: Path, change: dict[str, Any]) -> None:
    """Without a token, a strong secret or an address the door does not open, and the error names the setting only."""
    with pytest.raises(SettingsError, match="SIDEDOOR_TELEGRAM_") as error:
        TelegramChannel(FakeEdge(), telegram_settings(tmp_path, "http://127.0.0.1:1", **change))

    assert "blanks" not in str(error.value)


async def test_off_is_off(tmp_path: Path) -> None:
    """Switched off, the door has no route, starts nothing and can be stopped."""
    channel = TelegramChannel(FakeEdge(), telegram_settings(tmp_path, "", telegram_mode="off"))
    await channel.start()

    assert channel.routes() == []
    assert await channel.erase_chat("1") == 0
    await channel.stop()


def test_importing_the_door_does_not_import_the_library() -> None:
    """python-telegram-bot costs half a second, which the edge does not have at its start."""
    import subprocess
    import sys

    code = "import sys, bot.channels.telegram; sys.exit('telegram' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- once and only once


async def test_duplicates(api: BotApi, tmp_path: Path) -> None:
    """An update that comes again is answered once, also after a restart."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path) as door:
        with api.shuffled(copies=3):
            officer.says("one")
            officer.says("two")
        await until(lambda: len(officer.hears()) == 2 and api.quiet)
        assert sorted(door.edge.texts()) == ["one", "two"]
    async with open_door(api, tmp_path) as door:
        api.repeat_confirmed(6)
        officer.says("three")
        await until(lambda: "heard: three" in officer.hears() and api.quiet)

    assert door.edge.texts() == ["three"]
    assert sorted(officer.hears()) == ["heard: one", "heard: three", "heard: two"]


async def test_many_updates(api: BotApi, tmp_path: Path) -> None:
    """
    Two hundred updates of twenty officers, each three times and out of order, are each answered once, with refusals
    (429) in between. ``benchmarks/telegram_door.py`` does the same with a thousand.
    """
    officers = [api.user(f"Officer{number}") for number in range(20)]
    async with open_door(api, tmp_path, pace=5000) as door:
        for _ in range(5):
            api.fault("sendMessage", retry_after=1)
        with api.shuffled(copies=3):
            for number in range(200):
                officers[number % 20].says(f"message {number}")
        await until(
            lambda: api.quiet and sum(len(officer.hears()) for officer in officers) == 200, within=120, every=0.1
        )

    assert sorted(door.edge.texts()) == sorted(f"message {number}" for number in range(200))
    assert sum(len(officer.hears()) for officer in officers) == 200
    assert len(api.deliveries) == 600


async def test_two_doors_on_one_folder(api: BotApi, tmp_path: Path) -> None:
    """While an old process still answers an update, its successor leaves it alone and has it brought again."""
    officer = api.user("Robin")
    slow = FakeEdge(delays={"slow": 4.0})
    async with open_door(api, tmp_path, slow) as old:
        officer.says("slow")
        await until(
            lambda: slow.texts() == ["slow"] and api.confirmed
        )  # Telegram takes it for delivered, under way as it is
        async with open_door(api, tmp_path) as new:
            api.repeat_confirmed(1)
            await until(lambda: any(call.status == 503 for call in api.deliveries))
            await until(lambda: api.quiet and officer.hears())

    assert old.edge.texts() == ["slow"]
    assert new.edge.texts() == []
    assert officer.hears() == ["heard: slow"]


async def test_more_than_a_person_writes(api: BotApi, tmp_path: Path) -> None:
    """Who sends too much in a minute is told once; a crisis of theirs is answered, and others notice nothing."""
    officer, other = api.user("Robin"), api.user("Alex")
    async with open_door(api, tmp_path, web_messages_per_minute=3, pace=5000) as door:
        for number in range(20):
            officer.says(f"message {number}")
        await until(lambda: SLOW_DOWN in officer.hears() and api.quiet)
        officer.says(CRISIS)
        other.says("hello")
        await until(lambda: NUMBERS in officer.hears() and other.hears())

    assert officer.hears() == ["heard: message 0", "heard: message 1", "heard: message 2", SLOW_DOWN, NUMBERS]
    assert other.hears() == ["heard: hello"]
    assert len(door.edge.texts()) == 3 * 5 + 2


async def test_polling_brings_each_once(api: BotApi, tmp_path: Path) -> None:
    """When updates are asked for, each is answered once, also those that come again or waited during a restart."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, telegram_mode="polling"):
        for number in range(20):
            officer.says(f"message {number}")
        await until(lambda: len(officer.hears()) == 20)
        api.repeat_confirmed(20)
        officer.says("last")
        await until(lambda: "heard: last" in officer.hears())
    officer.says("while away")
    api.repeat_confirmed(5)
    async with open_door(api, tmp_path, telegram_mode="polling") as door:
        await until(lambda: "heard: while away" in officer.hears())

    assert door.edge.texts() == ["while away"]
    assert len(officer.hears()) == 22


# -- bad networks


async def test_retry_after_is_honoured(api: BotApi, tmp_path: Path) -> None:
    """Told to wait, the door waits as long and then delivers; a crisis in another chat does not wait with it."""
    officer, other = api.user("Robin"), api.user("Alex")
    async with open_door(api, tmp_path):
        api.fault("sendMessage", retry_after=4, chat=officer.id)
        officer.says("hello")
        await until(lambda: api.called("sendMessage", officer.id))
        other.says(CRISIS)
        await until(other.hears)
        assert not officer.hears()
        await until(officer.hears)

    first, second = api.called("sendMessage", officer.id)
    (crisis,) = api.called("sendMessage", other.id)
    assert crisis.at - first.at < 4 <= second.at - first.at
    assert officer.hears() == ["heard: hello"]


async def test_a_crisis_waits_only_as_long_as_told(api: BotApi, tmp_path: Path) -> None:
    """A crisis answer that is refused for a while comes right after it, before the ordinary ones of its chat."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path):
        api.fault("sendMessage", retry_after=1, chat=officer.id, times=1)
        officer.says("hello")
        await until(lambda: api.called("sendMessage", officer.id))
        officer.says(CRISIS)
        await until(lambda: len(officer.hears()) == 2)

    assert officer.hears() == [NUMBERS, "heard: hello"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 502}, {"status": 401}, {"cut": True}])
async def test_errors_are_tried_again(api: BotApi, tmp_path: Path, fault: dict[str, Any]) -> None:
    """An error of the server, or a connection cut in the middle, delays an answer and does not lose it."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path):
        api.fault("sendMessage", times=2, **fault)
        officer.says(CRISIS)
        await until(officer.hears)

    assert set(officer.hears()) == {NUMBERS}


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_telegram_down_and_up(api: BotApi, tmp_path: Path, mode: str) -> None:
    """With Telegram away at the start and again later, the door comes up by itself and loses no message."""
    officer = api.user("Robin")
    api.down()
    async with open_door(api, tmp_path, wait=False, telegram_mode=mode) as door:
        await asyncio.sleep(0.5)
        assert not door.channel.ready
        api.up()
        await until(lambda: door.channel.ready, within=15)
        officer.says("one")
        await until(lambda: "heard: one" in officer.hears(), within=10)
        api.down()
        officer.says(CRISIS)
        await asyncio.sleep(0.7)
        api.up()
        await until(lambda: NUMBERS in officer.hears(), within=15)

    assert officer.hears().count("heard: one") == 1


async def test_stop_lets_answers_out(api: BotApi, tmp_path: Path) -> None:
    """What is under way when the door is closed is still answered."""
    officer = api.user("Robin")
    async with open_door(api, tmp_path, FakeEdge(delays={"slow": 0.7})) as door:
        officer.says("slow")
        await until(lambda: door.edge.heard)

    assert officer.hears() == ["heard: slow"]


async def test_the_timer_deletes(api: BotApi, tmp_path: Path) -> None:
    """What is a conversation's lifetime old is deleted on both sides, also when Telegram was away the first time."""
    officer, now = api.user("Robin"), [time.time()]
    line = Line(Secret(TOKEN), api.url, patience=Patience(short=0.3))
    traces = Traces(24 * 3600, clock=lambda: now[0])
    parts = TalkParts(FakeEdge(), line, WORDING, judge, traces, Buttons(3600), patience=5)
    talk = Talk(parts)
    for text in ("one", "two"):
        await talk.answer(Update(1, Kind.TEXT, officer.id, officer.says(text), now[0], text), at_once)
        now[0] += 13 * 3600
    await talk.tidy()
    assert officer.transcript() == "Robin: two\nbot: heard: two"

    now[0] += 13 * 3600
    api.down()
    await talk.tidy()
    api.up()
    await talk.tidy()

    assert officer.screen() == []
    await line.close()
