"""
Makes, changes and removes the accounts of the people on duty; only the operator can, on the machine itself.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyotp
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection

from bot.crypto.sealing import Sealer
from bot.desk.audit import Act, note
from bot.desk.database import DeskDatabase, accounts, browsers, passkeys, sessions
from bot.errors import DataError

NAME_LIMIT = 60
PASSWORD_SHORTEST = 12
PASSWORD_LONGEST = 256
FIRST_NAME = "responder"

_hasher = PasswordHasher()  # Argon2id with the library's parameters: 64 MiB, three passes (RFC 9106, second choice)
_SYLLABLES = [first + vowel for first in "bdfghjkmnprstvz" for vowel in "aeiou"]

_BY_ID = sa.select(accounts).where(accounts.c.id == sa.bindparam("this"))  # asked with every request: built once
_EVERYBODY = sa.select(accounts.c.id, accounts.c.name)


@dataclass(frozen=True, slots=True)
class Account:
    """One responder. ``tier`` 1 is called first."""

    id: str
    name: str
    tier: int
    must_change: bool
    password: str = field(repr=False)
    code_secret: bytes | None = field(repr=False)
    code_used: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the operator's list."""

    name: str
    tier: int
    ways: str


def add(db: Path, name: str, password: str | None = None, *, tier: int = 1) -> str:
    """
    A new account; returns its password. Without *password* it gets a one-time one that has to be changed at once.

    Raises ``DataError`` when the name is empty, too long or taken, or the password too short.
    """
    given = password or one_time_password()
    check_password(given, name)
    if not 0 < len(_key(name)) <= NAME_LIMIT or not name.isprintable():
        raise DataError(f"a name needs 1 to {NAME_LIMIT} visible characters")
    row: dict[str, Any] = {
        "id": secrets.token_hex(8),
        "name": name.strip(),
        "name_key": _key(name),
        "tier": max(1, tier),
    }
    with DeskDatabase(db) as database, database.writing() as connection:
        if _row(connection, name) is not None:
            raise DataError("there is an account of that name")
        hashed = {"password": _hasher.hash(given), "must_change": password is None}
        connection.execute(accounts.insert(), {**row, **hashed, "code_used": 0})
        note(connection, "operator", Act.ACCOUNT_ADDED, row["name"])
    return given


def names(db: Path) -> list[str]:
    """The names of all accounts."""
    with DeskDatabase(db) as database, database.reading() as connection:
        return list(connection.execute(sa.select(accounts.c.name).order_by(accounts.c.name_key)).scalars())


def listing(db: Path) -> list[Row]:
    """All accounts, and what each signs in with."""
    with DeskDatabase(db) as database, database.reading() as connection:
        found = connection.execute(sa.select(accounts).order_by(accounts.c.name_key)).mappings().all()
        keys = connection.execute(sa.select(passkeys.c.account)).scalars().all()
    return [Row(row["name"], row["tier"], _ways(row["code_secret"], keys.count(row["id"]))) for row in found]


def _ways(code: bytes | None, keys: int) -> str:
    return " or ".join(["password and code" if code else "password", *([f"{keys} passkeys"] if keys else [])])


def remove(db: Path, name: str) -> None:
    """Ends an account and its sessions; raises ``DataError`` when there is none of that name."""
    with DeskDatabase(db) as database, database.writing() as connection:
        account = _known(connection, name)
        sign_out_everywhere(connection, account.id)
        connection.execute(passkeys.delete().where(passkeys.c.account == account.id))
        connection.execute(accounts.delete().where(accounts.c.id == account.id))
        note(connection, "operator", Act.ACCOUNT_REMOVED, account.name)


def reset(db: Path, name: str) -> str:
    """A new one-time password; old sessions, known browsers and the second step are ended."""
    password = one_time_password()
    with DeskDatabase(db) as database, database.writing() as connection:
        account = _known(connection, name)
        sign_out_everywhere(connection, account.id)
        connection.execute(passkeys.delete().where(passkeys.c.account == account.id))
        changed = {"password": _hasher.hash(password), "must_change": True, "code_secret": None, "code_used": 0}
        connection.execute(accounts.update().where(accounts.c.id == account.id).values(**changed))
        note(connection, "operator", Act.PASSWORD_RESET, account.name)
    return password


