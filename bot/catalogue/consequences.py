"""
Answers what follows from asking for help: gun, badge, file, court; with limits, numbers and exercises beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.catalogue.guarantees import Fact, FactReader, Option
from bot.catalogue.loading import Record


@dataclass(frozen=True, slots=True)
class Consequence:
    """One fear, answered. ``local`` holds what the named state adds; ``ways`` are options to look at next."""

    id: str
    title: str
    answer: tuple[Fact, ...]
    more: tuple[Fact, ...]
    limits: tuple[Fact, ...]
    ask: tuple[str, ...]
    ways: tuple[str, ...]
    states: Mapping[str, tuple[Fact, ...]]
    local: tuple[Fact, ...] = ()

    def in_state(self, state: str) -> Consequence:
        """The same answer with what *state* (a postal code) adds."""
        return replace(self, local=self.states.get(state.upper(), ()))

    def facts(self) -> tuple[Fact, ...]:
        """Every fact, in the order in which it is told."""
        return (*self.local, *self.answer, *self.more, *self.limits)


@dataclass(frozen=True, slots=True)
class Exercise:
    """Something to do alone, step by step. ``reviewed_by`` is empty until a clinician has signed."""

    id: str
    title: str
    needs: tuple[str, ...]
    minutes: int
    steps: tuple[str, ...]
    stop: str
    reviewed_by: str


def read_consequences(
    top: Record, reader: FactReader, options: Mapping[str, Option], states: Iterable[str]
) -> tuple[dict[str, Consequence], dict[str, Fact]]:
    """``consequences.yml``: the answers by topic, and the numbers by name."""
    topics, numbers = top.record("topics"), top.record("numbers")
    known = frozenset(states)
    answers = {name: _answer(name, topics.record(name), reader, options, known) for name in topics}
    figures = {name: reader.one(numbers.record(name)) for name in numbers}
    top.done()
    return answers, figures


def _answer(
    name: str, record: Record, reader: FactReader, options: Mapping[str, Option], states: frozenset[str]
) -> Consequence:
    local = record.record("states", optional=True)
    for code in local:
        if code not in states:
            local.fault(code, "is not a state of jurisdictions.yml")
    answer = Consequence(
        id=name,
        title=record.text("title"),
        answer=reader.many(record, "answer"),
        more=reader.many(record, "more"),
        limits=reader.many(record, "limits"),
        ask=record.texts("ask"),
        ways=record.texts("ways", among=options.__contains__),
        states={code: reader.many(local, code) for code in local},
    )
    record.done()
    return answer


def read_exercises(top: Record, needs: Mapping[str, str]) -> dict[str, Exercise]:
    """``coping.yml``: the exercises by name; what they are for has to be a need of ``matching.yml``."""
    named = top.record("exercises")
    found = {name: _exercise(name, named.record(name), needs) for name in named}
    top.done()
    return found


def _exercise(name: str, record: Record, needs: Mapping[str, str]) -> Exercise:
    exercise = Exercise(
        id=name,
        title=record.text("title"),
        needs=record.texts("for", among=needs.__contains__),
        minutes=record.number("minutes", low=1, high=30),
        steps=record.texts("steps"),
        stop=record.text("stop"),
        reviewed_by=record.text("reviewed_by", optional=True),
    )
    record.done()
    return exercise
