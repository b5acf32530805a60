"""What the tests of the channels share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram_kept import lies_in_memory


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder of its own in a file system in memory."""
    if not lies_in_memory(Path("/dev/shm")):
        pytest.skip("there is no file system in memory here")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)
