"""Several edges behind one bot: processes of their own on one folder, with Telegram emulated before a proxy."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.bot_api import BotApi, until
from tests.emulators.door_process import door_process
from tests.emulators.telegram_door import CRISIS, NUMBERS
from tests.emulators.telegram_people import User
from tests.guarantees.house import free_port

LOST = "A part of this service has stopped."


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


@dataclass
class Doors:
    """What runs, and where."""

    folder: Path
    log: Path
    processes: list[subprocess.Popen[bytes]]

    def sockets(self) -> int:
        """How many of them take what the others hand over."""
        return len(list(self.folder.glob("edge-*")))

    def settled(self) -> bool:
        """Whether everything that was begun is known to be answered; else who takes over would answer it again."""
        with contextlib.closing(sqlite3.connect(self.folder / "telegram_updates.db")) as database:
            under_way = "SELECT COUNT(*) FROM updates WHERE worker IS NOT NULL"
            return database.execute(under_way).fetchone() == (0,)


@contextlib.asynccontextmanager
async def doors(api: BotApi, tmp_path: Path, memory: Path, count: int = 2, **more: Any) -> AsyncIterator[Doors]:
    """*count* edges on one folder, ready; the proxy takes turns between them."""
    folder, log = tmp_path / "s", tmp_path / "doors.log"
    folder.mkdir(mode=0o700, exist_ok=True)
    ports = [free_port() for _ in range(count)]
    api.doors = [f"http://127.0.0.1:{port}/telegram" for port in ports]
    settings = {"memory_dir": str(memory), "edges": count, "web_messages_per_minute": 1000, **more}
    with contextlib.ExitStack() as running:
        started = [
            running.enter_context(
                door_process(
                    folder, api.url, port, log, telegram_webhook_url=f"http://127.0.0.1:{port}/telegram", **settings
                )
            )
            for port in ports
        ]
        found = Doors(folder, log, started)
        await until(lambda: found.sockets() == count, within=120)
        yield found


def numbers(officer: User) -> list[int]:
    """How the edges have counted this officer's messages."""
    return sorted(int(text.split(":")[0]) for text in officer.hears() if text[:1].isdigit())


async def test_many_updates(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """
    Three hundred updates of fifteen officers, out of order over both doors and every third of them twice, are each answered
    once, and each officer is remembered by one edge alone. ``benchmarks/telegram_door.py --edges`` does more of it.
    """
    officers = [api.user(f"Officer{number}") for number in range(15)]
    async with doors(api, tmp_path, memory) as running:
        with api.shuffled(again=1 / 3):
            for number in range(300):
                officers[number % 15].says(f"message {number}")
        await until(lambda: api.quiet and sum(len(officer.hears()) for officer in officers) >= 300, 120, 0.1)
        log = running.log.read_text()

    assert len(api.deliveries) >= 400
    assert [numbers(officer) for officer in officers] == [list(range(1, 21))] * 15
    assert sorted(text.split(": ")[1] for officer in officers for text in officer.hears()) == sorted(
        f"message {number}" for number in range(300)
    )
    assert "answered_for_another" not in log


async def test_one_hangs_and_is_killed(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """
    While one edge hangs, a crisis in its chats is answered by the other, and once: also when it goes on. Killed, it
    leaves its chats to the other, which says once that something may be lost, and answers what was begun.
    """
    officers = [api.user(f"Officer{number}") for number in range(16)]
    async with doors(api, tmp_path, memory) as running:
        for officer in officers:
            officer.says("one")
        await until(lambda: api.quiet and all(officer.hears() for officer in officers) and running.settled(), 60)
        api.doors, both = api.doors[1:], api.doors
        running.processes[0].send_signal(signal.SIGSTOP)
        for officer in officers:
            officer.says(CRISIS)
        await until(lambda: all(NUMBERS in officer.hears() for officer in officers), within=30)
        running.processes[0].send_signal(signal.SIGCONT)
        api.doors = both
        for officer in officers:
            officer.says("slow")
        await until(lambda: api.quiet)
        moved = {officer.id for officer in officers if len(officer.hears()) > 2}  # told that it may have been lost
        running.processes[0].kill()
        await until(lambda: all(any("slow" in text for text in officer.hears()) for officer in officers))
        for officer in officers:
            officer.says(CRISIS)
        await until(lambda: all(officer.hears().count(NUMBERS) == 2 for officer in officers))
        await until(lambda: api.quiet)

    assert 0 < len(moved) < len(officers)
    for officer in officers:
        lost = [text for text in officer.hears() if text.startswith(LOST)]
        others = [text for text in officer.hears() if text not in (NUMBERS, *lost)]
        assert len(lost) == (2 if officer.id in moved else 0)
        assert others[0] == "1: one" and others[1:] == ["2: slow" if officer.id in moved else "3: slow"]


async def test_the_one_that_asks_is_killed(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """Where updates are asked for, one edge asks for all; when it is killed the next one asks, and nothing is lost."""
    officers = [api.user(f"Officer{number}") for number in range(10)]
    async with doors(api, tmp_path, memory, telegram_mode="polling") as running:
        for officer in officers:
            officer.says("one")
        await until(lambda: all(officer.hears() for officer in officers) and running.settled(), 60)
        asking = [process for process in running.processes if _asks(process, running.folder)]
        assert len(asking) == 1
        asking[0].kill()
        for officer in officers:
            officer.says(CRISIS)
        await until(lambda: all(NUMBERS in officer.hears() for officer in officers), within=60)

    assert all(officer.hears().count(NUMBERS) == 1 and numbers(officer) == [1] for officer in officers)


def _asks(process: subprocess.Popen[bytes], folder: Path) -> bool:
    held = Path(f"/proc/{process.pid}/fd")
    return any(path.resolve() == (folder / "telegram_poll.lock").resolve() for path in held.iterdir() if path.exists())
