"""A broken, locked or full mailbox is one kind of error, comes quickly, and heals."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.errors import StoreError
from bot.handoff.mailbox import Mailbox
from bot.handoff.queue import Queue
from bot.handoff.tables import cases
from bot.triage.levels import Level


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "state" / "handoff.db", Sealer([new_key()]))


def fill(queue: Queue, case_id: str = "c" * 32) -> None:
    queue.open(case_id, "Harbor 41", "edge-1", Level.HIGH)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow any more, which is what a full disk is to SQLite."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_happens_before_the_first_use(mailbox: Mailbox) -> None:
    """
    Making a mailbox touches no disk, so a process starts whatever state the disk is in.
    """
    assert not mailbox.path.parent.exists()


def test_only_the_owner_can_read(mailbox: Mailbox) -> None:
    """
    The files are readable by their owner alone.
    """
    fill(Queue(mailbox))

    assert {path.stat().st_mode & 0o077 for path in mailbox.path.parent.iterdir()} == {0}


def test_locked(mailbox: Mailbox) -> None:
    """
    A file that somebody else holds locked is an error within two seconds, and fine afterwards.
    """
    queue = Queue(mailbox)
    fill(queue)
    started = time.monotonic()
    with locked(mailbox.path), pytest.raises(StoreError):
        fill(queue, "d" * 32)

    assert time.monotonic() - started < 2
    fill(queue, "d" * 32)


def test_full(mailbox: Mailbox) -> None:
    """
    A full disk is the same error, and fine once there is room.
    """
    queue = Queue(mailbox)
    fill(queue)
    mailbox.wipe()
    with full_disk(), pytest.raises(StoreError):
        fill(queue, "d" * 32)

    fill(queue, "d" * 32)
    assert len(queue.all()) == 2


def test_damaged_at_the_start(mailbox: Mailbox) -> None:
    """
    A file that is no database is an error once; then there is a new one.
    """
    mailbox.path.parent.mkdir()
    mailbox.path.write_bytes(os.urandom(20_000))
    with pytest.raises(StoreError):
        Queue(mailbox).all()

    assert Queue(mailbox).all() == []


def test_damaged_while_open(mailbox: Mailbox) -> None:
    """
    A file that is damaged in use is thrown away, and the other process follows to the new one by itself.
    """
    other = Mailbox(mailbox.path, mailbox.sealer)
    fill(Queue(mailbox))
    assert len(Queue(other).all()) == 1
    mailbox.wipe()
    with mailbox.path.open("r+b") as raw:
        raw.write(os.urandom(16_000))
    mailbox.dispose()

    with pytest.raises(StoreError):
        Queue(mailbox).all()
    fill(Queue(mailbox), "d" * 32)

    assert [case.id for case in Queue(other).all()] == ["d" * 32]


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """
    A state folder that is a file is the same error, not another one.
    """
    (tmp_path / "state").write_text("")

    with pytest.raises(StoreError):
        Queue(Mailbox(tmp_path / "state" / "handoff.db", Sealer([new_key()]))).all()


def test_errors_say_nothing(mailbox: Mailbox) -> None:
    """
    An error shows neither a statement nor a value.
    """
    queue = Queue(mailbox)
    fill(queue)
    with pytest.raises(StoreError) as raised, mailbox.writing() as db:
        db.execute(cases.insert(), {"id": "c" * 32, "alias": "cc", "edge": "e"})

    assert "cc" not in str(raised.value) and "INSERT" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_version_moves_with_every_change(mailbox: Mailbox) -> None:
    """
    A change by this process or by another one is noticed; without one the version stands still.
    """
    fill(Queue(mailbox))
    versions = [mailbox.version(), mailbox.version()]
    Queue(mailbox).raise_level("c" * 32, Level.IMMINENT)
    versions.append(mailbox.version())
    script = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('UPDATE cases SET tier = 2'); db.commit()"
    )
    subprocess.run([sys.executable, "-c", script, str(mailbox.path)], check=True)
    versions.append(mailbox.version())

    assert versions[0] == versions[1] < versions[2] < versions[3]


async def test_the_loop_never_waits(mailbox: Mailbox) -> None:
    """
    While the mailbox hangs, the event loop goes on, and the caller is released in time.
    """
    fill(Queue(mailbox))
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    heart = asyncio.create_task(beat())
    with locked(mailbox.path), pytest.raises(StoreError):
        await mailbox.ask(lambda post: post.queue.raise_level("c" * 32, Level.IMMINENT), within=1.0)
    heart.cancel()

    assert beats > 50


def test_edge_starts_without_the_database() -> None:
    """
    Importing the officer's side loads neither SQLAlchemy nor SQLite, so an edge answers sooner after a restart.
    """
    script = "import bot.handoff.officer, bot.handoff.mailbox, sys; print({'sqlalchemy', 'sqlite3'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout

    assert said.strip() == "set()"
