"""
Trains the scorer in a process of its own: ``python -m bot.triage.scoring.trainer FOLDER [--force]``.

Two that start at once do the work once: the second waits, and finds it done.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from bot.errors import SidedoorError
from bot.logs import lock_down
from bot.triage.scoring import artefact


def main(folder: Path, *, force: bool) -> None:
    """Trains unless what is there is current."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".levels.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if force or artefact.needs_training(folder):
            artefact.train(folder)
    finally:
        os.close(lock)


if __name__ == "__main__":
    lock_down("ERROR", "train")
    try:
        main(Path(sys.argv[1]).resolve(), force="--force" in sys.argv)
    except (OSError, SidedoorError):
        sys.exit(1)
