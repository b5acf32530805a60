"""
Holds what the law of each state says about peer support, or that nothing was found, and finds the state that is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.catalogue.guarantees import Confidence, Fact, FactReader, Option, Question
from bot.catalogue.loading import Record

FEDERAL = "US"
NOT_FOUND = ("not-found",)
OWN_READING = ("own-reading",)
_WORDS = frozenset({"AL", "CO", "DE", "HI", "ID", "IN", "LA", "MA", "ME", "OH", "OK", "OR", "PA"})


class Status(StrEnum):
    """How far a state's row carries."""

    SOURCED = "sourced"
    PARTLY = "partly"  # something was found, but not a law in force
    UNSOURCED = "unsourced"


class Talk(StrEnum):
    """Which talk a law names."""

    PEER = "peer"
    TEAM = "team"
    GROUP = "group"
    HOTLINE = "hotline"


class Cover(StrEnum):
    """Whom a law names besides police officers."""

    FIRE_EMS = "fire_ems"
    CIVILIANS = "civilians"
    DISPATCHERS = "dispatchers"
    DISPATCHERS_LISTED = "dispatchers_listed"  # by a survey that does not say whether a law or a line
    CORRECTIONS = "corrections"
    PAROLE = "parole"
    FAMILY = "family"
    RETIREES = "retirees"
    CHAPLAINS = "chaplains"
    UNION = "union"


class Trigger(StrEnum):
    """What has to have happened before the talk is covered."""

    ANY = "any"
    CRITICAL_INCIDENT = "critical_incident"
    NOT_READ = "not_read"


