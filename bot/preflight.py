"""
Finds, before a process serves anybody, what would break a promise: an open folder, a key, a store, a model, the log.

The assistant and the desk refuse to start over a fault. The edge does not: a refusal there would be silence in a
crisis. It goes on without what is not in order, answers every crisis, and ``/readyz`` says that something is wrong.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from bot import logs, wiring
from bot.crypto.keyring import Keyring
from bot.errors import PreflightError, SidedoorError
from bot.settings import Settings

KEYS = {"edge": wiring.EDGE_KEYS, "assistant": wiring.ASSISTANT_KEYS, "desk": wiring.DESK_KEYS}


def refuse(settings: Settings, process: str) -> None:
    """Raises ``PreflightError`` that names every fault, one a line, and what to do."""
    found = faults(settings, process)
    if found:
        raise PreflightError("Not started:\n" + "\n".join(f"- {fault}" for fault in found))


def faults(settings: Settings, process: str) -> list[str]:
    """Everything that is not as promised for *process*; no value is quoted."""
    checks: list[Callable[[Settings], Iterator[str]]] = [_folders, _files, lambda _: iter(logs.faults())]
    checks.append(lambda settings: _keys(settings, KEYS[process]))
    if process == "assistant":
        checks += [_store, _model]
    if process == "desk":
        checks.append(_desk_address)
    found: list[str] = []
    for check in checks:
        try:
            found += check(settings)
        except (SidedoorError, OSError) as error:
            found.append(str(error) if isinstance(error, SidedoorError) else "the state folder cannot be looked at")
    return found


def _folders(settings: Settings) -> Iterator[str]:
    for folder, name in ((settings.state_dir, "the state folder"), (settings.state_dir.parent, "the folder around it")):
        mode = folder.stat().st_mode
        if folder == settings.state_dir and stat.S_IMODE(mode) & 0o077:
            yield f"{name} is open to others; it must be yours, with mode 0700"
        if folder != settings.state_dir and mode & 0o002 and not mode & stat.S_ISVTX:
            yield f"{name} can be written by everybody, who could put another one in its place"


def _files(settings: Settings) -> Iterator[str]:
    for path in sorted(settings.state_dir.iterdir()):
        if not path.is_dir() and _open(path):
            yield f"{path.name} in the state folder is open to others; it must have mode 0600"


def _open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) and not path.is_symlink()
    except FileNotFoundError:  # a write-ahead log comes and goes
        return False


def _keys(settings: Settings, purposes: tuple[str, ...]) -> Iterator[str]:
    for purpose in purposes:
        try:
            if settings.keys:
                Keyring.of(settings, purposes)
            else:
                Keyring(settings.keys_dir, (purpose,))
        except SidedoorError as error:
            yield str(error)


def _store(settings: Settings) -> Iterator[str]:
    from bot.assistant.tracker_store.rows import Rows

    rows = Rows(settings.tracker_url)
    try:
        rows.check()
    except SidedoorError:
        try:
            rows.check()  # a damaged file has just been replaced
        except SidedoorError:
            yield "the tracker store cannot be written: is its disk full, or its server away?"
    finally:
        rows.close()


def _model(settings: Settings) -> Iterator[str]:
    """A model that is missing is waited for; one that is not what was trained is not loaded by anybody."""
    from bot.assistant import training

    if training.has_model(settings):
        try:
            training.find_model(settings)
        except PreflightError as error:
            yield str(error)


def _desk_address(settings: Settings) -> Iterator[str]:
    if settings.allow_public_bind and not settings.secure_cookies:
        yield "the desk listens beyond this machine, so SIDEDOOR_SECURE_COOKIES must be on and TLS in front of it"
