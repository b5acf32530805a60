"""
A conversation in the terminal, by hand or one JSON object a line; it goes through the same edge as every channel.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any, BinaryIO, TextIO

from bot.channels.commands import as_choice
from bot.channels.inbound import Answer, Edge, Incoming
from bot.wording import Reply

CHANNEL = "terminal"
LONGEST_LINE = 2_000_000  # bytes; what is beyond is dropped, so that a line cannot fill the memory


class Terminal:
    """One officer at one keyboard."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._sender = secrets.token_hex(16)
        self._pushed: list[Reply] = []
        self._screen: TextIO | None = None
        edge.subscribe(CHANNEL, self._push)

    async def json_lines(self, source: BinaryIO, target: TextIO) -> None:
        """Reads a message a line from *source*, writes an object a line to *target*, in order."""
        async for raw in _lines(source):
            answer = await self.say(raw.decode("utf-8", errors="replace"))
            pushed, self._pushed = tuple(self._pushed), []
            print(json.dumps(as_json(answer, pushed), ensure_ascii=False), file=target, flush=True)

    async def by_hand(self, source: BinaryIO, target: TextIO) -> None:
        """The same for a person: says first what this is, then answers line by line until the input ends."""
        self._screen = target
        self._show(self._edge.open(CHANNEL, self._sender).replies)
        async for raw in _lines(source):
            line = raw.decode("utf-8", errors="replace")
            if not source.isatty():
                print(line, file=target)  # a recorded conversation shows both sides
            self._show((await self.say(line)).replies)

    async def say(self, line: str) -> Answer:
        """The edge's answer to *line*; a line that is a button's payload counts as that button pressed."""
        choice = as_choice(line.strip())
        return await self._edge.hear(Incoming(CHANNEL, self._sender, "" if choice else line, choice))

    async def _push(self, _: str, replies: Sequence[Reply], status: dict[str, Any] | None) -> None:
        if self._screen is None:
            self._pushed += replies
        elif replies:
            self._show(replies)

    def _show(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            print(f"\n{reply.text}", file=self._screen)
            for button in reply.buttons:
                print(f"  [{button.title}]  {button.payload}", file=self._screen)
        print("\n> ", end="", file=self._screen, flush=True)


def as_json(answer: Answer, pushed: Sequence[Reply] = ()) -> dict[str, Any]:
    """The contract of ``sidedoor shell --json``; *pushed* came unasked and stands first."""
    return {
        "replies": [_reply(reply) for reply in (*pushed, *answer.replies)],
        "level": answer.level.label,
        "reply_kind": answer.reply_kind.value,
        "ms": answer.ms,
    }


def _reply(reply: Reply) -> dict[str, Any]:
    said: dict[str, Any] = {"text": reply.text}
    if reply.buttons:
        said["buttons"] = [{"title": button.title, "payload": button.payload} for button in reply.buttons]
    return said


async def _lines(source: BinaryIO) -> AsyncIterator[bytes]:
    """A thread of its own reads, one that does not keep the process from ending while it waits for a key."""
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        while (line := read_line(source)) is not None:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


def read_line(source: BinaryIO, longest: int = LONGEST_LINE) -> bytes | None:
    """The next line without its end, cut at *longest* bytes; None when the input has ended."""
    line = source.readline(longest)
    if not line:
        return None
    if not line.endswith(b"\n"):
        while (rest := source.readline(longest)) and not rest.endswith(b"\n"):
            pass
    return line.rstrip(b"\r\n")


def standard_streams() -> tuple[BinaryIO, TextIO]:
    """Standard input as bytes, because a line need not be text, and standard output."""
    return sys.stdin.buffer, sys.stdout
