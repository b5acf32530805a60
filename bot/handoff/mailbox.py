"""
Keeps the one file in which edge and desk meet, so that neither waits on it and nothing stays in it.

No time of day is in it: times are seconds of the machine's monotonic clock, which both processes share. What is in it
is worth nothing after the chat, so a file that turns out to be damaged is thrown away and made anew.

Nothing here loads SQLAlchemy before the first use: that takes half a second, which an edge that starts does not have.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.crypto.sealing import Sealer
from bot.errors import SidedoorError, StoreError
from bot.handoff.bell import Bell, ring
from bot.handoff.duty import Duty
from bot.logs import get_logger

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from bot.handoff.post import Post

log = get_logger(__name__)
T = TypeVar("T")

PATIENCE = 1.5  # an officer is told that something is wrong after this, whatever hangs
LOADING_SECONDS = 10.0  # … longer only for the very first use, which loads SQLAlchemy
_DAMAGED = ("malformed", "not a database")


class Mailbox:
    """
    The sealed file. Nothing is opened before the first use, so a broken disk does not keep a process from starting.

    All methods raise ``StoreError`` and nothing else when the file is locked, full or damaged.
    """

    def __init__(
        self,
        path: Path,
        sealer: Sealer,
        *,
        clock: Callable[[], float] = time.monotonic,
        duty: Duty | None = None,
    ) -> None:
        self.path = path
        self.sealer = sealer
        self.clock = clock
        self.duty = duty or Duty.plain((30, 30, 60))
        self._post: Post | None = None
        self._engine: Engine | None = None
        self._inode = 0
        self._watcher: Any = None
        self._versions = 0
        self._last: Any = None
        self._opening = threading.RLock()
        self._here = threading.local()
        self._bell = Bell(path.parent)
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="mailbox")

    @property
    def post(self) -> Post:
        """What can be done with this mailbox; made when it is first asked for."""
        if self._post is None:
            from bot.handoff.post import Post

            self._post = Post(self)
        return self._post

    async def ask(self, work: Callable[[Post], T], *, within: float | None = None) -> T:
        """
        Runs *work* off the event loop; raises ``StoreError`` when it fails or takes longer than *within* seconds.

        Work that timed out may still be done a moment later: it has to be something that can be done twice.
        """
        if within is None:
            within = PATIENCE if self._post else LOADING_SECONDS
        future = asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self.post))
        try:
            async with asyncio.timeout(within):  # not wait_for(): it can swallow a cancellation on Python 3.11
                return await future
        except TimeoutError:
            raise StoreError("the mailbox does not answer in time") from None
        except SidedoorError:
            raise
        except Exception as error:  # a fault of ours is, to an officer, a mailbox that does not work
            log.error("mailbox.work_failed", error=error)
            raise StoreError("the mailbox cannot do that") from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; waits for no writer. A reading within a reading is the same one."""
        known: Connection | None = getattr(self._here, "connection", None)
        if known is not None:
            yield known
            return
        with self._guarded(), self._begin_reading() as connection:
            self._here.connection = connection
            try:
                yield connection
            finally:
                self._here.connection = None

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the only write lock from its first statement on; its end wakes who listens."""
        from bot.handoff.sqlite import writing

        with self._guarded(), writing(self._ready()) as connection:
            yield connection
        ring(self.path.parent)

    def listen(self, heard: Callable[[], None]) -> None:
        """
        Calls *heard* in the running loop when somebody has written; call it again after each ``version``.

        It is a help, no promise: whoever relies on a change asks for ``version`` by the clock as well.
        """
        self._bell.hang(heard)

    def stop_listening(self) -> None:
        """Nothing is waited for any more."""
        self._bell.take_down()

    def version(self) -> int:
        """Another number whenever anything has changed in the file; cheap enough to ask twenty times a second."""
        with self._guarded():
            engine = self._ready()
            with self._opening:
                if self._watcher is None:
                    self._watcher = engine.raw_connection()
                    self._watcher.detach()  # it sees everybody's commits but its own, so it never writes
                found = self._watcher.cursor().execute("PRAGMA data_version").fetchone()[0]
                if found != self._last:
                    self._last, self._versions = found, self._versions + 1
                return self._versions

    def wipe(self) -> bool:
        """Empties the write-ahead log, which still holds what was deleted; false when somebody was reading just now."""
        with self._guarded():
            raw = self._ready().raw_connection()
            try:
                return bool(raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            finally:
                raw.close()

    def dispose(self) -> None:
        """Closes every connection; the next use opens them again."""
        with self._opening:
            if self._watcher is not None:
                with contextlib.suppress(Exception):
                    self._watcher.close()
            if self._engine is not None:
                self._engine.dispose()
            self._engine = self._watcher = self._last = None

    def _begin_reading(self) -> contextlib.AbstractContextManager[Connection]:
        from bot.handoff.sqlite import reading

        return reading(self._ready())

    def _ready(self) -> Engine:
        from bot.handoff.sqlite import engine_for, private_file

        with self._opening:
            if self._engine is not None and _inode(self.path) == self._inode:
                return self._engine
            self.dispose()  # the other process has thrown the file away, or nothing was open yet
            self._versions += 1
            private_file(Path(f"{self.path}.lock"))
            with _only_one(self.path):
                private_file(self.path)
                self._inode = _inode(self.path)
                engine = engine_for(self.path)
                self._prepare(engine)
            self._engine = engine
            return engine

    def _prepare(self, engine: Engine) -> None:
        from bot.handoff.tables import prepare

        prepare(engine)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        from bot.handoff.sqlite import FAULTS

        try:
            yield
        except FAULTS as error:
            reason = str(getattr(error, "orig", error)).lower()
            if any(word in reason for word in _DAMAGED):
                self._throw_away()
            log.warning("mailbox.failed", error=type(error))
            raise StoreError("the mailbox cannot be read or written") from None

    def _throw_away(self) -> None:
        """Removes the damaged file, once: whoever comes second finds another file and leaves it alone."""
        with contextlib.suppress(OSError), self._opening, _only_one(self.path):
            damaged, self._inode = self._inode, 0
            self.dispose()
            if _inode(self.path) == damaged:
                log.error("mailbox.thrown_away")
                for suffix in ("-wal", "-shm", ""):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    descriptor = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
