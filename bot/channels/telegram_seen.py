"""
Remembers which updates were answered, so that a repeated one is answered once: after a restart, and also while two
processes work on one state folder, an old one that is ending and its successor, say.

The file holds numbers of updates and nothing about who sent them. An update that was begun and not answered is free
again as soon as the process that had begun it is gone, which the lock on its file tells: Telegram brings it again, and
two answers are better than none. For the same reason there is no "everything up to here": updates come out of order,
and an unknown number is always a new message.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections import OrderedDict
from contextlib import closing, suppress
from enum import Enum, auto
from pathlib import Path

from bot.channels.own_file import opened
from bot.logs import get_logger

log = get_logger(__name__)

WINDOW = 2_048
TRIM_EVERY = 256

_MADE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = OFF",  # a number lost in a power cut is a message answered twice
    "CREATE TABLE IF NOT EXISTS updates (number INTEGER PRIMARY KEY, worker TEXT, place INTEGER)",
)
_TAKE = "INSERT OR IGNORE INTO updates VALUES (?, ?, (SELECT COALESCE(MAX(place), 0) + 1 FROM updates))"


class Taken(Enum):
    """Whose an update is."""

    OURS = auto()  # the caller answers it and says ``done``
    ANSWERED = auto()
    ELSEWHERE = auto()  # another process is at it: should that die, the update has to be brought again


class Seen:
    """The last ``WINDOW`` updates, by number. A file that cannot be used costs only the memory of them."""

    def __init__(self, path: Path, *, window: int = WINDOW) -> None:
        self._window = window
        self._here: OrderedDict[int, None] = OrderedDict()
        self.worker = secrets.token_hex(8)  # this process's name
        self._folder = path.parent
        self._prefix = path.stem
        self._held: int | None = None
        self._database: sqlite3.Connection | None = None
        self._since_trim = 0
        try:
            self._held = self._hold()
            self._database = opened(path, _MADE, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            log.warning("telegram.seen_not_kept", error=type(error))

    def take(self, update_id: int) -> Taken:
        """Ours for the first one to ask, over all processes."""
        if update_id in self._here:
            return Taken.ANSWERED  # or under way here, where nothing gets lost but with this process
        taken = self._take(update_id)
        if taken is Taken.OURS:
            self._here[update_id] = None
            while len(self._here) > self._window:
                self._here.popitem(last=False)
        return taken

    def done(self, update_id: int) -> None:
        """The update was answered."""
        self._write("UPDATE updates SET worker = NULL WHERE number = ?", update_id)
        self._since_trim += 1
        if self._since_trim >= TRIM_EVERY:
            self._since_trim = 0
            self._write("DELETE FROM updates WHERE place <= (SELECT MAX(place) - ? FROM updates)", self._window)

    def lives(self, worker: str) -> bool:
        """Whether *worker* still runs; the file of one that does not is taken away."""
        if worker == self.worker:
            return True
        try:
            probe = os.open(self._lock_of(worker), os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._lock_of(worker).unlink(missing_ok=True)
        except OSError:
            return True
        finally:
            os.close(probe)
        return False

    def workers(self) -> list[str]:
        """Every process that works on this folder now."""
        found = [path.name.split(".")[-2] for path in self._folder.glob(f"{self._prefix}.*.lock")]
        return [worker for worker in found if self.lives(worker)]

    def close(self) -> None:
        """Lets go of the file; what was begun here and not answered is free."""
        if self._database is not None:
            self._database.close()
        if self._held is not None:
            with suppress(OSError):
                self._lock_of(self.worker).unlink()
            os.close(self._held)
        self._database = self._held = None

    def _take(self, update_id: int) -> Taken:
        if self._write(_TAKE, update_id, self.worker) in (None, 1):  # without a file the memory decides
            return Taken.OURS
        worker = self._worker_of(update_id)
        if worker is None:
            return Taken.ANSWERED
        if self.lives(worker):
            return Taken.ELSEWHERE
        take_over = "UPDATE updates SET worker = ? WHERE number = ? AND worker = ?"
        return Taken.OURS if self._write(take_over, self.worker, update_id, worker) else Taken.ELSEWHERE

    def _worker_of(self, update_id: int) -> str | None:
        found = None
        if self._database is not None:
            with suppress(sqlite3.Error):
                found = self._database.execute("SELECT worker FROM updates WHERE number = ?", (update_id,)).fetchone()
        return found[0] if found else None

    def _write(self, statement: str, *values: object) -> int | None:
        """How many rows it changed; None when there is no file, or none that can be written."""
        if self._database is None:
            return None
        try:
            with closing(self._database.execute(statement, values)) as cursor:
                return cursor.rowcount
        except sqlite3.Error as error:
            log.warning("telegram.seen_not_saved", error=type(error))
            return None

    # -- which processes live: each holds a lock on a file of its own, and the kernel lets go of it when it dies

    def _lock_of(self, worker: str) -> Path:
        return self._folder / f"{self._prefix}.{worker}.lock"

    def _hold(self) -> int:
        mine = self._lock_of(self.worker)
        while True:
            held = os.open(mine, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(held, fcntl.LOCK_EX)
            if mine.exists():  # else another process took it for one left over, before it was locked
                break
            os.close(held)
        for left in self._folder.glob(f"{self._prefix}.*.lock"):
            self.lives(left.name.split(".")[-2])
        return held
