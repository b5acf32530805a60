"""
Reads, writes and destroys key files, and refuses any that somebody else could have read.

The folder may be the service's own, or one that systemd or a container made from credentials.
"""

from __future__ import annotations

import os
import re
import stat
import struct
from contextlib import suppress
from pathlib import Path

from bot.crypto.sealing import ID_BYTES, KEY_BYTES, Key
from bot.errors import KeyFileError

_ACL_OWNER, _ACL_USER, _ACL_MASK = 0x01, 0x02, 0x10
_FILE_NAME = re.compile(rf"([a-z_]+)\.([0-9a-f]{{{2 * ID_BYTES}}})\.key")


def make_folder(folder: Path) -> None:
    """Makes *folder* for its owner alone; one that is already there must be closed to others."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise KeyFileError("the keys folder cannot be made") from None
    _check_folder(folder)


def list_keys(folder: Path, purpose: str) -> list[Path]:
    """The key files of *purpose*, newest first, judged by their names alone."""
    _check_folder(folder)
    found = [match for name in os.listdir(folder) if (match := _FILE_NAME.fullmatch(name)) and match[1] == purpose]
    return [folder / match[0] for match in sorted(found, key=lambda match: match[2], reverse=True)]


def key_id(path: Path) -> str:
    """The id in a key file's name."""
    return path.name.split(".")[1]


def read_key(path: Path) -> Key | None:
    """
    The key in the file, or ``None`` when it has just been forgotten.

    Judges the file that was opened, not its name: a name can change hands between two looks.
    """
    purpose = path.name.split(".")[0]
    try:
        with path.open("rb") as file:
            exposed, secret = _open_to_others(file.fileno()), file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError:
        raise KeyFileError(f"{purpose}: a key file cannot be read") from None
    if exposed:
        raise KeyFileError(f"{purpose}: a key file can be read by others; it must be yours, with mode 0600")
    if len(secret) != KEY_BYTES:
        raise KeyFileError(f"{purpose}: a key file is malformed; it must hold {KEY_BYTES} bytes")
    return Key(bytes.fromhex(key_id(path)), secret)


def write_key(folder: Path, purpose: str, key: Key) -> None:
    """All or nothing: a half-written key would lock the service out of what it seals with it."""
    name = f"{purpose}.{key.id.hex()}.key"
    draft = folder / f".{name}.draft"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.secret)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / name)
        _sync(folder)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise KeyFileError(f"{purpose}: a new key cannot be written to the keys folder") from None


def destroy_key(path: Path) -> None:
    """Overwrites and deletes. The overwriting is worth little on a journal or an SSD, but it is free."""
    with suppress(OSError), path.open("r+b") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.unlink(missing_ok=True)
        _sync(path.parent)
    except OSError:
        raise KeyFileError(f"{path.name.split('.')[0]}: a key file cannot be deleted") from None


def _open_to_others(file: int | Path) -> bool:
    about = os.stat(file)
    if about.st_uid not in (0, os.geteuid()) or about.st_mode & 0o007:
        return True
    return bool(about.st_mode & 0o070) and not _is_lent_to_us_alone(file)


def _is_lent_to_us_alone(file: int | Path) -> bool:
    """
    True when an access control list, and no group, is what the group bits stand for, and it names nobody but us.

    That is how systemd hands a credential of root to the service's user. The list is version (32 bits), then tag (16),
    permissions (16) and id (32) of each entry (linux/posix_acl_xattr.h).
    """
    try:
        entries = struct.iter_unpack("<HHI", os.getxattr(file, "system.posix_acl_access")[4:])
        given = [(tag, who) for tag, permissions, who in entries if permissions and tag not in (_ACL_OWNER, _ACL_MASK)]
    except (OSError, struct.error):
        return False
    return given == [(_ACL_USER, os.geteuid())]


def _check_folder(folder: Path) -> None:
    try:
        mode = folder.stat().st_mode
    except OSError:
        raise KeyFileError("the keys folder cannot be read; `sidedoor keys create` makes it") from None
    if not stat.S_ISDIR(mode):
        raise KeyFileError("the keys folder is not a folder")
    if _open_to_others(folder):
        raise KeyFileError("the keys folder is open to others; it must be yours, with mode 0700")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
