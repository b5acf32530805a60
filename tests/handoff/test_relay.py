"""Lines arrive in order and once, sealed on the way, and leave nothing behind."""

from __future__ import annotations

import random
import secrets
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.crypto.sealing import Sealer, new_key
from bot.errors import NotYours, WrongState
from bot.handoff.mailbox import Mailbox
from bot.handoff.queue import Queue
from bot.handoff.records import Side
from bot.handoff.relay import Relay
from bot.handoff.states import State
from bot.triage.levels import Level

WORDS = "I parked behind the station and cannot go in"


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "handoff.db", Sealer([new_key()]))


@pytest.fixture
def case_id(mailbox: Mailbox) -> str:
    queue = Queue(mailbox)
    found = queue.open(secrets.token_hex(16), "Harbor 41", "edge-1", Level.HIGH).id
    queue.claim(found, "dana")
    return found


def texts(relay: Relay, case_id: str, side: Side) -> list[str]:
    return [line.text for line in relay.waiting(case_id, side)]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_in_order(mailbox: Mailbox, case_id: str) -> None:
    """
    Lines come out in the order they went in, each direction for itself.
    """
    relay = Relay(mailbox)
    for number in range(5):
        relay.to_desk(case_id, f"o{number}", f"officer {number}")
        relay.to_officer(case_id, "dana", f"d{number}", f"desk {number}")

    assert texts(relay, case_id, Side.DESK) == [f"officer {n}" for n in range(5)]
    assert texts(relay, case_id, Side.OFFICER) == [f"desk {n}" for n in range(5)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_no_duplicates_under_retries(tmp_path: Path, seed: int) -> None:
    """
    However often lines are sent again, before or after they were delivered, each arrives once and in order.
    """
    rng = random.Random(seed)
    box = Mailbox(tmp_path / f"{secrets.token_hex(8)}.db", Sealer([new_key()]))
    queue, relay, got = Queue(box), Relay(box), []
    case_id = queue.open(secrets.token_hex(16), "Harbor 41", "edge-1", Level.HIGH).id
    queue.claim(case_id, "dana")
    for number in range(8):
        for again in rng.sample(range(number + 1), k=rng.randint(0, number + 1)):
            if again < number:
                relay.to_officer(case_id, "dana", f"id{again}", f"line {again}")
        relay.to_officer(case_id, "dana", f"id{number}", f"line {number}")
        if rng.random() < 0.5:
            waiting = relay.waiting(case_id, Side.OFFICER)
            got += [line.text for line in waiting]
            relay.delivered(case_id, Side.OFFICER, waiting[-1].seq)
    got += texts(relay, case_id, Side.OFFICER)
    box.dispose()

    assert got == [f"line {number}" for number in range(8)]


def test_sealed_on_disk(mailbox: Mailbox, case_id: str, tmp_path: Path) -> None:
    """
    The file does not hold the words, and without the key they do not open.
    """
    Relay(mailbox).to_desk(case_id, "o1", WORDS)

    assert WORDS.encode() not in on_disk(tmp_path)
    assert b"behind the station" not in on_disk(tmp_path)
    stranger = Mailbox(mailbox.path, Sealer([new_key()]))
    assert Relay(stranger).waiting(case_id, Side.DESK) == []


def test_bound_to_its_place(mailbox: Mailbox, case_id: str) -> None:
    """
    A sealed line that is moved to another number or direction does not open there.
    """
    relay = Relay(mailbox)
    relay.to_desk(case_id, "o1", WORDS)
    with sqlite3.connect(mailbox.path) as raw:
        raw.execute("UPDATE lines SET seq = 7")

    assert relay.waiting(case_id, Side.DESK) == []


def test_length_tells_little(mailbox: Mailbox, case_id: str) -> None:
    """
    “yes” and a sentence look alike in the file.
    """
    relay = Relay(mailbox)
    relay.to_desk(case_id, "o1", "yes")
    relay.to_desk(case_id, "o2", WORDS)

    with sqlite3.connect(mailbox.path) as raw:
        assert len({len(sealed) for (sealed,) in raw.execute("SELECT sealed FROM lines")}) == 1


def test_words_go_when_delivered(mailbox: Mailbox, case_id: str) -> None:
    """
    A delivered line leaves its number and no words.
    """
    relay = Relay(mailbox)
    seq = relay.to_desk(case_id, "o1", WORDS)
    relay.read_by(case_id, "dana", got=seq, saw=seq)

    with sqlite3.connect(mailbox.path) as raw:
        assert raw.execute("SELECT seq, sealed FROM lines").fetchall() == [(seq, None)]


def test_nothing_left_after_close(mailbox: Mailbox, case_id: str, tmp_path: Path) -> None:
    """
    After the end neither sealed words nor ids are in any file of the mailbox, the write-ahead log included.
    """
    relay, queue = Relay(mailbox), Queue(mailbox)
    relay.to_officer(case_id, "dana", "line-id-of-the-desk", "are you safe right now")
    for number in range(20):
        relay.to_desk(case_id, f"line-id-{number}", WORDS)
    with sqlite3.connect(mailbox.path) as raw:
        sealed = [blob for (blob,) in raw.execute("SELECT sealed FROM lines")]
    raw.close()
    relay.read_by(case_id, "dana", got=10, saw=10)
    queue.close(case_id, "dana", "talked")

    queue.end(case_id, State.RETURNED)

    found = on_disk(tmp_path)
    assert all(blob[-40:] not in found for blob in sealed)
    assert case_id.encode() not in found
    assert b"line-id" not in found and b"Harbor 41" not in found


def test_progress(mailbox: Mailbox, case_id: str) -> None:
    """
    Sent, delivered and seen are counted apart, and a line that could not be brought is named.
    """
    relay, queue = Relay(mailbox), Queue(mailbox)
    seqs = [relay.to_desk(case_id, f"o{n}", "a line") for n in range(3)]
    relay.read_by(case_id, "dana", got=seqs[1], saw=seqs[0])
    lost = relay.to_officer(case_id, "dana", "d1", "are you there")
    relay.failed(case_id, lost)
    case = queue.find(case_id)

    desk, officer = relay.progress(case, Side.DESK), relay.progress(case, Side.OFFICER)

    assert (desk.sent, desk.delivered, desk.seen) == (3, 2, 1)
    assert officer.failed == (lost,)


def test_first_line_makes_it_live(mailbox: Mailbox, case_id: str) -> None:
    """
    A case becomes live with the responder's first line, not with the click.
    """
    assert Queue(mailbox).find(case_id).state is State.ACKNOWLEDGED
    Relay(mailbox).to_officer(case_id, "dana", "d1", "this is Dana")

    assert Queue(mailbox).find(case_id).state is State.LIVE


def test_nobody_else_writes_or_reads(mailbox: Mailbox, case_id: str) -> None:
    """
    Only the responder who holds a case can write into it or take its lines; before and after there is no way in.
    """
    relay, queue = Relay(mailbox), Queue(mailbox)
    seq = relay.to_desk(case_id, "o1", WORDS)

    with pytest.raises(NotYours):
        relay.to_officer(case_id, "lee", "d1", "hello")
    with pytest.raises(NotYours):
        relay.read_by(case_id, "lee", got=seq, saw=seq)
    queue.close(case_id, "dana", "talked")
    with pytest.raises(WrongState):
        relay.to_desk(case_id, "o2", WORDS)
    with pytest.raises(WrongState):
        relay.to_officer(case_id, "dana", "d2", "hello")


def test_half_a_character(mailbox: Mailbox, case_id: str) -> None:
    """
    A line with half of a surrogate pair, which JSON can carry, arrives with a question mark in its place.
    """
    relay = Relay(mailbox)
    relay.to_desk(case_id, "o1", "ok \ud83d ok")

    assert texts(relay, case_id, Side.DESK) == ["ok ? ok"]
