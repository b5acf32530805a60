"""
Knows who is signed in. The server keeps only a keyed hash of the cookie, so its file signs nobody in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.crypto.keyring import Keyring
from bot.desk.accounts import Account, by_id
from bot.desk.database import DeskDatabase, browsers, sessions

IDLE_SECONDS = 1800.0
BROWSER_SECONDS = 180 * 86_400.0
_PURPOSE = "desk_sessions"
_TOUCH_SECONDS = 30.0
_BY_MARK = sa.select(sessions).where(sessions.c.mark.in_(sa.bindparam("marks", expanding=True)))


@dataclass(frozen=True, slots=True)
class Session:
    """A responder who is signed in. ``token`` has to come with every act, beside the cookie."""

    account: Account
    token: str = field(repr=False)
    mark: bytes = field(repr=False)


class Sessions:
    """The sessions and the known browsers in the desk's database."""

    def __init__(
        self, database: DeskDatabase, keyring: Keyring, lifetime: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._lifetime = lifetime
        self._clock = clock

    def start(self, db: Connection, account: Account) -> str:
        """A new session; returns the cookie's value."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        row = {"mark": self._mark("session", cookie), "account": account.id, "ends": now + self._lifetime, "seen": now}
        db.execute(sessions.delete().where(sessions.c.ends < now))
        db.execute(sessions.insert(), row)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session of this cookie, if it has neither ended nor slept for half an hour."""
        if not 20 <= len(cookie) <= 64:
            return None
        now = self._clock()
        with self._database.reading() as db:
            row = db.execute(_BY_MARK, {"marks": self._marks("session", cookie)}).first()
            account = by_id(db, row.account) if row else None
        if row is None or account is None or row.ends < now or row.seen < now - IDLE_SECONDS:
            return None
        if row.seen < now - _TOUCH_SECONDS:
            with self._database.writing() as db:
                db.execute(sessions.update().where(sessions.c.mark == row.mark).values(seen=now))
        return Session(account, self._mark("token", cookie).hex(), row.mark)

    def end(self, db: Connection, session: Session) -> None:
        """Signs out."""
        db.execute(sessions.delete().where(sessions.c.mark == session.mark))

    def end_others(self, db: Connection, session: Session) -> None:
        """Signs out everywhere else, after a change of password."""
        theirs = sa.and_(sessions.c.account == session.account.id, sessions.c.mark != session.mark)
        db.execute(sessions.delete().where(theirs))

    def know_browser(self, db: Connection, account: Account) -> str:
        """Remembers that this browser has signed in; returns its cookie's value."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        db.execute(browsers.delete().where(browsers.c.made < now - BROWSER_SECONDS))
        db.execute(browsers.insert(), {"mark": self._mark("browser", cookie), "account": account.id, "made": now})
        return cookie

    def known_browser(self, db: Connection, account: Account, cookie: str) -> str:
        """A name for a browser that has signed in to this account before; ``stranger`` for any other."""
        if not 20 <= len(cookie) <= 64:
            return "stranger"
        known = sa.and_(browsers.c.mark.in_(self._marks("browser", cookie)), browsers.c.account == account.id)
        row = db.execute(sa.select(browsers.c.mark).where(known)).first()
        return row.mark.hex() if row else "stranger"

    def _mark(self, kind: str, cookie: str) -> bytes:
        return self._keyring.mac(_PURPOSE, f"{kind}/{cookie}".encode())

    def _marks(self, kind: str, cookie: str) -> tuple[bytes, ...]:
        return self._keyring.macs(_PURPOSE, f"{kind}/{cookie}".encode())
