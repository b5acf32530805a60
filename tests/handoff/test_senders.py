"""What leaves by webhook, mail and Telegram: signed, thin, to the right place only, and in time."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from bot.crypto.signing import new_webhook_keys, new_webhook_secret, verify_v1a
from bot.handoff.duty import Duty, Endpoint, MailServer
from bot.handoff.notices import Notice
from bot.handoff.senders import Senders
from examples.webhook_receiver import Receiver
from tests.emulators.bot_api import BotApi
from tests.handoff.builders import WORDING

LOOPBACK = (ip_network("127.0.0.0/8"),)
NOTICE = Notice("msg_1", "handoff.waiting", {"id": "c" * 32, "level": "high"})
DUTY = Duty(Duty.plain((30,)).tiers, allowed=LOOPBACK)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()


class Odd(BaseHTTPRequestHandler):
    """Answers as the path says, and notes what came."""

    got: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        if self.path == "/slow":
            time.sleep(1)
        self.send_response(int(self.path[1:]) if self.path[1:].isdigit() else 200)
        self.send_header("Location", self.path.replace("307", "200"))
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def odd() -> Iterator[tuple[str, list[Any]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.got = []  # type: ignore[attr-defined]
    with serving(server) as url:
        yield url.removesuffix("/hook"), server.got  # type: ignore[attr-defined]


async def test_the_reference_receiver_takes_it_once() -> None:
    """
    The receiver in examples/ accepts what is signed with its secret, once; another secret or a changed body it refuses.
    """
    secret, told = new_webhook_secret(), []
    receiver = Receiver(("127.0.0.1", 0), secret, told=lambda kind, data: told.append((kind, data)))
    send = Senders(DUTY, WORDING)
    with serving(receiver) as url:
        results = [
            await send(Endpoint("e", "webhook", url, (secret,)), NOTICE),
            await send(Endpoint("e", "webhook", url, (secret,)), NOTICE),
            await send(Endpoint("e", "webhook", url, (new_webhook_secret(),)), NOTICE),
            # while a secret is changed both sign
            await send(Endpoint("e", "webhook", url, (new_webhook_secret(), secret)), Notice("msg_2", "x", {})),
        ]

    assert [result.word for result in results] == ["ok", "ok", "HTTP 401", "ok"]
    assert told == [("handoff.waiting", {"id": "c" * 32, "level": "high"}), ("x", {})]


async def test_body_is_thin_and_both_versions_sign() -> None:
    """
    A webhook has an opaque id and a level, no more; the second version of the signature verifies with the public key.
    """
    private, public = new_webhook_keys()
    with odd() as (url, got):
        await Senders(DUTY, WORDING)(Endpoint("e", "webhook", url + "/200", (new_webhook_secret(), private)), NOTICE)
    _, headers, body = got[0]

    assert json.loads(body) == {"type": "handoff.waiting", "data": {"id": "c" * 32, "level": "high"}}
    assert [part.split(",")[0] for part in headers["webhook-signature"].split(" ")] == ["v1", "v1a"]
    assert verify_v1a(public, {key.lower(): value for key, value in headers.items()}, body.decode())
    assert not verify_v1a(public, {key.lower(): value for key, value in headers.items()}, body.decode() + " ")


@pytest.mark.parametrize(
    ("path", "word", "final"),
    [("/500", "HTTP 500", False), ("/307", "HTTP 307", False), ("/410", "HTTP 410", True), ("/slow", "timeout", False)],
)
async def test_only_2xx_is_an_arrival(path: str, word: str, final: bool) -> None:
    """
    An error, a redirect and silence are failures; a redirect is not followed; 410 ends the tries.
    """
    with odd() as (url, got):
        secret = new_webhook_secret()
        result = await Senders(DUTY, WORDING, timeout=0.3)(Endpoint("e", "webhook", url + path, (secret,)), NOTICE)

    assert (result.ok, result.word, result.final) == (False, word, final)
    assert len(got) == 1


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0",
     "100.64.0.1", "2002:7f00:1::", "224.0.0.1", "fe80::1"],
)  # fmt: skip
async def test_no_way_into_a_private_network(address: str) -> None:
    """
    A name that points to a private, local or reserved address is refused for good, also as one of several.
    """
    secret = new_webhook_secret()
    duty = Duty(Duty.plain((30,)).tiers)
    for found in ([address], ["93.184.215.14", address]):
        send = Senders(duty, WORDING, resolve=lambda *_, found=found: found)
        result = await send(Endpoint("e", "webhook", "https://pager.example.org/x", (secret,)), NOTICE)

        assert (result.word, result.final) == ("forbidden address", True)


async def test_the_checked_address_is_the_one_called() -> None:
    """
    The name is resolved once: a second answer that points elsewhere is never asked for.
    """
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    with odd() as (url, got):
        port = url.rpartition(":")[2]
        send = Senders(DUTY, WORDING, resolve=lambda *_: next(answers))
        target = f"http://rebinding.example.org:{port}/200"
        result = await send(Endpoint("e", "webhook", target, (new_webhook_secret(),)), NOTICE)

    assert result.ok
    assert got[0][1]["Host"] == f"rebinding.example.org:{port}"


class Inbox:
    """A mail server's handler."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_mail() -> None:
    """
    A mail says that somebody waits and how urgent it is, in reviewed words; no id, no link, nothing of the officer's.
    """
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        mail = MailServer("127.0.0.1", server.port, "sidedoor@example.org", starttls=False)
        send = Senders(Duty(DUTY.tiers, mail=mail), WORDING)
        result = await send(Endpoint("e", "email", "duty@example.org"), NOTICE)
    finally:
        await asyncio.to_thread(server.stop)
    content = inbox.mails[0].content.decode()

    assert result.ok and inbox.mails[0].rcpt_tos == ["duty@example.org"]
    assert "Urgency: high" in content and "c" * 32 not in content


async def test_mail_server_that_is_not_there() -> None:
    """
    A mail that cannot be handed in is a failure with a word.
    """
    send = Senders(
        Duty(DUTY.tiers, mail=MailServer("127.0.0.1", free_port(), "s@example.org", starttls=False)), WORDING
    )

    assert (await send(Endpoint("e", "email", "duty@example.org"), NOTICE)).word == "no connection"


async def test_telegram_group() -> None:
    """
    A group on Telegram is told in the same words; one that the bot is not in is a failure.
    """
    with BotApi() as telegram:
        group = telegram.group("Peer team")
        group.has_bot = True
        duty = Duty(DUTY.tiers, telegram_token=telegram.token, telegram_api=telegram.url, allowed=LOOPBACK)
        send = Senders(duty, WORDING)
        results = [await send(Endpoint("e", "telegram", chat), NOTICE) for chat in (str(group.id), "-1005559999")]
        said = [
            call.parameters["text"] for call in telegram.calls if call.method == "sendMessage" and call.status == 200
        ]

    assert [result.ok for result in results] == [True, False]
    assert said == [WORDING.say("utter_notice_handoff_waiting", level="high").text]
