"""
Measures what a turn costs when a conversation gets long: our tracker store beside the stock one, in one run.

    python -m benchmarks.tracker_growth [--turns 1000] [--seconds 240]

Both stores get the same turns of the same domain, without understanding and policies: read the tracker, add what a turn
adds (a message, two slots, an action, an answer), write it. Each is stopped after its share of the seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.logs import lock_down

lock_down("ERROR", "cli", rasa=True)

from rasa.core.tracker_store import SQLTrackerStore, TrackerStore  # noqa: E402 - only after the lock-down
from rasa.shared.core.constants import ACTION_LISTEN_NAME  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered  # noqa: E402

from bot.assistant.tracker_store.rows import Rows  # noqa: E402
from bot.assistant.tracker_store.store import SealedTrackerStore  # noqa: E402
from bot.crypto.sealing import Sealer, new_key  # noqa: E402
from bot.settings import ROOT, Settings  # noqa: E402

WHO = "c0ffee" + "0" * 26
AROUND = 9  # turns on each side of a mark whose median is reported
MARKS = (10, 100, 1000)


def one_turn(number: int) -> list[Event]:
    """What Rasa adds to a tracker in one turn."""
    intent = {"name": "ask_confidentiality", "confidence": 0.93}
    ranking = [intent, *({"name": f"intent_{place}", "confidence": 0.01} for place in range(9))]
    text = "will my sergeant find out if i call the eap about not sleeping"
    parsed = {"intent": intent, "entities": [], "intent_ranking": ranking, "text": text}
    return [
        UserUttered(text, intent, [{"entity": "option", "value": "eap"}], parsed),
        SlotSet("option", "eap" if number % 2 else "chaplain"),
        SlotSet("distress", "mild" if number % 3 else "none"),
        ActionExecuted("utter_confidentiality"),
        BotUttered("The EAP does not tell your department that you called. " * 4),
        ActionExecuted(ACTION_LISTEN_NAME),
    ]


async def turns(store: TrackerStore, domain: Domain, count: int, seconds: float) -> list[tuple[float, float]]:
    """The milliseconds of each turn, by the clock and of the processor; as many turns as fit into *seconds*."""
    spent: list[tuple[float, float]] = []
    end = time.monotonic() + seconds
    while len(spent) < count and time.monotonic() < end:
        began, used = time.perf_counter(), time.process_time()
        tracker = await store.get_or_create_tracker(WHO, append_action_listen=False)
        tracker.update_with_events(one_turn(len(spent)), domain)
        await store.save(tracker)
        spent.append(((time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000))
    return spent


def at_marks(spent: list[tuple[float, float]]) -> Iterator[tuple[int, float, float]]:
    """The medians around each mark that was reached, and around the last turn."""
    for mark in [mark for mark in MARKS if mark + AROUND <= len(spent)] or [len(spent)]:
        clock, processor = zip(*spent[max(0, mark - AROUND) : mark + AROUND], strict=True)
        yield mark, statistics.median(clock), statistics.median(processor)
    if len(spent) < max(MARKS):
        clock, processor = zip(*spent[-AROUND:], strict=True)
        yield len(spent), statistics.median(clock), statistics.median(processor)


def main() -> None:
    """Prints a table and, as its last line, the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000 + AROUND)
    parser.add_argument("--seconds", type=float, default=240)
    wanted = parser.parse_args()
    domain = Domain.load(str(ROOT / "domain.yml"))
    settings = Settings()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        ours = SealedTrackerStore(
            Sealer([new_key()]),
            Rows.in_file(Path(folder) / "ours.db"),
            window_turns=settings.window_turns,
            idle_minutes=settings.idle_minutes,
            lifetime_hours=settings.lifetime_hours,
        )
        ours.domain = domain
        stock = SQLTrackerStore(domain, dialect="sqlite", db=str(Path(folder) / "stock.db"))
        for name, store in (("ours", ours), ("stock", stock)):
            spent = asyncio.run(turns(store, domain, wanted.turns, wanted.seconds / 2))
            figures[name] = {str(mark): [round(clock, 2), round(used, 2)] for mark, clock, used in at_marks(spent)}
            for mark, (clock, used) in figures[name].items():
                print(f"{name:6} turn {mark:>5}: {clock:9.2f} ms, {used:9.2f} ms of a processor")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
