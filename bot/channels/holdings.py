"""
Tells an officer what is held about them right now, and what was just erased: counted in the stores, never assumed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bot.assistant.client import Notes
from bot.errors import AssistantUnavailable
from bot.privacy.pseudonyms import Pseudonym
from bot.wiring import EdgeParts
from bot.wording import Reply

FEWEST_MINUTES = 2  # "at most" holds for less, too, and the sentence is about several


class Holdings:
    """Reads and empties every store that can hold something of one officer; kinds and counts go out, no content."""

    def __init__(self, parts: EdgeParts) -> None:
        self._parts = parts

    async def told(self, channel: str, names: Sequence[Pseudonym], *, checking: bool) -> Reply:
        """
        What is held under *names*, the one in use first. *checking*: a self-check is under way, with its points.
        """
        notes, answered = await self._notes(names)
        phase = self._parts.person.phase(names[0])
        lines = [self._line("level", channel), self._line("way_back", channel)]
        if checking:
            lines.append(self._line("points", channel))
        if not answered:
            lines.insert(0, self._line("unknown", channel))
        elif notes is not None and notes.turns:
            kind = "notes_one" if notes.turns == 1 else "notes"
            lines.insert(0, self._line(kind, channel, turns=str(notes.turns), facts=str(notes.facts)))
        else:
            lines.insert(0, self._line("no_notes", channel))
        if phase in ("offered", "waiting", "live"):
            lines.append(self._line(f"person_{phase}", channel))
        if self._parts.referral:
            lines += [self._line(kind, channel) for kind in self._parts.referral.held(names[0])]
        lines.append(self._line("none_of", channel))
        left = max(self._parts.address_book.seconds_left(names[0]) / 60, notes.minutes_left if notes else 0)
        filled = {"lines": "\n".join(lines), "minutes": str(max(FEWEST_MINUTES, math.ceil(left)))}
        return self._parts.wording.say("utter_held", channel=channel, **filled)

    async def erase(self, channel: str, names: Sequence[Pseudonym], *, in_memory: bool) -> tuple[Reply, bool]:
        """
        Empties every store of *names* and says what was there; false when the assistant could not be reached.

        *in_memory*: the edge itself remembered something, and has dropped it.
        """
        ways = cases = notes = 0
        reached = True
        for who in names:
            cases += await self._parts.person.forget(who)
            if self._parts.referral:
                cases += self._parts.referral.forget(who)
            ways += self._parts.address_book.forget(who)
            try:
                notes += await self._parts.assistant.forget(who)
            except AssistantUnavailable:
                reached = False
        counted = {"notes": notes, "level": int(in_memory), "way_back": ways, "case": cases}
        gone = [self._piece(kind, channel, str(count)) for kind, count in counted.items() if count]
        erased = ", ".join(gone) or self._piece("nothing", channel, "0")
        name = "utter_forgotten" if reached else "utter_forget_partly"
        told = self._parts.wording.say(name, channel=channel, erased=erased)
        if self._parts.referral and self._parts.referral.held(names[0]):  # what was sent bears no made-up code
            told = replace(
                told, text=f"{told.text}\n\n{self._parts.wording.say('utter_erased_not', channel=channel).text}"
            )
        return told, reached

    async def _notes(self, names: Sequence[Pseudonym]) -> tuple[Notes | None, bool]:
        """The assistant's notes under the first name that has some; false when it does not answer."""
        try:
            for who in names:
                found = await self._parts.assistant.held(who)
                if found is not None:
                    return found, True
        except AssistantUnavailable:
            return None, False
        return None, True

    def _line(self, kind: str, channel: str, **values: str) -> str:
        return "• " + self._parts.wording.say(f"utter_held_{kind}", channel=channel, **values).text

    def _piece(self, kind: str, channel: str, count: str) -> str:
        return self._parts.wording.say(f"utter_erased_{kind}", channel=channel, count=count).text
