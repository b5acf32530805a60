"""Two browser windows through a whole handoff: the officer's chat page and the desk's, each served as in use."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect
from starlette.applications import Starlette

from bot.channels import webchat
from bot.channels.inbound import Edge
from bot.handoff.officer import OfficerSide
from bot.privacy.pseudonyms import Pseudonym
from bot.settings import Settings
from bot.wording import Reply
from tests.channels.builders import WORDING, FakeAssistant, edge
from tests.desk.builders import PASSWORD, DeskHouse
from tests.desk.desk_process import desk_process
from tests.widget.conftest import CHROMIUM, FLAGS
from tests.widget.storage import KEPT, NOTHING

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing (apt-get install chromium)"),
]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Signals belong to the test run."""
        yield


@contextlib.asynccontextmanager
async def chat_page(house: DeskHouse, folder: Path) -> AsyncIterator[str]:
    """The web chat with the real edge and the real officer's side; only the assistant is away."""
    doors: list[Edge] = []

    async def push(who: Pseudonym, replies: Sequence[Reply], status: dict[str, Any] | None) -> None:
        await doors[0].push(who, replies, status)

    side = OfficerSide(house.settings, house.parts.mailbox, WORDING, push)
    doors.append(edge(folder, person=side, assistant=FakeAssistant(away=True)))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = Starlette(routes=webchat.routes(doors[0], Settings(), WORDING))
        options: dict[str, Any] = {"log_config": None, "ws": "none", "lifespan": "off"}
        server = _Server(uvicorn.Config(app, timeout_graceful_shutdown=0, **options))
        tasks = [asyncio.create_task(server.serve(sockets=[listening])), asyncio.create_task(side.run())]
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = server.force_exit = True
        await tasks[0]
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)


async def on_duty(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_label("Name").fill("dana")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(url + "/")
    await page.get_by_role("switch").click()
    await expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")


async def test_two_windows(house: DeskHouse, tmp_path: Path) -> None:
    """
    The officer writes of a gun, asks for a person, is picked up, both write and read, the desk ends, and the officer's
    page says who is there at each step; nothing is left on the officer's device.
    """
    house.account("dana")
    async with (
        desk_process(house.folder) as desk,
        chat_page(house, tmp_path / "edge") as url,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        responder = await (await browser.new_context()).new_page()
        await on_duty(responder, desk.url)
        officer = await (await browser.new_context(viewport={"width": 390, "height": 844})).new_page()
        await officer.goto(url)
        await officer.get_by_role("textbox").fill("honestly some nights I sit there with my gun in my lap")
        await officer.keyboard.press("Enter")
        await officer.get_by_role("button", name="A person here").last.click()
        yes = officer.locator(".bubble").last.get_by_role("button").first
        await expect(officer.locator(".bubble.you")).to_have_count(2)
        await yes.click()
        await expect(officer.get_by_text("Looking for a person on duty.")).to_be_visible()

        await responder.get_by_role("button", name=re.compile("^Take")).click()
        await expect(officer.get_by_text(re.compile("A person (on duty is here|has picked up)"))).to_be_visible()
        await responder.get_by_label("Your line").fill("I am Dana. Where is the gun now?")
        await responder.get_by_role("button", name="Send", exact=True).click()
        await expect(officer.locator(".bubble.desk .text").last).to_have_text("I am Dana. Where is the gun now?")
        await expect(officer.get_by_text("A person on duty is here.")).to_be_visible()
        await officer.get_by_role("textbox").fill("In the safe. My wife has the key.")
        await officer.keyboard.press("Enter")
        await expect(responder.get_by_role("log")).to_contain_text("In the safe. My wife has the key.")
        await expect(officer.get_by_text("Read", exact=True)).to_be_visible()

        await responder.get_by_role("button", name="End chat").click()
        await responder.get_by_label("We talked, and they go on by themselves").check()
        await responder.get_by_role("dialog").get_by_role("button", name="End chat").click()
        await expect(officer.get_by_text("No person is in the chat now.")).to_be_visible()
        assert await officer.evaluate(KEPT) == NOTHING
        assert await officer.context.cookies() == []
        await browser.close()
