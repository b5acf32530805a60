"""
Asks the questions of a self-check, scores the answers as its authors do, and says what such a score usually means.

Nothing is kept here: answers come in with every call and go out with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from bot.catalogue.loading import DATA, Record, load
from bot.errors import DataError
from bot.wording import Button

Answers = Mapping[int, int]
"""The points of each answered item; items count from 1."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question. A ``gate`` gives no points; the answer ``stop_on`` ends the check."""

    text: str
    answers: tuple[str, ...]
    gate: bool
    stop_on: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """Items that are also looked at on their own, from a sum on."""

    items: tuple[int, ...]
    start: int
    says: str


@dataclass(frozen=True, slots=True)
class Band:
    """What scores from ``first`` to ``last`` usually mean, and what to do."""

    first: int
    last: int
    says: str
    do: str
    ask_directly: bool


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """One instrument, in the words that its terms allow."""

    id: str
    title: str
    name: str
    about: str
    stem: str
    items: tuple[Item, ...]
    parts: tuple[Part, ...]
    bands: tuple[Band, ...]
    buttons: tuple[Button, ...]
    credit: str
    terms: str
    sources: tuple[str, ...]
    reviewed_by: str

    def next_item(self, answers: Answers) -> int | None:
        """The first item without an answer; None when the check is done."""
        for place, item in enumerate(self.items, start=1):
            if place not in answers:
                return place
            if answers[place] == item.stop_on:
                return None
        return None

    def takes(self, place: int, points: int) -> bool:
        """Whether there is such an item with such an answer."""
        return 1 <= place <= len(self.items) and 0 <= points < len(self.items[place - 1].answers)

    def score(self, answers: Answers) -> int:
        """The sum of all points up to where the check ends; a gate gives none."""
        total = 0
        for place, item in enumerate(self.items, start=1):
            total += 0 if item.gate else answers.get(place, 0)
            if answers.get(place) == item.stop_on:
                break
        return total

    @property
    def highest(self) -> int:
        """The most points there are."""
        return sum(len(item.answers) - 1 for item in self.items if not item.gate)

    def band(self, score: int) -> Band:
        """What *score* usually means."""
        return next(band for band in self.bands if band.first <= score <= band.last)

    def parts_reached(self, answers: Answers) -> tuple[Part, ...]:
        """The parts whose own sum is at or above their start."""
        return tuple(part for part in self.parts if sum(answers.get(place, 0) for place in part.items) >= part.start)


def read_self_checks(top: Record, sources: Collection[str] | None = None) -> dict[str, SelfCheck]:
    """``self_checks.yml``, by name; with *sources*, every source has to be one of them."""
    named = top.record("checks")
    found = {name: _check(name, named.record(name), sources) for name in named}
    top.done()
    return found


@cache
def self_checks() -> Mapping[str, SelfCheck]:
    """The shipped checks, read once; raises ``DataError`` with every fault."""
    return load(DATA / "self_checks.yml", read_self_checks)


def self_check(name: str) -> SelfCheck:
    """One check; raises ``DataError`` when there is none."""
    if name not in self_checks():
        raise DataError("self_checks.yml: no check of that name")
    return self_checks()[name]


def _check(name: str, record: Record, sources: Collection[str] | None) -> SelfCheck:
    usual = record.texts("answers")
    parts = record.record("parts", optional=True)
    check = SelfCheck(
        id=name,
        title=record.text("title"),
        name=record.text("name"),
        about=record.text("about"),
        stem=record.text("stem"),
        items=tuple(_item(item, usual) for item in record.records("items")),
        parts=tuple(_part(parts.record(part)) for part in parts),
        bands=tuple(_band(band) for band in record.records("bands")),
        buttons=tuple(_button(button) for button in record.records("buttons")),
        credit=record.text("credit"),
        terms=record.text("terms"),
        sources=record.texts("sources", among=sources.__contains__ if sources is not None else None),
        reviewed_by=record.text("reviewed_by", optional=True),
    )
    reach = [score for band in check.bands for score in range(band.first, band.last + 1)]
    if reach != list(range(check.highest + 1)):
        record.fault("bands", f"must cover every score from 0 to {check.highest} once")
    record.done()
    return check


def _item(record: Record, usual: tuple[str, ...]) -> Item:
    item = Item(
        text=record.text("text"),
        answers=record.texts("answers", optional=True) or usual,
        gate=record.flag("gate", default=False),
        stop_on=record.number("stop_on", low=0, high=9) if "stop_on" in record else None,
    )
    record.done()
    return item


def _part(record: Record) -> Part:
    places = tuple(int(place) for place in record.items("items"))
    part = Part(places, record.number("from", low=1, high=99), record.text("says"))
    record.done()
    return part


def _band(record: Record) -> Band:
    band = Band(
        first=record.number("from", low=0, high=99),
        last=record.number("to", low=0, high=99),
        says=record.text("says"),
        do=record.text("do"),
        ask_directly=record.flag("ask_directly", default=False),
    )
    record.done()
    return band


def _button(record: Record) -> Button:
    button = Button(record.text("title"), record.text("payload", pattern=r"/[a-z][a-z0-9_]*(:[a-z0-9_]+)?"))
    record.done()
    return button
