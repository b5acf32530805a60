"""The supervisor keeps processes alive: real ones, killed and hung for the test."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import supervisor as module
from bot.supervisor import Child, State, Supervisor

BEATS = "import sys,time\nwhile True: open(sys.argv[1],'w').write('x'); time.sleep(0.05)"


def child_that_beats(path: Path, code: str = BEATS) -> Child:
    """A process that writes *path* while it lives; probing removes it and looks again."""

    async def alive() -> bool:
        path.unlink(missing_ok=True)
        await asyncio.sleep(0.3)
        return path.exists()

    return Child("desk", (sys.executable, "-c", code, str(path)), alive, start_seconds=5)


@pytest.fixture
async def supervisor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervisor]:
    monkeypatch.setattr(module, "PROBE_EVERY", 0.2)
    running = Supervisor()
    yield running
    await running.stop()


async def until(condition, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True


async def test_killed_process_comes_back(supervisor: Supervisor, tmp_path: Path) -> None:
    """A process that is killed is started again."""
    child = supervisor.start(child_that_beats(tmp_path / "beat"))
    assert await child.until_up(10)
    first = child.process.pid

    child.process.kill()

    assert await until(lambda: child.restarts == 1 and child.state is State.UP)
    assert child.process.pid != first


async def test_hung_process_comes_back(supervisor: Supervisor, tmp_path: Path) -> None:
    """A process that lives but no longer answers is killed and started again."""
    child = supervisor.start(child_that_beats(tmp_path / "beat"))
    assert await child.until_up(10)

    child.process.send_signal(signal.SIGSTOP)

    assert await until(lambda: child.restarts == 1 and child.state is State.UP)


async def test_stop_ends_all(tmp_path: Path) -> None:
    """After ``stop`` no process is left, not even one that ignores being asked."""
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + BEATS
    supervisor = Supervisor()
    children = [
        supervisor.start(child_that_beats(tmp_path / "a")),
        supervisor.start(child_that_beats(tmp_path / "b", stubborn)),
    ]
    assert all([await child.until_up(10) for child in children])

    await supervisor.stop()

    assert all(child.process.returncode is not None for child in children)


def test_orphans_end(tmp_path: Path) -> None:
    """When the supervisor itself is killed, its processes end too and leave the port."""
    code = (
        "import asyncio,sys\nfrom tests.test_supervisor import *\nasync def main():\n"
        f" s=Supervisor(); c=s.start(child_that_beats(Path({str(tmp_path / 'beat')!r})))\n"
        " assert await c.until_up(10)\n print(c.process.pid, flush=True)\n await asyncio.sleep(60)\nasyncio.run(main())"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < end
        time.sleep(0.05)
