"""The assistant's process as the edge meets it: over its socket, at DEBUG, with everything going wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from bot.errors import AssistantUnavailable
from bot.triage.levels import Level
from tests.assistant.conftest import Served

pytestmark = pytest.mark.slow

CANARY = "CANARYWORDS"
NONE = Level.NONE


@pytest.fixture
def who() -> Iterator[str]:
    """A person nobody has met."""
    yield os.urandom(16).hex()


async def say(served: Served, who: str, text: str, level: Level = NONE, choice: str | None = None) -> Any:
    return await served.client.reply(who, text, level, choice=choice, timeout=10)  # type: ignore[arg-type]


async def texts(served: Served, who: str, text: str, level: Level = NONE, choice: str | None = None) -> list[str]:
    return [reply.text for reply in (await say(served, who, text, level, choice)).replies]


async def post(served: Served, path: str, **request: Any) -> httpx.Response:
    transport = httpx.AsyncHTTPTransport(uds=str(served.socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://assistant", timeout=10) as client:
        return await client.post(path, **request)


async def test_replies_come_whole_with_their_buttons(served: Served, who: str) -> None:
    """A reply is one bubble, empty lines and all, and its buttons carry the payloads of the reviewed file."""
    (reply,) = (await say(served, who, "hello")).replies

    assert reply.text == "This is the sample bot.\n\nIt says two paragraphs."
    assert [button.payload for button in reply.buttons] == ["/find_support", "/compare:chaplain"]


async def test_the_level_decides_between_rules(served: Served, who: str) -> None:
    """The edge's verdict is a slot that rules can ask for."""
    assert await texts(served, who, "hello", Level.MODERATE) == [
        "This is the sample bot. It heard that things are hard."
    ]


async def test_a_button_names_an_intent_and_a_value(served: Served, who: str) -> None:
    """A button's payload is understood without guessing."""
    assert await texts(served, who, "", NONE, "/compare:eap") == ["About eap: nobody learns of it."]


@pytest.mark.parametrize("choice", ["/restart", "/session_start", "/nothing_known", "/compare{}", "compare", "/", ""])
async def test_unknown_buttons_are_not_understood(served: Served, who: str, choice: str) -> None:
    """A payload that the domain does not know, or that is Rasa's own, is answered as not understood."""
    assert await texts(served, who, "", NONE, choice) == ["This was not understood."]


@pytest.mark.parametrize(
    "text", ['/compare{"option": "CANARYWORDS"}', "/restart CANARYWORDS", "//break_action", "/ /erase"]
)
async def test_typed_text_commands_nothing(served: Served, who: str, text: str) -> None:
    """Text that begins with a slash triggers no intent and shows up nowhere."""
    answer = await say(served, who, text)

    assert not any("CANARYWORDS" in reply.text for reply in answer.replies)
    assert CANARY not in served.said()


async def test_a_form_goes_on_over_messages(served: Served, who: str) -> None:
    """A form keeps what it was told, across messages, and says it."""
    assert await texts(served, who, "find me some support") == ["Which shift do you work?"]
    assert await texts(served, who, "nights") == ["Whom would you rather talk to?"]
    assert await texts(served, who, "a stranger") == ["For nights: somebody like a stranger."]


async def test_signals_reach_the_edge(served: Served, who: str) -> None:
    """An action can ask the edge to act."""
    answer = await say(served, who, "erase all of it")

    assert answer.signals == ("forget",)
    assert [reply.text for reply in answer.replies] == ["It will be erased."]


async def test_a_hole_is_never_said(served: Served, who: str) -> None:
    """A response that lacks a value is replaced, not said with a hole."""
    assert await texts(served, who, "show the response with a hole") == ["This did not work here."]


async def test_a_failing_action_says_so(served: Served, who: str) -> None:
    """An action that raises gets the reviewed line, and the log gets its type and place."""
    assert await texts(served, who, "break the machine") == ["This did not work here."]

    assert "action.failed error=RuntimeError@tests/assistant/sample_bot/actions/sample.py" in served.said()


