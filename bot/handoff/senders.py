"""
Tells somebody, by webhook, e-mail or Telegram, that an officer waits; never more than that, and never to a wrong place.

A webhook's host is resolved here and the connection goes to the address that was checked: a name that points into a
private network, or points there at the second look, reaches nothing. Redirects are not followed, proxies of the
environment not used, answers not read, bodies never logged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx

from bot.crypto.signing import webhook_headers
from bot.errors import ForbiddenAddress
from bot.handoff.duty import Duty, Endpoint, Network
from bot.handoff.notices import Notice, Result
from bot.wording import Wording

TIMEOUT = 5.0


class Senders:
    """All three ways. Never raises."""

    def __init__(
        self,
        duty: Duty,
        wording: Wording,
        *,
        resolve: Callable[[str, int], Sequence[str]] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._duty = duty
        self._wording = wording
        self._resolve = resolve or _addresses
        self._timeout = timeout

    async def __call__(self, endpoint: Endpoint, notice: Notice) -> Result:
        """One try, over within the time-out."""
        ways = {"webhook": self._webhook, "email": self._email, "telegram": self._telegram}
        try:
            async with asyncio.timeout(self._timeout):
                return await ways[endpoint.kind](endpoint, notice)
        except TimeoutError:
            return Result(False, "timeout")
        except ForbiddenAddress:
            return Result(False, "forbidden address", final=True)
        except (httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException, OSError, ValueError):
            return Result(False, "no connection")

    async def reach(self, endpoint: Endpoint) -> Result:
        """Whether the way is open as far as that shows without telling anybody: name, address, connection."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._knock(endpoint)
        except TimeoutError:
            return Result(False, "timeout")
        except ForbiddenAddress:
            return Result(False, "forbidden address", final=True)
        except (OSError, ValueError):  # a certificate that does not hold is an OSError, too
            return Result(False, "no connection")
        return Result(True, "ok")

    async def _knock(self, endpoint: Endpoint) -> None:
        if endpoint.kind == "email":
            if self._duty.mail is None:
                raise OSError("no mail server")
            _, line = await asyncio.open_connection(self._duty.mail.host, self._duty.mail.port)
        else:
            parts = urlsplit(endpoint.target if endpoint.kind == "webhook" else self._duty.telegram_api)
            safe = parts.scheme == "https"
            host, port = parts.hostname or "", parts.port or (443 if safe else 80)
            address = await asyncio.to_thread(self._checked, host, port, plain=not safe)
            secured = ssl.create_default_context() if safe else None
            _, line = await asyncio.open_connection(address, port, ssl=secured, server_hostname=host if safe else None)
        line.close()

    async def _webhook(self, endpoint: Endpoint, notice: Notice) -> Result:
        body = json.dumps({"type": notice.kind, "data": notice.content | _attached(notice)}, separators=(",", ":"))
        headers = webhook_headers(endpoint.secrets, notice.id, body, time.time())
        return await self._post(endpoint.target, body, headers)

    async def _telegram(self, endpoint: Endpoint, notice: Notice) -> Result:
        url = f"{self._duty.telegram_api}/bot{self._duty.telegram_token}/sendMessage"
        body = json.dumps({"chat_id": endpoint.target, "text": self._words(notice, "text")})
        return await self._post(url, body, {})

    async def _post(self, url: str, body: str, headers: dict[str, str]) -> Result:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = await asyncio.to_thread(self._checked, host, port, plain=parts.scheme != "https")
        target = httpx.URL(url).copy_with(host=address)
        sent = {"Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "Sidedoor"} | headers
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=self._timeout) as client,
            client.stream("POST", target, content=body, headers=sent, extensions={"sni_hostname": host}) as answer,
        ):
            return _result(answer)

    def _checked(self, host: str, port: int, *, plain: bool) -> str:
        """An address of *host* that may be called; raises ``Forbidden`` when any of them may not."""
        found = self._resolve(host, port)
        if not found:
            raise OSError("no address")
        for address in found:
            if not _permitted(address, self._duty.allowed, plain=plain):
                raise ForbiddenAddress("an address in a private network")
        return found[0]

    async def _email(self, endpoint: Endpoint, notice: Notice) -> Result:
        await asyncio.to_thread(self._hand_in, endpoint, notice)
        return Result(True, "ok")

    def _hand_in(self, endpoint: Endpoint, notice: Notice) -> None:
        mail = self._duty.mail
        if mail is None:
            raise OSError("no mail server")
        message = EmailMessage()
        message["From"], message["To"] = mail.sender, endpoint.target
        message["Subject"] = self._words(notice, "subject")
        message["Message-ID"] = f"<{notice.id}@sidedoor.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._words(notice, "text"))
        if notice.attachment:
            message.add_attachment(notice.file, filename="referral.sealed")
        with smtplib.SMTP(mail.host, mail.port, timeout=self._timeout) as server:
            if mail.starttls:
                server.starttls(context=ssl.create_default_context())
            if mail.user:
                server.login(mail.user, mail.password)
            server.send_message(message)

    def _words(self, notice: Notice, part: str) -> str:
        name = "utter_notice_" + notice.kind.replace(".", "_") + ("_subject" if part == "subject" else "")
        values = {key: str(value) for key, value in notice.content.items()}
        return self._wording.say(name, **values).text


def _attached(notice: Notice) -> dict[str, str]:
    return {"sealed": notice.attachment} if notice.attachment else {}


def _result(answer: httpx.Response) -> Result:
    status = answer.status_code
    if 200 <= status < 300:
        return Result(True, "ok")
    after = answer.headers.get("retry-after", "")
    return Result(False, f"HTTP {status}", final=status == 410, wait=float(after) if after.isdecimal() else 0.0)


def _permitted(address: str, allowed: Sequence[Network], *, plain: bool) -> bool:
    """A public address over TLS, or one in a network that the operator has named."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if any(ip in network for network in allowed if network.version == ip.version):
        return True
    return ip.is_global and not ip.is_multicast and (inner is None or inner.is_global) and not plain


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
