"""
Decides, from a case and the time, which step is due: the next tier, the desk again, or the truth that nobody comes.

Sources of the numbers: callers give up after about two minutes, so nobody waits longer than 120 s without being told
what to do instead; who picked up has 60 s for a first line; a desk silent for 60 s is lost (docs/handoff.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.handoff.records import Case
from bot.handoff.states import State

LONGEST_WAIT = 120.0
ON_THE_WAY = 1.0  # what is promised within 120 s has to be on the screen by then
OFFER_SECONDS = 600.0
MARK_SECONDS = 60.0  # how long the desk can still see that a case has ended
EDGE_BEAT = 4.0
EDGE_SILENT = 15.0  # an edge without a sign for this long has lost its conversations


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with a case now. *again* starts the officer's wait anew."""

    to: State
    tier: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Clocks:
    """The lengths of the clocks, in seconds."""

    tiers: tuple[float, ...]
    first_line: float
    heartbeat: float

    @property
    def limit(self) -> float:
        """The longest an officer waits for somebody to pick up."""
        return min(LONGEST_WAIT, sum(self.tiers))

    def due(self, case: Case, now: float, *, on_duty: Mapping[int, int], desk_seen: float | None) -> Step | None:
        """The step that *case* needs at *now*; *desk_seen* is the last sign of the responder who holds it."""
        if case.state is State.NOTIFYING:
            return self._notifying(case, now, on_duty)
        if case.state is State.DESK_LOST:
            return Step(State.NOTIFYING, 1, again=True)
        if case.state not in (State.ACKNOWLEDGED, State.LIVE):
            return None
        if now - max(case.entered, desk_seen or case.entered) >= self.heartbeat:
            return Step(State.DESK_LOST, case.tier)
        return self._acknowledged(case, now) if case.state is State.ACKNOWLEDGED else None

    def _notifying(self, case: Case, now: float, on_duty: Mapping[int, int]) -> Step | None:
        last = len(self.tiers)
        if now - case.since >= self.limit - ON_THE_WAY:
            return Step(State.NOBODY_AVAILABLE, case.tier)
        if now - case.entered >= self.tiers[min(case.tier, last) - 1]:
            return Step(State.NOTIFYING if case.tier < last else State.NOBODY_AVAILABLE, min(case.tier + 1, last))
        if on_duty.get(case.tier):
            return None
        later = [tier for tier in range(case.tier + 1, last + 1) if on_duty.get(tier)]
        return Step(State.NOTIFYING, later[0]) if later else None

    def _acknowledged(self, case: Case, now: float) -> Step | None:
        if now - case.entered < self.first_line:
            return None
        if now - case.since >= self.limit:
            return Step(State.NOBODY_AVAILABLE, case.tier)
        return Step(State.NOTIFYING, min(case.tier + 1, len(self.tiers)))
