"""
How long a line takes from one browser to the other, through the real edge and the real desk.

    python benchmarks/handoff_relay.py [--lines 60] [--postgres]

From the press of Send in one Chromium to the line standing in the other one's page; both pages read the same clock.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from bot.desk import accounts
from tests.guarantees.house import House
from tests.guarantees.test_two_browsers import LONG, PASSWORD, Scene
from tests.widget.conftest import CHROMIUM, FLAGS

WATCH = """([host, selector]) => {
  window.arrivals = {};
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


def one_way(sender: Page, reader: Page, write: object, tag: str, lines: int) -> list[float]:
    """Milliseconds of *lines* lines, one after the other."""
    took = []
    for number in range(lines):
        text = f"ping-{number}-{tag}"
        write(text)  # type: ignore[operator]
        reader.wait_for_function("(text) => window.arrivals[text]", arg=text, timeout=LONG)
        took.append(float(reader.evaluate("(text) => arrivals[text]", text) - sender.evaluate("window.pressed")))
        time.sleep(0.05)
    return took


def report(name: str, took: list[float]) -> None:
    cuts = statistics.quantiles(took, n=20)
    print(f"{name}: p50 {statistics.median(took):.0f} ms, p95 {cuts[18]:.0f} ms, longest {max(took):.0f} ms")


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
            report("desk to officer", one_way(desk, officer, scene.desk_writes, "d", asked.lines))
            report("officer to desk", one_way(officer, desk, scene.officer_writes, "o", asked.lines))
        finally:
            browser.close()
            house.close()
            if server:
                server.close()


if __name__ == "__main__":
    main()
