"""
Keeps one secret key per purpose, so that a process can only do what its own keys allow.

A key is the file ``<purpose>.<id>.key``: 32 random bytes, in a folder of ours or of systemd's credentials. Where
secrets come as variables, a word ``<purpose>.<id>=<base64>`` takes its place. The newest key of a purpose writes, older
ones still read, and deleting a key deletes what it sealed, wherever a copy of that may lie.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.crypto.key_files import destroy_key, key_id, list_keys, make_folder, read_key, write_key
from bot.crypto.sealing import ID_BYTES, KEY_BYTES, Key, Sealer, new_key
from bot.errors import KeyFileError
from bot.settings import Settings

PURPOSES = ("pseudonyms", "address_book", "tracker", "mailbox", "desk_sessions")
_WORD = re.compile(rf"([a-z_]+)\.([0-9a-f]{{{2 * ID_BYTES}}})=([A-Za-z0-9+/]{{43}}=)")


class Keyring:
    """The keys of the named *purposes*, and no others: asking for another one raises ``KeyFileError``."""

    def __init__(self, folder: Path, purposes: Iterable[str]) -> None:
        self._use(folder, _read(folder, purposes))

    @classmethod
    def fleeting(cls, purposes: Iterable[str]) -> Keyring:
        """Keys made now and held in memory alone: for an edge that must answer while its key files are not in order."""
        ring = cls.__new__(cls)
        ring._use(None, {_known(purpose): (new_key(),) for purpose in purposes})
        return ring

    @classmethod
    def from_text(cls, text: str, purposes: Iterable[str]) -> Keyring:
        """Keys that were handed over as words; one of a purpose that is not asked for is refused, not ignored."""
        wanted, keys = tuple(_known(purpose) for purpose in purposes), _parse(text)
        for purpose in keys:
            if purpose not in wanted:
                raise KeyFileError(f"{purpose}: this process must not be handed that key")
        for purpose in wanted:
            if purpose not in keys:
                raise KeyFileError(f"{purpose}: there is no key in SIDEDOOR_KEYS")
        ring = cls.__new__(cls)
        ring._use(None, keys)
        return ring

    @classmethod
    def of(cls, settings: Settings, purposes: Iterable[str]) -> Keyring:
        """From wherever the operator has put them."""
        if settings.keys:
            return cls.from_text(settings.keys.reveal(), purposes)
        return cls(settings.keys_dir, purposes)

    def _use(self, folder: Path | None, keys: Mapping[str, tuple[Key, ...]]) -> None:
        self._folder = folder
        self._keys = keys
        self._sealers = {purpose: Sealer(keys, reload=self.refresh) for purpose, keys in self._keys.items()}

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def sealer(self, purpose: str) -> Sealer:
        """Seals and opens for *purpose*; it follows every ``refresh``."""
        self._held(purpose)
        return self._sealers[purpose]

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 of *data* under the newest key."""
        return _mac(self._held(purpose)[0], data)

    def macs(self, purpose: str, data: bytes) -> tuple[bytes, ...]:
        """The same under every live key, newest first: for finding again what was marked before a rotation."""
        return tuple(_mac(key, data) for key in self._held(purpose))

    def refresh(self) -> bool:
        """
        Takes up rotated keys and drops forgotten ones; true when there was a change.

        Raises ``KeyFileError``, and goes on with the keys it has, when the folder is not in order.
        """
        if self._folder is None:
            return False
        keys = _read(self._folder, self._keys)
        if keys == self._keys:
            return False
        self._keys = keys
        for purpose, sealer in self._sealers.items():
            sealer.use(keys[purpose])
        return True

    def _held(self, purpose: str) -> tuple[Key, ...]:
        if purpose not in self._keys:
            raise KeyFileError(f"{_known(purpose)}: this process does not hold that key")
        return self._keys[purpose]


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One key for the operator's eyes. ``state`` is ``writes and reads``, ``reads`` or ``refused: why``."""

    purpose: str
    id: str
    created: datetime
    state: str


