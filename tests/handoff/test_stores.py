"""The same promises on a file and on a PostgreSQL server: one claim, order, no doubles, changes heard, nothing left."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.errors import StoreError, WrongState
from bot.handoff.duty import Duty, Endpoint, Tier
from bot.handoff.mailbox import Mailbox
from bot.handoff.officer import OfficerSide
from bot.handoff.records import Kind, Side
from bot.handoff.states import State
from bot.settings import Settings
from bot.triage.levels import Level
from tests.desk.desk_process import until
from tests.handoff.builders import RIVERA, WORDING, Desk, FakeClock, Page

CASE = "c" * 32
DUTY = Duty((Tier("peers", 30, endpoints=(Endpoint("peers/1", "webhook", "https://a.example.org"),)),))

Open = Callable[[], Mailbox]


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same mailbox as often as it is called, as edge and desk do."""
    sealer = Sealer([new_key()])
    if request.param == "postgresql":
        from bot.handoff.server import ServerMailbox

        url = str(request.getfixturevalue("postgres_url"))
        boxes = []

        def open_it() -> Mailbox:
            boxes.append(ServerMailbox(url, sealer, duty=DUTY))
            return boxes[-1]

        request.addfinalizer(lambda: [box.dispose() for box in boxes])
        return open_it
    return lambda: Mailbox(tmp_path / "handoff.db", sealer, duty=DUTY)


def fill(mailbox: Mailbox, case_id: str = CASE) -> None:
    mailbox.post.presence.beat("edge-1", Kind.EDGE)
    mailbox.post.queue.open(case_id, "Harbor 41", "edge-1", Level.HIGH, "It is about me.")


