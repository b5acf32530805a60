"""
The edge's side of the assistant: it takes a pseudonym and redacted text, nothing else, and never waits long.

Whatever is wrong over there, loading, hung, dead, talking nonsense, comes out as ``AssistantUnavailable``.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import AssistantUnavailable
from bot.logs import get_logger
from bot.triage.levels import Level
from bot.wording import Button, Reply

if TYPE_CHECKING:
    import httpx

    from bot.privacy.pseudonyms import Pseudonym
    from bot.privacy.redaction import RedactedText

log = get_logger(__name__)

CONNECT_SECONDS = 0.5  # a socket on the same machine that does not take a connection at once is not served
PROBE_SECONDS = 2.0
FORGET_SECONDS = 5.0
_CONNECTIONS = {"max_connections": 200, "max_keepalive_connections": 20, "keepalive_expiry": 30}


@dataclass(frozen=True, slots=True)
class AssistantAnswer:
    """What to say, what the edge should do, ``forget`` or ``offer_person``, say, and the intent that was understood."""

    replies: tuple[Reply, ...]
    signals: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept of one conversation over there: counts, no content."""

    turns: int
    facts: int
    minutes_left: int


class AssistantClient:
    """Talks to the assistant over its Unix socket; one object serves many conversations at once."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = str(socket_path)
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def reply(
        self,
        who: Pseudonym,
        text: RedactedText,
        level: Level,
        *,
        choice: str | None = None,
        timeout: float,
    ) -> AssistantAnswer:
        """The answer to one message; raises ``AssistantUnavailable``, after *timeout* seconds at the latest."""
        message = {"who": who, "text": text, "level": level.label, "choice": choice}
        return _answer(await self._post("/message", message, timeout))

    async def forget(self, who: Pseudonym) -> int:
        """Erases the conversation over there; returns how many there were (0 or 1)."""
        erased = (await self._post("/forget", {"who": who}, FORGET_SECONDS)).get("erased")
        if not isinstance(erased, int):
            raise AssistantUnavailable("the assistant's answer is malformed")
        return erased

    async def held(self, who: Pseudonym) -> Notes | None:
        """What is kept of *who* over there, ``None`` for nothing; raises ``AssistantUnavailable``."""
        found = (await self._post("/held", {"who": who}, FORGET_SECONDS)).get("held", False)
        if found is None:
            return None
        try:
            return Notes(*(int(found[name]) for name in ("turns", "facts", "minutes_left")))
        except (KeyError, TypeError, ValueError):
            raise AssistantUnavailable("the assistant's answer is malformed") from None

    async def ready(self) -> bool:
        """True when a message would be answered now."""
        return await self._probe("/readyz")

    async def alive(self) -> bool:
        """True when the process answers at all, loading or not."""
        return await self._probe("/livez")

    async def close(self) -> None:
        """Lets go of the open connections."""
        if self._http is not None and self._loop is asyncio.get_running_loop():
            await self._http.aclose()
        self._http = None

    async def _post(self, path: str, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        httpx = await _httpx()
        try:
            async with asyncio.timeout(seconds):
                response = await self._send(path, body)
        except (httpx.HTTPError, OSError, TimeoutError, ValueError) as error:
            log.warning("assistant.unavailable", error=type(error))
            raise AssistantUnavailable("the assistant cannot be reached") from None
        if response.status_code != 200:
            log.warning("assistant.unavailable", status=response.status_code)
            raise AssistantUnavailable("the assistant could not answer")
        return _object(response)

    async def _send(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Tries again once, and only when nothing was sent: a message that arrived twice would be answered twice."""
        httpx = await _httpx()
        try:
            return await self._client().post(path, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            await asyncio.sleep(0.05)
            return await self._client().post(path, json=body)

    async def _probe(self, path: str) -> bool:
        httpx = await _httpx()
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return (await self._client().get(path)).status_code == 200
        except (httpx.HTTPError, OSError, TimeoutError, ValueError):
            return False

    def _client(self) -> httpx.AsyncClient:
        """Connections belong to the loop they were made in; a command may use several, one after the other."""
        import httpx

        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            transport = httpx.AsyncHTTPTransport(uds=self._socket_path, limits=httpx.Limits(**_CONNECTIONS))
            timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
            self._http = httpx.AsyncClient(
                transport=transport, base_url="http://assistant", timeout=timeout, trust_env=False
            )
            self._loop = loop
        return self._http


async def _httpx() -> Any:
    """The library, loaded when it is first needed and off the loop: it takes longer than a crisis may wait."""
    if "httpx" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "httpx")
    return sys.modules["httpx"]


def _answer(found: dict[str, Any]) -> AssistantAnswer:
    try:
        replies = tuple(_reply(item) for item in found["replies"])
        signals = tuple(str(signal) for signal in found["signals"])
    except (KeyError, TypeError, AttributeError):
        raise AssistantUnavailable("the assistant's answer is malformed") from None
    return AssistantAnswer(replies, signals, str(found.get("subject", "")))


def _reply(item: dict[str, Any]) -> Reply:
    buttons = tuple(Button(str(button["title"]), str(button["payload"])) for button in item.get("buttons", ()))
    return Reply(str(item["text"]), buttons)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AssistantUnavailable("the assistant's answer is malformed")
    return found
