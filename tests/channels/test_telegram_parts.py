"""The small parts of the Telegram door: cutting, buttons, traces, numbers seen, crowds, topics, lanes."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.commands import COMMANDS
from bot.channels.telegram_buttons import Buttons
from bot.channels.telegram_crowd import Crowd
from bot.channels.telegram_kept import Kept, lies_in_memory
from bot.channels.telegram_lanes import Lanes, Turn
from bot.channels.telegram_seen import TRIM_EVERY, Seen, Taken
from bot.channels.telegram_text import pieces
from bot.channels.telegram_traces import Traces
from bot.channels.topics import CRISIS, GOOD_SECONDS, Topics, payloads
from bot.crypto.sealing import Sealer, new_key
from bot.settings import ROOT
from bot.wording import Button
from tests.channels.builders import kept

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
    seen = Seen(tmp_path / "seen.db")
    taken = [seen.take(number) for number in (5, 3, 5, 4, 3)]

    assert [one is Taken.OURS for one in taken] == [True, True, False, True, False]


def test_only_what_was_answered_survives(tmp_path: Path) -> None:
    """After a restart an answered update is known; one that was only begun comes again, also out of order."""
    seen = Seen(tmp_path / "seen.db")
    for number in (5, 7):
        seen.take(number)
    seen.done(7)
    seen.close()

    again = Seen(tmp_path / "seen.db")

    assert again.take(7) is Taken.ANSWERED
    assert again.take(5) is Taken.OURS


def test_two_processes_do_not_answer_the_same(tmp_path: Path) -> None:
    """What one process is at, another leaves to it; what it has answered is answered for all."""
    one, other = Seen(tmp_path / "seen.db"), Seen(tmp_path / "seen.db")
    one.take(5)

    assert other.take(5) is Taken.ELSEWHERE
    one.done(5)
    assert other.take(5) is Taken.ANSWERED
    assert other.take(6) is Taken.OURS


def test_a_killed_process_frees_what_it_had_begun(tmp_path: Path) -> None:
    """An update that a process took before it was killed is taken over at once, and no lock of it is left."""
    code = (
        "import sys; from pathlib import Path; from bot.channels.telegram_seen import Seen\n"
        "seen = Seen(Path(sys.argv[1])); seen.take(5); seen.take(6); seen.done(6)\n"
        "print('taken', flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "seen.db")]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout and process.stdin
    assert process.stdout.readline() == b"taken\n"
    seen = Seen(tmp_path / "seen.db")
    before = seen.take(5)
    process.kill()
    process.communicate()

    assert before is Taken.ELSEWHERE
    assert [seen.take(number) for number in (5, 6)] == [Taken.OURS, Taken.ANSWERED]
    assert len(list(tmp_path.glob("*.lock"))) == 1


def test_the_file_says_nothing_of_anybody(tmp_path: Path) -> None:
    """The file holds numbers, a bounded lot of them, and only its owner can read what is in the folder."""
    seen = Seen(tmp_path / "seen.db", window=50)
    for number in range(TRIM_EVERY * 2):
        seen.take(number)
        seen.done(number)
    with closing(sqlite3.connect(tmp_path / "seen.db")) as database:
        rows = database.execute("SELECT * FROM updates").fetchall()

    assert {number for number, *_ in rows} == set(range(TRIM_EVERY * 2 - 50, TRIM_EVERY * 2))
    assert all(worker is None for _, worker, _ in rows)
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "{", "[1, null]", "SQLite format 3\x00" + "x" * 500, "\x00" * 5000])
def test_a_broken_file_costs_nothing(tmp_path: Path, content: str) -> None:
    """Whatever stands in the file, the door opens and new updates are taken once."""
    (tmp_path / "seen.db").write_text(content)
    seen = Seen(tmp_path / "seen.db")

    assert [seen.take(99) is Taken.OURS, seen.take(99) is Taken.OURS] == [True, False]


def test_a_full_disk_costs_only_the_file(tmp_path: Path) -> None:
    """When the file cannot be written, the numbers are still known in memory."""
    seen = Seen(tmp_path / "no" / "such" / "folder.db")
    seen.take(1)
    seen.done(1)
    seen.close()

    assert seen.take(1) is Taken.ANSWERED


def test_a_closed_file_leaves_no_lock_behind(tmp_path: Path) -> None:
    """After a clean end there is one file."""
    seen = Seen(tmp_path / "seen.db")
    seen.take(1)
    seen.close()

    assert [path.name for path in tmp_path.iterdir()] == ["seen.db"]


# -- more than a person writes


def test_a_crowd_of_one() -> None:
    """A chat is over its limit for as long as a minute holds too many; other chats are not, and it is forgotten."""
    clock = Clock()
    crowd = Crowd(3, clock=clock)

    assert [crowd.over(1) for _ in range(5)] == [-2, -1, 0, 1, 2]
    assert crowd.over(2) == -2
    clock.now += 61
    assert crowd.over(1) == -2
    clock.now += 61
    crowd.sweep()
    assert not crowd._times


# -- subjects that are carried


def test_a_code_opens_its_subject_once() -> None:
    """A code is random, opens one subject, once and for half an hour, and says nothing of either."""
    clock = Clock()
    topics = Topics(clock=clock)
    addresses = [topics.address("https://chat.example.org/#old", "ask_gun") for _ in range(2)]
    codes = [address.partition("#")[2] for address in addresses]

    assert all(re.fullmatch(r"https://chat\.example\.org/#[A-Za-z0-9_-]{16}", address) for address in addresses)
    assert codes[0] != codes[1]
    assert [topics.take(codes[0]), topics.take(codes[0])] == ["ask_gun", None]
    clock.now += GOOD_SECONDS
    assert topics.take(codes[1]) is None
    assert topics.outstanding == 0


@pytest.mark.parametrize("odd", [None, 5, "", "x" * 10_000, ["a"], {"a": 1}])
def test_anything_else_opens_nothing(odd: object) -> None:
    """What a browser sends instead of a code opens nothing and raises nothing."""
    assert Topics().take(odd) is None


def test_only_listed_subjects_get_a_code() -> None:
    """An intent that is not on the list, or words, lead to the plain address."""
    topics = Topics()

    for name in ("", "forget_me", "nlu_fallback", "my sergeant is Alex"):
        assert topics.address("https://chat.example.org/", name) == "https://chat.example.org/"
    assert topics.outstanding == 0


def test_codes_are_bounded() -> None:
    """However many are handed out, memory holds a few; the newest ones work."""
    topics = Topics(in_all=10)
    codes = [topics.address("https://chat.example.org/", "ask_gun").partition("#")[2] for _ in range(100)]

    assert topics.outstanding == 10
    assert topics.take(codes[-1]) == "ask_gun"


def test_every_subject_is_an_intent() -> None:
    """The list names intents that the assistant has, and the crisis leads to a button that the edge itself answers."""
    intents = set(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"])

    assert set(payloads()) - {CRISIS} <= intents
    assert payloads()[CRISIS] == "/check_in_yes"


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

    assert {"/" + name for name in words["commands"]} == COMMANDS - {"/held"}
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


# -- traces over a restart


def test_traces_outlive_their_process(memory: Path, tmp_path: Path) -> None:
    """A process that comes after knows what was said and is due; what was deleted is known to nobody."""
    clock, sealer = Clock(), Sealer([new_key()])
    first = Traces(24 * HOUR, clock=clock, kept=kept(memory, tmp_path, sealer))
    first.note(1, 10)
    first.note(2, 20)
    first.note(2, 21)
    first.gone(2, [21])

    second = Traces(24 * HOUR, clock=clock, kept=kept(memory, tmp_path, sealer))
    assert second.due() == {}
    clock.now += 24 * HOUR

    assert second.due() == {1: [10], 2: [20]}
    second.gone(1, [10])
    second.gone(2, [20])
    assert Traces(24 * HOUR, clock=clock, kept=kept(memory, tmp_path, sealer)).due() == {}


def test_what_was_due_and_not_done_stays_due(memory: Path, tmp_path: Path) -> None:
    """A process that dies between looking and deleting leaves the work to the next one; after 48 hours it is nobody's."""
    clock, sealer = Clock(), Sealer([new_key()])
    first = Traces(24 * HOUR, clock=clock, kept=kept(memory, tmp_path, sealer))
    first.note(1, 10)
    clock.now += 25 * HOUR
    assert first.due() == {1: [10]}

    assert Traces(24 * HOUR, clock=clock, kept=kept(memory, tmp_path, sealer)).due() == {1: [10]}
    clock.now += 24 * HOUR
    assert Traces(24 * HOUR, clock=clock, kept=kept(memory, tmp_path, sealer)).due() == {}
    assert kept(memory, tmp_path, sealer).news() == []


