"""The desk's process dies in the middle of a talk, and the officer is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.handoff.officer import OfficerSide
from bot.triage.levels import Level
from tests.desk.builders import PASSWORD, DeskHouse
from tests.desk.desk_process import desk_process, until
from tests.handoff.builders import RIVERA, WORDING, Page, response


@pytest.mark.slow
async def test_killed_desk_is_told(tmp_path: Path) -> None:
    """
    A real desk is killed mid-talk: within its heartbeat the officer reads so, and after that that nobody has picked up.
    """
    house = DeskHouse(tmp_path)
    house.account()
    page = Page()
    short = replace(house.settings, desk_heartbeat_seconds=2.0, tier_seconds=(2.0,), first_line_seconds=30.0)
    side = OfficerSide(short, house.parts.mailbox, WORDING, page.push)
    running = asyncio.create_task(side.run())
    async with desk_process(tmp_path) as desk, httpx.AsyncClient(base_url=desk.url) as client:
        origin = {"Origin": desk.url}
        body = {"name": "dana", "password": PASSWORD}
        assert (await client.post("/api/sign-in", json=body, headers=origin)).status_code == 200
        token = (await client.get("/")).text.split('name="token" content="')[1].split('"')[0]
        headers = origin | {"X-Sidedoor-Token": token}
        await side.offer(RIVERA, Level.HIGH, "web")
        await client.post("/api/here", json={"page": "a" * 16, "on_duty": True}, headers=headers)
        await side.choose(RIVERA, "/person_yes", Level.HIGH)
        case = house.parts.mailbox.post.queue.all()[0].id
        assert (await client.post(f"/api/cases/{case}/claim", json={}, headers=headers)).status_code == 204
        line = {"id": "first-line", "text": "this is Dana"}
        assert (await client.post(f"/api/cases/{case}/lines", json=line, headers=headers)).status_code == 200
        await until(lambda: "this is Dana" in page.texts(speaker="desk"))
        desk.kill()
        await until(
            lambda: any(text.startswith(response("utter_handoff_desk_lost")) for text in page.texts()), seconds=6
        )
        await until(lambda: any(text.startswith(response("utter_handoff_nobody")) for text in page.texts()), seconds=6)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
