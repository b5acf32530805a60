"""A crisis message gets the numbers in under 100 ms, whatever is broken: real processes, really broken."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.guarantees.house import House, Visitor, words

CRISIS = "I'm sitting here with my gun and I am going to do it tonight"
LIMIT_MS = 100
pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path / "s")
    yield built
    built.close()


def answers_in_time(house: House) -> None:
    """
    The median of seven visitors' first messages.

    The machine that runs this is shared: a round that noise has spoilt is run again, twice at most. What the edge cannot
    do at all it will not do the third time either.
    """
    medians = []
    for _ in range(3):
        medians.append(statistics.median(first_answer(house) for _ in range(7)))
        if medians[-1] < LIMIT_MS:
            return
    raise AssertionError(f"medians {', '.join(f'{median:.0f}' for median in medians)} ms")


def first_answer(house: House) -> float:
    """Milliseconds from a new visitor's crisis message to the numbers."""
    visitor = Visitor(house.edge_url)
    visitor.open()
    began = time.perf_counter()
    events = visitor.says(CRISIS)
    taken = (time.perf_counter() - began) * 1000
    assert "988" in events[0]["text"]
    assert events[0]["reply_kind"] == "crisis"
    return taken


def test_within_a_second_of_the_start(tmp_path: Path) -> None:
    """
    The edge answers a crisis within a second of being started, with nothing else running.

    The second is meant for a machine that is not busy; where importing the bare web server takes a third of it or more,
    three times that import counts instead. benchmarks/first_answer.py gives the figure itself.
    """
    taken = []
    for attempt in range(5):  # the best of five, for the same reason
        limit = max(1.0, 3 * seconds_for_a_bare_server())
        house = House(tmp_path / f"s{attempt}")
        try:
            began = time.monotonic()
            house.start("serve")
            house.wait_for(house.edge_url + "/livez", 60)
            events = Visitor(house.edge_url).says(CRISIS)
            taken.append(time.monotonic() - began)
        finally:
            house.close()
        assert "988" in events[0]["text"]
        if taken[-1] < limit:
            return
    raise AssertionError(f"{', '.join(f'{seconds:.2f}' for seconds in taken)} s, last limit {limit:.2f} s")


def seconds_for_a_bare_server() -> float:
    """What this machine needs, just now, to import the web server without any of our own code."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import starlette.applications, uvicorn, yaml"], check=True)
    return time.monotonic() - began


def test_while_everything_loads(house: House) -> None:
    """While the redactor and the assistant load, a crisis is answered in time."""
    house.start("assistant")
    house.open_edge()

    answers_in_time(house)


def test_without_an_assistant(house: House) -> None:
    """With the assistant dead, a crisis is answered in time and anything else honestly."""
    house.open_edge()

    answers_in_time(house)

    assert "988" in words(Visitor(house.edge_url).says("what is an EAP?"))


def test_assistant_hangs(house: House) -> None:
    """With the assistant stopped in mid-air, a crisis is answered in time, also behind a message that hangs."""
    house.environ["SIDEDOOR_ASSISTANT_PATIENCE"] = "3"
    house.start("assistant")
    house.open_edge()
    deadline = time.monotonic() + 60
    while not (house.state / "assistant.sock").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    house.hang("assistant")

    answers_in_time(house)

    assert "988" in words(Visitor(house.edge_url).says("what is an EAP?"))


def test_assistant_killed(house: House) -> None:
    """With the assistant killed by force while it loads, a crisis is answered in time."""
    house.start("assistant")
    house.open_edge()
    house.kill("assistant")

    answers_in_time(house)


@pytest.mark.parametrize("how", ["kill", "hang"])
def test_desk_gone(house: House, how: str) -> None:
    """With the desk killed or hung, a crisis is answered in time, and asking for a person gets an answer."""
    house.open_edge()
    house.start("desk")
    house.wait_for(house.desk_url + "/livez", 20)
    getattr(house, how)("desk")

    answers_in_time(house)

    assert Visitor(house.edge_url).says(choice="/person")


def test_model_missing(house: House, tmp_path: Path) -> None:
    """Without a model the assistant does not get ready; a crisis is answered in time, and /readyz says what is missing."""
    house.environ["SIDEDOOR_MODEL_DIR"] = str(tmp_path / "no-models")
    house.start("assistant")
    house.open_edge()

    answers_in_time(house)

    ready = httpx.get(house.edge_url + "/readyz", trust_env=False, timeout=60)
    assert ready.status_code == 503
    assert ready.json()["parts"]["assistant"] is False


@pytest.mark.parametrize("name", ["tracker.db", "handoff.db", "desk.db"])
def test_database_corrupt(house: House, name: str) -> None:
    """With a database full of rubbish, a crisis is answered in time, and asking for a person gets the numbers again."""
    house.state.mkdir(mode=0o700)
    (house.state / name).write_bytes(os.urandom(20_000))
    house.open_edge()

    answers_in_time(house)

    assert "988" in words(Visitor(house.edge_url).says(choice="/person"))


def test_keys_missing(house: House) -> None:
    """With keys that others could read, the edge does not use them and still answers a crisis in time."""
    keys = house.state / "keys"
    keys.mkdir(mode=0o755, parents=True)
    (keys / "pseudonyms.00000000.key").write_bytes(b"x" * 32)
    house.open_edge()

    answers_in_time(house)

    assert httpx.get(house.edge_url + "/readyz", trust_env=False, timeout=60).json()["parts"]["keys"] is False


@pytest.mark.skipif(os.geteuid() != 0, reason="filling a disk of its own needs the right to mount one")
def test_disk_full(house: House) -> None:
    """With the disk full to the last byte, a crisis is answered in time, and anything else gets an answer."""
    house.state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(house.state)], check=True)
    try:
        house.open_edge()
        with (house.state / "full").open("wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 4096):
                    pass
            except OSError:
                pass

        answers_in_time(house)

        assert Visitor(house.edge_url).says(choice="/person")
        assert Visitor(house.edge_url).says("what is an EAP?")
    finally:
        house.close()
        subprocess.run(["umount", str(house.state)], check=True)


def test_no_writable_state_at_all(house: House) -> None:
    """With a state folder that cannot be written, a crisis is answered in time."""
    house.state.write_text("a file where a folder should be")
    house.open_edge()

    answers_in_time(house)
