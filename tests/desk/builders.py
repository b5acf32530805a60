"""Builders for tests of the desk: a whole desk over a folder, with officers at the other side of its mailbox."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.crypto.keyring import Keyring, create
from bot.desk import accounts
from bot.desk.app import app
from bot.desk.database import DeskDatabase
from bot.handoff.delivery import Delivery
from bot.handoff.mailbox import Mailbox
from bot.handoff.records import Case, Kind
from bot.settings import Settings
from bot.triage.levels import Level

ORIGIN = "http://desk.test"
PASSWORD = "night shift over the river"


@dataclass
class Parts:
    """What the wiring hands to the desk."""

    mailbox: Mailbox
    keyring: Keyring
    delivery: Delivery | None = None


@dataclass
class Person:
    """A responder's browser, signed in."""

    client: httpx.AsyncClient
    token: str
    id: str

    async def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        sent = {"Origin": ORIGIN, "X-Sidedoor-Token": self.token} | {k.replace("_", "-"): v for k, v in headers.items()}
        return await self.client.post(path, json=body or {}, headers=sent)

    async def picture(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get("/api/state")).json()["picture"]
        return found


@dataclass
class DeskHouse:
    """One desk process's worth of parts."""

    folder: Path
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(state_dir=self.folder)
        create(self.settings.keys_dir)
        keyring = Keyring(self.settings.keys_dir, ("mailbox", "desk_sessions"))
        self.parts = Parts(Mailbox(self.settings.handoff_db, keyring.sealer("mailbox")), keyring)
        self.app = app(self.settings, self.parts)
        self.database = DeskDatabase(self.settings.desk_db)

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    def account(self, name: str = "dana", tier: int = 1) -> None:
        accounts.add(self.settings.desk_db, name, PASSWORD, tier=tier)

    @asynccontextmanager
    async def signed_in(self, name: str = "dana") -> AsyncIterator[Person]:
        async with self.browser() as client:
            response = await sign_in(client, name)
            assert response.status_code == 200, response.text
            page = (await client.get("/")).text
            with self.database.reading() as db:
                account = accounts.find(db, name)
            assert account
            yield Person(client, page.split('name="token" content="')[1].split('"')[0], account.id)

    def case(self, *, alias: str = "Harbor 41", level: Level = Level.HIGH) -> Case:
        """An officer waits."""
        post = self.parts.mailbox.post
        post.presence.beat("edge-1", Kind.EDGE)
        return post.queue.open(secrets.token_hex(16), alias, "edge-1", level)

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.glob("*.db*"))


async def sign_in(
    client: httpx.AsyncClient, name: str = "dana", password: str = PASSWORD, code: str | None = None
) -> httpx.Response:
    body = {"name": name, "password": password} | ({"code": code} if code else {})
    return await client.post("/api/sign-in", json=body, headers={"Origin": ORIGIN})
