"""The desk is usable by everybody (axe, WCAG 2.2 AA, every state) and opens with a passkey."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.async_api import BrowserContext, Page, expect

from bot.desk import audit
from bot.handoff.outbox import WAITING
from bot.triage.levels import Level
from tests.desk.builders import PASSWORD
from tests.desk.desk_process import until
from tests.desk.test_page import CHROMIUM, Scene, picture, scene, stage, write
from tests.handoff.builders import COLE, RIVERA

__all__ = ["scene", "stage"]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing (apt-get install chromium)"),
]


async def faults(page: Page) -> list[str]:
    """What axe finds, as rule and place, in light and in dark."""
    found: list[str] = []
    await page.evaluate(AXE)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        told: dict[str, Any] = await page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES
        )
        found += [f"{scheme} {fault['id']}: {n['target']}" for fault in told["violations"] for n in fault["nodes"]]
    await page.emulate_media(color_scheme="light")
    return found


async def test_no_fault_in_any_state(scene: Scene) -> None:
    """
    Queue, chat with a summary, prepared lines, both dialogs, the end, a letter that could not be told; phone and desktop.
    """
    mailbox = scene.house.parts.mailbox
    async with scene.responder() as page:
        found = {"empty": await faults(page)}
        await scene.side.offer(COLE, Level.HIGH, "web")
        await scene.side.offer(RIVERA, Level.IMMINENT, "web")
        await scene.side.choose(RIVERA, "/person_words", Level.IMMINENT)
        scene.side.draft(RIVERA, "It is about tonight. I am not alone.")
        await scene.side.choose(RIVERA, "/person_yes", Level.IMMINENT)
        with mailbox.writing() as db:
            mailbox.post.outbox.put(db, WAITING, ["Peer team/1"], case_id="c" * 32, level="high")
        (letter,) = mailbox.post.outbox.lease()
        mailbox.post.outbox.failed(letter, "HTTP 410", final=True)
        await expect(page.get_by_text("An officer waits, by Peer team/1: HTTP 410")).to_be_visible()
        await expect(page.get_by_text("1 officer has been offered a person")).to_be_visible()
        found["queue"] = await faults(page)
        await picture(page, "desk-queue")
        await page.get_by_role("button", name="Put away").click()
        await expect(page.locator("#letters")).to_be_hidden()
        await page.locator("#waiting button").first.click()
        await expect(page.locator("#summary")).to_contain_text("It is about tonight.")
        await write(page, "I am a person at the desk, and I am with you now.")
        await scene.reads("I am a person at the desk, and I am with you now.")
        await scene.side.say(RIVERA, "ok", Level.IMMINENT)
        await expect(page.locator(".line.officer")).to_be_visible()
        found["chat"] = await faults(page)
        await picture(page, "desk-chat")
        await page.get_by_text("Prepared lines").click()
        found["prepared"] = await faults(page)
        await page.get_by_text("Prepared lines").click()
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        found["phone"] = await faults(page)
        await picture(page, "desk-chat-phone")
        for button, dialog in (("End chat", "close-dialog"), ("Hand over", "hand-dialog")):
            await page.get_by_role("button", name=button).first.click()
            await expect(page.locator(f"#{dialog}")).to_be_visible()
            found[dialog] = await faults(page)
            await page.keyboard.press("Escape")
        await scene.side.leave(RIVERA)
        await expect(page.get_by_text("The officer has left this chat.").first).to_be_visible()
        found["ended"] = await faults(page)
        await page.get_by_role("button", name="Put away").click()
        await scene.ask(COLE)
        await expect(page.locator("#waiting button")).to_be_visible()
        found["phone queue"] = await faults(page)
        await picture(page, "desk-queue-phone")
        await page.goto(scene.desk.url + "/password")
        found["password"] = await faults(page)

    assert {state: what for state, what in found.items() if what} == {}


@asynccontextmanager
async def authenticator(scene: Scene) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """A browser with a key of its own that confirms its user, as a phone's fingerprint would."""
    context = await scene.browser.new_context()
    context.set_default_timeout(15_000)
    page = await context.new_page()
    page.on("pageerror", lambda error: scene.faults.append(str(error)))
    session = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    context.verified = lambda yes: session.send(  # type: ignore[attr-defined]
        "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": yes}
    )
    yield context, page
    await context.close()


async def test_passkey(scene: Scene) -> None:
    """
    A responder adds a passkey, signs in with it and no password; without the finger, or once removed, it opens nothing.
    """
    url = scene.desk.url.replace("127.0.0.1", "localhost")  # an address in numbers has no passkeys
    async with authenticator(scene) as (context, page):
        await page.goto(url)
        await page.get_by_label("Name").fill("lee")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url(url + "/")
        await page.goto(url + "/password")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_text("This device can sign you in from now on.")).to_be_visible()
        assert await faults(page) == []
        await context.clear_cookies()

        await page.goto(url + "/sign-in")
        assert await faults(page) == []
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url(url + "/")
        await expect(page.locator(".who .name")).to_have_text("lee")

        await context.clear_cookies()
        await context.verified(False)  # type: ignore[attr-defined]
        await page.goto(url + "/sign-in")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_text("That passkey is not known here, or it was not confirmed.")).to_be_visible()
        await context.verified(True)  # type: ignore[attr-defined]
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url(url + "/")
        await page.goto(url + "/password")
        await page.get_by_role("button", name="Remove my passkeys").click()
        await expect(page.get_by_text("No passkey signs you in any more.")).to_be_visible()
        await context.clear_cookies()
        await page.goto(url + "/sign-in")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_text("That passkey is not known here, or it was not confirmed.")).to_be_visible()
    acts = [act for _, who, act, _ in audit.entries(scene.house.database) if who == "lee"]

    assert acts.count("passkey added") == 1 and acts.count("passkey removed") == 1
    await until(lambda: audit.broken_at(scene.house.database) is None)