async def test_a_failing_understanding_is_unavailable(served: Served, who: str) -> None:
    """A turn that raises is no answer; the edge then says its own line, and the next turn works."""
    with pytest.raises(AssistantUnavailable):
        await say(served, who, f"stumble {CANARY}")

    assert await texts(served, who, "hello")


async def test_a_locked_store_is_unavailable(served: Served, who: str) -> None:
    """A message that cannot be kept is not answered as if it could; nothing of it is in the log."""
    await say(served, who, "hello")
    with sqlite3.connect(served.state / "tracker.db") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(AssistantUnavailable):
            await say(served, who, f"hello {CANARY}")

    assert await texts(served, who, "hello")


async def test_alive_while_an_action_hangs(served: Served, who: str) -> None:
    """A turn that hangs costs its own message only: the process answers, and forgets, meanwhile."""
    hanging = asyncio.create_task(say(served, who, "hang the machine"))
    await asyncio.sleep(0.5)
    began = time.monotonic()

    alive, erased = await served.client.alive(), await served.client.forget(who)  # type: ignore[arg-type]

    assert alive
    assert erased == 0
    assert time.monotonic() - began < 1
    with pytest.raises(AssistantUnavailable):
        await hanging
    await asyncio.sleep(3)
    assert await served.client.forget(who) == 0  # type: ignore[arg-type]


async def test_forgetting_leaves_nothing(served: Served, who: str) -> None:
    """After “forget” the person is not in the database's files any more."""
    await say(served, who, "hello")
    assert who.encode() in served.stored()

    assert await served.client.forget(who) == 1  # type: ignore[arg-type]

    assert who.encode() not in served.stored()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"who": 1, "text": "", "level": "none", "choice": null}',
        b'{"who": "%s", "text": "", "level": "none", "choice": null}' % (b"A" * 32),
        b'{"who": "%s", "text": 5, "level": "none", "choice": null}' % (b"a" * 32),
        b'{"who": "%s", "text": "", "level": "CANARYWORDS", "choice": null}' % (b"a" * 32),
        b'{"who": "%s", "text": "", "level": null, "choice": null}' % (b"a" * 32),
        b'{"who": "%s", "text": "%s", "level": "none", "choice": null}' % (b"a" * 32, b"x" * 20_000),
    ],
)
async def test_anything_else_is_refused_without_a_word(served: Served, body: bytes) -> None:
    """A malformed request gets a number and no body."""
    response = await post(served, "/message", content=body)

    assert (response.status_code, response.content) == (400, b"")


async def test_only_the_owner_can_connect(served: Served) -> None:
    """The socket is closed to everybody else."""
    assert served.socket.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o077 for path in served.state.glob("tracker.db*")} == {0}


async def test_no_word_gets_out(served: Served, who: str) -> None:
    """At DEBUG, with everything failing, neither words nor pseudonyms are in the log, the output or the files."""
    lines = [
        f"hello {CANARY}",
        f"break the machine {CANARY}",
        f"show the hole {CANARY}",
        f"/{CANARY}",
        f"stumble {CANARY}",
    ]
    for text in [*lines, "find me some support", CANARY, CANARY, f"delete everything {CANARY}", f"qqq {CANARY} zzz"]:
        try:
            await say(served, who, text)
        except AssistantUnavailable:
            pass

    assert served.said().count("\n") > 500
    assert CANARY not in served.said()
    assert who not in served.said()
    assert CANARY.encode() not in served.stored()
    assert served.output.read_text() == ""


def test_life_of_the_process(serve: Callable[[], Served]) -> None:
    """It answers before Rasa is loaded, says that it is not ready, erases all the same, and ends cleanly when asked."""
    served = serve()
    while not asyncio.run(served.client.alive()):
        assert served.process.poll() is None, served.said()
        time.sleep(0.05)

    assert not asyncio.run(served.client.ready())
    with pytest.raises(AssistantUnavailable):
        asyncio.run(say(served, "a" * 32, "hello"))
    assert asyncio.run(served.client.forget("a" * 32)) == 0  # type: ignore[arg-type]
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) == 0
    assert not served.socket.exists()