def test_processes_side_by_side_know_of_one_another(memory: Path, tmp_path: Path) -> None:
    """An erasure takes away what another process on the same state folder has said a moment ago."""
    sealer = Sealer([new_key()])
    ours, theirs = (Traces(24 * HOUR, kept=kept(memory, tmp_path, sealer)) for _ in range(2))
    theirs.note(1, 10)
    ours.note(1, 11)

    assert sorted(ours.take(1)) == [10, 11]


@given(st.lists(st.tuples(st.integers(-(2**53), 2**53), st.integers(1, 2**31)), unique=True, max_size=6))
@settings(max_examples=20, deadline=None)
def test_rows_say_nothing(traces: list[tuple[int, int]]) -> None:
    """In the file stands no number of a chat, every row has the same size, and without the key nothing is read."""
    if not lies_in_memory(Path("/dev/shm")):
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        rows = kept(Path(folder), Path(folder), Sealer([new_key()]))
        for chat, message_id in traces:
            rows.add(chat, message_id, 1_700_000_000.0)
        (file,) = Path(folder).rglob("traces.db")
        with closing(sqlite3.connect(file)) as opened:
            sizes = {len(sealed) for (sealed,) in opened.execute("SELECT sealed FROM traces")}

        assert len(sizes) <= 1
        assert not any(str(chat).encode() in file.read_bytes() for chat, _ in traces if abs(chat) > 10**6)
        assert kept(Path(folder), Path(folder), Sealer([new_key()])).news() == []


