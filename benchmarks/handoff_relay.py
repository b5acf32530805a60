"""
How long a line takes from one browser to the other, through the real edge and the real desk.

    python -m benchmarks.handoff_relay [--lines 60] [--postgres]

From the press of Send in one Chromium to the line standing in the other one's page; both pages read the same clock. The
way is cut where a browser can see it: press to request, the server that takes the line (from the request's start to its
answer), the other server (from that answer to the bytes in the other page), and the page that draws it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect, sync_playwright

from bot.desk import accounts
from bot.triage.scoring.joining import HEAD_START as SCORER_HEAD_START
from tests.guarantees.house import House
from tests.guarantees.test_two_browsers import LONG, PASSWORD, Scene
from tests.widget.conftest import CHROMIUM, FLAGS

WHO = {"serve": "edge", "desk": "desk"}
STAGES = ("press to request", "server that takes it", "to the other page", "page draws it")
WATCH = """([host, selector]) => {
  window.arrivals = {};
  window.bytes = {};
  const parse = JSON.parse;
  JSON.parse = (text, ...more) => {
    for (const found of String(text).matchAll(/ping-\\d+-\\w+/g)) window.bytes[found[0]] ??= Date.now();
    return parse(text, ...more);
  };
  const root = host ? document.querySelector(host).shadowRoot : document;
  new MutationObserver(() => {
    for (const one of root.querySelectorAll(selector)) {
      const found = one.textContent.match(/ping-\\d+-\\w+/);
      if (found) window.arrivals[found[0]] ??= Date.now();
    }
  }).observe(root, {childList: true, subtree: true, characterData: true});
}"""
SENT = """([host, button]) => {
  const root = host ? document.querySelector(host).shadowRoot : document;
  root.addEventListener("click", (event) => {
    if (event.target.closest?.(button)) window.pressed = Date.now();
  }, true);
}"""


TOOK = """(path) => {
  const request = performance.getEntriesByType("resource").findLast((entry) => entry.name.endsWith(path));
  performance.clearResourceTimings();
  return request && [request.startTime, request.responseEnd].map((when) => when + performance.timeOrigin);
}"""


@dataclass
class Way:
    """One direction: who writes, who reads, and the end of the address that a line is sent to."""

    name: str
    tag: str
    sender: Page
    reader: Page
    write: Callable[[str], None]
    path: str
    took: list[float] = field(default_factory=list)
    stages: list[tuple[float, ...]] = field(default_factory=list)

    def run(self, lines: int) -> None:
        """*lines* lines, one after the other."""
        for number in range(lines):
            text = f"ping-{number}-{self.tag}"
            self.write(text)
            self.reader.wait_for_function("(text) => window.arrivals[text]", arg=text, timeout=LONG)
            shown, came = self.reader.evaluate("(text) => [arrivals[text], bytes[text]]", text)
            pressed = self.sender.evaluate("window.pressed")
            self.took.append(float(shown - pressed))
            time.sleep(0.05)  # the answer may come after the line has reached the other page
            asked, answered = self.sender.evaluate(TOOK, self.path) or (pressed, pressed)
            marks = (pressed, asked, answered, came, shown)
            self.stages.append(tuple(after - before for before, after in pairwise(marks)))

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.took, n=20)
        whole = f"p50 {statistics.median(self.took):.0f} ms, p95 {cuts[18]:.0f} ms, longest {max(self.took):.0f} ms"
        parts = zip(STAGES, zip(*self.stages, strict=True), strict=True)
        middle = "; ".join(f"{name} {statistics.median(column):.0f}" for name, column in parts)
        return f"{self.name}: {whole}\n    medians in ms: {middle}"


def idling(house: House, when: str, seconds: float = 20) -> str:
    """How much of one core each process takes while nothing happens."""
    began = {name: cpu_seconds(process.pid) for name, process in house.processes.items()}
    time.sleep(seconds)
    shares = {name: (cpu_seconds(house.processes[name].pid) - before) / seconds for name, before in began.items()}
    return f"{when}: " + ", ".join(f"{WHO[name]} {share:.1%} of a core" for name, share in shares.items())


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled(house: House, seconds: float = 60) -> None:
    """Waits until the edge has loaded what it loads beside its work; an hour later nobody would measure that either."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if httpx.get(house.edge_url + "/readyz", timeout=20, trust_env=False).json()["parts"]["redaction"]:
            break
        time.sleep(0.5)
    time.sleep(SCORER_HEAD_START + 5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=60)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own")
    asked = parser.parse_args()
    server = None
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        house = House(Path(folder) / "s")
        if asked.postgres:
            from tests.postgres import Postgres

            server = Postgres()
            house.environ["SIDEDOOR_HANDOFF_DATABASE_URL"] = server.new_database()
        accounts.add(house.state / "desk.db", "dana", PASSWORD)
        house.start("desk")
        house.open_edge()
        house.wait_for(house.desk_url + "/livez", 60)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        expect.set_options(timeout=LONG)
        try:
            officer, desk = browser.new_context().new_page(), browser.new_context().new_page()
            desk.goto(house.desk_url)
            desk.get_by_label("Name").fill("dana")
            desk.get_by_label("Password").fill(PASSWORD)
            desk.get_by_role("button", name="Sign in", exact=True).click()
            desk.get_by_role("switch").click()
            settled(house)
            print(idling(house, "a responder's page is open, nobody waits"))
            scene = Scene(house, officer, desk)
            scene.asks_for_a_person()
            scene.takes()
            scene.desk_writes("I am here.")
            expect(officer.get_by_text("I am here.")).to_be_visible()
            officer.evaluate(WATCH, ["support-chat", ".bubble.desk"])
            officer.evaluate(SENT, ["support-chat", "button"])
            desk.evaluate(WATCH, [None, ".line.officer"])
            desk.evaluate(SENT, [None, "button"])
            print("PostgreSQL" if asked.postgres else "SQLite", f"{asked.lines} lines each way")
            for way in (
                Way("desk to officer", "d", desk, officer, scene.desk_writes, "/lines"),
                Way("officer to desk", "o", officer, desk, scene.officer_writes, "/chat/messages"),
            ):
                way.run(asked.lines)
                print(way)
            print(idling(house, "a chat is live, nobody writes"))
        finally:
            browser.close()
            house.close()
            if server:
                server.close()


if __name__ == "__main__":
    main()
