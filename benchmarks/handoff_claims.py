"""
Many responders claim one case at the same instant, again and again: exactly one owns it each time.

    python benchmarks/handoff_claims.py [--rounds 1000] [--responders 4] [--url postgresql://…]

Each responder has a mailbox of their own on the same file (or server), as processes have.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

from bot.crypto.sealing import Sealer, new_key
from bot.handoff.mailbox import Mailbox
from bot.handoff.records import Kind
from bot.handoff.states import State
from bot.triage.levels import Level


def race(boxes: list[Mailbox], rounds: int) -> tuple[int, list[int]]:
    """How many rounds had exactly one owner whom the mailbox knows too, and how often each responder won."""
    good, won = 0, [0] * len(boxes)
    boxes[0].post.presence.beat("edge-1", Kind.EDGE)
    for number in range(rounds):
        case_id = f"{number:032x}"
        boxes[0].post.queue.open(case_id, f"Delta {number}", "edge-1", Level.HIGH)
        start, winners = threading.Barrier(len(boxes)), []

        def claim(
            who: int, case_id: str = case_id, start: threading.Barrier = start, winners: list[int] = winners
        ) -> None:
            start.wait()
            if boxes[who].post.queue.claim(case_id, f"r{who}"):
                winners.append(who)

        threads = [threading.Thread(target=claim, args=(who,)) for who in range(len(boxes))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        owner = boxes[-1].post.queue.find(case_id).owner
        good += len(winners) == 1 and owner == f"r{winners[0]}"
        won[winners[0]] += 1
        boxes[0].post.queue.end(case_id, State.RETURNED)
    return good, won


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--responders", type=int, default=4)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    sealer = Sealer([new_key()])
    with tempfile.TemporaryDirectory() as folder:
        if asked.url:
            from bot.handoff.server import ServerMailbox

            boxes: list[Mailbox] = [ServerMailbox(asked.url, sealer) for _ in range(asked.responders)]
        else:
            boxes = [Mailbox(Path(folder) / "claims.db", sealer) for _ in range(asked.responders)]
        began = time.perf_counter()
        good, won = race(boxes, asked.rounds)
        print(f"{asked.rounds} claims by {asked.responders} at the same instant: exactly one owner in {good}")
        print(f"won: {won}; {time.perf_counter() - began:.0f} s")
        for box in boxes:
            box.dispose()


if __name__ == "__main__":
    main()
