"""The edge's side, against sockets that are dead, hung, slow, or talk nonsense."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.assistant.client import AssistantAnswer, AssistantClient
from bot.errors import AssistantUnavailable
from bot.privacy.pseudonyms import Pseudonym
from bot.privacy.redaction import RedactedText
from bot.triage.levels import Level
from bot.wording import Button, Reply

WHO = Pseudonym("c0ffee" + "0" * 26)
TEXT = RedactedText("hello")

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def socket_path() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sd-"))  # a socket's path must be short
    yield folder / "a.sock"
    shutil.rmtree(folder)


@asynccontextmanager
async def serving(path: Path, handler: Handler) -> AsyncIterator[AssistantClient]:
    server = await asyncio.start_unix_server(handler, path)
    client = AssistantClient(path)
    try:
        yield client
    finally:
        await client.close()
        server.close()


def answering(body: bytes, status: int = 200, heard: list[bytes] | None = None) -> Handler:
    """A server that gives the same answer to everything."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"ontent-" in line and b"ength" in line), 0
        )
        content = await reader.readexactly(length)
        if heard is not None:
            heard.append(head + content)
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    return handle


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that takes everything and never answers."""
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that dies in the middle of a message."""
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def ask(client: AssistantClient, timeout: float = 2.0) -> AssistantAnswer:
    return await client.reply(WHO, TEXT, Level.MILD, choice="/compare:eap", timeout=timeout)


async def test_answers_become_replies(socket_path: Path) -> None:
    """The answer comes as replies with their buttons and as signals; the level travels as its label."""
    heard: list[bytes] = []
    said = {"replies": [{"text": "Hello.", "buttons": [{"title": "Yes", "payload": "/yes"}]}], "signals": ["forget"]}

    async with serving(socket_path, answering(json.dumps(said).encode(), heard=heard)) as client:
        answer = await ask(client)

    assert answer == AssistantAnswer((Reply("Hello.", (Button("Yes", "/yes"),)),), ("forget",))
    assert json.loads(heard[0].split(b"\r\n\r\n")[1]) == {
        "who": WHO,
        "text": TEXT,
        "level": "mild",
        "choice": "/compare:eap",
    }


async def test_no_socket_is_unavailable_at_once(socket_path: Path) -> None:
    """Where nobody listens, the edge knows within a fraction of a second."""
    client, began = AssistantClient(socket_path), time.monotonic()

    with pytest.raises(AssistantUnavailable):
        await ask(client, timeout=60)

    assert time.monotonic() - began < 1
    assert not await client.alive()
    assert not await client.ready()


async def test_a_dead_socket_is_unavailable_at_once(socket_path: Path) -> None:
    """A socket that a dead process left behind is no different."""
    server = await asyncio.start_unix_server(silent, socket_path)
    server.close()
    began = time.monotonic()

    with pytest.raises(AssistantUnavailable):
        await ask(AssistantClient(socket_path), timeout=60)

    assert time.monotonic() - began < 1


async def test_a_hung_process_costs_the_patience_only(socket_path: Path) -> None:
    """A process that takes the message and never answers is given up after the time that was named."""
    async with serving(socket_path, silent) as client:
        began = time.monotonic()
        with pytest.raises(AssistantUnavailable):
            await ask(client, timeout=0.3)

        assert time.monotonic() - began < 1


async def test_a_message_is_sent_once(socket_path: Path) -> None:
    """A message that went out is not sent again when the process dies over it."""
    count = 0

    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await hang_up(reader, writer)

    async with serving(socket_path, dying) as client:
        with pytest.raises(AssistantUnavailable):
            await ask(client)

    assert count == 1


async def test_a_restart_is_bridged(socket_path: Path) -> None:
    """A process that is back a moment later is reached at the second try."""

    async def start_late() -> asyncio.Server:
        await asyncio.sleep(0.02)
        return await asyncio.start_unix_server(answering(b'{"replies": [], "signals": []}'), socket_path)

    late = asyncio.create_task(start_late())

    assert await ask(AssistantClient(socket_path)) == AssistantAnswer(())
    (await late).close()


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"\xff", b'{"replies": 1, "signals": []}', b'{"replies": [{}], "signals": []}'],
)
async def test_nonsense_is_unavailable(socket_path: Path, body: bytes) -> None:
    """An answer of another shape is no answer."""
    async with serving(socket_path, answering(body)) as client:
        with pytest.raises(AssistantUnavailable):
            await ask(client)
        with pytest.raises(AssistantUnavailable):
            await client.forget(WHO)


@pytest.mark.parametrize("status", [400, 404, 500, 503, 504])
async def test_every_other_status_is_unavailable(socket_path: Path, status: int) -> None:
    """Whatever the process complains about, the edge says its own line."""
    async with serving(socket_path, answering(b'{"replies": [], "signals": []}', status)) as client:
        with pytest.raises(AssistantUnavailable):
            await ask(client)
        assert not await client.ready()


async def test_errors_quote_nothing(socket_path: Path) -> None:
    """The error carries neither text nor pseudonym, nor a cause that might."""
    with pytest.raises(AssistantUnavailable) as caught:
        await ask(AssistantClient(socket_path))

    assert caught.value.__suppress_context__
    assert not any(word in str(caught.value) for word in (WHO, TEXT))


def test_one_client_serves_several_loops(socket_path: Path) -> None:
    """A command that uses one event loop after the other can keep its client."""
    client = AssistantClient(socket_path)

    assert not asyncio.run(client.alive())
    assert not asyncio.run(client.alive())
