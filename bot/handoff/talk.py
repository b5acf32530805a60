"""
Holds, in the edge's memory only, which conversation has which case, and picks the reviewed text for what happens to it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.errors import DataError
from bot.handoff.aliases import new_alias
from bot.handoff.escalation import OFFER_SECONDS, Clocks
from bot.handoff.records import Case, Progress
from bot.handoff.states import SAID_ON_THE_WAY, TABLE, State
from bot.logs import get_logger
from bot.privacy.pseudonyms import Pseudonym
from bot.triage.levels import Level
from bot.wording import Reply, Wording

log = get_logger(__name__)


@dataclass(slots=True)
class Talk:
    """One officer's handoff. This record is the only link between a conversation and a case; no file has it."""

    who: Pseudonym
    channel: str
    level: Level
    asked: float  # when it was offered
    drafting: bool = False  # the next words are for the summary
    draft: str = field(default="", repr=False)  # what the person would read first; gone once it is sent
    alias: str = field(default_factory=new_alias)
    state: State = State.OFFERED
    case_id: str = ""
    case: Case | None = None  # as last seen in the mailbox
    since: float = 0.0  # waiting, or live, since
    noted: float = 0.0  # the last text, so that nobody waits in silence
    pushed: float = 0.0  # the last status
    slow: bool = False
    progress: Progress = Progress()
    brought: int = 0  # the desk's lines up to here are on their way to the officer
    arrived: int = 0  # … have arrived
    confirmed: int = 0  # … and the mailbox knows
    failed: list[int] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # lines go one after the other

    def phase(self, now: float) -> str:
        """``none``, ``offered``, ``waiting`` or ``live``."""
        lapsed = self.state is State.OFFERED and now - self.asked >= OFFER_SECONDS
        return "none" if lapsed else TABLE[self.state].phase

    def status(self, now: float) -> dict[str, Any] | None:
        """What the officer's page shows all the time; numbers and words of the table only."""
        if not self.case_id:
            return None
        return {
            "state": self.state.value,
            "seconds": int(now - self.since),
            "tier": self.case.tier if self.case else 1,
            "sent": self.progress.sent,
            "delivered": self.progress.delivered,
            "seen": self.progress.seen,
        }

    def offer_again(self, now: float) -> None:
        """Back to an offer under another name, so that one press of a button calls the desk once more."""
        fresh = Talk(self.who, self.channel, self.level, now)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))


class Narrator:
    """Says a handoff's texts. A missing one is logged, never raised: the way to a person must not end there."""

    def __init__(self, wording: Wording, clocks: Clocks) -> None:
        self._wording = wording
        self._clocks = clocks

    def say(self, name: str, talk: Talk, now: float, *, speaker: str = "notice") -> tuple[Reply, ...]:
        """The response *name* with what may stand in it."""
        values = {
            "alias": talk.alias,
            "rating": str(int(talk.level)),
            "seconds": str(int(now - talk.since)),
            "limit": str(int(self._clocks.limit)),
            "summary": talk.draft,
        }
        try:
            return (self._wording.say(name, channel=talk.channel, speaker=speaker, **values),)
        except DataError as error:
            log.error("handoff.wording_missing", error=type(error))
            return ()

    def step(self, before: State, case: Case, talk: Talk, now: float) -> tuple[Reply, ...]:
        """What the officer is told when a case has gone from *before* to where it is."""
        if case.state is State.CLOSED:
            special = f"utter_handoff_closed_{case.outcome}"
            name = special if special in self._wording else "utter_handoff_closed"
            back = self.say(TABLE[State.RETURNED].says, talk, now, speaker="assistant")
            return self.say(name, talk, now) + back
        name = SAID_ON_THE_WAY.get((before, case.state), TABLE[case.state].says)
        return self.say(name, talk, now) if name else ()
