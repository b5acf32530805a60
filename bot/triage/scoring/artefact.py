"""
Says whether what was learnt is still what its sources teach, and learns it anew where it is not.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from bot.embedding.files import VERSION, read_sound, remove_others, sentences_in, write_sound
from bot.errors import DataError
from bot.logs import get_logger
from bot.settings import ROOT

log = get_logger(__name__)

FOLDER = Path(__file__).resolve().parents[1]
LEVELS = FOLDER / "data" / "levels"
_CODE = ("grams.py", "heads.py", "learning.py", "reading.py", "scorer.py")
_PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers")

Progress = Callable[[str, float], object]


def fingerprint(levels: Path = LEVELS) -> str:
    """16 hex digits that change with the examples, the code that learns from them, and what it stands on."""
    digest = hashlib.sha256(VERSION.encode())
    for package in _PACKAGES:
        digest.update(f"{package}=={version(package)}\n".encode())
    for path in _sources(levels):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def path_in(folder: Path, levels: Path = LEVELS) -> Path:
    """Where what the present sources teach lies, or would lie."""
    return folder / f"levels-{fingerprint(levels)}.npz"


def needs_training(folder: Path) -> bool:
    """True when there is no sound artefact of the present sources."""
    try:
        read_sound(path_in(folder))
        read_sound(sentences_in(folder))
    except DataError:
        return True
    return False


def is_there(folder: Path) -> bool:
    """Whether there is something of that name; cheaper than ``needs_training``, which reads all of it."""
    return path_in(folder).exists() and sentences_in(folder).exists()


def train_apart(folder: Path, *, force: bool = False) -> None:
    """``train`` in a process of its own, because it holds 300 MB that nobody needs afterwards; raises ``DataError``."""
    arguments = (sys.executable, "-m", "bot.triage.scoring.trainer", str(folder), *(("--force",) if force else ()))
    done = subprocess.run(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0 or needs_training(folder):
        log.error("levels.failed", code=done.returncode)
        raise DataError("the scorer of levels could not be trained; its examples lie in bot/triage/data/levels")


def train(folder: Path, progress: Progress = lambda step, done: None) -> Path:
    """Learns from the invented messages and writes what was learnt, in half a minute; raises ``DataError``."""
    from bot.embedding import encoder  # with scikit-learn half a second that no other caller needs
    from bot.triage.scoring import learning

    progress("sentence vectors", 0.0)
    encoder.make(folder)
    path = path_in(folder)
    heads = learning.learn(learning.read(LEVELS), encoder.Encoder.load(folder), progress)
    write_sound(path, heads.to_bytes())
    remove_others(path, "levels-*.npz*")
    return path


def _sources(levels: Path) -> Iterator[Path]:
    yield from sorted(levels.glob("*.yml"))
    for name in _CODE:
        yield Path(__file__).with_name(name)
