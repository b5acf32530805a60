"""Accounts are the operator's, and their passwords are nobody's."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.desk import accounts
from bot.desk.database import DeskDatabase
from bot.errors import DataError, StoreError

PASSWORD = "night shift over the river"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


def right(db: Path, name: str, password: str) -> bool:
    with DeskDatabase(db).reading() as connection:
        return accounts.right_password(accounts.find(connection, name), password)


def test_add_and_check(db: Path) -> None:
    """
    An account opens with its password, whatever the case of its name, and with no other.
    """
    accounts.add(db, "Dana", PASSWORD)

    assert right(db, "dana", PASSWORD) and right(db, " DANA ", PASSWORD)
    assert not right(db, "dana", PASSWORD + "x")
    assert not right(db, "lee", PASSWORD)


def test_password_is_not_in_the_file(db: Path) -> None:
    """
    The file holds an Argon2id hash, and only its owner can read it.
    """
    accounts.add(db, "dana", PASSWORD)

    found = b"".join(path.read_bytes() for path in db.parent.iterdir())
    assert PASSWORD.encode() not in found and b"$argon2id$" in found
    assert db.stat().st_mode & 0o077 == 0


def test_one_time_password(db: Path) -> None:
    """
    Without a password an account gets one that can be read out, and that has to be changed.
    """
    given = accounts.add(db, "dana")

    assert re.fullmatch(r"[a-z]{6}-[a-z]{6}-[a-z]{6}", given)
    assert right(db, "dana", given)
    with DeskDatabase(db).reading() as connection:
        account = accounts.find(connection, "dana")
    assert account and account.must_change


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("dana", "short"),
        ("", PASSWORD),
        ("x" * 61, PASSWORD),
        ("a\nb", PASSWORD),
        ("dana", "a" * 20),
        ("d" * 12, "D" * 12),
    ],
)
def test_what_will_not_do(db: Path, name: str, password: str) -> None:
    """
    Names that cannot be read and passwords that are guessed at once are refused, without repeating them.
    """
    with pytest.raises(DataError) as raised:
        accounts.add(db, name, password)

    assert password not in str(raised.value)


def test_one_account_a_name(db: Path) -> None:
    """
    A name is taken whatever its case.
    """
    accounts.add(db, "Dana", PASSWORD)
    with pytest.raises(DataError):
        accounts.add(db, "dana", PASSWORD)

    assert accounts.names(db) == ["Dana"]


def test_first_account_only_once(db: Path) -> None:
    """
    The very first start makes an account and says how to sign in; a later one does not.
    """
    first = accounts.first_account(db)

    assert first and right(db, *first)
    assert accounts.first_account(db) is None


def test_reset_and_remove(db: Path) -> None:
    """
    A reset ends the old password; a removed account opens no more.
    """
    accounts.add(db, "dana", PASSWORD)
    new = accounts.reset(db, "dana")
    assert right(db, "dana", new) and not right(db, "dana", PASSWORD)

    accounts.remove(db, "dana")

    assert accounts.names(db) == []
    with pytest.raises(DataError):
        accounts.reset(db, "dana")


def test_a_code_works_once(db: Path) -> None:
    """
    A six-digit code is taken once, within half a minute around its time, and never again.
    """
    accounts.add(db, "dana", PASSWORD)
    sealer = Sealer([new_key()])
    totp = pyotp.parse_uri(accounts.require_code(db, "dana", sealer))
    assert isinstance(totp, pyotp.TOTP)
    code = totp.at(1_000_000)

    def tried(given: str, now: float) -> bool:
        with DeskDatabase(db).writing() as connection:
            account = accounts.find(connection, "dana")
            assert account
            return accounts.right_code(connection, account, given, sealer, now)

    assert not tried("000000" if code != "000000" else "111111", 1_000_000)
    assert not tried(code, 1_000_120)
    assert tried(code, 1_000_020)
    assert not tried(code, 1_000_020)


def test_secret_of_the_code_is_sealed(db: Path) -> None:
    """
    The secret behind the codes is not readable in the file.
    """
    accounts.add(db, "dana", PASSWORD)
    uri = accounts.require_code(db, "dana", Sealer([new_key()]))

    secret = pyotp.parse_uri(uri).secret
    assert secret.encode() not in b"".join(path.read_bytes() for path in db.parent.iterdir())


def test_broken_file(db: Path) -> None:
    """
    A damaged file is one kind of error, and is never thrown away by itself: accounts are worth keeping.
    """
    db.write_bytes(b"x" * 9000)
    with pytest.raises(StoreError):
        accounts.names(db)

    assert db.read_bytes() == b"x" * 9000