def require_code(db: Path, name: str, sealer: Sealer) -> str:
    """From now on *name* needs a six-digit code as well; returns the ``otpauth://`` address for an authenticator."""
    secret = pyotp.random_base32()
    with DeskDatabase(db) as database, database.writing() as connection:
        account = _known(connection, name)
        sealed = sealer.seal(secret.encode(), place=_place(account.id))
        connection.execute(accounts.update().where(accounts.c.id == account.id).values(code_secret=sealed))
        note(connection, "operator", Act.CODE_REQUIRED, account.name)
    return pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name="Sidedoor desk")


def first_account(db: Path) -> tuple[str, str] | None:
    """On the very first start: (name, one-time password) of an account made now; ``None`` when there are accounts."""
    if names(db):
        return None
    return FIRST_NAME, add(db, FIRST_NAME)


def one_time_password() -> str:
    """Easy to read out: nine syllables of 75 make 56 bits, and guessing is slow."""
    chosen = [secrets.choice(_SYLLABLES) for _ in range(9)]
    return "-".join("".join(chosen[start : start + 3]) for start in range(0, 9, 3))


def check_password(password: str, name: str) -> None:
    """Raises ``DataError`` for what is too short, too long, or the name itself."""
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        raise DataError(f"a password needs {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters")
    if _key(password) == _key(name) or len(set(password)) < 5:
        raise DataError("a password needs more than one's own name or a few letters")


def find(db: Connection, name: str) -> Account | None:
    """The account of *name*, whatever its case."""
    return _row(db, name)


def by_id(db: Connection, account_id: str) -> Account | None:
    """The account with this id."""
    return _account(db.execute(_BY_ID, {"this": account_id}).mappings().first())


def everybody(db: Connection) -> dict[str, str]:
    """Names by id."""
    return {row.id: row.name for row in db.execute(_EVERYBODY)}


def right_password(account: Account | None, password: str) -> bool:
    """Takes the same time for an unknown name as for a wrong password."""
    try:
        return _hasher.verify(account.password if account else _nobody(), password[:PASSWORD_LONGEST]) and bool(account)
    except (VerificationError, InvalidHashError):
        return False


def right_code(db: Connection, account: Account, code: str, sealer: Sealer, now: float) -> bool:
    """Whether the six digits are right; each can be used once."""
    if account.code_secret is None:
        return True
    totp = pyotp.TOTP(sealer.open(account.code_secret, place=_place(account.id)).decode())
    step = int(now) // totp.interval
    for candidate in (step - 1, step, step + 1):
        if candidate > account.code_used and totp.verify(code, for_time=candidate * totp.interval):
            used = accounts.update().where(accounts.c.id == account.id, accounts.c.code_used < candidate)
            return bool(db.execute(used.values(code_used=candidate)).rowcount)
    return False


def change_password(db: Connection, account: Account, password: str) -> None:
    """Raises ``DataError`` when *password* will not do."""
    check_password(password, account.name)
    changed = {"password": _hasher.hash(password), "must_change": False}
    db.execute(accounts.update().where(accounts.c.id == account.id).values(**changed))
    note(db, account.name, Act.PASSWORD_CHANGED)


def sign_out_everywhere(db: Connection, account_id: str) -> None:
    """Ends the sessions and forgets the known browsers of an account."""
    for table in (sessions, browsers):
        db.execute(table.delete().where(table.c.account == account_id))


@cache
def _nobody() -> str:
    """What an unknown name's password is compared with, so that it takes as long as a wrong one."""
    return _hasher.hash(secrets.token_hex(16))


def _known(db: Connection, name: str) -> Account:
    account = _row(db, name)
    if account is None:
        raise DataError("there is no account of that name")
    return account


def _row(db: Connection, name: str) -> Account | None:
    return _account(db.execute(sa.select(accounts).where(accounts.c.name_key == _key(name))).mappings().first())


def _account(row: sa.engine.RowMapping | None) -> Account | None:
    return Account(**{key: row[key] for key in Account.__slots__}) if row else None


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _place(account_id: str) -> str:
    return f"accounts/{account_id}/code"
