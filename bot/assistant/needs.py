"""
Finds two needs in one message: cuts it into clauses, and says which of two is answered first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.yaml_files import read_yaml

# From which certainty on a second meaning is a second need. On pairs of utterances held back both were found first in
# 51 of 100 instead of 9; of 100 single ones 7 got a second need.
SECOND = 0.4
MOST_PARTS, SHORTEST_PART = 6, 3  # parts that are read; words of a part
URGENCY = Path(__file__).with_name("urgency.yml")
_BETWEEN = re.compile(r"[.!?;\n]+|,|\b(?:and|but|also|plus)\b", re.IGNORECASE)


def parts(text: str) -> list[str]:
    """The clauses of a message with several, which can each be about something else; nothing where there is one."""
    found = [part for part in _BETWEEN.split(text) if len(part.split()) >= SHORTEST_PART]
    return found[:MOST_PARTS] if len(found) > 1 else []


def read_urgency() -> dict[str, list[str]]:
    """The intents that come first and last; there is one file and it is tested."""
    return dict(read_yaml(URGENCY))


def urgent_first(found: Sequence[tuple[str, float]], urgency: Mapping[str, Sequence[str]]) -> list[tuple[str, float]]:
    """
    *found* with the first two changed over where the second is sure enough and more urgent. None gets surer by coming
    first, since some act on their certainty; the other one counts as no likelier, so that the list stays in order.
    """
    if len(found) > 1 and found[1][1] >= SECOND:
        (one, _), (two, also) = found[:2]
        if (two in urgency["first"] and one not in urgency["first"]) or (
            one in urgency["last"] and two not in urgency["last"]
        ):
            return [(two, also), (one, also), *found[2:]]
    return list(found)
