"""
Drives marked identifiers through the living house, breaks it on the way, and searches all that it left behind.

``make canary`` does the same with a few hundred conversations.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guarantees import rotation
from tests.guarantees.canary import MARKS, WORD, Canary, built
from tests.guarantees.search import hits

pytestmark = pytest.mark.slow

FAULTS, PLACES = 12, 14  # as in `make canary`: what is saved here is conversations, never a fault or a place
CONVERSATIONS = 6  # and some more for each fault


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """All three processes at DEBUG, with Telegram on an emulator of its Bot API."""
    with built(tmp_path_factory.mktemp("canary") / "b", hurry=True) as (house, telegram):
        yield Canary(house, telegram, CONVERSATIONS, thorough=False)


def test_dumps_are_off(canary: Canary) -> None:
    """No process can leave a core dump."""
    for name in ("serve", "assistant", "desk"):
        limits = Path(f"/proc/{canary.house.processes[name].pid}/limits").read_text()

        assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")] == ["0"]


def test_what_is_held_is_what_is_there(canary: Canary) -> None:
    """“What do you hold about me right now?” counts the messages in the real store, and after “forget me” none are left."""
    visitor = canary.web_talk(said=2)

    before = visitor.says("what do you hold about me right now?")
    erased = visitor.client.post(visitor.url + "/chat/forget", json={}, headers=visitor.headers).json()["events"]

    said = " ".join(str(event.get("text", "")) for event in before)
    assert "your last 2 messages" in said
    assert "my sealed notes" in erased[0]["text"] and "the way back to you" in erased[0]["text"]
    with sqlite3.connect(canary.house.state / "tracker.db") as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)
    canary.visitors.remove(visitor)


def test_rotation_under_load_loses_no_conversation(canary: Canary) -> None:
    """While every key is rotated again and again, no conversation of several officers loses a message."""
    tally = rotation.run(canary.house, officers=6)

    print(f"\n{tally}")
    assert tally.rotations >= 2
    assert tally.lost == []


def test_nothing_is_left_behind(canary: Canary) -> None:
    """Marked identifiers and words driven through every channel, with faults, are found in no log, output or file."""
    report = canary.run()
    canary.forget_and_rotate()

    print(f"\n{report}")
    assert report.hits == []
    assert report.conversations.total() > 2 * CONVERSATIONS
    assert len(report.faults) == FAULTS
    assert len(report.places) == PLACES
    assert set(report.conversations) == {"web chat", "Telegram", "terminal"}


def test_state_is_closed(canary: Canary) -> None:
    """Nobody but the owner can read anything in the state folder."""
    state = canary.house.state
    open_to_others = [p.name for p in [state, *state.rglob("*")] if os.stat(p).st_mode & 0o077]

    assert open_to_others == []


def test_the_search_finds(tmp_path: Path) -> None:
    """A mark that was left in a file is found: plain, in capitals, in two bytes a letter, in base64, and packed."""
    (tmp_path / "a.log").write_text(f"x {MARKS['name'].upper()} y")
    (tmp_path / "b.bin").write_bytes(b"\0" + WORD.encode("utf-16-le"))
    (tmp_path / "c.gz").write_bytes(gzip.compress(MARKS["phone"].encode()))

    assert hits([tmp_path], MARKS.values()) == [f"a.log: {MARKS['name']}", f"b.bin: {WORD}", f"c.gz: {MARKS['phone']}"]