def test_of_many_at_once_one_gets_it(opener: Open) -> None:
    """
    Four responders claim at the same instant, each on connections of their own: exactly one owns the case.
    """
    boxes = [opener() for _ in range(4)]
    fill(boxes[0])
    for box in boxes:
        box.post.queue.all()
    for turn in range(12):
        case_id = f"{turn:032x}"
        boxes[0].post.queue.open(case_id, f"Delta {turn}", "edge-1", Level.HIGH)
        start, won = threading.Barrier(4), []

        def claim(number: int, case_id: str = case_id, start: threading.Barrier = start, won: list[int] = won) -> None:
            start.wait()
            if boxes[number].post.queue.claim(case_id, f"responder-{number}"):
                won.append(number)

        threads = [threading.Thread(target=claim, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [f"responder-{number}" for number in won] == [boxes[1].post.queue.find(case_id).owner]


def test_lines_in_order_and_once(opener: Open) -> None:
    """
    Lines come in the order they were left, a retry is the same line, what is delivered is gone.
    """
    edge, desk = opener(), opener()
    fill(edge)
    with pytest.raises(WrongState):
        edge.post.relay.to_desk(CASE, "line-0", "nobody is there yet")
    desk.post.queue.claim(CASE, "dana")
    numbers = [edge.post.relay.to_desk(CASE, f"line-{n}", f"words {n}") for n in (0, 1, 1, 2)]
    lines = desk.post.relay.waiting(CASE, Side.DESK)
    desk.post.relay.read_by(CASE, "dana", got=2, saw=2)

    assert numbers == [1, 2, 2, 3]
    assert [line.text for line in lines] == ["words 0", "words 1", "words 2"]
    assert [line.seq for line in desk.post.relay.waiting(CASE, Side.DESK)] == [3]
    assert edge.post.relay.progress(edge.post.queue.find(CASE), Side.DESK).seen == 2


def test_a_change_is_noticed_by_the_other_process(opener: Open) -> None:
    """
    The number changes when the other process wrote; without a change it stands still for a while.
    """
    edge, desk = opener(), opener()
    fill(edge)
    desk.version()
    before = desk.version()
    assert desk.version() == before
    edge.post.queue.raise_level(CASE, Level.IMMINENT)
    end = time.monotonic() + 5
    while desk.version() == before:
        assert time.monotonic() < end
        time.sleep(0.005)


async def test_whoever_listens_is_woken(opener: Open) -> None:
    """
    A change by the other process is heard without looking; after each look the next one is heard, too.
    """
    edge, desk = opener(), opener()
    fill(edge)
    heard = asyncio.Event()
    for level in (Level.HIGH, Level.IMMINENT):
        await desk.ask(lambda _: desk.version(), within=20)
        heard.clear()
        desk.listen(heard.set)
        await edge.ask(lambda post, level=level: post.queue.raise_level(CASE, level), within=20)
        async with asyncio.timeout(20):
            await heard.wait()
    desk.stop_listening()
    heard.clear()
    await edge.ask(lambda post: post.queue.end(CASE, State.CANCELLED), within=20)
    await asyncio.sleep(0.05)

    assert not heard.is_set()


async def test_a_lost_listener_is_noticed_and_replaced(postgres_url: str) -> None:
    """
    A connection that the server cuts wakes whoever listens; the next looks open another one, and that one hears.
    """
    import psycopg2

    from bot.handoff.server import ServerMailbox

    box, other = (ServerMailbox(postgres_url, Sealer([new_key()])) for _ in range(2))
    fill(box)
    heard = asyncio.Event()
    await box.ask(lambda _: box.version(), within=20)
    box.listen(heard.set)
    with psycopg2.connect(postgres_url) as server, server.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%LISTEN %'"
        )
    async with asyncio.timeout(20):
        await heard.wait()
    for _ in range(3):
        try:
            await box.ask(lambda _: box.version(), within=20)
            break
        except StoreError:
            continue
    heard.clear()
    box.listen(heard.set)
    await other.ask(lambda post: post.queue.raise_level(CASE, Level.IMMINENT), within=20)
    async with asyncio.timeout(20):
        await heard.wait()
    box.stop_listening()
    for each in (box, other):
        each.dispose()


def test_a_reading_within_a_reading_sees_the_same_moment(opener: Open) -> None:
    """
    What is read piece by piece for one page is of one moment, whatever is written meanwhile.
    """
    edge, desk = opener(), opener()
    fill(edge)
    with desk.reading():
        before = desk.post.queue.find(CASE).level
        edge.post.queue.raise_level(CASE, Level.IMMINENT)
        within = desk.post.queue.find(CASE).level

    assert before == within == Level.HIGH
    assert desk.post.queue.find(CASE).level == Level.IMMINENT


def test_both_sides_have_one_clock(opener: Open) -> None:
    """
    What one side calls now is now for the other side, to a tenth of a second.
    """
    edge, desk = opener(), opener()
    fill(edge)

    assert abs(edge.clock() - desk.clock()) < 0.1
    assert "edge-1" in desk.post.presence.there(Kind.EDGE, 5)


def test_cleaning_up_takes_nothing_that_is_just_coming(opener: Open) -> None:
    """
    An edge gives its first sign of life and opens a case while others sweep and look for dead edges: the case stands.
    """
    edge, cleaners, ended = opener(), [opener() for _ in range(3)], threading.Event()
    fill(edge)

    def clean(box: Mailbox) -> None:
        while not ended.is_set():
            with contextlib.suppress(StoreError):
                box.post.queue.strand(15)
                box.post.queue.sweep(60)
                box.post.presence.sweep(86_400)

    threads = [threading.Thread(target=clean, args=(box,)) for box in cleaners]
    for thread in threads:
        thread.start()
    try:
        found = [_one_of_many(edge, turn) for turn in range(60)]
    finally:
        ended.set()
        for thread in threads:
            thread.join()

    assert found == [State.NOTIFYING] * 60


def _one_of_many(box: Mailbox, turn: int) -> State:
    case_id = f"{turn:032x}"
    box.post.presence.beat(f"edge-of-{turn}", Kind.EDGE)
    box.post.queue.open(case_id, f"Delta {turn}", f"edge-of-{turn}", Level.HIGH)
    time.sleep(0.005)
    state = {case.id: case.state for case in box.post.queue.all()}.get(case_id, State.OFFICER_LOST)
    box.post.queue.end(case_id, State.RETURNED)
    return state


def test_a_clock_that_is_ahead(tmp_path: Path) -> None:
    """
    What a machine wrote whose clock is ahead by seconds is there and stays; what a reboot left behind goes.
    """
    sealer, clock = Sealer([new_key()]), FakeClock()
    edge = Mailbox(tmp_path / "handoff.db", sealer, clock=lambda: clock.now + 2)
    desk = Mailbox(tmp_path / "handoff.db", sealer, clock=clock)
    fill(edge)
    for clean in (lambda: desk.post.queue.strand(15), lambda: desk.post.queue.sweep(60)):
        assert clean() == 0
    desk.post.presence.sweep(86_400)
    assert list(desk.post.presence.there(Kind.EDGE, 15)) == ["edge-1"]

    clock.now -= 60
    desk.post.presence.sweep(86_400)
    assert desk.post.presence.there(Kind.EDGE, 15) == {}
    assert desk.post.queue.sweep(60) == 1


def test_letters_are_in_the_same_transaction(opener: Open) -> None:
    """
    With the case lies the letter that tells of it; who claims it settles it.
    """
    edge, desk = opener(), opener()
    fill(edge)
    (letter,) = desk.post.outbox.lease()
    desk.post.outbox.told(letter)
    desk.post.queue.claim(CASE, "dana")

    assert [letter.kind for letter in edge.post.outbox.lease()] == ["handoff.settled"]


def test_summary_is_sealed_and_goes(opener: Open) -> None:
    """
    The summary is read by the desk while the case lasts, and is gone with its end.
    """
    edge, desk = opener(), opener()
    fill(edge)
    assert desk.post.queue.summary(desk.post.queue.find(CASE)) == "It is about me."
    desk.post.queue.claim(CASE, "dana")
    desk.post.queue.close(CASE, "dana", "talked")

    assert desk.post.queue.find(CASE).summary is None
    edge.post.queue.end(CASE, State.RETURNED)
    assert desk.post.queue.all() == []


async def test_a_whole_handoff(opener: Open) -> None:
    """
    Offer, yes, claim, lines both ways, the end: through the edge's own loop, on either store.
    """
    page, box, other = Page(), opener(), opener()
    side = OfficerSide(Settings(), box, WORDING, page.push)
    running = asyncio.create_task(side.run())
    desk = Desk(other)
    case = await desk.is_asked_for(side, page)
    assert await side.say(RIVERA, "hello Dana", Level.HIGH) == ()
    await until(lambda: bool(desk.read(case)), seconds=20)
    other.post.queue.close(case.id, desk.id, "talked")
    await until(lambda: side.phase(RIVERA) == "none", seconds=20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_a_server_that_goes_away_is_one_kind_of_error(postgres_url: str) -> None:
    """
    Connections cut by the server are opened again at the next use; a server that cannot be reached is a ``StoreError``.
    """
    import psycopg2

    from bot.handoff.server import ServerMailbox

    box = ServerMailbox(postgres_url, Sealer([new_key()]))
    fill(box)
    box.version()
    with psycopg2.connect(postgres_url) as other:
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    for _ in range(20):
        try:
            assert box.post.queue.find(CASE)
            box.version()
            break
        except StoreError:
            continue
    else:
        pytest.fail("never opened again")
    box.dispose()

    nowhere = ServerMailbox("postgresql://sidedoor@127.0.0.1:1/none", Sealer([new_key()]))
    with pytest.raises(StoreError):
        nowhere.post.queue.all()


def test_on_the_server_nothing_is_logged_or_dated(postgres_url: str, postgres: object) -> None:
    """
    The tables are unlogged, so no log, replica or backup has them, and no column holds a date.
    """
    import psycopg2

    from bot.handoff.server import ServerMailbox

    box = ServerMailbox(postgres_url, Sealer([new_key()]))
    fill(box)
    box.dispose()
    with psycopg2.connect(postgres_url) as other, other.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relpersistence FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE n.nspname = 'sidedoor_mailbox' AND relkind = 'r'"
        )
        kinds = dict(cursor.fetchall())
        cursor.execute("SELECT since FROM sidedoor_mailbox.cases")
        (since,) = cursor.fetchone() or (0,)

    assert set(kinds) == {"cases", "lines", "presence", "outbox"} and set(kinds.values()) == {"u"}
    assert since < 1_000_000_000
