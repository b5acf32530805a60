"""
Changes the cards to what the law of one state says about them, or to the honest answer that nothing was found.

The rows are data; so is every sentence. What is decided here is which sentence goes on which card.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.catalogue.guarantees import Confidence, Fact, FactReader, Option, Question
from bot.catalogue.loading import Record

FEDERAL = "US"
_TABLE = ("peer-law-table",)
_LINES = ("lifeline-988-2025", "copline-site")
_WARN_SOURCES = ("jaapl-duty-2014",)
_DISPUTED_SOURCES = ("jaapl-duty-2014", "ncsl-duty-2013")


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


@dataclass(frozen=True, slots=True)
class Rules:
    """The sentences that rows are told in, by group and id."""

    sentences: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    ask_instead: tuple[str, ...]

    def fact(self, place: Jurisdiction, sentence: str, *, verified: bool = True, sources: tuple[str, ...] = ()) -> Fact:
        """A fact about *place*, with the source that its row names unless *sources* says otherwise."""
        text = sentence.format(state=place.name, law=place.citation, year=place.year)
        known = verified and place.status is not Status.UNSOURCED
        return Fact(
            text, sources or (place.sources if known else ("not-found",)), place.confidence, known, place.checked_on
        )

    def say(self, place: Jurisdiction, name: str, *, verified: bool = True) -> Fact:
        """The plain sentence *name*."""
        return self.fact(place, self.sentences[name], verified=verified)

    def of(self, place: Jurisdiction, group: str, name: str, *, verified: bool = True) -> Fact:
        """The sentence *name* of *group*."""
        return self.fact(place, self.groups[group][name], verified=verified)


def localise(option: Option, place: Jurisdiction, rules: Rules, warn: Fact) -> Option:
    """The card of *option* as it is in *place*. *warn* is the general fact that the state's duty to warn replaces."""
    local = _CARDS.get(option.id, _unchanged)(option, place, rules)
    answers = {question: _warned(facts, place, rules, warn) for question, facts in local.answers.items()}
    for note in reversed(place.notes):
        if option.id in note.options:
            lead = _citation(local, note.question)
            answers[note.question] = (*lead, note.fact, *answers[note.question][len(lead) :])
    return replace(local, answers=answers, state=place.code)


def _citation(option: Option, question: Question) -> tuple[Fact, ...]:
    """The law itself comes before what is special about it."""
    facts = option.answers[question]
    return facts[:1] if question is Question.PRIVILEGE and option.id in ("peer_support", "debriefing") else ()


