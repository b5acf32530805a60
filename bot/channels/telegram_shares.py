"""
Says which of several edges a chat belongs to: the one that remembers it, and none that would have to ask.

Chats fall into 1,024 shares. A share belongs to one edge from its first message until nobody in it can be remembered
any more, or until that edge is gone; then whoever gets a message gives it to a living one. The table lies in a file
system in memory, beside the key by which chats fall into shares: what is read from a disk does not say which shares are
in use, and no chat stands in it anywhere. Without such a place the living edges are counted off, which moves chats, and
loses what was remembered of them, whenever an edge comes or goes.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.channels.own_file import opened
from bot.channels.telegram_kept import own_folder
from bot.logs import get_logger

log = get_logger(__name__)

SHARES = 1_024
_TRIES = 3  # others may be giving away the same share
_NOBODY = ""  # left behind by an edge that stopped in good order
_MADE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = OFF",  # there is no disk to wait for
    # gone: when it was noticed that whoever held it is gone, by the machine's monotonic clock
    "CREATE TABLE IF NOT EXISTS shares (share INTEGER PRIMARY KEY, worker TEXT NOT NULL, gone REAL)",
    "CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY, value BLOB NOT NULL)",
)


class Shares:
    """What belongs to *me* and to the others, of whom *lives* and *alive* tell. Nothing here raises."""

    def __init__(
        self,
        me: str,
        lives: Callable[[str], bool],
        alive: Callable[[], Sequence[str]],
        keep_seconds: float,
        *,
        database: sqlite3.Connection | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._me = me
        self._lives = lives
        self._alive = alive
        self._keep = keep_seconds
        self._clock = clock
        self._touched: dict[int, float] = {}
        self._counted: dict[str, float] = {}  # without a table: when each of the others was last seen alive
        self._database = database
        self._salt = self._shared_salt()

    @staticmethod
    def table(memory: Path, state: Path) -> sqlite3.Connection | None:
        """The table of the edges on *state*; None where *memory* is not a file system in memory, or not ours alone."""
        try:
            folder = own_folder(memory, state)
            if folder is not None:
                return opened(folder / "shares.db", _MADE, isolation_level=None)
            log.warning("telegram.shares_not_kept")
        except (OSError, sqlite3.Error) as error:
            log.warning("telegram.shares_not_kept", error=type(error))
        return None

    def share(self, chat: int) -> int:
        """The share that *chat* falls into."""
        return _number(str(chat), self._salt) % SHARES

    def owner(self, chat: int) -> str:
        """Who holds *chat* from now on."""
        share = self.share(chat)
        for _ in range(_TRIES):
            found = self._read(share)
            if found is None:
                return self._best(share, self._alive())
            held = found[0][0] if found else None
            if held and (held == self._me or self._lives(held)):
                return held
            self._give(share, held, self._best(share, self._alive()))
        return self._me

    def gone_at(self, chat: int) -> float | None:
        """When it was noticed that whoever held *chat* before is gone, with all they remembered; None for never."""
        share = self.share(chat)
        found = self._read(share)
        if found is not None:
            return found[0][1] if found else None
        alive, now = self._alive(), self._clock()
        self._counted |= dict.fromkeys(alive, now)
        before = self._best(share, [who for who, at in self._counted.items() if now - at <= self._keep])
        return None if before in alive or before == self._me else self._counted[before]

    def touch(self, chat: int) -> None:
        """Somebody wrote, or was written to, here: their share stays here for as long as they can be remembered."""
        self._touched[self.share(chat)] = self._clock()

    def let_go(self) -> None:
        """Gives up the shares in which nobody can be remembered any more: an edge that came later gets its part."""
        now = self._clock()
        for share in self._mine():
            if now - self._touched.setdefault(share, now) > self._keep:
                del self._touched[share]
                self._write("DELETE FROM shares WHERE share = ? AND worker = ?", share, self._me)

    def leave(self) -> None:
        """This edge stops: others take over at once."""
        self._write("UPDATE shares SET worker = ? WHERE worker = ?", _NOBODY, self._me)
        if self._database is not None:
            self._database.close()
        self._database = None

    def _best(self, share: int, among: Sequence[str]) -> str:
        """The same one for everybody who sees the same edges alive; this one when nobody else is there."""
        return max(among, key=lambda worker: _number(f"{share} {worker}", self._salt), default=self._me)

    def _give(self, share: int, held: str | None, worker: str) -> None:
        if held is None:
            self._write("INSERT OR IGNORE INTO shares VALUES (?, ?, NULL)", share, worker)
        else:
            change = "UPDATE shares SET worker = ?, gone = ? WHERE share = ? AND worker = ?"
            self._write(change, worker, self._clock(), share, held)

    def _read(self, share: int) -> list[Any] | None:
        """Who holds *share*, and since when whoever did is gone; None when there is no table that can be read."""
        return self._rows("SELECT worker, gone FROM shares WHERE share = ?", share)

    def _mine(self) -> list[int]:
        return [share for (share,) in self._rows("SELECT share FROM shares WHERE worker = ?", self._me) or ()]

    def _shared_salt(self) -> bytes:
        self._write("INSERT OR IGNORE INTO salt VALUES (1, ?)", secrets.token_bytes(32))
        rows = self._rows("SELECT value FROM salt")
        if not rows:  # a table that cannot be read by all is none
            self._database = None
        return bytes(rows[0][0]) if rows else b""

    def _rows(self, statement: str, *values: object) -> list[Any] | None:
        if self._database is None:
            return None
        try:
            with closing(self._database.execute(statement, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            log.warning("telegram.shares_not_read", error=type(error))
            return None

    def _write(self, statement: str, *values: object) -> None:
        if self._database is None:
            return
        try:
            self._database.execute(statement, values).close()
        except sqlite3.Error as error:
            log.warning("telegram.shares_not_saved", error=type(error))


def _number(text: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest(), "big")
