"""A ring wakes whoever listens, a lost one costs a moment and nothing else, and no bell stays behind."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.handoff.bell import Bell, ring
from bot.handoff.mailbox import Mailbox
from bot.handoff.officer import OfficerSide
from bot.settings import Settings
from tests.handoff.builders import WORDING, Desk, Page


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name leaves room for a socket's."""
    return tmp_path_factory.mktemp("b")


async def test_a_ring_wakes_every_listener(folder: Path) -> None:
    """
    Whoever listens hears a ring from another process, also when many came before anybody looked.
    """
    bells = [Bell(folder), Bell(folder)]
    heard = [asyncio.Event(), asyncio.Event()]
    for bell, event in zip(bells, heard, strict=True):
        bell.hang(event.set)
    script = (
        f"from bot.handoff.bell import ring; from pathlib import Path; [ring(Path({str(folder)!r})) for _ in 'x' * 500]"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    async with asyncio.timeout(20):
        await asyncio.gather(*(event.wait() for event in heard))
    for bell in bells:
        bell.take_down()

    assert list(folder.iterdir()) == []


async def test_a_bell_is_for_its_owner(folder: Path) -> None:
    """
    Nobody else can ring a bell or see through it, and its name says nothing about the mailbox.
    """
    before = os.umask(0)
    bell = Bell(folder)
    bell.hang(lambda: None)
    os.umask(before)
    (path,) = folder.iterdir()
    mode = path.stat().st_mode
    bell.take_down()

    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    assert len(path.name) <= len("assistant.sock")  # the settings have made sure that that one fits


def test_the_bell_of_a_killed_process_is_taken_down(folder: Path) -> None:
    """
    A process that was killed leaves its bell; the next ring removes it and disturbs nobody.
    """
    script = (
        "import asyncio, os, sys; from pathlib import Path; from bot.handoff.bell import Bell\n"
        "async def main():\n"
        "    Bell(Path(sys.argv[1])).hang(print)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=False)
    assert len(list(folder.iterdir())) == 1
    ring(folder)

    assert list(folder.iterdir()) == []


async def test_where_no_bell_can_be_hung_lines_come_all_the_same(tmp_path: Path) -> None:
    """
    In a folder whose name is too long for a socket nothing rings, and a whole chat goes both ways by the clock.
    """
    deep = tmp_path / ("d" * 120)
    sealer = Sealer([new_key()])
    page, box, other = Page(), Mailbox(deep / "handoff.db", sealer), Mailbox(deep / "handoff.db", sealer)
    side = OfficerSide(Settings(), box, WORDING, page.push)
    running = asyncio.create_task(side.run())
    desk = Desk(other)
    await desk.is_asked_for(side, page)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert not [path for path in deep.iterdir() if path.name.startswith("bell-")]