def test_a_disk_is_not_used(tmp_path: Path) -> None:
    """Where the kernel names anything but a file system in memory, nothing is written."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "22 21 0:20 / /dev/shm rw - tmpfs tmpfs rw\n"
        f"23 21 8:2 / {tmp_path} rw - ext4 /dev/sda2 rw\n"
    )

    assert not lies_in_memory(tmp_path, mounts)
    assert lies_in_memory(Path("/dev/shm"), mounts)
    assert Kept.at(ROOT, tmp_path, Sealer([new_key()])) is None or lies_in_memory(ROOT)
    assert Kept.at(tmp_path / "missing", tmp_path, Sealer([new_key()])) is None


def test_a_folder_of_somebody_else_is_not_used(memory: Path, tmp_path: Path) -> None:
    """A folder that others can open, or a link in its place, is left alone."""
    sealer = Sealer([new_key()])
    assert Kept.at(memory, tmp_path, sealer)
    (ours,) = memory.iterdir()
    ours.chmod(0o755)
    assert Kept.at(memory, tmp_path, sealer) is None
    moved = ours.rename(memory / "moved")
    moved.chmod(0o700)
    ours.symlink_to(moved)

    assert Kept.at(memory, tmp_path, sealer) is None


def test_a_spoilt_file_is_made_anew(memory: Path, tmp_path: Path) -> None:
    """What is no database is replaced; the door works on."""
    sealer = Sealer([new_key()])
    kept(memory, tmp_path, sealer).close()
    (file,) = memory.rglob("traces.db")
    file.write_bytes(b"in the way" * 200)

    rows = kept(memory, tmp_path, sealer)
    rows.add(1, 10, 5.0)

    assert kept(memory, tmp_path, sealer).news() == [(1, 10, 5.0)]
