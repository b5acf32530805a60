"""
Tells one state's law question by question: the peer at the call, a crime, a court order, suicide, the union.

Every question has an answer in every state; where nothing was read, the answer says that, and is not verified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.catalogue.guarantees import Fact, Question
from bot.catalogue.jurisdictions import NOT_FOUND, Cover, Jurisdiction, Rules, Status, Trigger


@dataclass(frozen=True, slots=True)
class StateAnswer:
    """One question about one state's law; ``facts`` is never empty."""

    question: str
    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """All questions for one state, and what to ask where no law was found."""

    place: Jurisdiction
    answers: tuple[StateAnswer, ...]
    ask_instead: tuple[str, ...]

    def facts(self) -> tuple[Fact, ...]:
        """Every fact, in the order in which it is told."""
        return tuple(dict.fromkeys(fact for answer in self.answers for fact in answer.facts))


def digest(place: Jurisdiction, rules: Rules) -> Digest:
    """The law of *place*; one that was not found is one sentence, said for every question."""
    if place.status is not Status.SOURCED:
        unknown = rules.say(place, "partly" if place.status is Status.PARTLY else "unsourced", verified=False)
        noted = tuple(note.fact for note in place.notes if note.question is Question.PRIVILEGE)
        answers = tuple(
            StateAnswer(name, asked.heading, (unknown, *noted) if name == "law" else (unknown,))
            for name, asked in rules.digest.items()
        )
        return Digest(place, answers, rules.ask_instead)
    answers = tuple(
        StateAnswer(
            name, asked.heading, _FACTS.get(name, _exceptions)(place, rules, name) or (_not_seen(place, rules, name),)
        )
        for name, asked in rules.digest.items()
    )
    return Digest(place, answers, ())


def _not_seen(place: Jurisdiction, rules: Rules, name: str) -> Fact:
    return rules.tell(place, rules.digest[name].not_seen, NOT_FOUND)


def _exceptions(place: Jurisdiction, rules: Rules, name: str) -> tuple[Fact, ...]:
    asked = rules.digest[name].exceptions
    told = [rules.of(place, "exceptions", each) for each in place.exceptions if each in asked]
    told += [
        rules.of(place, "exceptions", each, verified=False) for each in place.exceptions_unverified if each in asked
    ]
    return tuple(told)


def _law(place: Jurisdiction, rules: Rules, name: str) -> tuple[Fact, ...]:
    read = [rules.say(place, "law")]
    if place.trigger is not Trigger.NOT_READ:
        read.append(rules.of(place, "trigger", place.trigger, verified=place.trigger is not Trigger.ANY))
    if place.proceedings != "not_read":
        read.append(rules.of(place, "proceedings", place.proceedings))
    read += [
        note.fact for note in place.notes if note.question is Question.PRIVILEGE and "peer_support" in note.options
    ]
    if not place.read_whole:
        read.append(rules.say(place, "read_in_part"))
    return (rules.of(place, "peer_lead", place.reach), *read)


def _suicide(place: Jurisdiction, rules: Rules, name: str) -> tuple[Fact, ...]:
    if place.suicide == "not_read":
        return ()
    return (rules.of(place, "suicide", place.suicide, verified=place.suicide_verified),)


def _union(place: Jurisdiction, rules: Rules, name: str) -> tuple[Fact, ...]:
    return _noted(place, "union")


def _noted(place: Jurisdiction, option: str) -> tuple[Fact, ...]:
    return tuple(note.fact for note in place.notes if option in note.options and note.question is Question.PRIVILEGE)


def _covers(place: Jurisdiction, rules: Rules, name: str) -> tuple[Fact, ...]:
    named = ", ".join(rules.cover_names[cover] for cover in place.covers if cover is not Cover.UNION)
    return (rules.tell(place, rules.sentences["who_is_covered"].replace("{names}", named)),) if named else ()


_FACTS: dict[str, Callable[[Jurisdiction, Rules, str], tuple[Fact, ...]]] = {
    "law": _law,
    "suicide": _suicide,
    "union": _union,
    "covers": _covers,
}
