"""
Checks an installation that runs: what it answers, what it shows the network, what it has left on the disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from bot import logs, preflight
from bot.crypto import keyring
from bot.errors import SidedoorError
from bot.http_headers import STRICT
from bot.probing import local_url
from bot.settings import Settings

PROBE = "I am going to kill myself tonight"
KEY_DAYS = 30
OLD_KEY_HOURS = 25  # a day after a rotation nothing needs the older key: no conversation is older
LATE_MINUTES = 3
RASA_PORT = 5005
_EVERYWHERE = {"00000000", "0" * 32}
_TELLING = ("server", "set-cookie", "x-powered-by", "access-control-allow-origin")
_EXACT = ("Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy")


def faults(settings: Settings) -> list[str]:
    """Everything that is not as promised, each with what to do; no value is quoted."""
    found = list(files_and_keys(settings))
    found += listening(settings, *(Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")))
    try:
        found += left_over(settings)
    except SidedoorError as error:
        found.append(str(error))
    with httpx.Client(timeout=10, trust_env=False) as client:
        found += _edge(client, local_url(settings.edge_host, settings.edge_port, ""))
        found += _desk(client, local_url(settings.desk_host, settings.desk_port, ""))
    return found


def files_and_keys(settings: Settings, now: datetime | None = None) -> Iterator[str]:
    """What lies open, and keys that are too old or should be forgotten."""
    now = now or datetime.now(UTC)
    mine = set(logs.faults())  # this command's own log, not that of the house it looks at
    found = (fault for process in preflight.KEYS for fault in preflight.faults(settings, process))
    yield from dict.fromkeys(fault for fault in found if fault not in mine)
    if settings.keys or not settings.keys_dir.is_dir():
        return
    newest: dict[str, datetime] = {}
    for row in keyring.status(settings.keys_dir):
        if row.purpose not in newest:
            newest[row.purpose] = row.created
            if now - row.created > timedelta(days=KEY_DAYS):
                yield f"the key for {row.purpose} is older than {KEY_DAYS} days; `sidedoor keys rotate {row.purpose}`"
        elif now - newest[row.purpose] > timedelta(hours=OLD_KEY_HOURS):
            yield f"an older key for {row.purpose} is no longer needed; `sidedoor keys forget {row.purpose}`"


def listening(settings: Settings, *tables: str) -> Iterator[str]:
    """*tables* are /proc/net/tcp and tcp6: which of our ports the network can reach, and whether Rasa's is open."""
    officers = range(settings.edge_port, settings.edge_port + settings.edges)
    ours = dict.fromkeys(officers, "officers'") | {settings.desk_port: "responders'"}
    for table in tables:
        for line in table.splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.rpartition(":")
            number = int(port, 16)
            if state == "0A" and number in ours and address in _EVERYWHERE and not settings.allow_public_bind:
                yield f"the {ours[number]} port can be reached from the network, and no setting says that it may"
            if state == "0A" and number == RASA_PORT:
                yield "something listens on Rasa's own port; `rasa run` must not run beside Sidedoor"


def left_over(settings: Settings, now: float | None = None) -> Iterator[str]:
    """Conversations that should be gone: the sweep comes every half minute."""
    from bot.assistant.tracker_store.rows import Rows

    rows = Rows(settings.tracker_url)
    try:
        late = rows.expired(int((time.time() if now is None else now) // 60) - LATE_MINUTES)
    finally:
        rows.close()
    if late:
        yield f"{late} conversations are past their time; the assistant's sweep does not run"


def headers(got: Mapping[str, str]) -> Iterator[str]:
    """What an answer's headers lack, or tell."""
    low = {name.lower(): value for name, value in got.items()}
    for name in _EXACT:
        if low.get(name.lower()) != STRICT[name]:
            yield f"the header {name} is not what it should be; does a proxy change it?"
    if "default-src 'none'" not in low.get("content-security-policy", ""):
        yield "the content security policy is not what it should be; does a proxy change it?"
    if "no-store" not in low.get("cache-control", ""):
        yield "answers may be stored on the way; does a proxy change Cache-Control?"
    for name in _TELLING:
        if name in low:
            yield f"the header {name} should not be there; a proxy adds it"


def _edge(client: httpx.Client, url: str) -> Iterator[str]:
    try:
        yield from (f"officers' port: {fault}" for fault in headers(client.get(url + "/").headers))
        body = {"id": "doctor-0001", "text": PROBE}
        began = time.monotonic()
        answer = client.post(url + "/chat/messages", json=body)
        if answer.status_code != 200 or "988" not in answer.text:
            yield "officers' port: a crisis message does not get the numbers"
        elif time.monotonic() - began > 1:
            yield "officers' port: a crisis message waits longer than a second"
        parts = client.get(url + "/readyz").json()["parts"]
        yield from (f"officers' port: {name} is not ready" for name, ready in parts.items() if not ready)
    except (httpx.HTTPError, ValueError, KeyError):
        yield "the officers' port does not answer; is `sidedoor run` running?"


def _desk(client: httpx.Client, url: str) -> Iterator[str]:
    try:
        yield from (f"responders' port: {fault}" for fault in headers(client.get(url + "/sign-in").headers))
        if client.get(url + "/api/state").status_code not in (401, 403):
            yield "responders' port: the queue is shown to somebody who is not signed in"
    except httpx.HTTPError:
        yield "the responders' port does not answer; is `sidedoor run` running?"