class DutyToWarn(StrEnum):
    """What a therapist has to do about a threat to another person."""

    MUST = "must"
    MUST_CASE = "must_case"
    MAY = "may"
    NONE = "none"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Note:
    """What only one state has, and the cards it goes on."""

    options: tuple[str, ...]
    question: Question
    fact: Fact


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One row of ``jurisdictions.yml``. ``year`` is the age of the text that was read, in words."""

    code: str
    name: str
    also_called: tuple[str, ...]
    status: Status
    citation: str
    sources: tuple[str, ...]
    year: str
    confidence: Confidence
    talk: tuple[Talk, ...]
    covers: tuple[Cover, ...]
    trigger: Trigger
    proceedings: str
    exceptions: tuple[str, ...]
    exceptions_unverified: tuple[str, ...]
    suicide: str
    suicide_verified: bool
    read_whole: bool
    duty_to_warn: DutyToWarn
    notes: tuple[Note, ...]
    checked_on: date

    @property
    def reach(self) -> str:
        """How far the law protects talk with a named peer, in one word; the sentences are rules.peer_lead."""
        if self.status is not Status.SOURCED:
            return str(self.status)
        if Talk.PEER not in self.talk:
            return "team_only"
        if self.proceedings in ("records_only", "civil"):
            return self.proceedings
        if not self.read_whole and not (self.exceptions or self.exceptions_unverified):
            return "little"
        return "critical_incident" if self.trigger is Trigger.CRITICAL_INCIDENT else "protects"

    @property
    def protects_peers(self) -> bool:
        """A law that was read keeps talk with a named peer out of court, at least in part."""
        return self.reach in ("protects", "critical_incident", "civil")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about a state's law: the exceptions that answer it, and what is said where none was seen."""

    heading: str
    exceptions: tuple[str, ...]
    not_seen: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The sentences that rows are told in, by group and id."""

    sentences: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    ask_instead: tuple[str, ...]
    digest: Mapping[str, Asked]
    cover_names: Mapping[str, str]

    def tell(self, place: Jurisdiction, sentence: str, sources: tuple[str, ...] = ()) -> Fact:
        """*sentence* of *place*, from its own sources unless others are named."""
        return self._fact(place, sentence, sources)

    def say(self, place: Jurisdiction, name: str, *, verified: bool = True) -> Fact:
        """The plain sentence *name*; unverified it says itself that nothing was found."""
        return self._fact(place, self.sentences[name], () if verified else NOT_FOUND)

    def of(self, place: Jurisdiction, group: str, name: str, *, verified: bool = True) -> Fact:
        """The sentence *name* of *group*; unverified it is our own reading, and is marked so."""
        return self._fact(place, self.groups[group][name], () if verified else OWN_READING)

    def with_sources(self, place: Jurisdiction, name: str, sources: tuple[str, ...]) -> Fact:
        """The plain sentence *name* with sources of its own: tables and pages, not the statute of the row."""
        return replace(self._fact(place, self.sentences[name], sources), confidence=Confidence.MEDIUM)

    def _fact(self, place: Jurisdiction, sentence: str, sources: tuple[str, ...]) -> Fact:
        text = sentence.format(state=place.name, law=place.citation, year=place.year)
        named = sources or place.sources
        return Fact(text, named, place.confidence, named not in (NOT_FOUND, OWN_READING), place.checked_on)


def state_named(text: str, places: Iterable[Jurisdiction]) -> str:
    """
    The code of the state that *text* names, or nothing; the longest name wins (West Virginia).

    A code counts when it is all there is, or stands in capitals; one that is also a word ("OK", "ME") has to follow
    "in", "from" or a comma.
    """
    found = [
        (len(name), place.code)
        for place in places
        for name in (place.name, *place.also_called)
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    ]
    if found:
        return max(found)[1]
    return next((place.code for place in places if _code_in(text.strip(" .,?!"), place.code)), "")


def elsewhere_named(text: str, places: Iterable[str]) -> str:
    """The place without a row that *text* names, as it is spelt in the list, or nothing."""
    return next((name for name in places if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)), "")


def _code_in(text: str, code: str) -> bool:
    if code == FEDERAL:  # "the US" is the country
        return False
    if code in _WORDS:
        return text == code or re.search(rf"(?:\b(?:in|from)|,) {code}\b", text) is not None
    return text.upper() == code or (not text.isupper() and re.search(rf"\b{code}\b", text) is not None)


def read_jurisdictions(top: Record, reader: FactReader, options: Mapping[str, Option]) -> dict[str, Jurisdiction]:
    """The rows of ``jurisdictions.yml``, by postal code; ``US`` stands for federal agencies."""
    rules = read_rules(top)
    checked_on = top.day("checked_on") or date.min
    states = top.record("states")
    found = {code: _row(code, states.record(code), reader, options, checked_on) for code in states}
    for code, place in found.items():
        record = states.record(code)
        _known(record, "proceedings", (place.proceedings,), rules.groups["proceedings"])
        _known(record, "suicide", (place.suicide,), rules.groups["suicide"])
        _known(record, "exceptions", place.exceptions, rules.groups["exceptions"])
        _known(record, "exceptions_unverified", place.exceptions_unverified, rules.groups["exceptions"])
    return found


def _known(record: Record, field: str, names: Iterable[str], group: Mapping[str, str]) -> None:
    for place, name in enumerate(names, start=1):
        if name not in group:
            record.fault(field, f"entry {place} is not among the rules")


def read_rules(top: Record) -> Rules:
    """The sentences of ``jurisdictions.yml``."""
    record = top.record("rules")
    groups = ("peer_lead", "trigger", "proceedings", "exceptions", "suicide", "duty_to_warn")
    others = (*groups, "ask_instead", "digest", "cover_names")
    exceptions = _texts(record.record("exceptions"))
    covers = record.record("cover_names")
    questions = record.record("digest")
    return Rules(
        sentences={name: record.text(name) for name in record if name not in others},
        groups={name: _texts(record.record(name)) for name in groups},
        ask_instead=record.texts("ask_instead"),
        digest={name: _asked(questions.record(name), exceptions) for name in questions},
        cover_names={name: covers.text(name) for name in Cover},
    )


def _asked(record: Record, exceptions: Mapping[str, str]) -> Asked:
    asked = Asked(
        heading=record.text("heading"),
        exceptions=record.texts("exceptions", optional=True, among=exceptions.__contains__),
        not_seen=record.text("not_seen"),
    )
    record.done()
    return asked


def _texts(record: Record) -> dict[str, str]:
    return {name: record.text(name) for name in record}


def _row(code: str, record: Record, reader: FactReader, options: Mapping[str, Option], day: date) -> Jurisdiction:
    status = record.choice("status", Status, Status.UNSOURCED)
    found = status is not Status.UNSOURCED
    confidence = record.choice("confidence", Confidence, Confidence.LOW) if found else Confidence.LOW
    sources = record.texts("sources", among=reader.known) if found else NOT_FOUND
    place = Jurisdiction(
        code=code,
        name=record.text("name"),
        also_called=record.texts("also_called", optional=True),
        status=status,
        citation=record.text("citation", optional=not found),
        sources=sources,
        year=record.text("year", optional=not found),
        confidence=confidence,
        talk=record.choices("talk", Talk, optional=status is not Status.SOURCED),
        covers=record.choices("covers", Cover, optional=True),
        trigger=record.choice("trigger", Trigger, Trigger.NOT_READ, optional=True),
        proceedings=record.text("proceedings", optional=True) or "not_read",
        exceptions=record.texts("exceptions", optional=True),
        exceptions_unverified=record.texts("exceptions_unverified", optional=True),
        suicide=record.text("suicide", optional=status is not Status.SOURCED) or "not_read",
        suicide_verified=record.flag("suicide_verified", default=True),
        read_whole=record.flag("read_whole", default=True),
        duty_to_warn=record.choice("duty_to_warn", DutyToWarn, DutyToWarn.UNKNOWN),
        notes=tuple(
            _note(item, sources, confidence, reader, options, day) for item in record.records("notes", optional=True)
        ),
        checked_on=day,
    )
    record.done()
    return place


def _note(
    record: Record,
    sources: tuple[str, ...],
    confidence: Confidence,
    reader: FactReader,
    options: Mapping[str, Option],
    day: date,
) -> Note:
    own = record.texts("sources", among=reader.known) if "sources" in record else sources
    fact = Fact(
        text=record.text("text"),
        sources=own,
        confidence=record.choice("confidence", Confidence, confidence, optional=True),
        verified=record.flag("verified", default=True),
        checked_on=day,
    )
    note = Note(
        options=record.texts("options", among=options.__contains__),
        question=record.choice("question", Question, Question.PRIVILEGE),
        fact=fact,
    )
    record.done()
    return note
