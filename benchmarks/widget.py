"""
Measures the web chat in a real Chromium, against a server with a scripted edge on loopback.

    .venv/bin/python benchmarks/widget.py [--rounds 200] [--turns 100] [--axe] [--lighthouse] [--pictures FOLDER]

Rounds: in the middle of one conversation the network is cut, the server killed before or after a message, or an answer
lost; each message has to be heard once and answered on the page once. Sizes are those of gzip -9, file by file.
Lighthouse needs Node and the network: it is fetched with npx when asked for.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import compress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.channels.inbound import Answer, Incoming
from bot.channels.web_pages import Pages
from bot.triage.levels import ReplyKind
from bot.triage.lexicon import Triage
from bot.triage.safety_reply import SafetyReplies
from bot.wording import Reply, Wording
from tests.widget import test_access as access
from tests.widget import test_networks as networks
from tests.widget.chat import ANSWER_TIMES, bubbles, last_answer, open_chat, own, say
from tests.widget.conftest import CHROMIUM, FLAGS
from tests.widget.service import FakeEdge, Service, settings
from tests.widget.storage import left_behind

WAYS = (networks.killed_after, networks.killed_before, networks.cut_off, networks.answer_lost)
PER_PAGE = 20  # rounds before a new page, so that no page grows without end
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}


@contextmanager
def tab(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of its own, which has to leave nothing on the device."""
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.set_offline(False)
    kept = left_behind(context)
    context.close()
    assert not kept, kept


def broken_networks(browser: Browser, rounds: int) -> str:
    """Every message once there and once answered, whatever happened around it."""
    started = time.perf_counter()
    done = lost = doubled = 0
    while done < rounds:
        count = min(PER_PAGE, rounds - done)
        with Service(settings(web_messages_per_minute=1000)) as service, tab(browser) as page:
            open_chat(page, service.url)
            said = [f"message {number}." for number in range(count)]
            for number, text in enumerate(said):
                WAYS[number % len(WAYS)](page, service, text)
                expect(page.get_by_text(f"Heard: {text}", exact=True).first).to_be_visible(timeout=60_000)
            heard, shown, mine = service.edge.texts(), bubbles(page), own(page)
            for text in said:
                counts = (heard.count(text), shown.count(f"Heard: {text}"), mine.count(text))
                lost += any(found < 1 for found in counts)
                doubled += any(found > 1 for found in counts)
        done += count
        print(f"  {done} of {rounds}", file=sys.stderr)
    seconds = time.perf_counter() - started
    return f"broken networks: {done} rounds, {lost} lost, {doubled} doubled, {seconds:.0f} s"


