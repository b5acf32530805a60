"""
Answers what follows from asking for help: gun, badge, file, court; with limits, and numbers beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.catalogue.guarantees import Fact, FactReader, Option, Question
from bot.catalogue.hearing import Phrases
from bot.catalogue.loading import Record


@dataclass(frozen=True, slots=True)
class Consequence:
    """One fear, answered. ``local`` holds what the named state adds; ``ways`` are options to look at next."""

    id: str
    title: str
    asked_by: tuple[str, ...]  # intents of the conversation
    heard_as: tuple[str, ...]  # words that mean this one among those of an intent
    answer: tuple[Fact, ...]
    more: tuple[Fact, ...]
    limits: tuple[Fact, ...]
    ask: tuple[str, ...]
    ways: tuple[str, ...]
    states: Mapping[str, tuple[Fact, ...]]
    card: tuple[Question, ...] = ()  # what of a card answers it for one kind of help
    about: tuple[str, ...] = ()  # the kinds of help that the answer itself is about
    local: tuple[Fact, ...] = ()

    def in_state(self, state: str) -> Consequence:
        """The same answer with what *state* (a postal code) adds."""
        return replace(self, local=self.states.get(state.upper(), ()))

    def facts(self) -> tuple[Fact, ...]:
        """Every fact, in the order in which it is told."""
        return (*self.local, *self.answer, *self.more, *self.limits)


def topic_asked(answers: Mapping[str, Consequence], intent: str, text: str) -> str:
    """
    Which answer *intent* asks for; where it has several, the one whose words are in *text*, else the first.

    Empty when none belongs to that intent.
    """
    fitting = {name: found for name, found in answers.items() if intent in found.asked_by}
    heard = Phrases.of({name: found.heard_as for name, found in fitting.items()}).found_in(text)
    return next(iter(heard or fitting), "")


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
        asked_by=record.texts("asked_by"),
        heard_as=record.texts("heard_as", optional=True),
        answer=reader.many(record, "answer"),
        more=reader.many(record, "more"),
        limits=reader.many(record, "limits"),
        ask=record.texts("ask"),
        ways=record.texts("ways", among=options.__contains__),
        states={code: reader.many(local, code) for code in local},
        card=record.choices("card", Question, optional=True),
        about=record.texts("about", among=options.__contains__, optional=True),
    )
    record.done()
    return answer
