"""
Writes what was built beside its checksum, and reads it back only if it is still that.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from bot.errors import DataError

ADAPTED = Path(__file__).with_name("adapted.npz")  # the last layers, as ``bot.learning`` taught them
VERSION = b"1"  # of the graph; a change here makes every file anew


def sentences_in(folder: Path) -> Path:
    """Where ``encoder.make`` puts the encoder, named after what it is made of."""
    return folder / f"sentences-{_made_of()}.npz"


@cache
def _made_of() -> str:
    return hashlib.sha256(VERSION + ADAPTED.read_bytes() if ADAPTED.exists() else VERSION).hexdigest()[:16]


def write_sound(path: Path, raw: bytes) -> None:
    """Writes *raw* and its checksum; whoever reads meanwhile finds the old, the new, or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".draft-{os.getpid()}-{path.name}")
    draft.write_bytes(raw)
    _checksum_path(path).write_text(hashlib.sha256(raw).hexdigest() + "\n", encoding="ascii")
    draft.replace(path)


def read_sound(path: Path) -> bytes:
    """What ``write_sound`` wrote; raises ``DataError`` when it is missing or another."""
    try:
        raw = path.read_bytes()
        expected = _checksum_path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path.name} is missing; `sidedoor train` makes it") from None
    if hashlib.sha256(raw).hexdigest() != expected:
        raise DataError(f"{path.name} is not what was written; `sidedoor train` makes it anew")
    return raw


def remove_others(path: Path, pattern: str) -> None:
    """Removes what fits *pattern* in the folder and does not belong to *path*."""
    for other in path.parent.glob(pattern):
        if not other.name.startswith(path.name):
            other.unlink(missing_ok=True)


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")