def first_answers(browser: Browser, turns: int) -> str:
    """From key press to paint."""
    with Service(settings(web_messages_per_minute=1000)) as service, tab(browser) as page:
        open_chat(page, service.url)
        say(page, "warm up")
        expect(last_answer(page)).to_have_text("Heard: warm up")
        times = page.locator("support-chat").evaluate(ANSWER_TIMES, turns)
    middle, most = times[len(times) // 2], times[int(len(times) * 0.95) - 1]
    return f"key press to painted answer: median {middle:.0f} ms, 95th percentile {most:.0f} ms of {turns}; aim 150 ms"


def covers(browser: Browser, presses: int = 20) -> str:
    """From the press on *Leave now* to a page that is covered, hidden and renamed."""
    script = "(exit) => { const start = performance.now(); exit.click(); return performance.now() - start; }"
    times = []
    for _ in range(presses):
        with Service(settings()) as service, tab(browser) as page:
            open_chat(page, service.url)
            page.route("**/weather", lambda route: route.abort("aborted"))
            times.append(page.get_by_role("link", name="Leave now").evaluate(script))
    middle = sorted(times)[presses // 2]
    return f"quick exit: covered after {middle:.0f} ms, at most {max(times):.0f} ms of {presses}; aim 100 ms"


def sizes() -> list[str]:
    """What a visitor's browser loads."""
    pages = Pages("https://weather.gov/")
    found = {name: len(compress(file.content, 9)) for name, file in pages.files.items() if name != "strings.es.json"}
    parts = sum(size for name, size in found.items() if name != "support-chat.css")
    page, icon = (len(compress(file.content, 9)) for file in (pages.page("en"), pages.icon))
    lines = [f"  {name}: {size:,} bytes" for name, size in found.items()]
    inside = parts + found["support-chat.css"]
    whole = f"hosted page: {parts + page + icon:,} bytes gzip; embedded: {inside:,}; limit 30,000"
    return [whole, *lines]


def axe(browser: Browser) -> list[str]:
    """Every state, light and dark."""
    lines = []
    for scheme in ("light", "dark"):
        for state in access.STATES:
            with Service() as service, tab(browser, color_scheme=scheme) as page:
                state(page, service)
                lines.append(f"  {state.__name__}, {scheme}: {len(access.faults(page))} faults")
                page.context.set_offline(False)
                if "weather.gov" in page.url or state is access.leaving:
                    page.goto("about:blank")
    faulty = sum(" 0 faults" not in line for line in lines)
    return [f"axe, {', '.join(access.RULES)}: {len(lines)} states, {faulty} with faults", *lines]


def lighthouse() -> str:
    """The score for accessibility, where Node can fetch Lighthouse."""
    npx = shutil.which("npx")
    if npx is None:
        return "Lighthouse: not run, there is no Node on this machine"
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        flags = "--headless=new --no-sandbox --disable-gpu"
        command = [npx, "--yes", "lighthouse@12", service.url, "--quiet", "--only-categories=accessibility"]
        command += ["--output=json", f"--output-path={report}", f"--chrome-flags={flags}"]
        ran = subprocess.run(
            command, capture_output=True, timeout=420, env={**_environment(), "CHROME_PATH": str(CHROMIUM)}
        )
        if ran.returncode or not report.exists():
            return "Lighthouse: not run, npx could not fetch or start it"
        found = json.loads(report.read_text(encoding="utf-8"))
    score = found["categories"]["accessibility"]["score"] * 100
    failed = [name for name, audit in found["audits"].items() if audit["score"] == 0]
    return f"Lighthouse {found['lighthouseVersion']}, accessibility: {score:.0f}; failed: {', '.join(failed) or 'none'}"


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def pictures(browser: Browser, folder: Path) -> list[str]:
    """A crisis and a live handoff, on a phone and a desktop, light and dark; the plan; right to left."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for size, viewport in SIZES.items():
        for scheme in ("light", "dark"):
            for state in (_crisis, _live):
                with Service() as service, tab(browser, viewport=viewport, color_scheme=scheme) as page:
                    state(page, service)
                    is_first = (scheme, state) == ("light", _crisis)
                    name = f"chat-{size}" if is_first else f"chat-{size}-{state.__name__[1:]}-{scheme}"
                    made.append(_picture(page, folder / f"{name}.png"))
    for name, state in (("plan", access.planning), ("rtl", _right_to_left)):
        with Service() as service, tab(browser, viewport=SIZES["phone"]) as page:
            state(page, service)
            made.append(_picture(page, folder / f"chat-phone-{name}.png"))
    return made


class Spoken(FakeEdge):
    """Says the first words and the crisis answer as they are reviewed; the rest is the script's."""

    _wording = Wording.load()

    def open(self, channel: str, sender: str) -> Answer:
        return Answer((self._wording.say("utter_first_contact", channel=channel),))

    async def hear(self, incoming: Incoming) -> Answer:
        verdict = Triage.load().judge(incoming.text)
        if verdict.reply_kind is not ReplyKind.CRISIS:
            return await super().hear(incoming)
        self.heard.append(incoming)
        return Answer(SafetyReplies(self._wording).replies(verdict, "web"), verdict.level, verdict.reply_kind)


def _crisis(page: Page, service: Service) -> None:
    service.edge = Spoken()
    service.stop()
    service.start()
    open_chat(page, service.url)
    say(page, "honestly some nights I sit there with my gun in my lap")
    expect(page.locator(".bubble.crisis").last).to_be_visible()


def _live(page: Page, service: Service) -> None:
    _crisis(page, service)
    page.get_by_role("button", name="A person here").click()
    expect(page.locator(".bubble.you")).to_have_count(2)
    status = {"state": "live", "seconds": 12, "tier": 1, "sent": 0, "delivered": 0, "seen": 0}
    service.push(Reply("I am here. Where is the gun now?", speaker="desk"), status=status)
    expect(page.get_by_text("A person on duty is here.")).to_be_visible()
    say(page, "In the car. I am in the house.")
    seen = {**status, "sent": 1, "delivered": 1, "seen": 1}
    service.push(Reply("Good. Stay in the house. I stay here with you.", speaker="desk"), status=seen)
    expect(page.locator(".bubble.desk")).to_have_count(2)


def _right_to_left(page: Page, service: Service) -> None:
    open_chat(page, service.url)
    page.evaluate("document.documentElement.dir = 'rtl'")
    say(page, "\u0623\u0631\u064a\u062f \u0645\u0633\u0627\u0639\u062f\u0629 \u2014 EAP?")
    expect(page.locator(".bubble.assistant")).to_have_count(2)
    say(page, "crisis")
    expect(page.locator(".bubble.crisis").last).to_be_visible()


def _picture(page: Page, path: Path) -> str:
    page.wait_for_timeout(300)
    page.screenshot(path=str(path))
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(64).save(path, optimize=True)  # a third of the bytes
    return f"  {path.name}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--lighthouse", action="store_true")
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args()
    print(*sizes(), sep="\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        if asked.turns:
            print(first_answers(browser, asked.turns), flush=True)
            print(covers(browser), flush=True)
        if asked.axe:
            print(*axe(browser), sep="\n", flush=True)
        if asked.pictures:
            print(*pictures(browser, asked.pictures), sep="\n", flush=True)
        if asked.rounds:
            print(broken_networks(browser, asked.rounds), flush=True)
        browser.close()
    if asked.lighthouse:
        print(lighthouse())


if __name__ == "__main__":
    main()
