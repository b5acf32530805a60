"""
The held-out sets are the ones that were frozen, and are what they claim to be.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.triage.levels import Level, ReplyKind, Subject

FOLDER = Path(__file__).parent
FROZEN = dict(reversed(line.split(maxsplit=1)) for line in (FOLDER / "FROZEN").read_text("utf-8").splitlines())
LEAST = {"none": 230, "mild": 110, "moderate": 125, "high": 130, "imminent": 100}
RIGHT = {
    "none": {"normal"},
    "mild": {"normal"},
    "moderate": {"normal", "check_in"},
    "high": {"crisis", "check_in"},
    "imminent": {"crisis"},
}


@cache
def read(name: str) -> Any:
    """The messages of one set: a list for those of levels, lists under ``one`` and ``two`` for intents.yml."""
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def bare(text: str) -> str:
    """The message without case and signs, for telling duplicates."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_nothing_changed_since_the_freeze(name: str) -> None:
    """
    A frozen set is, byte for byte, the one its hash was written for.
    """
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == FROZEN[name]


def test_levels_are_labelled_by_the_definitions() -> None:
    """
    Every message of levels.yml has its own id and text, a known level and subject, and the replies of its level.
    """
    messages = read("levels.yml")

    assert [m["id"] for m in messages] == [f"L{n:04d}" for n in range(1, len(messages) + 1)]
    assert {m["level"] for m in messages} == {level.label for level in Level}
    assert {m["subject"] for m in messages} == {"self", "other"}
    assert all(set(m["reply"]) == RIGHT[m["level"]] for m in messages)
    assert set().union(*RIGHT.values()) == {kind.value for kind in ReplyKind}
    assert all(m["scene"] and m["voice"] and m["style"] for m in messages)
    assert len({bare(m["text"]) for m in messages}) == len(messages)


def test_levels_are_enough_of_each() -> None:
    """
    levels.yml holds at least 700 messages, enough of every level, and half of the harmless ones are hard.
    """
    messages = read("levels.yml")
    counts = Counter(m["level"] for m in messages)

    assert len(messages) >= 700
    assert {level: counts[level] for level in LEAST if counts[level] < LEAST[level]} == {}
    assert 2 * sum(m.get("hard", False) for m in messages) >= counts["none"]


def test_levels_apart_are_labelled_and_enough_of_each() -> None:
    """
    Every message of levels_apart.yml has its own id and text, a known level and subject; there are a thousand of them.
    """
    messages = read("levels_apart.yml")
    counts = Counter(m["level"] for m in messages)

    assert [m["id"] for m in messages] == [f"A{n:04d}" for n in range(1, len(messages) + 1)]
    assert {m["subject"] for m in messages} == {subject.value for subject in Subject}
    assert set(counts) == {level.label for level in Level}
    assert len({bare(m["text"]) for m in messages} - {bare(m["text"]) for m in read("levels.yml")}) == len(messages)
    assert len(messages) >= 1_000
    assert min(counts.values()) >= 85


def test_intents_are_enough_of_each() -> None:
    """
    intents.yml has its own id and text for every message, at least twelve for each intent, and sixty with two intents.
    """
    sets = read("intents.yml")
    one, two = sets["one"], sets["two"]
    counts = Counter(m["intent"] for m in one)

    assert [m["id"] for m in one + two] == [f"I{n:04d}" for n in range(1, len(one + two) + 1)]
    assert len({bare(m["text"]) for m in one + two}) == len(one + two)
    assert len(counts) >= 74
    assert {intent: n for intent, n in counts.items() if n < 12} == {}
    assert len(two) >= 60
    assert all(m["urgent"] in counts and m["other"] in counts and m["urgent"] != m["other"] for m in two)
    assert sum(m.get("typo", False) for m in one) >= len(one) / 12


def test_no_message_stands_in_both_sets() -> None:
    """
    No message of intents.yml is a message of levels.yml.
    """
    sets = read("intents.yml")

    assert not {bare(m["text"]) for m in sets["one"] + sets["two"]} & {bare(m["text"]) for m in read("levels.yml")}
