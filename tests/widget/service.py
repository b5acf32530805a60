"""The web chat on a real port, behind it an edge that follows a script."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route

from bot.channels import webchat
from bot.channels.inbound import Answer, Edge, Incoming
from bot.channels.topics import Topics
from bot.channels.web_pages import Pages
from bot.settings import Settings
from bot.triage.levels import Level, ReplyKind
from bot.wording import Button, Reply, Wording

FIRST = "I am software that helps police find help. I cannot send help, and I do not know who you are."
NUMBERS = "Call or text 988 now. CopLine, retired officers: 1-800-267-5463. In danger: 911."
WORDING = Wording({"utter_slow_down": [{"text": "Too many messages at once. Give me a minute."}]})

YES_NO = (Button("Yes", "/check_in_yes"), Button("No", "/check_in_no"), Button("Not sure", "/check_in_unsure"))
PERSON = (Button("Bring a person in", "/person_yes"), Button("Not now", "/person_no"))


class FakeEdge:
    """Answers by the first word of a message; notes what it heard and whom it forgot."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.forgotten: list[str] = []
        self.pushes: dict[str, Any] = {}
        self.slowness = 0.0

    def subscribe(self, channel: str, push: Any) -> None:
        self.pushes[channel] = push

    def open(self, channel: str, sender: str) -> Answer:
        return Answer((Reply(FIRST, (Button("What helps", "/options"), Button("Who learns of it", "/private"))),))

    def back(self, channel: str, sender: str) -> Answer:
        return Answer((Reply("You are back."),))

    async def hear(self, incoming: Incoming) -> Answer:
        self.heard.append(incoming)
        first = (incoming.choice or incoming.text).split(" ")[0]
        if first == "slow":
            await asyncio.sleep(self.slowness or 1.5)
        return ANSWERS.get(first, plain)(incoming)

    async def forget(self, channel: str, sender: str) -> Answer:
        self.forgotten.append(sender)
        return Answer((Reply("Erased: the conversation.", speaker="notice"),), erased=True)

    def texts(self) -> list[str]:
        """What was heard, in order."""
        return [incoming.choice or incoming.text for incoming in self.heard]


def silent(_: Incoming) -> Answer:
    return Answer(())


def plain(incoming: Incoming) -> Answer:
    return Answer((Reply("Heard: " + (incoming.choice or incoming.text)[:60]),))


def crisis(_: Incoming) -> Answer:
    replies = (Reply(NUMBERS), Reply("Do you want a person from the crisis desk in this chat?", PERSON))
    return Answer(replies, Level.IMMINENT, ReplyKind.CRISIS)


def check_in(_: Incoming) -> Answer:
    question = Reply("Are you thinking about killing yourself? A straight answer is fine.", YES_NO)
    return Answer((question,), Level.HIGH, ReplyKind.CHECK_IN)


def waiting(_: Incoming) -> Answer:
    said = Reply("I have called the desk. Nobody has picked up yet.", (Button("Stop waiting", "/person_leave"),))
    return Answer((said,), Level.HIGH, status={"state": "notifying", "seconds": 0, "tier": 1})


def left(_: Incoming) -> Answer:
    return Answer((Reply("The desk is no longer called."),), status={"state": "cancelled", "seconds": 0, "tier": 1})


def options(_: Incoming) -> Answer:
    text = "Three things that fit.\n\n1. Peer support: an officer who has been there.\n2. A therapist outside the department."
    return Answer(
        (Reply(text, (Button("Peer support", "/option:peer_support"), Button("Therapist", "/option:therapist"))),)
    )


def erased(_: Incoming) -> Answer:
    return Answer((Reply("Erased: the conversation.", speaker="notice"),), erased=True)


def live(_: Incoming) -> Answer:
    return Answer(
        (), Level.HIGH, status={"state": "live", "seconds": 3, "tier": 1, "sent": 1, "delivered": 1, "seen": 0}
    )


def broken(_: Incoming) -> Answer:
    raise RuntimeError("canary")


ANSWERS: dict[str, Callable[[Incoming], Answer]] = {
    "crisis": crisis,
    "check": check_in,
    "options": options,
    "/options": options,
    "/check_in_yes": crisis,
    "/person": silent,
    "In": silent,
    "/person_yes": waiting,
    "/person_leave": left,
    "delete": erased,
    "/forget": erased,
    "toperson": live,
    "broken": broken,
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """A server in a thread. ``stop`` and ``start`` again is a restart: sessions are gone, the port is the same."""

    def __init__(self, settings: Settings | None = None, *, port: int = 0, more: Sequence[BaseRoute] = ()) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings or Settings()
        self.edge = FakeEdge()
        self.topics = Topics()
        self._more = more
        self._server: uvicorn.Server | None = None

    def __enter__(self) -> Service:
        if self._server is None:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        routes = [*webchat.routes(cast(Edge, self.edge), self.settings, WORDING, self.topics), *self._more]
        config = uvicorn.Config(
            Starlette(routes=routes),
            port=self.port,
            log_level="critical",
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(self._server,), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self._server.started

    def stop(self) -> None:
        if self._server is not None:
            self._server.force_exit = True
            self._server.should_exit = True
            self._thread.join(10)
            self._server = None

    def push(self, *replies: Reply, status: dict[str, Any] | None = None) -> None:
        """What the desk sends to the officer who wrote last."""
        sender = self.edge.heard[-1].sender
        sent = asyncio.run_coroutine_threadsafe(self.edge.pushes["web"](sender, replies, status), self._loop)
        sent.result(5)

    def _run(self, server: uvicorn.Server) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve()

        asyncio.run(serve())


def settings(**changes: Any) -> Settings:
    """The defaults with some changes."""
    return replace(Settings(), **changes)


def html(path: str, body: str, policy: str = "default-src 'self'") -> Route:
    """A page of somebody else's site, under that site's content security policy."""

    async def respond(_: Request) -> HTMLResponse:
        page = f'<!doctype html><html lang="en"><head><title>Union</title></head><body>{body}</body></html>'
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    return Route(path, respond)


def snippet(service: Service) -> str:
    """The line that a host copies."""
    return Pages(service.settings.exit_url).snippet(service.url)


def hosted_by(service: Service, body: str, policy: str) -> Service:
    """Another site that shows *body* at ``/host`` and is on the list of *service*, which is restarted for it."""
    host = Service(more=[html("/host", body, policy)])
    host.start()
    service.settings = replace(service.settings, allowed_origins=(host.url,))
    service.stop()
    service.start()
    return host
