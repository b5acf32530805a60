"""Stands where the people on duty and a provider would be told by webhook, and remembers every byte that came."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from bot.crypto.sealing import new_provider_keys
from bot.crypto.signing import new_webhook_secret
from bot.errors import CannotOpenError
from bot.referral import sealed

PROVIDER = "peers"
_DUTY = """
time_zone: America/Chicago
tiers:
- {{name: Peer team, seconds: 60, tell: [{{webhook: "{url}/duty", secret_file: receiver.secret}}]}}
staffing: [{{webhook: "{url}/staffing", secret_file: receiver.secret}}]
allow_private: [127.0.0.0/8]
"""
_REFERRAL = """
partners:
- id: {provider}
  name: River County Peer Team
  public_key: "{public}"
  asks_for: a phone number
  answers_within: two days
  deliver: {{webhook: "{url}/referral", secret_file: receiver.secret}}
allow_private: [127.0.0.0/8]
"""


class Receiver:
    """Answers 204 to everything. ``got`` holds path, headers and body of each request."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self._private, self._public = new_provider_keys()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, str(self.headers).encode() + body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self, folder: Path) -> dict[str, str]:
        """The operator's files, written to *folder*, and the variables that name them."""
        folder.mkdir(mode=0o700)
        filled = {"url": self.url, "public": self._public, "provider": PROVIDER}
        (folder / "receiver.secret").write_text(new_webhook_secret())
        (folder / "duty.yml").write_text(_DUTY.format(**filled))
        (folder / "referral.yml").write_text(_REFERRAL.format(**filled))
        for path in folder.iterdir():
            path.chmod(0o600)
        return {
            "SIDEDOOR_DUTY_FILE": str(folder / "duty.yml"),
            "SIDEDOOR_REFERRAL_FILE": str(folder / "referral.yml"),
        }

    def told(self, kind: str) -> bool:
        """Whether something of this *kind* came: duty, staffing or referral."""
        return any(path == f"/{kind}" for path, _ in self.got)

    def reads(self, text: str) -> bool:
        """Whether the provider, with the private key, reads *text* in a letter."""
        for path, raw in list(self.got):
            if path == "/referral":
                try:
                    if text in sealed.read(self._private, raw[raw.index(b"{") :].decode()):
                        return True
                except CannotOpenError:
                    continue
        return False
