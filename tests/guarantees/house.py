"""A whole house for the tests: the real processes on free ports, a state folder of its own, and ways to break them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.settings import ROOT
from tests.emulators.bot_api import SECRET, BotApi


def free_port() -> int:
    """A port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """``start("serve")``, ``start("assistant")``, ``start("desk")``; everything ends with ``close``."""

    state: Path
    environ: dict[str, str] = field(default_factory=dict)
    edge_port: int = field(default_factory=free_port)
    desk_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def edge_url(self) -> str:
        return f"http://127.0.0.1:{self.edge_port}"

    @property
    def desk_url(self) -> str:
        return f"http://127.0.0.1:{self.desk_port}"

    @property
    def log(self) -> Path:
        """Everything that any process of this house wrote to standard output or error."""
        return self.state.parent / (self.state.name + ".log")

    def environment(self) -> dict[str, str]:
        ours = {
            "SIDEDOOR_STATE_DIR": str(self.state),
            "SIDEDOOR_EDGE_PORT": str(self.edge_port),
            "SIDEDOOR_DESK_PORT": str(self.desk_port),
            "SIDEDOOR_MEMORY_DIR": str(self.state.parent),  # a disk, so not used: a killed edge would leave its rows
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SIDEDOOR_")}
        return kept | ours | self.environ

    def hears_telegram(self, api: BotApi) -> None:
        """Its edge answers for the bot of *api*, which calls it."""
        self.environ |= {
            "SIDEDOOR_TELEGRAM_MODE": "webhook",
            "SIDEDOOR_TELEGRAM_TOKEN": api.token,
            "SIDEDOOR_TELEGRAM_SECRET": SECRET,
            "SIDEDOOR_TELEGRAM_WEBHOOK_URL": f"{self.edge_url}/telegram",
            "SIDEDOOR_TELEGRAM_API": api.url,
        }

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "bot", name, *arguments],
                cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        return self.processes[name]

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def hang(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGSTOP)

    def wait_for(self, url: str, seconds: float, want: int = 200) -> float:
        """Seconds until *url* answers *want*; fails the test when it does not."""
        began = time.monotonic()
        with httpx.Client(timeout=2, trust_env=False, verify=False) as client:  # made once: that takes 50 ms
            while time.monotonic() - began < seconds:
                try:
                    if client.get(url).status_code == want:
                        return time.monotonic() - began
                except httpx.HTTPError:
                    pass
                time.sleep(0.02)
        raise AssertionError(f"{url.rpartition('/')[2]} did not answer {want} within {seconds} s")

    def open_edge(self) -> None:
        """The edge on its port, everything slow still to come."""
        self.start("serve")
        self.wait_for(self.edge_url + "/livez", 60)

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Visitor:
    """An officer at the web chat, without a browser."""

    url: str
    token: str = ""
    seq: int = 0
    sent: int = 0
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=40, trust_env=False, verify=False))

    def open(self) -> list[dict[str, Any]]:
        answer = self.client.post(self.url + "/chat/open", json={}).json()
        self.token = answer["token"]
        return self._take(answer["events"])

    def says(self, text: str = "", choice: str | None = None) -> list[dict[str, Any]]:
        """The events that the answer brings."""
        if not self.token:
            self.open()
        self.sent += 1
        body: dict[str, Any] = {"id": f"m{self.sent:05d}-{os.urandom(6).hex()}", "after": self.seq}
        body |= {"choice": choice} if choice else {"text": text}
        answer = self.client.post(self.url + "/chat/messages", json=body, headers=self.headers)
        return self._take(answer.json()["events"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def poll(self) -> list[dict[str, Any]]:
        answer = self.client.get(self.url + f"/chat/poll?after={self.seq}", headers=self.headers)
        return self._take(answer.json()["events"])

    def _take(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        new = [event for event in events if event["seq"] > self.seq]
        self.seq = max([self.seq, *(event["seq"] for event in new)])
        return [event for event in new if event["kind"] == "message"]


def words(events: list[dict[str, Any]]) -> str:
    """All texts of *events*."""
    return "\n".join(str(event.get("text", "")) for event in events)


def read_json_lines(raw: bytes) -> list[dict[str, Any]]:
    """The objects of a JSON-lines output."""
    return [json.loads(line) for line in raw.splitlines() if line.strip()]
