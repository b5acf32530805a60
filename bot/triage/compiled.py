"""
Keeps the lexicon in its compiled shape, beside Python's own compiled modules: compiling it takes a fifth of the second
in which the edge has to answer.

What is kept is taken only if it was made from the very data and code that are here, by us, on this Python, and arrived
whole; otherwise the lexicon is compiled from its data. A pickle is trusted as far as a ``.pyc`` is: whoever can write
in this folder can write the code beside it.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.logs import get_logger
from bot.triage.lexicon import FOLDER, Triage

log = get_logger(__name__)

DIGEST = 32  # bytes


_loaded: dict[Path, tuple[Triage, Path, bool]] = {}  # by folder: what was loaded last, its place, if it lay there sound


def load(folder: Path = FOLDER) -> Triage:
    """The safety net, from what is kept if that is current; raises ``DataError`` where the data is not in order."""
    try:
        place = _place(folder)
        kept = _read(place)
    except Exception as error:  # whatever is wrong with what is kept, the data is there
        log.debug("triage.not_kept", error=type(error))
        return Triage.load(folder)
    _loaded[folder] = kept or Triage.load(folder), place, kept is not None
    return _loaded[folder][0]


def keep(triage: Triage, folder: Path = FOLDER) -> None:
    """Keeps *triage*, made from *folder*, for the next start; does nothing where that cannot be written."""
    with suppress(OSError):
        known, place, sound = _loaded.get(folder, (None, None, True))
        if place is None or known is not triage:  # else what all of it is made of has been summed
            place, sound = _place(folder), True
        if sound and place.exists():
            return
        body = pickle.dumps(triage, protocol=pickle.HIGHEST_PROTOCOL)
        place.parent.mkdir(exist_ok=True)
        number, name = tempfile.mkstemp(dir=place.parent, prefix=place.name)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(hashlib.sha256(body).digest() + body)
            for old in place.parent.glob("lexicon.*.compiled"):
                old.unlink(missing_ok=True)
            os.replace(name, place)
        finally:
            Path(name).unlink(missing_ok=True)


def _place(folder: Path) -> Path:
    """Named after all that the compiled lexicon is made of."""
    made_of = hashlib.sha256(sys.version.encode())
    for path in (folder / "lexicon.yml", folder / "spelling.yml", *sorted(FOLDER.glob("*.py"))):
        made_of.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return folder / "__pycache__" / f"lexicon.{made_of.hexdigest()[:32]}.compiled"


def _read(place: Path) -> Triage | None:
    try:
        with place.open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_uid not in (os.getuid(), 0) or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            kept = file.read()
    except FileNotFoundError:
        return None
    if hashlib.sha256(kept[DIGEST:]).digest() != kept[:DIGEST]:
        return None
    gc.disable()  # looking for rubbish among a hundred thousand new objects takes as long as making them
    try:
        triage = pickle.loads(kept[DIGEST:])  # noqa: S301 - made by us, see above
    finally:
        gc.enable()
    return triage if isinstance(triage, Triage) else None
