"""
Starts the processes, restarts what dies or hangs, and stops them together.

The edge starts first and depends on nothing: it answers a crisis within a second, whatever the others are doing.
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from bot.logs import get_logger

log = get_logger(__name__)

FIRST_PAUSE = 0.1  # seconds before a first restart: the edge must be back within one
LONGEST_PAUSE = 30.0
STEADY = 60.0  # a process that ran this long starts again without a pause
PROBE_EVERY = 2.0
PROBE_TIMEOUT = 5.0
STRIKES = 5  # missed probes before a process counts as hung: a machine that trains beside it is slow, not dead
STOP_SECONDS = 6.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded before the fork, where loading is not safe


class State(StrEnum):
    """Of one process."""

    WAITING = "waiting"
    STARTING = "starting"
    UP = "up"
    DOWN = "down"


@dataclass(slots=True)
class Child:
    """One process: its command, how to ask whether it lives, and how long it may take to start."""

    name: str
    command: Sequence[str]
    alive: Callable[[], Awaitable[bool]]
    start_seconds: float
    state: State = State.WAITING
    restarts: int = 0
    process: asyncio.subprocess.Process | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def becomes(self, state: State) -> None:
        """Notes the new state and wakes whoever waits for it."""
        if state is not self.state:
            self.state = state
            self.changed.set()
            self.changed = asyncio.Event()

    async def until_up(self, seconds: float) -> bool:
        """True as soon as the process answers; False when *seconds* have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state is not State.UP:
                    await self.changed.wait()
        return self.state is State.UP


class Supervisor:
    """Keeps *children* running until ``stop``."""

    def __init__(self, environ: dict[str, str] | None = None) -> None:
        self._environ = environ
        self._tasks: list[asyncio.Task[None]] = []
        self._children: list[Child] = []

    def start(self, child: Child) -> Child:
        """Starts *child* now and again whenever it ends."""
        self._children.append(child)
        self._tasks.append(asyncio.create_task(self._keep(child), name=child.name))
        return child

    async def stop(self) -> None:
        """Asks all to end, waits, and ends by force what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(_end(child) for child in self._children))

    async def _keep(self, child: Child) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            await self._run_once(child)
            child.becomes(State.DOWN)
            child.restarts += 1
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
            log.warning("supervisor.restarting", process=child.name, restarts=child.restarts)
            await asyncio.sleep(pause)

    async def _run_once(self, child: Child) -> None:
        child.becomes(State.STARTING)
        child.process = await asyncio.create_subprocess_exec(
            *child.command,
            stdin=asyncio.subprocess.DEVNULL,
            env=self._environ,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
            preexec_fn=_die_with_parent,
        )
        watch = asyncio.create_task(_watch(child))
        try:
            await child.process.wait()
        finally:
            watch.cancel()


async def _watch(child: Child) -> None:
    """Probes *child*; a process that lives but does not answer is killed, so that it can be started again."""
    began, strikes = time.monotonic(), 0
    while True:
        if await _probe(child):
            child.becomes(State.UP)
            strikes = 0
        elif child.state is State.UP or time.monotonic() - began > child.start_seconds:
            strikes += 1
        if strikes >= STRIKES and child.process is not None:
            log.error("supervisor.hung", process=child.name)
            child.becomes(State.DOWN)
            with suppress(ProcessLookupError):
                child.process.kill()
            return
        await asyncio.sleep(PROBE_EVERY if child.state is State.UP else 0.1)


async def _probe(child: Child) -> bool:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            return await child.alive()
    except Exception:
        return False


async def _end(child: Child) -> None:
    process = child.process
    if process is None or process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _die_with_parent() -> None:
    """Ends a child whose supervisor was killed, so that no orphan keeps the port; runs between fork and exec."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
