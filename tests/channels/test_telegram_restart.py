"""The edge as a process of its own, killed and started anew, with Telegram emulated before it."""

from __future__ import annotations

from pathlib import Path

from tests.emulators.bot_api import BotApi, until
from tests.guarantees.house import House


async def test_killed_and_started_anew(tmp_path: Path, memory: Path) -> None:
    """What was said before the edge was killed is deleted by the timer of the next one; no file names the chat."""
    house = House(tmp_path / "s")
    house.state.mkdir(mode=0o700)
    with BotApi() as api:
        house.hears_telegram(api)
        house.environ["SIDEDOOR_MEMORY_DIR"] = str(memory)
        officer = api.user("Robin")
        try:
            house.open_edge()
            api.ahead = -7 * 60.0  # written seven minutes ago
            officer.says("my gun is in my lap and I will do it")
            await until(officer.hears, within=60)
            await until(lambda: api.quiet, within=30)
            house.kill("serve")
            assert any(not message.by_bot for message in officer.screen())
            files = b"".join(path.read_bytes() for place in (tmp_path, memory) for path in place.rglob("*.*"))
            assert str(officer.id).encode() not in files and list(memory.rglob("traces.db"))

            api.ahead = 0.0
            house.environ["SIDEDOOR_LIFETIME_HOURS"] = "0.1"  # six minutes
            house.open_edge()
            await until(lambda: all(message.by_bot for message in officer.screen()), within=60)
        finally:
            house.close()

    assert officer.screen()  # the answer is younger than six minutes
