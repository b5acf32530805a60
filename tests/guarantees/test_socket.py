"""What crosses from the edge to the assistant, byte by byte, with the real edge on one side and a recorder on the other."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.emulators.bot_api import BotApi
from tests.guarantees.house import House, Visitor

pytestmark = pytest.mark.slow

LEVELS = {"none", "mild", "moderate", "high", "imminent"}


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


@dataclass
class Recorder:
    """Stands where the assistant would, answers every message, and keeps all that came in."""

    path: Path
    heads: list[str] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def serve(self) -> Server:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer({"state": "ready"})

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                recorder.raw.append(str(self.headers).encode() + content)
                recorder.heads += [name.lower() for name in self.headers]
                recorder.bodies.append({"path": self.path, **json.loads(content)})
                said = {"replies": [{"text": "heard", "buttons": []}], "signals": []}
                self._answer({"erased": 1, "held": None} | said)

            def _answer(self, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self) -> str:
                return ""

            def log_message(self, *_: object) -> None:
                pass

        server = Server(str(self.path), Handler)
        self.path.chmod(0o600)  # as the assistant's own: the edge says on /readyz when it is open to others
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """All that crossed while somebody wrote on the web and somebody on Telegram."""
    house = House(tmp_path_factory.mktemp("socket") / "s")
    house.state.mkdir(mode=0o700)
    recorder = Recorder(house.state / "assistant.sock")
    server = recorder.serve()
    with BotApi(token="123456:canary-token-for-the-emulator") as telegram:
        house.hears_telegram(telegram)
        try:
            house.open_edge()
            house.wait_for(house.edge_url + "/readyz", 120)
            visitor = Visitor(house.edge_url)
            visitor.client.headers.update(
                {"User-Agent": "Quackenbrowser/7", "X-Forwarded-For": "203.0.113.77", "Accept-Language": "cy-GB"}
            )
            visitor.says("my badge is 7734155, will my sergeant find out")
            visitor.says(choice="/ask_confidentiality")
            visitor.says(choice="/held")
            visitor.client.post(visitor.url + "/chat/forget", json={}, headers=visitor.headers)
            user = telegram.user("Zebulon", username="zq_canary_user")
            user.says("hello from Telegram, 7734155 is my badge")
            end = time.monotonic() + 60
            while sum(body["path"] == "/message" for body in recorder.bodies) < 3:
                assert time.monotonic() < end, "Telegram's message never crossed"
                time.sleep(0.05)
            recorder.raw.append(b"the end")
            recorder.ids = (str(user.id), user.first_name, user.username)  # type: ignore[attr-defined]
            yield recorder
        finally:
            house.close()
            server.shutdown()
            server.server_close()


def test_four_fields_and_no_other(crossed: Recorder) -> None:
    """A message crosses as a made-up code, redacted text, a level and perhaps a button; nothing else is in it."""
    messages = [body for body in crossed.bodies if body["path"] == "/message"]

    assert len(messages) >= 3
    for body in messages:
        assert set(body) == {"path", "who", "text", "level", "choice"}
        assert len(str(body["who"])) == 32 and set(str(body["who"])) <= set("0123456789abcdef")
        assert body["level"] in LEVELS
    others = [body for body in crossed.bodies if body["path"] != "/message"]
    assert {str(body["path"]) for body in others} == {"/forget", "/held"}
    assert all(set(body) == {"path", "who"} for body in others)


def test_no_header_says_where_it_came_from(crossed: Recorder) -> None:
    """The request's own headers are those of the client library, the same for everybody."""
    assert set(crossed.heads) <= {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "content-length",
        "content-type",
    }


def test_no_metadata_crosses(crossed: Recorder) -> None:
    """Neither a name, a number, a language, an address, a browser nor a message's id of the channel is in any byte."""
    everything = b"\n".join(crossed.raw).lower()
    never = ["quackenbrowser", "203.0.113.77", "cy-gb", "zebulon", "7734155", "telegram:", "message_id", "update_id"]

    for mark in [*never, *(part.lower() for part in crossed.ids)]:  # type: ignore[attr-defined]
        assert mark.encode() not in everything, mark


def test_channels_do_not_share_a_code(crossed: Recorder) -> None:
    """Two people on two channels have two codes."""
    assert len({body["who"] for body in crossed.bodies if body["path"] == "/message"}) == 2
