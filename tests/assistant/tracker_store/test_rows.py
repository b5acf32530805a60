"""The table of sealed conversations, on real SQLite files and on a real PostgreSQL server."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from bot.assistant.tracker_store.rows import Rows
from bot.errors import StoreError
from bot.settings import ROOT
from tests.postgres import NOT_RUN, Postgres, binaries

WHO = "c0ffee" + "0" * 26
OTHER = "decade" + "0" * 26


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


def test_reads_what_was_written(url: str) -> None:
    """A row holds the latest bytes written for a person."""
    rows = Rows(url)
    rows.write(WHO, 100, b"old")
    rows.write(WHO, 110, b"new")
    rows.write(OTHER, 110, b"other")

    assert rows.read(WHO, 99) == b"new"
    assert sorted(rows.everyone()) == [WHO, OTHER]


def test_expired_rows_are_not_read(url: str) -> None:
    """A row that has expired is as good as gone even before the sweep."""
    rows = Rows(url)
    rows.write(WHO, 100, b"sealed")

    assert rows.read(WHO, 100) is None


def test_sweep_takes_the_expired_only(url: str) -> None:
    """A sweep erases what has expired and nothing else, also after a restart."""
    rows = Rows(url)
    rows.write(WHO, 100, b"sealed")
    rows.write(OTHER, 101, b"sealed")
    rows.close()

    assert Rows(url).delete_expired(100) == 1
    assert Rows(url).everyone() == [OTHER]


def test_erased_means_gone_from_the_files(path: Path) -> None:
    """After an erasure neither pseudonym nor bytes are in the database, its free pages or its log."""
    rows = Rows.in_file(path)
    for number in range(50):
        rows.write(f"{number:032x}", 100, os.urandom(4000))
    rows.write(WHO, 100, b"SEALED-MARK" * 300)
    assert WHO.encode() in bytes_on_disk(path)

    assert rows.delete(WHO) == 1

    assert WHO.encode() not in bytes_on_disk(path)
    assert b"SEALED-MARK" not in bytes_on_disk(path)
    assert len(rows.everyone()) == 50


def test_overwritten_means_gone_after_an_erasure(path: Path) -> None:
    """What a later turn replaced is not left behind either."""
    rows = Rows.in_file(path)
    rows.write(WHO, 100, b"FIRST-MARK" * 400)
    rows.write(WHO, 100, b"SECOND-MARK" * 300)

    rows.delete(WHO)

    assert b"-MARK" not in bytes_on_disk(path)


def test_only_its_owner_can_read_it(path: Path) -> None:
    """Database, log and index are closed to everybody else, even when the file was open before."""
    path.touch(mode=0o644)
    Rows.in_file(path).write(WHO, 100, b"sealed")

    assert {file.stat().st_mode & 0o777 for file in path.parent.glob("tracker.db*")} == {0o600}


@pytest.mark.parametrize("damage", [b"not a database at all" * 500, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_file_is_replaced(path: Path, damage: bytes) -> None:
    """A damaged database costs the conversations in it, one error, and nothing after that."""
    path.write_bytes(damage)
    rows = Rows.in_file(path)
    with pytest.raises(StoreError):
        rows.write(WHO, 100, b"sealed")

    rows.write(WHO, 100, b"sealed")

    assert rows.read(WHO, 99) == b"sealed"


def test_errors_quote_nothing(path: Path) -> None:
    """No error shows a pseudonym or what was to be stored."""
    rows = Rows.in_file(path)
    rows.write(OTHER, 1, b"x")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE conversations")

    with pytest.raises(StoreError) as caught:
        rows.write(WHO, 100, b"SEALED-MARK")

    shown = "".join(traceback.TracebackException.from_exception(caught.value).format_exception_only())
    shown += str(caught.value.__cause__)
    assert "no such table" in shown
    assert WHO not in shown
    assert "SEALED-MARK" not in shown


def test_a_locked_database_is_an_error_not_a_wait(path: Path) -> None:
    """A database that somebody else holds is waited for briefly and then given up."""
    rows = Rows.in_file(path)
    rows.write(WHO, 100, b"sealed")
    with sqlite3.connect(path) as connection:
        connection.execute("BEGIN EXCLUSIVE")

        with pytest.raises(StoreError):
            rows.write(WHO, 100, b"sealed")

    rows.write(WHO, 100, b"sealed again")
    assert rows.read(WHO, 99) == b"sealed again"


FULL = """
import resource
from pathlib import Path
from bot.assistant.tracker_store.rows import Rows
from bot.errors import StoreError
rows = Rows.in_file(Path({path!r}))
rows.write("0" * 32, 100, b"kept")
rows.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
failed = 0
for number in range(40):
    try:
        rows.write(f"{{number:032x}}", 100, bytes(4096))
    except StoreError:
        failed += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
rows.write("f" * 32, 100, b"works again")
print(failed > 0, rows.read("f" * 32, 1), len(rows.everyone()) > 1)
"""


def test_a_full_disk_is_an_error_and_passes(path: Path) -> None:
    """When the disk is full, writing fails with our own error; when there is room again, all goes on."""
    command = [sys.executable, "-c", FULL.format(path=str(path))]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert found.stdout.strip() == "True b'works again' True", found.stderr


def test_erased_means_gone_from_the_server_files() -> None:
    """On PostgreSQL, too, neither pseudonym nor bytes are left in any file of the server after an erasure."""
    if binaries() is None:
        pytest.skip(NOT_RUN)
    server = Postgres()
    try:
        rows = Rows(server.new_database())
        rows.write(OTHER, 100, os.urandom(4000))
        for _ in range(3):
            rows.write(WHO, 100, b"SEALED-MARK" * 300)
        rows.close()
        server.stop()  # a clean stop writes all of memory to the files
        assert WHO.encode() in server.bytes_in_files()
        server.start()

        assert rows.delete(WHO) == 1

        rows.close()
        server.stop()
        assert WHO.encode() not in server.bytes_in_files()
        assert b"SEALED-MARK" not in server.bytes_in_files()
        server.start()
        assert rows.everyone() == [OTHER]
    finally:
        server.close()


def test_a_server_that_comes_back_is_used_again() -> None:
    """A crash of the server costs the conversations on it, an error while it is away, and nothing after that."""
    if binaries() is None:
        pytest.skip(NOT_RUN)
    server = Postgres(None, "synchronous_commit=on")
    try:
        rows = Rows(server.new_database())
        rows.write(WHO, 100, b"before")
        server.stop(crash=True)
        with pytest.raises(StoreError):
            rows.check()
        server.start()

        rows.write(OTHER, 100, b"after")

        assert rows.everyone() == [OTHER]
        rows.close()
    finally:
        server.close()
