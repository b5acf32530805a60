"""
Turns a channel's sender into a name that only this process can make, and nobody can turn back.

A pseudonym is half of an HMAC-SHA256 over channel and sender: without the key nobody can test a guess, and the same
person on two channels, or before and after a key was forgotten, is two people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType

from bot.crypto.keyring import Keyring

Pseudonym = NewType("Pseudonym", str)  # only Pseudonyms makes one

_BYTES = 16


class Pseudonyms:
    """Needs the key ``pseudonyms``, which the edge alone holds."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, channel: str, sender: str, *, known: Callable[[Pseudonym], object] | None = None) -> Pseudonym:
        """
        The pseudonym of *sender*: 32 hexadecimal digits.

        After a key rotation a conversation under way keeps the one it began with, when *known* says which that is.
        """
        newest, *older = self.all_of(channel, sender)
        if known is None or known(newest):
            return newest
        return next((pseudonym for pseudonym in older if known(pseudonym)), newest)

    def all_of(self, channel: str, sender: str) -> tuple[Pseudonym, ...]:
        """The pseudonyms under every live key, newest first: what ``forget`` has to look for."""
        data = len(channel).to_bytes(4, "big") + f"{channel}{sender}".encode("utf-8", "surrogatepass")
        return tuple(Pseudonym(mac[:_BYTES].hex()) for mac in self._keyring.macs("pseudonyms", data))