def create(folder: Path, purposes: Iterable[str] = PURPOSES) -> tuple[str, ...]:
    """Makes the folder and a first key for each purpose that has none; returns those purposes."""
    make_folder(folder)
    missing = tuple(purpose for purpose in purposes if not list_keys(folder, _known(purpose)))
    for purpose in missing:
        write_key(folder, purpose, new_key())
    return missing


def rotate(folder: Path, purpose: str) -> str:
    """Adds a key that writes from the next ``refresh`` on, and returns its id. The older ones go on reading."""
    held = list_keys(folder, _known(purpose))
    key = new_key(after=bytes.fromhex(key_id(held[0])) if held else b"")
    write_key(folder, purpose, key)
    return key.id.hex()


def forget(folder: Path, purpose: str, which: str = "old") -> tuple[str, ...]:
    """
    Deletes the key with the id *which*, or with ``old`` all but the newest; returns their ids.

    What they sealed is lost. When the newest goes, a fresh one takes its place first, so that the service can go on.
    """
    held = list_keys(folder, _known(purpose))
    doomed = held[1:] if which == "old" else [path for path in held if key_id(path) == which]
    if not doomed and which != "old":
        raise KeyFileError(f"{purpose}: there is no key with that id")
    if doomed and doomed[0] == held[0]:
        rotate(folder, purpose)
    for path in doomed:
        destroy_key(path)
    return tuple(key_id(path) for path in doomed)


def as_text(folder: Path, purposes: Iterable[str]) -> str:
    """The keys of *purposes* as words for a store of secrets: what ``Keyring.from_text`` reads."""
    return " ".join(
        f"{purpose}.{key.id.hex()}={base64.b64encode(key.secret).decode()}"
        for purpose, keys in _read(folder, purposes).items()
        for key in keys
    )


def status(folder: Path) -> list[KeyStatus]:
    """What is in the folder, by purpose, newest first; a purpose without a key has no row."""
    rows = []
    for purpose in PURPOSES:
        for rank, path in enumerate(list_keys(folder, purpose)):
            created = datetime.fromtimestamp(int(key_id(path)[:8], 16), UTC)
            rows.append(KeyStatus(purpose, key_id(path), created, _state(path, newest=rank == 0)))
    return rows


def _state(path: Path, *, newest: bool) -> str:
    try:
        read_key(path)
    except KeyFileError as error:
        return f"refused: {error}"
    return "writes and reads" if newest else "reads"


def _mac(key: Key, data: bytes) -> bytes:
    return hmac.digest(key.derive("mac"), data, "sha256")


def _read(folder: Path, purposes: Iterable[str]) -> dict[str, tuple[Key, ...]]:
    keys = {}
    for purpose in purposes:
        keys[purpose] = tuple(key for path in list_keys(folder, _known(purpose)) if (key := read_key(path)))
        if not keys[purpose]:
            raise KeyFileError(f"{purpose}: there is no key; `sidedoor keys create` makes one")
    return keys


def _parse(text: str) -> dict[str, tuple[Key, ...]]:
    keys: dict[str, list[Key]] = {}
    for place, word in enumerate(text.split(), start=1):
        found = _WORD.fullmatch(word)
        secret = base64.b64decode(found[3]) if found else b""
        if found is None or len(secret) != KEY_BYTES:
            raise KeyFileError(f"SIDEDOOR_KEYS: word {place} is not a key")
        keys.setdefault(_known(found[1]), []).append(Key(bytes.fromhex(found[2]), secret))
    return {purpose: tuple(sorted(found, key=lambda key: key.id, reverse=True)) for purpose, found in keys.items()}


def _known(purpose: str) -> str:
    if purpose not in PURPOSES:
        raise KeyFileError(f"there is no such purpose; there are: {', '.join(PURPOSES)}")
    return purpose
