"""Nothing outlives its time in any store, whoever was restarted meanwhile, and nobody can make that time longer."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette

from bot.assistant.engine import Engine
from bot.assistant.tracker_store.rows import Rows
from bot.channels.app import _lifespan
from bot.channels.inbound import Incoming
from bot.errors import SettingsError
from bot.retention import sweep_forever
from bot.settings import ROOT, Settings
from tests.channels.builders import Clock, FakePerson, edge, edge_parts

MINUTE, HOUR = 60.0, 3600.0
WHO = "c0ffee" + "0" * 26


@pytest.mark.parametrize(("minutes", "gone"), [(59, False), (61, True)])
async def test_idle_is_gone_in_every_store(tmp_path: Path, minutes: int, gone: bool) -> None:
    """After an idle hour the edge has dropped the level, the handoff and the way back, and not before."""
    clock, person = Clock(), FakePerson()
    parts = edge_parts(tmp_path, clock=clock, person=person)
    book = parts.address_book
    book._clock = clock
    house = type(edge(tmp_path / "x"))(parts)
    await house.hear(Incoming("web", "s", "hello"))
    who = parts.pseudonyms.of("web", "s")
    assert who in book

    clock.now += minutes * MINUTE
    await house.sweep(HOUR, 24 * HOUR)

    assert (who not in book) is gone
    assert (who in person.forgotten) is gone
    assert (who not in house._conversations) is gone


async def test_a_day_is_the_end_of_any_conversation(tmp_path: Path) -> None:
    """One that never rests is dropped after its day all the same."""
    clock, person = Clock(), FakePerson()
    parts = edge_parts(tmp_path, clock=clock, person=person)
    house = type(edge(tmp_path / "x"))(parts)
    for _ in range(49):
        await house.hear(Incoming("web", "s", "still here"))
        clock.now += HOUR / 2
        await house.sweep(HOUR, 24 * HOUR)

    assert parts.pseudonyms.of("web", "s") in person.forgotten


def test_a_sweep_survives_a_restart(tmp_path: Path) -> None:
    """What ran out while the process was down is erased at its next sweep, before Rasa has loaded."""
    rows = Rows.in_file(tmp_path / "tracker.db")
    rows.write(WHO, 1, b"SEALED-MARK" * 100)
    rows.close()

    swept = Engine(lambda: pytest.fail("not needed"), Rows.in_file(tmp_path / "tracker.db")).sweep()

    assert swept == 1
    with sqlite3.connect(tmp_path / "tracker.db") as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)
    assert b"SEALED-MARK" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


async def test_a_sweep_that_fails_is_tried_again() -> None:
    """A store that is locked at one sweep is swept at the next; the sweeping never ends by itself."""
    calls = 0
    done = asyncio.Event()

    async def sweep() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            done.set()
        raise OSError("locked")

    task = asyncio.create_task(sweep_forever(sweep, every=0.001))
    await asyncio.wait_for(done.wait(), 10)

    assert not task.done()
    task.cancel()


async def test_the_edge_sweeps_by_its_settings() -> None:
    """The edge's own sweep gets the idle time and the lifetime of the settings, in seconds."""
    calls: list[tuple[float, float]] = []
    done = asyncio.Event()

    async def sweep(idle: float, lifetime: float) -> None:
        calls.append((idle, lifetime))

    async def tidy() -> None:
        done.set()

    settings = Settings.load({"SIDEDOOR_IDLE_MINUTES": "60", "SIDEDOOR_LIFETIME_HOURS": "24"})
    edge: Any = SimpleNamespace(sweep=sweep)
    process: Any = SimpleNamespace(tidy=tidy, run=done.wait)
    async with _lifespan(edge, process, settings, None)(Starlette()):
        await asyncio.wait_for(done.wait(), 10)

    assert calls == [(HOUR, 24 * HOUR)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDLE_MINUTES", "61"),
        ("IDLE_MINUTES", "0"),
        ("IDLE_MINUTES", "nan"),
        ("IDLE_MINUTES", "inf"),
        ("LIFETIME_HOURS", "25"),
    ],
)
def test_nobody_can_make_it_longer(name: str, value: str) -> None:
    """A longer time, none at all, or one that never comes, is refused by its name."""
    with pytest.raises(SettingsError, match=name):
        Settings.load({f"SIDEDOOR_{name}": value})


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_killed_while_it_sweeps(tmp_path: Path) -> None:
    """A process that is killed between two erasures leaves a database that the next one opens and empties."""
    path = tmp_path / "tracker.db"
    rows = Rows.in_file(path)
    for number in range(300):
        rows.write(f"{number:032x}", 1, b"x" * 4000)
    rows.close()
    code = (
        "from pathlib import Path; from bot.assistant.tracker_store.rows import Rows; "
        f"r = Rows.in_file(Path({str(path)!r})); print('up', flush=True); "
        "[r.delete(w) for w in r.everyone()]"
    )
    with _running([sys.executable, "-c", code]) as process:
        while len(Rows.in_file(path).everyone()) == 300 and process.poll() is None:
            pass

    Rows.in_file(path).delete_expired(1)

    assert Rows.in_file(path).everyone() == []
