"""
A small receiver for Sidedoor's webhooks: checks the signature, takes each message once, and says what it learned.

    SECRET=whsec_... python examples/webhook_receiver.py 9000

It shows what an integration needs, no more: put a TLS proxy in front of it. A body holds an opaque id and a level;
there is nothing else to know. Standard Webhooks 1.0, https://www.standardwebhooks.com.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

BODY_LIMIT = 20_000
REMEMBERED = 10_000

WORDS = {
    "handoff.waiting": "an officer waits, level {level}",
    "handoff.settled": "settled, nobody has to come",
    "staffing.someone_waits": "someone has been offered a person",
}


class Receiver(ThreadingHTTPServer):
    """Holds the secret and the ids that were seen. ``told`` is called once per message with its type and data."""

    def __init__(self, address: tuple[str, int], secret: str, told=None) -> None:
        super().__init__(address, Handler)
        self.webhook = Webhook(secret)
        self.seen: OrderedDict[str, None] = OrderedDict()
        self.told = told or show

    def is_new(self, message: str) -> bool:
        """Sidedoor delivers at least once: the id says whether this one was there before."""
        if message in self.seen:
            return False
        self.seen[message] = None
        while len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        return True


class Handler(BaseHTTPRequestHandler):
    """Answers 204 to what is genuine, 401 to what is not. Nothing of a request is logged."""

    server: Receiver

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 < size <= BODY_LIMIT:
            return self.answer(413)
        try:
            # the raw bytes: parsing first and signing again would not give the same text
            message = self.server.webhook.verify(self.rfile.read(size), dict(self.headers))
        except (WebhookVerificationError, ValueError):
            return self.answer(401)
        if self.server.is_new(self.headers["webhook-id"]):
            self.server.told(message["type"], message["data"])
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Standard error stays empty."""


def show(kind: str, data: dict[str, str]) -> None:
    """Here a pager would be called."""
    sys.stdout.write(WORDS.get(kind, kind).format(**{"level": "unknown", **data}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Receiver(("127.0.0.1", int(sys.argv[1])), os.environ["SECRET"]).serve_forever()
