"""
Seals bytes so that only a holder of the key can read them, and only at the place they were sealed for.

A sealed value is ``version (1) | key id (8) | nonce (12) | AES-256-GCM ciphertext and tag``; header and place are
authenticated with it, so a row that is moved to another place, or whose header is changed, does not open. Nonces are
random: one key is good for 2^32 values (NIST SP 800-38D, 8.3), far more than a key lives to see before it is rotated.

``seal_to`` seals to a provider's public key what this service must pass on but must not be able to read again: HPKE
base mode (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM, the place as ``info``.
"""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from bot.errors import CannotOpenError, CryptoError

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
_HEADER = len(VERSION) + ID_BYTES + NONCE_BYTES
_LENGTH_BYTES = 4
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Key:
    """
    32 secret bytes, which do not show themselves in ``repr``, and their public id. An id begins with the second the key
    was made in, so the greatest id is the newest key whatever the file system says.
    """

    id: bytes
    secret: bytes = field(repr=False)

    def derive(self, use: str) -> bytes:
        """A key for one *use*, so that sealing and MACs never share one."""
        return HKDFExpand(SHA256(), KEY_BYTES, b"sidedoor/1/" + use.encode()).derive(self.secret)


def new_key(*, after: bytes = b"") -> Key:
    """A fresh random key; it is newer than the one with the id *after*, even when both are made within one second."""
    created = max(int(time.time()), int.from_bytes(after[:4], "big") + 1)
    return Key(created.to_bytes(4, "big") + os.urandom(ID_BYTES - 4), os.urandom(KEY_BYTES))


class Sealer:
    """
    Seals with the first of its keys and opens with any of them.

    *reload* is called once when a value names an unknown key: another process may have rotated the keys a moment ago.
    """

    def __init__(self, keys: Iterable[Key], *, reload: Callable[[], object] | None = None) -> None:
        self._reload = reload
        self.use(keys)

    def use(self, keys: Iterable[Key]) -> None:
        """Takes these keys instead of the ones held so far."""
        ciphers = {key.id: AESGCM(key.derive("seal")) for key in keys}
        if not ciphers:
            raise CryptoError("a sealer needs at least one key")
        self._keys = next(iter(ciphers)), ciphers  # swapped in one step: other threads may be sealing

    def seal(self, data: bytes, *, place: str) -> bytes:
        """Seals *data* so that it opens at the same *place* only."""
        writer, ciphers = self._keys
        header, nonce = VERSION + writer, os.urandom(NONCE_BYTES)
        return header + nonce + ciphers[writer].encrypt(nonce, data, header + place.encode())

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """The bytes sealed for *place*; raises ``CannotOpenError`` for anything else, without saying what it was."""
        if len(sealed) < _HEADER or sealed[:1] != VERSION:
            raise CannotOpenError("sealed bytes are malformed")
        header, nonce = sealed[: 1 + ID_BYTES], sealed[1 + ID_BYTES : _HEADER]
        try:
            return self._cipher(header[1:]).decrypt(nonce, sealed[_HEADER:], header + place.encode())
        except InvalidTag:
            raise CannotOpenError("sealed bytes do not open: wrong place, or changed") from None

    def _cipher(self, key_id: bytes) -> AESGCM:
        if key_id not in self._keys[1] and self._reload:
            with suppress(CryptoError):
                self._reload()
        try:
            return self._keys[1][key_id]
        except KeyError:
            raise CannotOpenError("sealed bytes do not open: their key is not held, or was forgotten") from None


def pad(data: bytes, block: int) -> bytes:
    """*data* with its length in front, filled up to a multiple of *block*: only the number of blocks shows."""
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data + bytes(-(_LENGTH_BYTES + len(data)) % block)


def unpad(padded: bytes) -> bytes:
    """The reverse of ``pad``; raises ``CannotOpenError`` when it was never padded."""
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    data, filling = padded[_LENGTH_BYTES : _LENGTH_BYTES + length], padded[_LENGTH_BYTES + length :]
    if len(padded) < _LENGTH_BYTES + length or any(filling):
        raise CannotOpenError("padding is malformed")
    return data


def new_provider_keys() -> tuple[str, str]:
    """A provider's (private, public) key as base64 text. Providers run this themselves, never this service."""
    private = X25519PrivateKey.generate()
    return _encode(private.private_bytes_raw()), _encode(private.public_key().public_bytes_raw())


def seal_to(public_key: str, data: bytes, *, place: str) -> bytes:
    """Seals *data* for the holder of the private key alone; raises ``CryptoError`` when *public_key* is not one."""
    try:
        return _SUITE.encrypt(data, X25519PublicKey.from_public_bytes(_decode(public_key)), place.encode())
    except ValueError:  # a point of low order: agreed secrets would be known to everybody
        raise CryptoError("the provider's public key is not usable") from None


def open_with(private_key: str, sealed: bytes, *, place: str) -> bytes:
    """What ``seal_to`` sealed for *place*; raises ``CannotOpenError`` for anything else."""
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(_decode(private_key)), place.encode())
    except (InvalidTag, ValueError):
        raise CannotOpenError("sealed bytes do not open with this private key") from None


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CryptoError("a provider key must be base64") from None
    if len(raw) != KEY_BYTES:
        raise CryptoError("a provider key must have 32 bytes")
    return raw
