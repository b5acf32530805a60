"""
Wakes the other process the moment something was written, so that nobody waits for the next look by the clock.

A bell is a datagram socket beside the mailbox's file, for its owner alone. What goes through it is one empty byte: no
word, no number, no case. A ring that is lost costs a quarter of a second, since whoever listens looks by the clock too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

_NAME = "bell-"  # with its number shorter than the assistant's socket, for which the settings have made sure of room
_RINGS_AT_ONCE = 64


class Bell:
    """One per process and mailbox; hung up where it is first listened for."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / (_NAME + secrets.token_hex(4))
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def hang(self, heard: Callable[[], None]) -> None:
        """Calls *heard* in the running loop at each ring; where no bell can be hung, nothing is ever heard."""
        if self._socket is not None:
            return
        try:
            self._socket = _listening_at(self._path)
        except OSError:
            return
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._rung, self._socket, heard)

    def take_down(self) -> None:
        """Nobody listens any more."""
        if self._socket is None or self._loop is None:
            return
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._socket = self._loop = None

    @staticmethod
    def _rung(ear: socket.socket, heard: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):
            for _ in range(_RINGS_AT_ONCE):
                ear.recv(1)
        heard()


def ring(folder: Path) -> None:
    """Rings every bell in *folder*; the bell of a process that was killed is taken down."""
    try:
        bells = [entry.path for entry in os.scandir(folder) if entry.name.startswith(_NAME)]
        hand = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) if bells else None
    except OSError:
        return
    if hand is None:
        return
    with hand:
        for path in bells:
            try:
                hand.sendto(b"\0", path)
            except ConnectionRefusedError:
                Path(path).unlink(missing_ok=True)
            except OSError:
                continue  # it rings already, or it has just been taken down


def _listening_at(path: Path) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        os.fchmod(ear.fileno(), 0o600)  # before it has a name, so that it never stands open
        ear.bind(str(path))
    except OSError:
        ear.close()
        raise
    return ear
