"""Two whole edges behind one bot, as the operator starts them: real triage, wording, keys and pseudonyms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.builders import WORDING
from tests.emulators.bot_api import BotApi, until
from tests.emulators.telegram_people import User
from tests.guarantees.house import House, free_port

CRISIS = "my gun is in my lap and I will do it"
LOST = "A part of this service has stopped."
CHECK_IN = "Are you thinking about killing yourself?"
FIRST, AGAIN = (WORDING.say(name, channel="telegram").text for name in ("utter_first_contact", "utter_crisis_again"))


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


@pytest.fixture
def houses(api: BotApi, tmp_path: Path, memory: Path) -> Iterator[list[House]]:
    """Two edges on one state folder, each on a port of its own; a proxy takes turns between them."""
    state, ports = tmp_path / "s", [free_port(), free_port()]
    state.mkdir(mode=0o700)
    found = [House(state, edge_port=port) for port in ports]
    api.doors = [f"{house.edge_url}/telegram" for house in found]
    try:
        for house in found:
            house.hears_telegram(api)
            house.environ |= {"SIDEDOOR_MEMORY_DIR": str(memory), "SIDEDOOR_EDGES": "2"}
            house.open_edge()
        yield found
    finally:
        for house in found:
            house.close()


async def answered(api: BotApi, officer: User, act: object, *argument: str) -> str:
    """What the bot says first after *act*."""
    before = len(officer.hears())
    act(*argument)  # type: ignore[operator]
    await until(lambda: api.quiet and len(officer.hears()) > before, within=30)
    return officer.hears()[before]


async def test_two_edges(api: BotApi, houses: list[House], tmp_path: Path, memory: Path) -> None:
    """
    Over both doors an officer is one officer: introduced once, asked once, in danger until the end, erased whole. With
    the edge that knew them killed, the other gives the numbers. Nothing that lies anywhere names the chat.
    """
    await until(lambda: len(list(houses[0].state.glob("edge-*"))) == 2, within=60)
    officers = [api.user(f"Canary{number}") for number in range(3)]
    for officer in officers:
        assert CHECK_IN in await answered(api, officer, officer.says, "I can't do this anymore")
        assert "988" in await answered(api, officer, officer.presses, "Yes")
        assert await answered(api, officer, officer.says, CRISIS) == AGAIN
        assert officer.hears().count(FIRST) == 1
    gone = officers.pop()
    gone.says("/forget")
    await until(lambda: api.quiet and len(gone.screen()) == 1, within=30)

    houses[0].kill("serve")
    for officer in officers:
        assert "988" in await answered(api, officer, officer.says, CRISIS)
    await until(lambda: api.quiet)

    moved = [officer for officer in officers if any(text.startswith(LOST) for text in officer.hears())]
    assert [officer.hears().count(FIRST) for officer in officers] == [1 + (officer in moved) for officer in officers]
    places = [path for folder in (tmp_path, memory) for path in folder.rglob("*")]
    kept = b"".join(path.read_bytes() for path in places if path.is_file())
    assert {path.stat().st_mode & 0o077 for path in houses[0].state.iterdir()} == {0}
    for officer in (*officers, gone):
        assert str(officer.id).encode() not in kept and officer.first_name.encode() not in kept
        assert officer.id.to_bytes(8, "big") not in kept and officer.id.to_bytes(6, "big") not in kept
