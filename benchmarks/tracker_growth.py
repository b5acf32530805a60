"""
Measures what a turn costs when a conversation gets long: our tracker store beside the stock one, in one run.

    python -m benchmarks.tracker_growth [--turns 1000] [--seconds 240] [--plot docs/images/tracker-growth.svg]

All stores get the same turns of the same domain, without understanding and policies: read the tracker, add what a turn
adds (a message, two slots, an action, an answer), write it. Each is stopped after its share of the seconds. Ours runs
on SQLite and, where it is installed, on a PostgreSQL server of its own; stock Rasa on SQLite, as it comes.
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
from typing import Any

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
from tests.postgres import NOT_RUN, Postgres, binaries  # noqa: E402

WHO = "c0ffee" + "0" * 26
AROUND = 9  # turns on each side of a mark whose median is reported
SHORT = 15  # short conversations before the long one, and after it


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


async def turns(store: TrackerStore, domain: Domain, count: int, seconds: float, who: str) -> list[tuple[float, float]]:
    """The milliseconds of each turn, by the clock and of the processor; as many turns as fit into *seconds*."""
    spent: list[tuple[float, float]] = []
    end = time.monotonic() + seconds
    while len(spent) < count and time.monotonic() < end:
        began, used = time.perf_counter(), time.process_time()
        tracker = await store.get_or_create_tracker(who, append_action_listen=False)
        tracker.update_with_events(one_turn(len(spent)), domain)
        await store.save(tracker)
        spent.append(((time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000))
    return spent


async def measured(store: TrackerStore, domain: Domain, count: int, seconds: float) -> dict[int, tuple[float, float]]:
    """
    Medians by turn. The tenth turn is that of many short conversations, the others are those of one long one.

    The two take turns: short conversations before and after the long one, because the machine may be busy for a while.
    """
    short = [await turns(store, domain, 12, seconds / 10, f"{number:032x}") for number in range(SHORT)]
    long = await turns(store, domain, count, seconds, WHO)
    short += [await turns(store, domain, 12, seconds / 10, f"{number:032x}") for number in range(SHORT, 2 * SHORT)]
    found = {10: _median([spent for one in short for spent in one[8:12]])}
    for turn in range(50, len(long) - AROUND + 1, 25):
        found[turn] = _median(long[turn - AROUND : turn + AROUND])
    if len(long) <= 50:
        found[len(long)] = _median(long[-AROUND:])
    return found


def _median(spent: list[tuple[float, float]]) -> tuple[float, float]:
    clock, processor = zip(*spent, strict=True)
    return statistics.median(clock), statistics.median(processor)


def draw(curves: dict[str, dict[int, tuple[float, float]]], path: Path) -> None:
    """The curves as a picture; both axes logarithmic, since stock grows by powers of ten."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for (name, curve), style in zip(curves.items(), ("-o", "-s", "-^"), strict=False):
        axes.plot(list(curve), [clock for clock, _ in curve.values()], style, label=name, markersize=3)
    axes.set(xscale="log", yscale="log", xlabel="turn of one conversation", ylabel="p50 of a turn, milliseconds")
    axes.set_title("What a turn costs the tracker store")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def stores(folder: Path, domain: Domain, postgres: Any) -> Iterator[tuple[str, TrackerStore]]:
    """Ours on each database, then the stock one."""
    settings = Settings()
    urls = {"Sidedoor, SQLite": f"sqlite:///{folder}/ours.db"}
    if postgres is not None:
        urls["Sidedoor, PostgreSQL"] = postgres.new_database()
    for name, url in urls.items():
        ours = SealedTrackerStore(
            Sealer([new_key()]),
            Rows(url),
            window_turns=settings.window_turns,
            idle_minutes=settings.idle_minutes,
            lifetime_hours=settings.lifetime_hours,
        )
        ours.domain = domain
        yield name, ours
    yield "stock Rasa, SQLite", SQLTrackerStore(domain, dialect="sqlite", db=str(folder / "stock.db"))


def main() -> None:
    """Prints a table and, as its last line, the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=1000 + AROUND)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--plot", type=Path)
    wanted = parser.parse_args()
    domain = Domain.load(str(ROOT / "domain.yml"))
    curves = {}
    postgres = Postgres() if binaries() else None
    if postgres is None:
        print(NOT_RUN)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, store in stores(Path(folder), domain, postgres):
                curves[name] = asyncio.run(measured(store, domain, wanted.turns, wanted.seconds / 2))
    finally:
        if postgres is not None:
            postgres.close()
    for name, curve in curves.items():
        last = max(curve)
        for turn in sorted({10, 100, min(500, last), last} & set(curve)):
            print(f"{name:22} turn {turn:>5}: {curve[turn][0]:9.2f} ms, {curve[turn][1]:9.2f} ms of a processor")
        print(f"{name:22} turn {last} costs {curve[last][0] / curve[10][0]:.2f} times turn 10")
    if wanted.plot:
        draw(curves, wanted.plot)
    print(
        json.dumps(
            {name: {turn: [round(x, 3) for x in pair] for turn, pair in c.items()} for name, c in curves.items()}
        )
    )


if __name__ == "__main__":
    main()
