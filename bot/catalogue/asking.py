"""
Turns what an officer wrote, pressed or spoke of earlier into a need that suggestions can be made for.

Nothing is asked that was said already, and nothing has to be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.catalogue.guarantees import Audience, Helper, Payment
from bot.catalogue.hearing import Phrases
from bot.catalogue.loading import Record
from bot.catalogue.matching import Need
from bot.triage.levels import Level

MOST_NEEDS = 3  # more at once fit nothing well
_MEANT: Mapping[str, Mapping[str, Any]] = {
    "most_private": {"most_private": True},
    "outside": {"exclude_own_agency": True},
    "remote": {"remote": True},
    "veteran": {"veteran": True},
    "es": {"language": "es"},
    **{str(way): {"payment": way} for way in Payment},
    **{str(helper): {"helper": helper} for helper in (Helper.PEER, Helper.CLINICIAN, Helper.CLERGY)},
    **{str(who): {"who": who} for who in Audience if who is not Audience.OFFICER},
    "now": {},
}
_ONE_OF = (
    frozenset(str(way) for way in Payment),
    frozenset({"peer", "clinician", "clergy"}),
    frozenset(str(who) for who in Audience),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is looked for, and how it should be; ids of ``matching.yml``, the latest last."""

    needs: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.needs or self.wishes)

    def and_then(self, later: Heard) -> Heard:
        """With what came later; of wishes that exclude each other the later one counts."""
        needs = tuple(dict.fromkeys((*self.needs, *later.needs)))[-MOST_NEEDS:]
        kept = [wish for wish in self.wishes if not any(wish in group and group & {*later.wishes} for group in _ONE_OF)]
        return Heard(needs, tuple(dict.fromkeys((*kept, *later.wishes))))

    def need(self, level: Level, state: str, moment: datetime) -> Need:
        """The need to make suggestions for; *moment* counts only where somebody is wanted now."""
        meant: dict[str, Any] = {}
        for wish in self.wishes:
            meant.update(_MEANT.get(wish, {}))
        return Need(frozenset(self.needs), level, state, now=moment if "now" in self.wishes else None, **meant)


@dataclass(frozen=True, slots=True)
class Asking:
    """The words of ``matching.yml`` for needs and wishes, and the wishes that are offered as buttons."""

    needs: Phrases
    wishes: Phrases
    from_intents: Mapping[str, str]
    buttons: Mapping[str, str]  # wish -> what stands on its button

    def heard(self, text: str) -> Heard:
        """What *text* names. "Not a peer" names no wish for one, and "no money for it" is a wish, not a need."""
        wishes = Heard(wishes=self.wishes.found_in(text, denied=False))
        return Heard(self.needs.found_in(self.wishes.blank(text))[-MOST_NEEDS:], Heard().and_then(wishes).wishes)

    def pressed(self, name: str) -> Heard:
        """What a button names; nothing when it is neither a need nor a wish."""
        if name in _MEANT:
            return Heard(wishes=(name,))
        return Heard(needs=(name,)) if name in self.needs.names else Heard()

    def spoken_of(self, intents: Iterable[str]) -> Heard:
        """What earlier messages were about, the latest last."""
        needs = [self.from_intents[intent] for intent in intents if intent in self.from_intents]
        return Heard(tuple(dict.fromkeys(reversed(needs)))[:MOST_NEEDS][::-1])

    def narrower(self, heard: Heard, most: int) -> tuple[tuple[str, str], ...]:
        """Wishes that were not named yet and exclude nothing that was, each with its button."""
        named = {*heard.wishes}
        taken = {wish for group in _ONE_OF if group & named for wish in group} | named
        return tuple((wish, title) for wish, title in self.buttons.items() if wish not in taken)[:most]


def read_asking(top: Record, needs: Iterable[str]) -> Asking:
    """``heard_as``, ``from_intents`` and ``wishes`` of ``matching.yml``; a need without words is a fault."""
    words, intents, wishes = top.record("heard_as"), top.record("from_intents"), top.record("wishes")
    by_need = {name: words.words(name) for name in needs}
    words.done()
    meaning = {name: intents.text(name) for name in intents}
    for intent, need in meaning.items():
        if need not in by_need:
            intents.fault(intent, "is not a need")
    by_wish, buttons = {}, {}
    for name in wishes:
        record = wishes.record(name)
        by_wish[name] = record.words("heard_as")
        if "button" in record:
            buttons[name] = record.text("button")
        record.done()
        if name not in _MEANT:
            wishes.fault(name, "is not a wish that suggestions know")
    return Asking(Phrases.of(by_need), Phrases.of(by_wish), meaning, buttons)
