"""
Signs a responder in with a passkey: a key that stays in their device and works for this desk's address alone.

A challenge is not stored: it carries its own end and our MAC, so nobody can fill a memory with challenges and push out
the one of a responder who is signing in. Only used ones are remembered, until they have run out.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from anyio import to_thread
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bot.crypto.keyring import Keyring
from bot.desk.accounts import Account, by_id
from bot.desk.audit import Act, note
from bot.desk.database import DeskDatabase, passkeys
from bot.desk.http import json_body, refusal, session_of
from bot.desk.signing_in import SigningIn

CHALLENGE_SECONDS = 180
_NONCE = 16
KEYS_LIMIT = 10


class Passkeys:
    """The handlers."""

    def __init__(
        self,
        database: DeskDatabase,
        keyring: Keyring,
        signing: SigningIn,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._signing = signing
        self._clock = clock
        self._used: dict[bytes, float] = {}

    async def begin_adding(self, request: Request) -> Response:
        """What the browser needs to make a key for whoever is signed in."""
        account = session_of(request).account
        known = await to_thread.run_sync(self._ids, account.id)
        if len(known) >= KEYS_LIMIT:
            return refusal(409, "too_many")
        options = generate_registration_options(
            rp_id=_host(request),
            rp_name="Sidedoor desk",
            user_id=account.id.encode(),
            user_name=account.name,
            challenge=self._challenge("add/" + account.id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        )
        return Response(options_to_json(options), media_type="application/json")

    async def add(self, request: Request) -> Response:
        """``{"credential"}``: the key that the browser has made."""
        account, credential = session_of(request).account, await _credential(request)
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=self._taken(credential, "add/" + account.id),
                expected_rp_id=_host(request),
                expected_origin=request.headers["origin"],
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return refusal(400, "passkey")
        row = {"id": made.credential_id, "account": account.id, "key": made.credential_public_key}

        def keep() -> None:
            with self._database.writing() as db:
                db.execute(passkeys.insert(), {**row, "uses": made.sign_count})
                note(db, account.name, Act.PASSKEY_ADDED)

        await to_thread.run_sync(keep)
        return Response(status_code=204)

    async def remove(self, request: Request) -> Response:
        """Removes all passkeys of whoever is signed in; the password goes on working."""
        account = session_of(request).account

        def drop() -> None:
            with self._database.writing() as db:
                if db.execute(passkeys.delete().where(passkeys.c.account == account.id)).rowcount:
                    note(db, account.name, Act.PASSKEY_REMOVED)

        await to_thread.run_sync(drop)
        return Response(status_code=204)

    async def begin(self, request: Request) -> Response:
        """For everybody: what the browser needs to ask for a key. It says nothing about who has one."""
        options = generate_authentication_options(
            rp_id=_host(request),
            challenge=self._challenge("sign-in"),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return Response(options_to_json(options), media_type="application/json")

    async def sign_in(self, request: Request) -> Response:
        """``{"credential"}`` → cookies; 401 for whatever is not right, without saying what."""
        credential = await _credential(request)
        account = await to_thread.run_sync(self._verified, credential, _host(request), request.headers["origin"])
        return await self._signing.welcome(account, request) if account else refusal(401, "passkey")

    def _verified(self, credential: dict[str, Any], host: str, origin: str) -> Account | None:
        try:
            with self._database.writing() as db:
                row = _row(db, base64url_to_bytes(str(credential["id"])))
                if row is None:
                    return None
                found = verify_authentication_response(
                    credential=credential,
                    expected_challenge=self._taken(credential, "sign-in"),
                    expected_rp_id=host,
                    expected_origin=origin,
                    credential_public_key=row["key"],
                    credential_current_sign_count=row["uses"],
                    require_user_verification=True,
                )
                db.execute(passkeys.update().where(passkeys.c.id == row["id"]).values(uses=found.new_sign_count))
                return by_id(db, row["account"])
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return None

    # -- challenges

    def _challenge(self, use: str) -> bytes:
        head = secrets.token_bytes(_NONCE) + int(self._clock() + CHALLENGE_SECONDS).to_bytes(8, "big")
        return head + self._keyring.mac("desk_sessions", b"passkey/" + use.encode() + b"/" + head)

    def _taken(self, credential: dict[str, Any], use: str) -> bytes:
        """The challenge that the browser signed, if it is ours, in time, and was not used; raises ``ValueError``."""
        client = json.loads(base64url_to_bytes(str(credential["response"]["clientDataJSON"])))
        challenge = base64url_to_bytes(str(client["challenge"]))
        head, mac = challenge[: _NONCE + 8], challenge[_NONCE + 8 :]
        ours = self._keyring.macs("desk_sessions", b"passkey/" + use.encode() + b"/" + head)
        ends, now = int.from_bytes(head[_NONCE:], "big"), self._clock()
        self._used = {each: until for each, until in self._used.items() if until >= now}
        if not any(hmac.compare_digest(mac, each) for each in ours) or ends < now or challenge in self._used:
            raise ValueError("not a challenge of ours")
        self._used[challenge] = ends
        return challenge

    def _ids(self, account_id: str) -> list[bytes]:
        with self._database.reading() as db:
            return list(db.execute(sa.select(passkeys.c.id).where(passkeys.c.account == account_id)).scalars())


def _row(db: Connection, credential_id: bytes) -> Any:
    return db.execute(sa.select(passkeys).where(passkeys.c.id == credential_id)).mappings().first()


async def _credential(request: Request) -> dict[str, Any]:
    found = (await json_body(request)).get("credential")
    return found if isinstance(found, dict) else {}


def _host(request: Request) -> str:
    return request.url.hostname or ""
