"""Rasa's thread, with a stand-in for Rasa that loads, answers and hangs as a test wants."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import engine as engines
from bot.assistant.engine import Engine, State
from bot.assistant.tracker_store.rows import Rows
from bot.errors import AssistantUnavailable, PreflightError
from bot.triage.levels import Level

WHO = "c0ffee" + "0" * 26


class Brain:
    """Answers with the thread it ran on, or hangs."""

    def __init__(self, rows: Rows) -> None:
        self.store = self
        self._rows = rows

    async def hear(self, who: str, text: str, level: Level, choice: str | None) -> dict[str, Any]:
        if text == "hang":
            time.sleep(0.6)
        if text == "raise":
            raise KeyError(text)
        return {"thread": threading.current_thread().name}

    def forget(self, who: str) -> int:
        return self._rows.delete(who)

    def sweep(self) -> int:
        return self._rows.delete_expired(0)


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return Rows.in_file(tmp_path / "tracker.db")


@pytest.fixture
def start(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Engine]]:
    """Starts engines that load by the given function, and ends them."""
    monkeypatch.setattr(engines, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(engines, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(engines, "HUNG_SECONDS", 0.3)
    started: list[Engine] = []

    def begin(load: Callable[[], Any]) -> Engine:
        engine = Engine(load, rows)
        engine.start()
        started.append(engine)
        return engine

    yield begin
    ended = [engine.stop(2) for engine in started]
    assert all(ended)


async def until(engine: Engine, state: State) -> None:
    async with asyncio.timeout(3):
        while engine.state is not state:
            await asyncio.sleep(0.01)


async def hear(engine: Engine, text: str, seconds: float = 2) -> dict[str, Any]:
    return await engine.hear(WHO, text, Level.NONE, None, seconds)


async def test_turns_run_beside_the_serving_loop(start: Callable[..., Engine], rows: Rows) -> None:
    """A turn runs on Rasa's thread, so that it never blocks whoever serves the socket."""
    engine = start(lambda: Brain(rows))
    await until(engine, State.READY)

    assert await hear(engine, "hello") == {"thread": "rasa"}


async def test_loading_is_said(start: Callable[..., Engine], rows: Rows) -> None:
    """While Rasa loads, a message is refused at once and the process counts as alive."""
    go = threading.Event()
    engine = start(lambda: go.wait(5) and Brain(rows))

    with pytest.raises(AssistantUnavailable):
        await hear(engine, "hello")
    assert engine.alive

    go.set()
    await until(engine, State.READY)


async def test_forgetting_works_without_rasa(start: Callable[..., Engine], rows: Rows) -> None:
    """Erasing and sweeping do not wait for Rasa."""
    rows.write(WHO, 10**9, b"sealed")
    rows.write("f" * 32, 1, b"sealed")
    go = threading.Event()
    engine = start(lambda: go.wait(5) and Brain(rows))

    assert engine.sweep() == 1
    assert engine.forget(WHO) == 1
    go.set()


async def test_a_missing_model_is_waited_for(start: Callable[..., Engine], rows: Rows) -> None:
    """Without a model it says so, and is ready as soon as one has been trained."""
    trained = threading.Event()

    def load() -> Brain:
        if not trained.is_set():
            raise PreflightError("there is no model")
        return Brain(rows)

    engine = start(load)
    await until(engine, State.NO_MODEL)
    trained.set()

    await until(engine, State.READY)


async def test_a_failure_to_load_is_tried_again(start: Callable[..., Engine], rows: Rows) -> None:
    """Whatever fails while loading is a state, not an end."""
    tries = iter([ValueError("CANARY"), None])

    def load() -> Brain:
        error = next(tries)
        if error:
            raise error
        return Brain(rows)

    await until(start(load), State.READY)


async def test_a_load_that_never_ends_is_noticed(
    start: Callable[..., Engine], rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that loads for far too long counts as dead, so that it is started again."""
    monkeypatch.setattr(engines, "LOAD_SECONDS", 0.1)
    go = threading.Event()
    engine = start(lambda: go.wait(5) and Brain(rows))

    await asyncio.sleep(0.2)

    assert not engine.alive
    go.set()


async def test_a_load_that_ends_after_the_stop_ends_the_thread(start: Callable[..., Engine], rows: Rows) -> None:
    """Stopping while Rasa loads is not forgotten by the time it has loaded."""
    go = threading.Event()
    engine = start(lambda: go.wait(5) and Brain(rows))
    threading.Timer(0.2, go.set).start()

    assert await asyncio.to_thread(engine.stop, 2)


async def test_errors_of_a_turn_come_through(start: Callable[..., Engine], rows: Rows) -> None:
    """A turn that raises raises here too, and the next one works."""
    engine = start(lambda: Brain(rows))
    await until(engine, State.READY)

    with pytest.raises(KeyError):
        await hear(engine, "raise")
    assert await hear(engine, "hello")


async def test_a_hung_turn_is_given_up_and_noticed(start: Callable[..., Engine], rows: Rows) -> None:
    """A turn that hangs ends for its sender after the time named; if it goes on, the process counts as dead."""
    engine = start(lambda: Brain(rows))
    await until(engine, State.READY)

    with pytest.raises(TimeoutError):
        await hear(engine, "hang", 0.1)
    await asyncio.sleep(0.35)
    assert not engine.alive

    await asyncio.sleep(0.4)
    assert engine.alive