def _unchanged(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    return option


def _peer_support(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    lead = rules.say(place, _peer_lead(place))
    if place.status is not Status.SOURCED:
        unknown = _nothing_found(option, place, rules)
        return replace(unknown, two_lines=(option.two_lines[0], lead))
    return replace(
        option,
        two_lines=(option.two_lines[0], lead),
        answers={
            **option.answers,
            Question.PRIVILEGE: ((lead,) if Talk.PEER not in place.talk else ()) + _law(place, rules),
            Question.EXCEPTIONS: _exceptions(place, rules),
        },
    )


def _peer_lead(place: Jurisdiction) -> str:
    if place.status is not Status.SOURCED:
        return "peer_lead_unsourced"
    return "peer_lead" if Talk.PEER in place.talk else "peer_lead_team_only"


def _nothing_found(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    found = rules.say(place, "partly" if place.status is Status.PARTLY else "unsourced", verified=False)
    caution = rules.say(place, "unsourced_exceptions", verified=False)
    return replace(
        option,
        answers={**option.answers, Question.PRIVILEGE: (found,), Question.EXCEPTIONS: (caution,)},
        ask_first=rules.ask_instead + option.ask_first,
    )


def _law(place: Jurisdiction, rules: Rules) -> tuple[Fact, ...]:
    return (
        rules.say(place, "law"),
        # that nothing limits it was read from silence; a limit was read in so many words
        rules.of(place, "trigger", place.trigger, verified=place.trigger is not Trigger.ANY),
        rules.of(place, "proceedings", place.proceedings),
    )


def _exceptions(place: Jurisdiction, rules: Rules) -> tuple[Fact, ...]:
    told = [rules.of(place, "exceptions", name) for name in place.exceptions]
    told += [rules.of(place, "exceptions", name, verified=False) for name in place.exceptions_unverified]
    return (
        rules.fact(place, rules.sentences["designated"], sources=_TABLE),
        *told,
        rules.of(place, "suicide", place.suicide, verified=place.suicide_verified),
        rules.fact(place, rules.sentences["suicide_line"], sources=_LINES),
        rules.say(place, "may_change" if place.read_whole else "read_in_part"),
    )


def _debriefing(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    covered = place.status is Status.SOURCED and bool({Talk.TEAM, Talk.GROUP} & set(place.talk))
    if not covered:
        return _lead(option, Question.PRIVILEGE, rules.say(place, "group_unknown", verified=False))
    law = (rules.say(place, "group_covered"), *_law(place, rules)[1:])
    answers = {**option.answers, Question.EXCEPTIONS: _exceptions(place, rules) + option.exceptions[:1]}
    return _lead(replace(option, answers=answers), Question.PRIVILEGE, *law)


def _union(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    noted = any(option.id in note.options for note in place.notes)
    facts = () if noted else (rules.say(place, "union_unknown", verified=False),)
    if Cover.UNION in place.covers:
        option = replace(option, answers={**option.answers, Question.EXCEPTIONS: _exceptions(place, rules)})
    # other states' rules would only mislead here
    return replace(option, answers={**option.answers, Question.PRIVILEGE: facts})


def _family(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    covered = Cover.FAMILY in place.covers
    fact = rules.say(place, "covers_family" if covered else "family_unknown", verified=covered)
    return _lead(option, Question.PRIVILEGE, fact)


def _dispatchers(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    name = next((cover for cover in ("dispatchers", "dispatchers_listed") if cover in place.covers), "")
    fact = rules.say(place, _DISPATCHER_LINES[name], verified=bool(name))
    return _lead(option, Question.PRIVILEGE, fact)


_DISPATCHER_LINES = {
    "dispatchers": "covers_dispatchers",
    "dispatchers_listed": "dispatchers_listed",
    "": "dispatchers_unknown",
}
_CARDS: dict[str, Callable[[Option, Jurisdiction, Rules], Option]] = {
    "peer_support": _peer_support,
    "debriefing": _debriefing,
    "union": _union,
    "family_services": _family,
    "dispatcher_retiree_support": _dispatchers,
}


def _lead(option: Option, question: Question, *facts: Fact) -> Option:
    return replace(option, answers={**option.answers, question: facts + option.answers[question]})


def _warned(facts: tuple[Fact, ...], place: Jurisdiction, rules: Rules, warn: Fact) -> tuple[Fact, ...]:
    if warn not in facts:
        return facts
    text = rules.groups["duty_to_warn"][place.duty_to_warn].format(state=place.name)
    sources = _DISPUTED_SOURCES if place.duty_to_warn is DutyToWarn.DISPUTED else _WARN_SOURCES
    known = place.duty_to_warn is not DutyToWarn.UNKNOWN
    local = Fact(text, sources if known else ("own-reading",), Confidence.MEDIUM, known, place.checked_on)
    return tuple(local if fact == warn else fact for fact in facts)


def state_named(text: str, places: Iterable[Jurisdiction]) -> str:
    """
    The code of the state that *text* names, or nothing: a full name in any case, or two capital letters.

    Two small letters are never enough, since "in", "or", "me", "hi" and "ok" are words. The
    longest name wins (West Virginia).
    """
    found = [
        (len(place.name), place.code)
        for place in places
        if re.search(rf"\b{re.escape(place.name)}\b", text, re.IGNORECASE) or re.search(rf"\b{place.code}\b", text)
    ]
    return max(found)[1] if found else ""


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
    groups = ("trigger", "proceedings", "exceptions", "suicide", "duty_to_warn")
    return Rules(
        sentences={name: record.text(name) for name in record if name not in (*groups, "ask_instead")},
        groups={name: _texts(record.record(name)) for name in groups},
        ask_instead=record.texts("ask_instead"),
    )


def _texts(record: Record) -> dict[str, str]:
    return {name: record.text(name) for name in record}


def _row(code: str, record: Record, reader: FactReader, options: Mapping[str, Option], day: date) -> Jurisdiction:
    status = record.choice("status", Status, Status.UNSOURCED)
    found = status is not Status.UNSOURCED
    confidence = record.choice("confidence", Confidence, Confidence.LOW) if found else Confidence.LOW
    sources = record.texts("sources", among=reader.known) if found else ("not-found",)
    place = Jurisdiction(
        code=code,
        name=record.text("name"),
        status=status,
        citation=record.text("citation", optional=not found),
        sources=sources,
        year=record.text("year", optional=not found),
        confidence=confidence,
        talk=record.choices("talk", Talk, optional=status is not Status.SOURCED),
        covers=record.choices("covers", Cover, optional=True),
        trigger=record.choice("trigger", Trigger, Trigger.NOT_READ) if "trigger" in record else Trigger.NOT_READ,
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
        confidence=record.choice("confidence", Confidence, confidence) if "confidence" in record else confidence,
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
