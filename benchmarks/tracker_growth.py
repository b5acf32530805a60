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
import itertools
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
EVERY = 50  # turns from one reported mark to the next
Curve = dict[int, tuple[float, float]]


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


class Talk:
    """A conversation that is driven turn by turn."""

    def __init__(self, store: TrackerStore, domain: Domain, who: str) -> None:
        self._store, self._domain, self._who = store, domain, who
        self.turn = 0

    async def goes_on(self) -> tuple[float, float]:
        """One more turn; its milliseconds by the clock and of the processor."""
        began, used = time.perf_counter(), time.process_time()
        tracker = await self._store.get_or_create_tracker(self._who, append_action_listen=False)
        tracker.update_with_events(one_turn(self.turn), self._domain)
        await self._store.save(tracker)
        self.turn += 1
        return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000


async def measured(store: TrackerStore, domain: Domain, count: int, seconds: float) -> tuple[Curve, Curve]:
    """
    Medians by turn of one long conversation, and beside each those of turns 9 to 12 of short ones.

    Both are taken in the same moments, turn about: a machine that is busy for a while is busy for both.
    """
    long, short, numbers = Talk(store, domain, WHO), None, itertools.count(1)
    curve: Curve = {}
    beside: Curve = {}
    window: list[tuple[tuple[float, float], tuple[float, float]]] = []
    end = time.monotonic() + seconds
    while long.turn < count and time.monotonic() < end:
        spent = await long.goes_on()
        if (long.turn + AROUND) % EVERY > 2 * AROUND and long.turn + AROUND > EVERY:
            continue
        if short is None or short.turn >= 12:
            short = Talk(store, domain, f"{next(numbers):032x}")
            for _ in range(8):
                await short.goes_on()
        window.append((spent, await short.goes_on()))
        if long.turn % EVERY == AROUND and long.turn > EVERY:
            mark = long.turn - AROUND
            curve[mark], beside[mark] = (_median([pair[side] for pair in window]) for side in (0, 1))
            window.clear()
        if long.turn == EVERY - AROUND - 1:
            window.clear()
    return {10: _median(list(beside.values())), **curve}, beside


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
    curves: dict[str, Curve] = {}
    postgres = Postgres() if binaries() else None
    if postgres is None:
        print(NOT_RUN)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, store in stores(Path(folder), domain, postgres):
                curves[name], beside = asyncio.run(measured(store, domain, wanted.turns, wanted.seconds / 2))
                last = max(beside)
                for turn in sorted({10, 100, min(500, last), last} & set(curves[name])):
                    clock, used = curves[name][turn]
                    print(f"{name:22} turn {turn:>5}: {clock:9.2f} ms, {used:9.2f} ms of a processor")
                times = curves[name][last][0] / beside[last][0], curves[name][last][1] / beside[last][1]
                print(f"{name:22} turn {last} costs {times[0]:.2f} times turn 10 by the clock, {times[1]:.2f} in work")
    finally:
        if postgres is not None:
            postgres.close()
    if wanted.plot:
        draw(curves, wanted.plot)
    print(
        json.dumps(
            {name: {turn: [round(x, 3) for x in pair] for turn, pair in c.items()} for name, c in curves.items()}
        )
    )


if __name__ == "__main__":
    main()
