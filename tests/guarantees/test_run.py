"""``sidedoor run``: one command starts everything, keeps it alive, and Ctrl-C ends it."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guarantees.house import House, Visitor, words

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("run") / "s")
    built.start("run")
    try:
        built.wait_for(built.edge_url + "/readyz", 240)
        yield built
    finally:
        built.close()


def children(pid: int) -> dict[str, int]:
    """The processes that *pid* started, by the name of their command."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    found = re.findall(r"^\s*(\d+) .* -m bot (\w+)", listed.stdout, re.MULTILINE)
    return {name: int(number) for number, name in found}


def until(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_says_how_to_open_it(house: House) -> None:
    """It prints both addresses and, the first time, how to sign in to the desk."""
    printed = house.log.read_text()

    assert house.edge_url in printed and house.desk_url in printed
    assert "sign in as" in printed


def test_a_whole_conversation(house: House) -> None:
    """An officer is told what this is, gets an answer, gets the numbers in a crisis, and can erase all of it."""
    visitor = Visitor(house.edge_url)

    first = visitor.open()
    answer = visitor.says("will my sergeant find out if I call the EAP?")
    crisis = visitor.says("honestly some nights I sit there with my gun in my lap")
    erased = visitor.says("delete everything")

    assert "software" in words(first)
    assert "EAP" in words(answer)
    assert "988" in crisis[0]["text"]
    assert "erased" in words(erased).lower()


@pytest.mark.parametrize("name", ["serve", "desk", "assistant"])
def test_what_dies_comes_back(house: House, name: str) -> None:
    """Each process killed by force is started again, and the house gets whole."""
    pid = children(house.processes["run"].pid)[name]

    subprocess.run(["kill", "-9", str(pid)], check=True)

    assert until(lambda: children(house.processes["run"].pid).get(name) not in (None, pid), 10)
    house.wait_for(house.edge_url + "/readyz", 120)
    house.wait_for(house.desk_url + "/livez", 20)
    assert Visitor(house.edge_url).says("hi")


def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    """Ctrl-C ends every process within seconds, with exit code 0, and leaves no socket."""
    house = House(tmp_path / "s")
    run = house.start("run")
    try:
        house.wait_for(house.edge_url + "/livez", 60)
        started = children(run.pid)

        run.send_signal(signal.SIGINT)

        assert run.wait(20) == 0
        assert all(until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), 5) for pid in started.values())
        assert not (house.state / "assistant.sock").exists()
    finally:
        house.close()


def test_first_start_makes_closed_folders(house: House) -> None:
    """The state folder and the keys are made so that only their owner can read them."""
    modes = {
        p.name: p.stat().st_mode & 0o777 for p in [house.state, house.state / "keys", *(house.state / "keys").iterdir()]
    }

    assert all(mode & 0o077 == 0 for mode in modes.values()), modes
