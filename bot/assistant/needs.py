"""
Finds two needs in one message: cuts it into clauses, and says which of two is answered first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.yaml_files import read_yaml

# From which certainty on a second meaning is a second need; chosen as the weight of a clause in intents.py.
SECOND = 0.4
MOST_PARTS, SHORTEST_PART = 6, 3  # parts that are read; words of a part
URGENCY = Path(__file__).with_name("urgency.yml")
_BETWEEN = re.compile(r"[.!?;\n]+|,|\b(?:and|but|also|plus)\b", re.IGNORECASE)


def parts(text: str) -> list[str]:
    """The clauses of a message with several, which can each be about something else; nothing where there is one."""
    found = [part for part in _BETWEEN.split(text) if len(part.split()) >= SHORTEST_PART]
    return found[:MOST_PARTS] if len(found) > 1 else []


def read_urgency() -> dict[str, int]:
    """The step of each intent that is not of the middle one, 0; there is one file and it is tested."""
    read = read_yaml(URGENCY)
    first = {name: place - len(read["first"]) for place, step in enumerate(read["first"]) for name in step}
    return first | dict.fromkeys(read["last"], 1)


def urgent_first(found: Sequence[tuple[str, float]], steps: Mapping[str, int]) -> list[tuple[str, float]]:
    """
    *found* with the first two changed over where the second is sure enough and of an earlier step. None gets surer by
    coming first, since some act on their certainty; the other counts as no likelier, so that the list stays in order.
    """
    if len(found) > 1 and found[1][1] >= SECOND:
        (one, _), (two, also) = found[:2]
        if steps.get(two, 0) < steps.get(one, 0):
            return [(two, also), (one, also), *found[2:]]
    return list(found)
