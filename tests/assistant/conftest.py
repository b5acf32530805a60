"""The sample bot: trained at most once for each change of its sources, served once for all tests."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.assistant.client import AssistantClient
from bot.crypto import keyring
from bot.settings import ROOT
from tests.assistant.sample import trained


@dataclass
class Served:
    """A process that serves the sample bot."""

    process: subprocess.Popen[bytes]
    state: Path
    log: Path
    output: Path

    @property
    def socket(self) -> Path:
        return self.state / "assistant.sock"

    @property
    def client(self) -> AssistantClient:
        return AssistantClient(self.socket)

    def said(self) -> str:
        """Everything the process has put out."""
        return self.log.read_text() + self.output.read_text()

    def stored(self) -> bytes:
        """Everything the process has written to its state folder."""
        return b"".join(path.read_bytes() for path in self.state.glob("tracker.db*"))

    def wait_until_ready(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said()
            if asyncio.run(self.client.ready()):
                return
            time.sleep(0.2)
        raise AssertionError("the sample bot did not get ready: " + self.said())


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> Path:
    """The folder of the sample bot's model."""
    return trained(pytestconfig.cache.mkdir("sample_models"))


@pytest.fixture(scope="session")
def serve(models: Path) -> Iterator[Callable[[], Served]]:
    """Starts processes that serve the sample bot, at DEBUG; they are not ready yet."""
    started: list[Served] = []

    def start() -> Served:
        state = Path(tempfile.mkdtemp(prefix="sidedoor-"))  # a socket's path must be short
        state.chmod(0o700)
        keyring.create(state / "keys", ("tracker",))
        log, output = state / "log", state / "output"
        command = [sys.executable, "-m", "tests.assistant.sample", str(state), str(models), "DEBUG"]
        with log.open("wb") as errors, output.open("wb") as lines:
            process = subprocess.Popen(command, cwd=ROOT, stdout=lines, stderr=errors)
        started.append(Served(process, state, log, output))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.wait()
        shutil.rmtree(served.state, ignore_errors=True)


@pytest.fixture(scope="session")
def served(serve: Callable[[], Served]) -> Served:
    """The sample bot, ready."""
    found = serve()
    found.wait_until_ready()
    return found
