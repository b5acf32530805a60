"""
Signs webhooks so that who receives one can tell that it comes from here: Standard Webhooks 1.0, both its versions.

``v1`` is HMAC-SHA256 with a shared secret (``whsec_``), made by the reference library; ``v1a`` is Ed25519 (``whsk_``),
which that library does not have: the receiver then holds a public key only (``whpk_``).
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks.webhooks import Webhook

from bot.errors import CryptoError


def new_webhook_secret() -> str:
    """A shared secret of 32 bytes."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def new_webhook_keys() -> tuple[str, str]:
    """A (private, public) pair for ``v1a``."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return "whsk_" + _text(private.private_bytes_raw()), "whpk_" + _text(public)


def webhook_headers(secrets: Sequence[str], message: str, body: str, now: float) -> dict[str, str]:
    """The three headers; one signature a secret, so that old and new secrets overlap while they are changed."""
    signatures = [_sign(secret, message, int(now), body) for secret in secrets]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(signatures),
    }


def verify_v1a(public: str, headers: dict[str, str], body: str) -> bool:
    """Whether one of the ``v1a`` signatures is that of *public* (``whpk_…``); the timestamp is not looked at."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    key = Ed25519PublicKey.from_public_bytes(_raw(public.removeprefix("whpk_")))
    for version, _, signature in (part.partition(",") for part in headers["webhook-signature"].split(" ")):
        if version != "v1a":
            continue
        try:
            key.verify(_raw(signature), signed)
            return True
        except InvalidSignature:
            continue
    return False


def _sign(secret: str, message: str, now: int, body: str) -> str:
    if not secret.startswith("whsk_"):
        return str(Webhook(secret).sign(message, datetime.fromtimestamp(now, UTC), body))
    # some tools write seed and public key, 64 bytes; the seed comes first
    private = Ed25519PrivateKey.from_private_bytes(_raw(secret.removeprefix("whsk_"))[:32])
    return "v1a," + _text(private.sign(f"{message}.{now}.{body}".encode()))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise CryptoError("a webhook key or signature must be base64") from None
