"""
The assistant's process: answers the edge on a Unix socket that only its owner can open, from the first second on.

It takes a pseudonym, redacted text and a level, and holds the tracker's key alone. Rasa's own web server is not
started; ``docs/decisions/0002-rasa-behind-a-socket.md`` says why.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.assistant.engine import Engine, State
from bot.assistant.tracker_store.rows import Rows
from bot.assistant.training import Sources
from bot.crypto.keyring import Keyring
from bot.errors import AssistantUnavailable, PreflightError, SidedoorError, StoreError
from bot.logs import get_logger, lock_down, quiet_loop
from bot.settings import Settings
from bot.triage.levels import Level

log = get_logger(__name__)

SWEEP_SECONDS = 30.0
STOP_SECONDS = 2.0
_WHO = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from the edge; made by ``read``, so that nothing else gets further."""

    who: str
    text: str
    level: Level
    choice: str | None

    @classmethod
    def read(cls, found: Any, limit: int) -> Incoming:
        """Raises ``ValueError`` when the edge sent anything else than agreed."""
        who, text, level, choice = (found[name] for name in ("who", "text", "level", "choice"))
        if not (isinstance(text, str) and len(text) <= limit and (choice is None or isinstance(choice, str))):
            raise ValueError
        return cls(_who(who), text, Level.from_label(level), choice)


class Server:
    """The routes over one engine."""

    def __init__(self, engine: Engine, keyring: Keyring, settings: Settings) -> None:
        self._engine = engine
        self._keyring = keyring
        self._settings = settings

    def app(self) -> Starlette:
        """The five routes; the engine starts and sweeps with it."""
        routes = [
            Route("/message", self.message, methods=["POST"]),
            Route("/forget", self.forget, methods=["POST"]),
            Route("/held", self.held, methods=["POST"]),
            Route("/livez", self.livez),
            Route("/readyz", self.readyz),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    async def message(self, request: Request) -> Response:
        """One turn. Whatever fails, the body says nothing about it; the edge has its own line for that."""
        try:
            incoming = Incoming.read(await request.json(), self._settings.message_limit)
        except (ValueError, TypeError, KeyError, AttributeError):
            return Response(status_code=400)
        hear = self._engine.hear
        try:
            patience = self._settings.assistant_patience
            return JSONResponse(await hear(incoming.who, incoming.text, incoming.level, incoming.choice, patience))
        except AssistantUnavailable:
            return Response(status_code=503)
        except TimeoutError:
            log.error("turn.timeout")
            return Response(status_code=504)
        except Exception as error:
            log.error("turn.failed", error=error)
            return Response(status_code=500)

    async def forget(self, request: Request) -> Response:
        """Erases one conversation, whatever state Rasa is in."""
        try:
            who = _who((await request.json())["who"])
        except (ValueError, TypeError, KeyError):
            return Response(status_code=400)
        try:
            return JSONResponse({"erased": await asyncio.to_thread(self._engine.forget, who)})
        except StoreError as error:
            log.error("forget.failed", error=error)
            return Response(status_code=500)

    async def held(self, request: Request) -> Response:
        """What is kept of one conversation, in counts; 503 while the store is not there to be asked."""
        try:
            who = _who((await request.json())["who"])
        except (ValueError, TypeError, KeyError):
            return Response(status_code=400)
        try:
            found = await asyncio.to_thread(self._engine.held, who)
        except AssistantUnavailable:
            return Response(status_code=503)
        except Exception as error:
            log.error("held.failed", error=error)
            return Response(status_code=500)
        if found is None:
            return JSONResponse({"held": None})
        counts = {"turns": found.turns, "facts": len(found.slots), "minutes_left": found.minutes_left}
        return JSONResponse({"held": counts})

    async def livez(self, _: Request) -> Response:
        """200 unless Rasa hangs."""
        alive = self._engine.alive
        return JSONResponse({"state": self._engine.state.value}, 200 if alive else 503)

    async def readyz(self, _: Request) -> Response:
        """200 when a message would be answered and kept now."""
        state = self._engine.state.value
        if self._engine.state is State.READY and not await asyncio.to_thread(self._engine.keeps):
            state = "store"
        return JSONResponse({"state": state}, 200 if state == State.READY.value else 503)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        quiet_loop(asyncio.get_running_loop())
        self._engine.start()
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()

    async def _sweep(self) -> None:
        """Erases what has expired, and takes up rotated keys: one that was forgotten must leave the memory, too."""
        while True:
            try:
                log.debug("tracker.swept", count=await asyncio.to_thread(self._engine.sweep))
                self._keyring.refresh()
            except SidedoorError as error:
                log.error("tracker.sweep_failed", error=error)
            await asyncio.sleep(SWEEP_SECONDS)


def run(settings: Settings, sources: Sources | None = None) -> None:
    """Serves until SIGTERM or SIGINT; raises ``KeyFileError`` when the tracker's key is not in order."""
    os.umask(0o077)
    keyring = Keyring.of(settings, ("tracker",))  # before the output is sealed: a refusal has to be seen
    lock_down(settings.log_level, "assistant", rasa=True, seal_output=True)
    rows = Rows(settings.tracker_url)
    engine = Engine(partial(_load, settings, keyring, rows, sources or Sources()), rows)
    with _socket(settings.assistant_socket) as listener:
        config = uvicorn.Config(
            Server(engine, keyring, settings).app(),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
        _Uvicorn(config).run(sockets=[listener])
    if not engine.stop(STOP_SECONDS):
        os._exit(0)  # an import or a hung action cannot be interrupted, and nothing in memory needs saving
    rows.close()


class _Uvicorn(uvicorn.Server):
    """uvicorn would raise the signal again once it is done, and end the process before it has cleaned up."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def _load(settings: Settings, keyring: Keyring, rows: Rows, sources: Sources) -> Any:
    from bot.assistant.brain import Brain  # 15 s of imports, on the engine's thread

    return Brain.load(settings, keyring, rows, sources)


def _who(value: object) -> str:
    if not (isinstance(value, str) and _WHO.fullmatch(value)):
        raise ValueError
    return value


@contextmanager
def _socket(path: Path) -> Iterator[socket.socket]:
    """A listening socket with mode 0600; uvicorn's own would be open to all."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError:
        raise PreflightError(
            "the assistant's socket cannot be made in SIDEDOOR_STATE_DIR; is its path too long?"
        ) from None
    try:
        yield listener
    finally:
        listener.close()
        with suppress(OSError):
            path.unlink(missing_ok=True)
