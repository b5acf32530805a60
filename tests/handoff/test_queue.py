"""Exactly one responder gets a case, in whatever order and process they reach for it."""

from __future__ import annotations

import multiprocessing
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.errors import NotYours, UnknownCase, WrongState
from bot.handoff.mailbox import Mailbox
from bot.handoff.presence import Presence
from bot.handoff.queue import Queue
from bot.handoff.records import Kind
from bot.handoff.states import State
from bot.triage.levels import Level
from tests.handoff.builders import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def mailbox(tmp_path: Path, clock: FakeClock) -> Mailbox:
    return Mailbox(tmp_path / "handoff.db", Sealer([new_key()]), clock=clock)


@pytest.fixture
def queue(mailbox: Mailbox) -> Queue:
    return Queue(mailbox)


def a_case(queue: Queue, *, level: Level = Level.HIGH, alias: str = "Harbor 41", edge: str = "edge-1") -> str:
    return queue.open(secrets.token_hex(16), alias, edge, level).id


def test_one_of_many_threads_gets_it(mailbox: Mailbox) -> None:
    """
    Four responders who reach for the same case at the same instant, 250 times: one owner each time.
    """
    queue, start = Queue(mailbox), Barrier(4)

    def reach(name: str, case_id: str) -> bool:
        start.wait()
        return queue.claim(case_id, name)

    with ThreadPoolExecutor(4) as people:
        for _ in range(250):
            case_id = a_case(queue)
            won = list(people.map(reach, "abcd", [case_id] * 4))

            assert won.count(True) == 1
            assert queue.find(case_id).owner == "abcd"[won.index(True)]


def reach_for_all(path: Path, name: str, ids: list[str], start: Any, results: Any) -> None:
    queue = Queue(Mailbox(path, Sealer([new_key()])))
    won = []
    for case_id in ids:
        start.wait()
        won.append(queue.claim(case_id, name))
    results.put((name, won))


def test_one_of_two_processes_gets_it(mailbox: Mailbox) -> None:
    """
    The same for processes that share nothing but the file, 200 times.
    """
    queue = Queue(mailbox)
    ids = [a_case(queue) for _ in range(200)]
    processes = multiprocessing.get_context("fork")
    start, results = processes.Barrier(2), processes.Queue()
    mailbox.dispose()

    people = [
        processes.Process(target=reach_for_all, args=(mailbox.path, name, ids, start, results))
        for name in ("dana", "lee")
    ]
    for person in people:
        person.start()
    won = dict(results.get(timeout=60) for _ in people)
    for person in people:
        person.join(10)

    assert all(dana != lee for dana, lee in zip(won["dana"], won["lee"], strict=True))
    assert [queue.find(case_id).owner for case_id in ids] == ["dana" if dana else "lee" for dana in won["dana"]]


def test_most_severe_first_then_oldest(queue: Queue, clock: FakeClock) -> None:
    """
    The queue is ordered by severity, and among equals by waiting time.
    """
    first = a_case(queue, level=Level.MODERATE)
    clock.now += 5
    second = a_case(queue, level=Level.IMMINENT)
    clock.now += 5
    third = a_case(queue, level=Level.MODERATE)

    assert [case.id for case in queue.all()] == [second, first, third]


def test_two_officers_never_bear_one_name(queue: Queue) -> None:
    """
    A made-up name that is in use is replaced by another one.
    """
    one, two = a_case(queue, alias="Harbor 41"), a_case(queue, alias="Harbor 41")

    assert queue.find(one).alias == "Harbor 41" != queue.find(two).alias


def test_a_late_step_does_nothing(queue: Queue) -> None:
    """
    A clock that saw a case waiting cannot take it from the responder who was faster.
    """
    seen = queue.find(a_case(queue))
    queue.claim(seen.id, "dana")

    assert not queue.move(seen, State.NOBODY_AVAILABLE)
    assert queue.find(seen.id).owner == "dana"


def test_no_step_outside_the_table(queue: Queue) -> None:
    """
    A step that the table does not know is refused.
    """
    with pytest.raises(WrongState):
        queue.move(queue.find(a_case(queue)), State.LIVE)


def test_level_only_rises(queue: Queue) -> None:
    """
    What was once serious stays serious for the desk.
    """
    case_id = a_case(queue, level=Level.HIGH)
    queue.raise_level(case_id, Level.IMMINENT)
    queue.raise_level(case_id, Level.MILD)

    assert queue.find(case_id).level is Level.IMMINENT


def test_only_the_holder_acts(queue: Queue) -> None:
    """
    Nobody else can close a case, give it back or hand it over.
    """
    case_id = a_case(queue)
    queue.claim(case_id, "dana")

    for act in (
        partial(queue.close, case_id, "lee", "talked"),
        partial(queue.give_back, case_id, "lee"),
        partial(queue.hand_over, case_id, "lee", "lee"),
    ):
        with pytest.raises(NotYours):
            act()


def test_unknown_case(queue: Queue) -> None:
    """
    A case that never was, or is gone, is said to be unknown.
    """
    with pytest.raises(UnknownCase):
        queue.find("0" * 32)


def test_hand_over_and_back(queue: Queue, clock: FakeClock) -> None:
    """
    A colleague gets a fresh minute for a first line; a case that is given back waits anew in the first tier.
    """
    case_id = a_case(queue)
    queue.claim(case_id, "dana")
    clock.now += 50

    queue.hand_over(case_id, "dana", "lee")
    handed = queue.find(case_id)
    queue.give_back(case_id, "lee")
    back = queue.find(case_id)

    assert (handed.owner, handed.state, handed.entered) == ("lee", State.ACKNOWLEDGED, clock.now)
    assert (back.owner, back.state, back.since, back.tier) == (None, State.NOTIFYING, clock.now, 1)


def test_marks_are_swept(queue: Queue, clock: FakeClock) -> None:
    """
    The bare mark that a case has ended is gone after a minute, and after a reboot at once.
    """
    case_id = a_case(queue)
    queue.end(case_id, State.CANCELLED)
    clock.now += 59
    assert queue.sweep(60) == 0
    clock.now += 2
    assert queue.sweep(60) == 1
    a_case(queue)
    clock.now = 5

    assert queue.sweep(60) == 1
    assert queue.all() == []


def test_cases_of_a_dead_edge(queue: Queue, mailbox: Mailbox, clock: FakeClock) -> None:
    """
    Cases of an edge without a sign of life are marked for the desk; those of a living one are left alone.
    """
    presence = Presence(mailbox)
    presence.beat("edge-old", Kind.EDGE)
    clock.now += 20
    presence.beat("edge-new", Kind.EDGE)
    lost, kept = a_case(queue, edge="edge-old"), a_case(queue, edge="edge-new")

    queue.strand(15)

    assert queue.find(lost).state is State.OFFICER_LOST
    assert queue.find(kept).state is State.NOTIFYING
