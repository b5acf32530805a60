"""
What a provider gets: text sealed to their public key, bound to the referral it belongs to; only they can open it.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets

from bot.crypto.sealing import open_with, pad, seal_to, unpad
from bot.errors import CannotOpenError
from bot.handoff.notices import FIRST_LINE

_BLOCK = 512


def new_reference() -> str:
    """A random name for a referral, which the provider sees."""
    return secrets.token_hex(16)


def seal(public_key: str, reference: str, text: str) -> bytes:
    """*text* for the holder of the private key alone; its length shows in steps of 512 bytes only."""
    return seal_to(public_key, pad(text.encode("utf-8", "replace"), _BLOCK), place=_place(reference))


def read(private_key: str, content: str) -> str:
    """Opens what came by webhook (its body) or by mail (the file); raises ``CannotOpenError`` for anything else."""
    reference, sealed = _parts(content)
    try:
        raw = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raise CannotOpenError("this is not a sealed referral") from None
    return unpad(open_with(private_key.strip(), raw, place=_place(reference))).decode()


def _parts(content: str) -> tuple[str, str]:
    lines = content.strip().splitlines()
    if len(lines) == 3 and lines[0] == FIRST_LINE:
        return lines[1].strip(), lines[2].strip()
    try:
        data = json.loads(content)["data"]
        return str(data["id"]), str(data["sealed"])
    except (ValueError, KeyError, TypeError):
        raise CannotOpenError("this is not a sealed referral") from None


def _place(reference: str) -> str:
    return f"referral/{reference}"
