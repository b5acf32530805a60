"""Runs the desk as a process of its own: ``python -m tests.desk.desk_process STATE_DIR PORT``."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


@dataclass
class DeskProcess:
    """The running process and where it answers."""

    state: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Up and answering."""
        command = [sys.executable, "-m", "tests.desk.desk_process", str(self.state), str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        await until(lambda: _answers(self.url), seconds=60)

    def kill(self) -> None:
        """As the kernel would: no good-byes."""
        if self.process:
            self.process.kill()
            self.process.wait(10)


@asynccontextmanager
async def desk_process(state: Path) -> AsyncIterator[DeskProcess]:
    """A desk on *state*."""
    running = DeskProcess(state, _free_port())
    try:
        await running.start()
        yield running
    finally:
        running.kill()


async def until(wanted: Callable[[], bool | Awaitable[bool]], *, seconds: float = 5) -> None:
    """Waits until *wanted* is true; fails the test after *seconds*."""
    async with asyncio.timeout(seconds):
        while True:
            found = wanted()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.03)


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(url + "/livez")).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(state: Path, port: int) -> None:
    from bot.crypto.keyring import Keyring
    from bot.desk.app import serve
    from bot.handoff.mailbox import Mailbox
    from bot.settings import Settings
    from tests.desk.builders import Parts

    settings = Settings(state_dir=state, desk_port=port)
    keyring = Keyring(settings.keys_dir, ("mailbox", "desk_sessions"))
    serve(Parts(Mailbox(settings.handoff_db, keyring.sealer("mailbox")), keyring), settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
