"""
Names what is read from the mailbox, without the database: the edge starts in half the time when it loads that later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.handoff.states import State
from bot.triage.levels import Level

AHEAD_SECONDS = 5.0  # a time may be this far ahead of a reader's: another machine's clock, or a wait for the write lock


class Side(StrEnum):
    """Whom a line is for."""

    DESK = "desk"
    OFFICER = "officer"


class Kind(StrEnum):
    """Who gives a sign of life."""

    RESPONDER = "responder"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Case:
    """One row. ``since`` and ``entered`` are on the mailbox's clock; ``owner`` is a responder's id."""

    id: str
    alias: str
    edge: str
    state: State
    tier: int
    level: Level
    since: float
    entered: float
    owner: str | None
    outcome: str | None
    moves: int
    seen: int
    summary: bytes | None = field(default=None, repr=False)  # sealed


@dataclass(frozen=True, slots=True)
class Line:
    """One line on its way. ``seq`` grows by one over both directions of a case."""

    seq: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many lines one side has sent, how many arrived, how many were before somebody's eyes, which ones failed."""

    sent: int = 0
    delivered: int = 0
    seen: int = 0
    failed: tuple[int, ...] = ()
    last_delivered: int = 0


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of one responder or edge."""

    id: str
    tier: int
    on_duty: bool
    seen: float
    offers: int = 0


def count_on_duty(signs: Mapping[str, Sign]) -> Counter[int]:
    """How many responders of each tier are on duty; tier 0 is on nobody's list."""
    return Counter(sign.tier for sign in signs.values() if sign.on_duty and sign.tier)
