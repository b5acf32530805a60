"""
Carries over a restart which messages have to be taken off officers' phones, without a trace of it on a disk.

The numbers lie in a file system in memory, each row sealed for its own place and of one size: what is read from the
disk, or from a backup of it, has nothing of them, and a machine that was switched off has forgotten them. Where there
is no such file system, or it belongs to somebody else, nothing is kept and the timer ends with the process.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bot.channels.own_file import opened
from bot.crypto.sealing import Sealer, pad, unpad
from bot.errors import CannotOpenError
from bot.logs import get_logger

log = get_logger(__name__)

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
MOUNTS = Path("/proc/self/mountinfo")
_MADE = (
    "PRAGMA secure_delete = ON",  # what is deleted from it is overwritten
    "PRAGMA synchronous = OFF",  # there is no disk to wait for
    "CREATE TABLE IF NOT EXISTS traces (row TEXT PRIMARY KEY, sealed BLOB) WITHOUT ROWID",
)
_BLOCK = 64  # bytes of a row before sealing: any two numbers and a time fit

Trace = tuple[int, int, float]  # chat, message, when it was sent


class Kept:
    """The rows of one state folder; several processes may share them. Nothing here raises."""

    def __init__(self, database: sqlite3.Connection, sealer: Sealer) -> None:
        self._database: sqlite3.Connection | None = database
        self._sealer = sealer
        self._row_of: dict[tuple[int, int], str] = {}
        self._known: set[str] = set()

    @classmethod
    def at(cls, memory: Path, state: Path, sealer: Sealer) -> Kept | None:
        """The rows for *state* under *memory*; None where that is not a file system in memory, or not ours alone."""
        try:
            folder = own_folder(memory, state)
            if folder is None:
                log.warning("telegram.traces_not_kept")
                return None
            return cls(opened(folder / "traces.db", _MADE), sealer)
        except (OSError, sqlite3.Error) as error:
            log.warning("telegram.traces_not_kept", error=type(error))
            return None

    def add(self, chat: int, message_id: int, sent_at: float) -> None:
        """Writes it down."""
        row = secrets.token_hex(8)
        sealed = self._sealer.seal(
            pad(json.dumps([chat, message_id, int(sent_at)]).encode(), _BLOCK), place=_place(row)
        )
        if self._write("INSERT INTO traces VALUES (?, ?)", [(row, sealed)]):
            self._row_of[chat, message_id] = row
            self._known.add(row)

    def drop(self, chat: int, message_ids: Iterable[int]) -> None:
        """They stand on no phone any more, or are nobody's to delete."""
        rows = [row for number in message_ids if (row := self._row_of.pop((chat, number), None))]
        self._drop(rows)

    def news(self) -> list[Trace]:
        """What another process has written down, one before this or one beside it; each is told of once."""
        found, spoilt = [], []
        for row, sealed in self._rows():
            if row in self._known:
                continue
            self._known.add(row)
            try:
                chat, message_id, sent_at = json.loads(unpad(self._sealer.open(sealed, place=_place(row))))
            except (CannotOpenError, ValueError):
                spoilt.append(row)  # its key was forgotten: nobody can read it again
                continue
            self._row_of[chat, message_id] = row
            found.append((chat, message_id, float(sent_at)))
        self._drop(spoilt)
        return found

    def close(self) -> None:
        """Lets go of the file."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def _drop(self, rows: list[str]) -> None:
        if rows and self._write("DELETE FROM traces WHERE row = ?", [(row,) for row in rows]):
            self._known.difference_update(rows)

    def _rows(self) -> list[tuple[str, bytes]]:
        if self._database is None:
            return []
        try:
            with closing(self._database.execute("SELECT row, sealed FROM traces")) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            log.warning("telegram.traces_not_read", error=type(error))
            return []

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> bool:
        if self._database is None:
            return False
        try:
            with self._database:
                self._database.executemany(statement, rows)
        except sqlite3.Error as error:
            log.warning("telegram.traces_not_saved", error=type(error))
            return False
        return True


def own_folder(memory: Path, state: Path) -> Path | None:
    """The folder of *state* under *memory*; None where that is not a file system in memory, or not ours alone."""
    if not lies_in_memory(memory):
        return None
    folder = memory / f"sidedoor-{hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o077
    return folder if own else None


def lies_in_memory(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether *folder* is on a file system that never reaches a disk, as far as the kernel says."""
    whole = folder.resolve(strict=True)
    best, kind = -1, ""
    for line in mounts.read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        place = before.split()[4].encode().decode("unicode_escape")
        if whole.is_relative_to(place) and len(place) >= best:
            best, kind = len(place), after.split()[0]
    return kind in IN_MEMORY


def _place(row: str) -> str:
    return f"telegram_traces/{row}"
