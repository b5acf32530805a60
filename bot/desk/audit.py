"""
Writes down the acts of operators and responders, each entry bound to the one before, and nothing about an officer.

An act around a case gets the day only: the minute in which somebody in uniform asked for help is nobody's to look up.
"""

from __future__ import annotations

import hashlib
import time
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.desk.database import DeskDatabase, audit

_START = "0" * 64


class Act(StrEnum):
    """All that is ever written down."""

    ACCOUNT_ADDED = "account added"
    ACCOUNT_REMOVED = "account removed"
    PASSWORD_RESET = "password reset"  # noqa: S105 - a word for the log
    PASSWORD_CHANGED = "password changed"  # noqa: S105
    CODE_REQUIRED = "code required"
    PASSKEY_ADDED = "passkey added"
    PASSKEY_REMOVED = "passkey removed"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    REFUSED = "sign-in refused"
    CASE_TAKEN = "case taken"
    CASE_HANDED_OVER = "case handed over"
    CASE_GIVEN_BACK = "case given back"
    CASE_CLOSED = "case closed"


def note(db: Connection, who: str, act: Act, about: str = "") -> None:
    """Adds an entry in the transaction of the act itself; *who* is an account's name, or ``operator``."""
    last = db.execute(sa.select(audit.c.number, audit.c.chain).order_by(audit.c.number.desc()).limit(1)).first()
    number, before = (last.number + 1, last.chain) if last else (1, _START)
    at = time.strftime("%Y-%m-%d" if act.value.startswith("case") else "%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    entry = {"number": number, "at": at, "who": who, "act": act.value, "about": about}
    db.execute(audit.insert(), {**entry, "chain": _link(before, *entry.values())})


def entries(database: DeskDatabase) -> list[tuple[str, str, str, str]]:
    """Every entry as (time, who, act, about), oldest first."""
    columns = (audit.c.at, audit.c.who, audit.c.act, audit.c.about)
    with database.reading() as db:
        return [tuple(row) for row in db.execute(sa.select(*columns).order_by(audit.c.number))]


def broken_at(database: DeskDatabase) -> int | None:
    """The number of the first entry that was changed, or follows a missing one; ``None`` when the chain is whole."""
    before, expected = _START, 1
    with database.reading() as db:
        for row in db.execute(sa.select(audit).order_by(audit.c.number)):
            if row.number != expected or row.chain != _link(before, *tuple(row)[:-1]):
                return expected
            before, expected = row.chain, expected + 1
    return None


def _link(before: str, *entry: object) -> str:
    return hashlib.sha256("\x1f".join((before, *map(str, entry))).encode()).hexdigest()
