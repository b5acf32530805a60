"""The line to Telegram: who goes first, what is tried again, and that nothing comes out of it but results."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from telegram.error import RetryAfter

from bot.channels.telegram_line import Line, Outcome, Patience
from bot.channels.telegram_pace import URGENT, CrisisFirst
from bot.channels.telegram_talk import words
from bot.settings import Secret
from tests.emulators.bot_api import TOKEN, BotApi

HASTY = Patience(ordinary=0.8, urgent=1.6, short=0.4)


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


@pytest.fixture
async def line(api: BotApi) -> AsyncIterator[Line]:
    """A line that gives up soon."""
    opened = Line(Secret(TOKEN), api.url, patience=HASTY)
    yield opened
    await opened.close()


# -- what comes out


FAULTS: list[dict[str, Any]] = [
    {"status": 500}, {"status": 401}, {"status": 403}, {"status": 404}, {"status": 400}, {"status": 200},
    {"retry_after": 30}, {"cut": True}, {"hang": 5},
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_nothing_but_results(api: BotApi, line: Line, fault: dict[str, Any]) -> None:
    """Whatever Telegram answers, every method returns in time and raises nothing."""
    officer = api.user("Robin")
    officer.says("hello")  # something to fetch: with nothing there, a poll waits its time before it is cut
    api.fault("*", times=10_000, **fault)
    started = time.monotonic()

    results = await asyncio.gather(
        line.send(officer.id, "hello"),
        line.send(officer.id, "988", [("Yes", "x")], urgent=True),
        line.type(officer.id),
        line.settle("1"),
        line.strip(officer.id, 1),
        line.delete(officer.id, list(range(10))),
        line.leave(-1),
        line.hook("https://example.org/telegram", Secret("s" * 40)),
        line.unhook(),
        line.hooked("https://example.org/telegram"),
        line.introduce(words()),
        asyncio.wait_for(line.updates(None), 30) if "hang" not in fault else asyncio.sleep(0),
    )

    assert results[:2] == [None, None]
    assert results[7:9] == [False, False]
    assert results[9:] == [None, False, None]
    assert time.monotonic() - started < 30


async def test_a_broken_reply_is_not_sent_again(api: BotApi, line: Line) -> None:
    """When Telegram did it and only its reply cannot be read, an ordinary message is not sent twice."""
    officer = api.user("Robin")
    original = api._shown
    api._shown = lambda message: {"message_id": "not a number", "unexpected": True}  # type: ignore[method-assign]

    await line.send(officer.id, "hello")

    api._shown = original  # type: ignore[method-assign]
    assert officer.hears() == ["hello"]


async def test_what_cannot_be_deleted_now_is_given_back(api: BotApi, line: Line) -> None:
    """With Telegram away, the numbers of messages come back, so that they can be deleted later."""
    api.down()

    assert await line.delete(1, [1, 2, 3]) == [1, 2, 3]


async def test_who_blocked_the_bot_is_not_tried_again(api: BotApi, line: Line) -> None:
    """A message to someone who has shut the bot out is tried once."""
    officer = api.user("Robin")
    officer.has_blocked = True

    assert await line.send(officer.id, "hello", [("Yes", "x")]) is None

    assert len(api.called("sendMessage")) == 1


async def test_a_cancelled_line_lets_go(line: Line) -> None:
    """A request that is cancelled just when its answer comes is cancelled: else a door could not be closed."""

    async def answered_meanwhile() -> bool:
        task.cancel()
        return True

    async def then_wait() -> None:
        await line._persist(answered_meanwhile, 5)
        await asyncio.sleep(60)

    task = asyncio.create_task(then_wait())
    await asyncio.wait({task}, timeout=1)

    assert task.cancelled()


# -- who goes first


class Telegram:
    """Notes who was let through when; refuses while ``refusing`` is set."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, float]] = []
        self.refusing: float = 0

    async def request(self, name: str) -> bool:
        """One request."""
        self.passed.append((name, time.monotonic()))
        if self.refusing:
            seconds, self.refusing = self.refusing, 0
            raise RetryAfter(seconds)
        return True


async def ask(pace: CrisisFirst, telegram: Telegram, name: str, chat: int, urgent: bool = False) -> None:
    """Asks until it is let through, as the line does."""
    while True:
        try:
            rate = URGENT if urgent else None
            await pace.process_request(telegram.request, (name,), {}, "sendMessage", {"chat_id": chat}, rate)
            return
        except RetryAfter:
            continue


async def test_pace() -> None:
    """In no second do more ordinary messages go than Telegram allows, and some room is left for crises."""
    pace, telegram = CrisisFirst(), Telegram()

    await asyncio.gather(*(ask(pace, telegram, "ordinary", chat) for chat in range(60)))

    times = [at for _, at in telegram.passed]
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 26


async def test_a_crisis_does_not_queue() -> None:
    """A crisis is let through at once, however many wait."""
    pace, telegram = CrisisFirst(), Telegram()
    crowd = [asyncio.create_task(ask(pace, telegram, "ordinary", chat)) for chat in range(60)]
    await asyncio.sleep(0.1)
    started = time.monotonic()

    await ask(pace, telegram, "crisis", 99, urgent=True)

    assert time.monotonic() - started < 0.1
    for task in crowd:
        task.cancel()


async def test_a_refusal_holds_the_others_but_not_a_crisis() -> None:
    """After a 429 ordinary messages wait everywhere, a crisis only in the chat that was refused, and there first."""
    pace, telegram = CrisisFirst(), Telegram()
    telegram.refusing = 1
    started = time.monotonic()

    await asyncio.gather(
        ask(pace, telegram, "refused", 1),
        _later(ask(pace, telegram, "same chat", 1)),
        _later(ask(pace, telegram, "other chat", 2)),
        _later(ask(pace, telegram, "crisis, same chat", 1, urgent=True)),
        _later(ask(pace, telegram, "crisis, other chat", 2, urgent=True)),
    )

    order = [name for name, _ in telegram.passed]
    assert order[:3] == ["refused", "crisis, other chat", "crisis, same chat"]
    assert sorted(order[3:]) == ["other chat", "refused", "same chat"]
    assert all(at - started >= 1 for name, at in telegram.passed[2:])


async def test_another_request_does_not_end_a_refusal() -> None:
    """A hold lasts its time, also when another request ends meanwhile (python-telegram-bot's own limiter lets go)."""
    pace, telegram = CrisisFirst(), Telegram()
    telegram.refusing = 1
    refused = asyncio.create_task(ask(pace, telegram, "refused", 1))
    await asyncio.sleep(0.05)
    await ask(pace, telegram, "crisis", 2, urgent=True)
    started = time.monotonic()

    await ask(pace, telegram, "ordinary", 3)
    await refused

    assert time.monotonic() - started > 0.8


def test_outcomes_name_no_officer() -> None:
    """How a request ended is one of four words."""
    assert [outcome.name for outcome in Outcome] == ["DONE", "REFUSED", "SHUT_OUT", "UNREACHABLE"]


async def _later(coroutine: Any) -> None:
    await asyncio.sleep(0.05)
    await coroutine
