"""
Finds what the scorer runs on: the heads the repository carries, and the encoder's file, built in a second if missing.

What was learnt lies in ``learnt.npz`` and ``bot/embedding/adapted.npz``, because learning takes minutes, which an
officer's first message does not have. ``python -m bot.learning`` learns anew; ``is_current`` says whether somebody
should.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.embedding.files import read_sound, sentences_in
from bot.errors import DataError
from bot.logs import get_logger
from bot.settings import ROOT

log = get_logger(__name__)

FOLDER = Path(__file__).resolve().parents[1]
EXAMPLES = FOLDER / "data" / "levels"
LEARNT = Path(__file__).with_name("learnt.npz")
FINGERPRINT = LEARNT.with_suffix(".sources")
_CODE = ("grams.py", "heads.py", "reading.py", "stand_ins.yml")


def fingerprint(examples: Path = EXAMPLES) -> str:
    """16 hex digits that change with the examples and with the code that turns them into numbers."""
    digest = hashlib.sha256()
    for path in _sources(examples):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def is_current() -> bool:
    """Whether ``learnt.npz`` was learnt from the present examples."""
    try:
        return FINGERPRINT.read_text(encoding="ascii").strip() == fingerprint()
    except (OSError, UnicodeDecodeError):
        return False


def needs_building(folder: Path) -> bool:
    """True when the encoder's file in *folder* is missing or not what was written."""
    try:
        read_sound(sentences_in(folder))
    except DataError:
        return True
    return False


def build(folder: Path) -> None:
    """Writes the encoder's file into *folder*; two that start at once do the work once. Raises ``DataError``."""
    from bot.embedding import encoder  # with the graph's writer half a second that no other caller needs

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".sentences.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        raise DataError("the encoder could not be written to SIDEDOOR_MODEL_DIR") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if needs_building(folder):
            encoder.make(folder)
    finally:
        os.close(lock)


def build_apart(folder: Path) -> bool:
    """``build`` in a process of its own, because it holds 300 MB that nobody needs afterwards; False if it failed."""
    command = (sys.executable, "-m", "bot.triage.scoring.building", str(folder))
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        log.error("triage.no_encoder", code=done.returncode)
    return done.returncode == 0


def _sources(examples: Path) -> Iterator[Path]:
    yield from sorted(examples.glob("*.yml"))
    for name in _CODE:
        yield Path(__file__).with_name(name)
