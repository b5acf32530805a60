"""
Carries what one edge asks of another on this machine, over Unix sockets that only their owner can open.

A question is answered at once with a word; where that is ``TAKEN``, a second one says that the work is done. A process
that dies cuts the line, which tells whoever asked it at that moment. Nothing of it touches a disk, and a socket's name
is a random number.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.logs import get_logger

log = get_logger(__name__)

TAKEN = "taken"
CLOSE_SECONDS = 1.0
_NAME = "edge-"  # with its number shorter than the assistant's socket, for which the settings have made sure of room
_DIGITS = 8
_LONGEST = 2 * 1024 * 1024  # an update as the door takes it, with every character escaped

Said = tuple[Any, asyncio.Future[Any] | None]  # the word, and what ends when the work is done


@dataclass(slots=True)
class Asked:
    """What was answered; ``done`` becomes true when the work is done, and false when nobody is there any more."""

    said: Any
    done: asyncio.Future[bool]


class Links:
    """One edge's lines to the others in *folder*. *answer* takes a verb and its content, and returns at once."""

    def __init__(self, folder: Path, me: str, answer: Callable[[str, Any], Said]) -> None:
        self._folder = folder
        self._me = me
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._lines: dict[str, _Line] = {}
        self._guests: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    def listens(self, worker: str) -> bool:
        """Whether *worker* can be asked."""
        return self._path(worker).exists()

    async def open(self, alive: list[str]) -> None:
        """Listens; the sockets of those who are not *alive* are taken away."""
        known = {self._path(worker) for worker in alive}
        for left in self._folder.glob(_NAME + "[0-9a-f]" * _DIGITS):
            if left not in known:
                left.unlink(missing_ok=True)
        try:
            ear = _listening_at(self._path(self._me))
            self._server = await asyncio.start_unix_server(self._serve, sock=ear)
        except OSError as error:
            log.error("telegram.not_linked", error=type(error))

    def shut(self) -> None:
        """Nothing new comes in; what is under way can still be told of."""
        if self._server is not None:
            self._path(self._me).unlink(missing_ok=True)
            self._server.close()

    async def close(self) -> None:
        """Cuts every line."""
        self.shut()
        for writer in self._guests.values():
            writer.close()
        for line in self._lines.values():
            line.cut()
        self._lines.clear()
        if guests := [task for task in self._guests if task is not None]:
            await asyncio.wait(guests, timeout=CLOSE_SECONDS)  # they see the end of their line

    async def ask(self, worker: str, verb: str, content: Any, patience: float) -> Asked | None:
        """What *worker* says to it; None when it says nothing within *patience* seconds, or is not there."""
        line = self._lines.get(worker)
        if line is None or line.is_cut:
            line = self._lines[worker] = _Line(self._path(worker))
        return await line.ask(verb, content, patience)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._guests[asyncio.current_task()] = writer
        try:
            while (frame := await _read(reader)) is not None:
                number, verb, content = frame
                said, work = self._answer(verb, content)
                _write(writer, [number, said])
                if work is not None:
                    work.add_done_callback(partial(_written_when_done, writer, number))
        except Exception as error:  # the asker sees the line cut, and answers by itself
            log.error("telegram.link_failed", error=type(error))
        finally:
            self._guests.pop(asyncio.current_task(), None)
            writer.close()

    def _path(self, worker: str) -> Path:
        return self._folder / (_NAME + worker[:_DIGITS])


class _Line:
    """The line to one other edge. Questions go out in the order in which they were asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._open: dict[int, tuple[asyncio.Future[Any], asyncio.Future[bool]]] = {}
        self._number = 0
        self.is_cut = False

    async def ask(self, verb: str, content: Any, patience: float) -> Asked | None:
        loop = asyncio.get_running_loop()
        self._number += 1
        number, first, done = self._number, loop.create_future(), loop.create_future()
        try:
            async with asyncio.timeout(patience):
                async with self._turn:
                    writer = await self._connected()
                    self._open[number] = first, done
                    _write(writer, [number, verb, content])
                said = await first
        except (OSError, TimeoutError) as error:
            self._open.pop(number, None)
            log.warning("telegram.not_taken", error=type(error))
            return None
        return None if said is None else Asked(said, done)

    def cut(self) -> None:
        """Whoever still waits for an answer learns that none comes."""
        self.is_cut = True
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            self._reading.cancel()
        for first, done in self._open.values():
            if not first.done():
                first.set_result(None)
            if not done.done():
                done.set_result(False)
        self._open.clear()

    async def _connected(self) -> asyncio.StreamWriter:
        if self.is_cut:
            raise ConnectionResetError
        if self._writer is None:
            try:
                reader, self._writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                self.cut()
                raise
            self._reading = asyncio.create_task(self._listen(reader))
        return self._writer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ValueError, TypeError):
            while (frame := await _read(reader)) is not None:
                number, said = frame
                self._heard(number, said)
        self._reading = None
        self.cut()

    def _heard(self, number: int, said: Any) -> None:
        first, done = self._open.get(number, (None, None))
        if first is None or done is None:
            return  # nobody waited so long
        if not first.done():
            first.set_result(said)
            if said == TAKEN:
                return
        done.set_result(True)
        del self._open[number]


async def _read(reader: asyncio.StreamReader) -> Any:
    """The next frame; None at the end of the line."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        return json.loads(await reader.readexactly(length)) if length <= _LONGEST else None
    except (EOFError, OSError):
        return None


def _write(writer: asyncio.StreamWriter, frame: Any) -> None:
    if not writer.is_closing():
        content = json.dumps(frame).encode()  # escaped, since half a surrogate pair may be among what was sent
        writer.write(len(content).to_bytes(4, "big") + content)


def _written_when_done(writer: asyncio.StreamWriter, number: int, work: asyncio.Future[Any]) -> None:
    if not work.cancelled():  # what was broken off is not done: the line will be cut, and the asker sees to it
        _write(writer, [number, None])


def _listening_at(path: Path) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        path.unlink(missing_ok=True)
        os.fchmod(ear.fileno(), 0o600)  # before it has a name, so that it never stands open
        ear.bind(str(path))
        ear.listen(128)
    except OSError:
        ear.close()
        raise
    return ear
