"""
A PostgreSQL server of one's own, from the system's binaries, for as long as the tests run.

It listens on a Unix socket in a folder of its own and nowhere else, and belongs to another user where the tests run as
root, because PostgreSQL refuses root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from uuid import uuid4

NOT_RUN = "PostgreSQL is not installed here"
_SPEED = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB", "max_wal_size=64MB")


def binaries() -> Path | None:
    """The folder with ``initdb`` of the newest version installed; None where there is none."""
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin/initdb") if path.parts[4].isdigit()]
    if debian:
        return max(debian, key=lambda path: int(path.parts[4])).parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Postgres:
    """A running server. ``new_database`` gives the URL of an empty database."""

    def __init__(self, folder: Path | None = None, *options: str) -> None:
        programs = binaries()
        assert programs is not None, NOT_RUN
        self.folder = folder or Path(tempfile.mkdtemp(prefix="sidedoor-pg-", dir="/tmp"))
        self._as = _other_user() if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, self._as["user"], self._as["group"])
        self.data = self.folder / "data"
        self._programs = programs
        made = [str(programs / "initdb"), "-D", str(self.data), "-A", "trust", "-U", "sidedoor"]
        self._run([*made, "--no-sync", "--no-locale", "-E", "UTF8"])
        self._options = [part for option in (*_SPEED, *options) for part in ("-c", option)]
        self.start()

    def start(self) -> None:
        """Starts the server and waits until it takes connections."""
        self.log = self.folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self.folder), "-h", "", *self._options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True, **self._as,
            )  # fmt: skip
        end = time.monotonic() + 60
        while not (self.folder / ".s.PGSQL.5432").exists() or not self._answers():
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text(errors="replace")
            time.sleep(0.05)

    def stop(self, *, crash: bool = False) -> None:
        """Stops it, at once and without a checkpoint when it shall *crash*."""
        self.process.send_signal(3 if crash else 2)
        self.process.wait(30)

    def close(self) -> None:
        """Stops it and removes every file."""
        if self.process.poll() is None:
            self.stop(crash=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """An empty database; the URL says how to get there."""
        name = f"t{uuid4().hex[:12]}"
        self.ask("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of the database *name*."""
        return f"postgresql://sidedoor@/{name}?host={self.folder}"

    def ask(self, name: str, statement: str) -> list[tuple[object, ...]]:
        """Runs one statement as an operator would, outside of any transaction."""
        import psycopg2

        connection = psycopg2.connect(dbname=name, user="sidedoor", host=str(self.folder))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def bytes_in_files(self) -> bytes:
        """Everything that the stopped server has left in its files: tables, indexes, log, statistics."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())

    def _answers(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(dbname="postgres", user="sidedoor", host=str(self.folder)).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **self._as)
        assert done.returncode == 0, done.stderr


def _other_user() -> dict[str, int]:
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}  # type: ignore[dict-item]
    raise AssertionError("no user but root to run PostgreSQL as")
