"""
Rotates every key again and again while officers talk, and counts the conversations that were lost.

    python -m tests.guarantees.rotation [--officers 40] [--rounds 3]

A conversation is lost when the store has notes of fewer messages than it has of the same conversation before the first
rotation. The processes are real, and take up rotated keys every two seconds instead of every thirty.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bot.crypto import keyring
from tests.guarantees.canary import built
from tests.guarantees.house import House, Visitor, words

SAID = (
    "what is an EAP",
    "will my sergeant find out if I call the EAP",
    "how much does it cost",
    "what about a chaplain",
    "can they take my gun if I go",
    "who runs this",
    "what about seeing someone outside the department",
    "is there peer support",
    "how long do I have to wait",
    "compare the EAP and peer support",
)  # fewer than the turns that are kept, so that every one counts


@dataclass
class Tally:
    """What came of it."""

    conversations: int = 0
    messages: int = 0
    rotations: int = 0
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.conversations} conversations, {self.messages} messages, "
            f"every key rotated {self.rotations} times meanwhile: {len(self.lost)} conversations lost"
        )


def run(house: House, officers: int, rounds: int = 1, pause: float = 0.3) -> Tally:
    """*officers* talk at once, *rounds* times, each in a new conversation; nothing rests meanwhile."""
    tally, counting, done = Tally(), threading.Lock(), threading.Event()

    def rotate() -> None:
        while not done.wait(1.5):
            for purpose in keyring.PURPOSES:
                keyring.rotate(house.state / "keys", purpose)
            tally.rotations += 1

    def talk(_: int) -> None:
        noted = _noted(house, pause)
        with counting:
            tally.conversations += 1
            tally.messages += len(SAID)
            if noted != expected:
                tally.lost.append(f"{noted} of {expected}")

    expected = _noted(house, 0)
    assert expected > len(SAID) / 2, "most of what is said has to reach the store"
    rotating = threading.Thread(target=rotate)
    rotating.start()
    try:
        with ThreadPoolExecutor(officers) as pool:
            list(pool.map(talk, range(officers * rounds)))
    finally:
        done.set()
        rotating.join()
    return tally


def _noted(house: House, pause: float) -> int:
    """Of how many messages the store has notes, after one conversation."""
    visitor = Visitor(house.edge_url)
    for text in SAID:
        visitor.says(text)
        time.sleep(pause)
    found = re.search(r"your last (\d+) messages", words(visitor.says(choice="/held")))
    visitor.client.post(visitor.url + "/chat/forget", json={}, headers=visitor.headers)
    return int(found[1]) if found else 0


def main() -> int:
    """Builds a house, runs, and prints the tally."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--officers", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rotation-") as folder, built(Path(folder), hurry=True) as (house, _):
        tally = run(house, wanted.officers, wanted.rounds)
        keys = {row.purpose: 0 for row in keyring.status(house.state / "keys")}
        for row in keyring.status(house.state / "keys"):
            keys[row.purpose] += 1
    print(tally)
    print("lost:", dict(Counter(tally.lost)))
    print("keys at the end:", ", ".join(f"{purpose} {count}" for purpose, count in keys.items()))
    return 1 if tally.lost else 0


if __name__ == "__main__":
    sys.exit(main())
