"""The small parts of the Telegram door: cutting, buttons, traces, numbers seen, lanes."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.commands import COMMANDS
from bot.channels.telegram_buttons import Buttons
from bot.channels.telegram_lanes import Lanes, Turn
from bot.channels.telegram_seen import Seen
from bot.channels.telegram_text import pieces
from bot.channels.telegram_traces import Traces
from bot.settings import ROOT
from bot.wording import Button

HOUR = 3600.0
BUTTONS = (Button("Yes", "/check_in_yes"), Button("No", "/check_in_no"))


class Clock:
    """Time that a test moves."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# -- cutting


def test_cut_at_paragraphs() -> None:
    """A long reply is cut between paragraphs, and nothing of it is lost."""
    paragraphs = [f"{number} " + "word " * 300 for number in range(5)]

    cut = pieces("\n\n".join(paragraphs))

    assert len(cut) > 1
    assert all(units(piece) <= 4096 for piece in cut)
    assert all(piece[0].isdigit() for piece in cut)
    assert "".join(cut).replace(" ", "").replace("\n", "") == "".join(paragraphs).replace(" ", "")


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(min_value=8, max_value=60))
def test_cut_anything(text: str, limit: int) -> None:
    """Whatever is said fits into messages that Telegram takes, none of them empty."""
    cut = pieces(text, limit)

    assert all(piece.strip() and units(piece) <= limit for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


def test_half_a_character_can_be_sent() -> None:
    """A broken character cannot keep a reply from being sent."""
    assert pieces("988 \ud83d") == ["988 ?"]


# -- buttons


def test_ids_are_opaque() -> None:
    """A button's id says nothing of what it does, fits Telegram's 64 bytes, and is never the same twice."""
    buttons = Buttons(HOUR)

    shown = [buttons.show(1, BUTTONS) for _ in range(50)]

    ids = {opaque for keyboard in shown for _, opaque in keyboard}
    assert len(ids) == 100
    assert all(len(opaque) <= 64 and "check" not in opaque for opaque in ids)


def test_a_keyboard_is_pressed_once() -> None:
    """The first press counts; a double tap, or the other button after it, does nothing."""
    buttons = Buttons(HOUR)
    (_, yes), (_, no) = buttons.show(1, BUTTONS)

    assert buttons.press(1, yes) == "/check_in_yes"
    assert buttons.press(1, yes) == ""
    assert buttons.press(1, no) == ""


def test_buttons_belong_to_a_chat_and_expire() -> None:
    """A button pressed elsewhere, too late, after an erasure or never shown is unknown."""
    clock = Clock()
    buttons = Buttons(HOUR, clock=clock)
    (_, first), _ = buttons.show(1, BUTTONS)
    (_, second), _ = buttons.show(2, BUTTONS)

    assert buttons.press(2, first) is None
    assert buttons.press(1, "never-shown") is None
    buttons.forget(1)
    assert buttons.press(1, first) is None
    clock.now += HOUR + 1
    assert buttons.press(2, second) is None


def test_buttons_are_bounded() -> None:
    """However many are shown, the memory for them is bounded, and the newest work."""
    buttons = Buttons(HOUR, in_all=10)
    for chat in range(100):
        shown = buttons.show(chat, BUTTONS)

    assert len(buttons._keyboards) == 10
    assert buttons.press(99, shown[0][1]) == "/check_in_yes"
    buttons.forget(99)
    buttons.sweep()
    assert len(buttons._keyboards) == 8


# -- traces


def test_traces_are_due_after_their_time() -> None:
    """A message is deleted when it is old enough, by Telegram's own clock where it told the time."""
    clock = Clock()
    traces = Traces(24 * HOUR, clock=clock)
    traces.note(1, 10, clock.now - 23 * HOUR)
    traces.note(1, 11)

    assert traces.due() == {}
    clock.now += 2 * HOUR
    assert traces.due() == {1: [10]}
    assert traces.due() == {}
    assert traces.take(1) == [11]


def test_traces_never_outlive_what_telegram_allows() -> None:
    """Whatever the lifetime, a message is deleted while a bot still may: within 48 hours."""
    clock = Clock()
    traces = Traces(1000 * HOUR, clock=clock)
    traces.note(1, 10)
    clock.now += 47 * HOUR

    assert traces.due() == {1: [10]}


def test_traces_given_back_are_due_again() -> None:
    """What could not be deleted is tried again."""
    traces = Traces(24 * HOUR, clock=Clock())
    traces.give_back(1, [10, 11])

    assert traces.due() == {1: [10, 11]}


def test_too_many_traces_are_deleted_early() -> None:
    """What memory has no room for is deleted from the phone, not forgotten."""
    traces = Traces(24 * HOUR, clock=Clock(), in_all=100)
    for chat in (1, 2, 3):
        for number in range(1, 51):
            traces.note(chat, number)

    assert traces.due() == {1: list(range(1, 51))}
    for number in range(1, 1201):
        traces.note(4, number)
    assert set(traces.due()[4]) >= set(range(1, 201))


# -- numbers seen


def test_seen_once(tmp_path: Path) -> None:
    """An update is taken once."""
    seen = Seen(tmp_path / "seen.json")

    assert [seen.take(number) for number in (5, 3, 5, 4, 3)] == [True, True, False, True, False]


def test_only_what_was_answered_survives(tmp_path: Path) -> None:
    """After a restart an answered update is known; one that was only begun comes again, also out of order."""
    seen = Seen(tmp_path / "seen.json")
    for number in (5, 7):
        seen.take(number)
    seen.done(7)
    seen.save()

    again = Seen(tmp_path / "seen.json")

    assert not again.take(7)
    assert again.take(5)


def test_the_file_says_nothing_of_anybody(tmp_path: Path) -> None:
    """The file is a list of numbers, bounded, that only its owner can read."""
    seen = Seen(tmp_path / "seen.json", window=50)
    for number in range(500):
        seen.take(number)
        seen.done(number)
    seen.save()

    assert json.loads((tmp_path / "seen.json").read_text()) == list(range(450, 500))
    assert (tmp_path / "seen.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "{", "[1, null]", '{"a": 1}', "[1e400]", "\x00"])
def test_a_broken_file_costs_nothing(tmp_path: Path, content: str) -> None:
    """Whatever stands in the file, the door opens and new updates are taken."""
    (tmp_path / "seen.json").write_text(content)

    assert Seen(tmp_path / "seen.json").take(99)


def test_a_full_disk_costs_only_the_file(tmp_path: Path) -> None:
    """When the file cannot be written, the numbers are still known in memory."""
    seen = Seen(tmp_path / "no" / "such" / "folder.json")
    seen.take(1)
    seen.done(1)

    seen.save()

    assert not seen.take(1)


# -- lanes


async def test_turns_keep_the_order_of_a_lane() -> None:
    """Work begins at once, and turns come in the order of the lane, one lane not waiting for another."""
    lanes, order = Lanes(), []
    begun: list[int] = []

    def work(number: int, seconds: float) -> None:
        async def act(turn: Turn) -> None:
            begun.append(number)
            await asyncio.sleep(seconds)
            await turn()
            order.append(number)

        lanes.put("other" if number == 9 else "chat", act)

    for number, seconds in ((1, 0.05), (2, 0.0), (3, 0.02), (9, 0.0)):
        work(number, seconds)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert begun == [1, 2, 3, 9]
    await lanes.close(1)

    assert order == [9, 1, 2, 3]
    assert len(lanes) == 0


async def test_who_does_not_wait_still_keeps_the_others_in_order() -> None:
    """When an urgent one overtakes, what came after it still waits for what came before it."""
    lanes, order = Lanes(), []

    async def slow(turn: Turn) -> None:
        await asyncio.sleep(0.05)
        await turn()
        order.append("slow")

    async def urgent(turn: Turn) -> None:
        order.append("urgent")

    async def after(turn: Turn) -> None:
        await turn()
        order.append("after")

    for act in (slow, urgent, after):
        lanes.put("chat", act)
    await lanes.close(1)

    assert order == ["urgent", "slow", "after"]


async def test_a_failure_does_not_stop_a_lane() -> None:
    """What fails is logged and the next one has its turn."""
    lanes, order = Lanes(), []

    async def fails(turn: Turn) -> None:
        raise ValueError("canary")

    async def after(turn: Turn) -> None:
        await turn()
        order.append("after")

    lanes.put("chat", fails)
    await lanes.put("chat", after)

    assert order == ["after"]


# -- words


def test_words_around_the_conversation() -> None:
    """The menu has every command, the texts keep Telegram's limits, an expired button still brings the numbers."""
    words = yaml.safe_load((ROOT / "bot/channels/telegram.en.yml").read_text())

    assert {"/" + name for name in words["commands"]} == COMMANDS
    assert len(words["name"]) <= 64
    assert len(words["description"]) <= 512
    assert len(words["short_description"]) <= 120
    assert "988" in words["button_expired"]["text"]
    assert "911" in words["button_expired"]["text"]


def test_the_menu_is_neutral() -> None:
    """Nothing that shows in a list of chats or a menu says what the chat is about."""
    words = yaml.safe_load((ROOT / "bot/channels/telegram.en.yml").read_text())
    shown = " ".join([words["name"], words["description"], words["short_description"], *words["commands"].values()])

    for telling in ("police", "officer", "crisis", "suicid", "mental", "therap", "stress", "counsel"):
        assert telling not in shown.lower()


def test_no_folder_is_left_readable(tmp_path: Path) -> None:
    """The file of numbers replaces itself and leaves no copy behind."""
    seen = Seen(tmp_path / "seen.json")
    for number in range(3):
        seen.take(number)
        seen.done(number)
        seen.save()

    assert os.listdir(tmp_path) == ["seen.json"]
