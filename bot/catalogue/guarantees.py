"""
Says, for each kind of help, who could learn that an officer went and what was said, and how sure that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.catalogue.loading import Record
from bot.triage.levels import Level


class Confidence(StrEnum):
    """How far the source carries: a primary and recent one, a secondary or older one, a single weak one."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Question(StrEnum):
    """What a card answers. The order is the order on the card."""

    WHO_LEARNS_YOU_WENT = "who_learns_you_went"
    WHO_LEARNS_WHAT_YOU_SAID = "who_learns_what_you_said"
    WRITTEN_DOWN = "written_down"
    PAYMENT = "payment"
    PRIVILEGE = "privilege"
    EXCEPTIONS = "exceptions"
    WEAPON_DUTY_FITNESS = "weapon_duty_fitness"


class Outside(StrEnum):
    """Whether an option stands outside the officer's department."""

    YES = "yes"
    NO = "no"
    DEPENDS = "depends"


class Audience(StrEnum):
    """Whom an option or a line serves."""

    OFFICER = "officer"
    FAMILY = "family"
    DISPATCHER = "dispatcher"
    RETIREE = "retiree"
    CIVILIAN = "civilian"


class Helper(StrEnum):
    """Who is at the other end."""

    PEER = "peer"
    CLINICIAN = "clinician"
    CLERGY = "clergy"
    RESPONDER = "responder"  # trained people of a line, neither police nor licensed
    ADVOCATE = "advocate"  # union or rights
    EXAMINER = "examiner"  # works for the employer


class Payment(StrEnum):
    """Ways to pay that an option allows."""

    FREE = "free"
    INSURANCE = "insurance"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read. ``where`` is a page or a citation, ``age`` what the page says about its own date."""

    id: str
    title: str
    where: str
    age: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One statement with its sources.

    ``verified`` is false where it is inferred or was not found in a source; it is then shown as "not verified".
    ``checked_on`` is the day on which the source was read, not a day on which anybody was asked.
    """

    text: str
    sources: tuple[str, ...]
    confidence: Confidence
    verified: bool
    checked_on: date


@dataclass(frozen=True, slots=True)
class Option:
    """One kind of help with its whole card. ``state`` is the jurisdiction that the card was made for, or empty."""

    id: str
    title: str
    short: str  # fits on a button
    also_called: tuple[str, ...]
    what: str
    is_help: bool  # a fitness-for-duty exam is not
    own_choice: bool  # false: somebody orders it
    outside_department: Outside
    privacy_rank: int  # 1 is the most private
    privacy_reason: str
    answered_by: tuple[Helper, ...]
    payments: tuple[Payment, ...]
    remote: Outside
    always_open: bool
    serves: tuple[Audience, ...]
    good_for: Mapping[str, int]  # need -> 1 to 3
    suggested: bool
    group: str  # of one group only the best is suggested
    up_to: Level  # the highest level at which it is suggested
    first_step: str
    wait: Fact
    until_then: str
    two_lines: tuple[Fact, ...]
    answers: Mapping[Question, tuple[Fact, ...]]
    ask_first: tuple[str, ...]
    by_state: bool = False  # the card says more once a state is named
    state: str = ""

    def answer(self, question: Question | str) -> tuple[Fact, ...]:
        """The facts that answer one question; never empty."""
        return self.answers[Question(question)]

    # One name per question, so that an action can say card.payment.

    @property
    def who_learns_you_went(self) -> tuple[Fact, ...]:
        """Who can learn that you went."""
        return self.answers[Question.WHO_LEARNS_YOU_WENT]

    @property
    def who_learns_what_you_said(self) -> tuple[Fact, ...]:
        """Who can learn what you said."""
        return self.answers[Question.WHO_LEARNS_WHAT_YOU_SAID]

    @property
    def written_down(self) -> tuple[Fact, ...]:
        """What is written down, and who holds it."""
        return self.answers[Question.WRITTEN_DOWN]

    @property
    def payment(self) -> tuple[Fact, ...]:
        """Who pays, and what a bill or statement shows."""
        return self.answers[Question.PAYMENT]

    @property
    def privilege(self) -> tuple[Fact, ...]:
        """Whether a court has to leave it alone, and the rule's name."""
        return self.answers[Question.PRIVILEGE]

    @property
    def exceptions(self) -> tuple[Fact, ...]:
        """What ends the protection."""
        return self.answers[Question.EXCEPTIONS]

    @property
    def weapon_duty_fitness(self) -> tuple[Fact, ...]:
        """What it does to weapon, duty status and fitness for duty."""
        return self.answers[Question.WEAPON_DUTY_FITNESS]


class FactReader:
    """Reads facts out of records: a mapping is a fact, a text is the name of a shared one."""

    def __init__(self, sources: Mapping[str, Source], checked_on: date | None) -> None:
        self.known: Callable[[str], bool] = sources.__contains__
        self.checked_on = checked_on or date.min
        self.shared: dict[str, Fact] = {}
        self.nothing = Fact("", ("not-found",), Confidence.LOW, False, self.checked_on)

    def one(self, record: Record) -> Fact:
        """A fact; every one names at least one source, if only the entry that says that none was found."""
        fact = Fact(
            text=record.text("text"),
            sources=record.texts("sources", among=self.known),
            confidence=record.choice("confidence", Confidence, Confidence.LOW),
            verified=record.flag("verified"),
            checked_on=record.day("checked_on", optional=True) or self.checked_on,
        )
        if fact.verified and set(fact.sources) <= {"not-found", "own-reading"}:
            record.fault("verified", "cannot be true without an outside source")
        record.done()
        return fact

    def share(self, record: Record) -> None:
        """Takes in the facts that several cards use."""
        for name in record:
            self.shared[name] = self.one(record.record(name))

    def many(self, record: Record, field: str) -> tuple[Fact, ...]:
        """The facts of a list; an unknown name is a fault."""
        found = []
        for place, item in enumerate(record.items(field), start=1):
            if isinstance(item, Record):
                found.append(self.one(item))
            elif item in self.shared:
                found.append(self.shared[item])
            else:
                record.fault(field, f"entry {place} is not a shared fact")
        return tuple(found)


def read_sources(top: Record) -> dict[str, Source]:
    """``sources.yml``: every place that a fact can name."""
    found = {}
    for name in top:
        record = top.record(name)
        found[name] = Source(
            id=name,
            title=record.text("title"),
            where=record.text("where"),
            age=record.text("age"),
            confidence=record.choice("confidence", Confidence, Confidence.LOW),
        )
        record.done()
    return found


def read_options(options: Record, cards: Record, reader: FactReader) -> dict[str, Option]:
    """``options.yml`` joined with ``guarantees.yml``; one without the other is a fault."""
    reader.share(cards.record("shared"))
    by_id = cards.record("cards")
    for name in by_id:
        if name not in options:
            by_id.fault(name, "has no entry in options.yml")
    found = {}
    for name in options:
        if name not in by_id:
            options.fault(name, "has no card in guarantees.yml")
        found[name] = _option(name, options.record(name), by_id.record(name, optional=True), reader)
    ranks = [option.privacy_rank for option in found.values()]
    for name, option in found.items():
        if ranks.count(option.privacy_rank) > 1:
            options.record(name).fault("privacy_rank", "is given twice")
    return found


def _option(name: str, record: Record, card: Record, reader: FactReader) -> Option:
    option = Option(
        id=name,
        title=record.text("title"),
        short=record.text("short", pattern=".{1,24}"),
        also_called=record.texts("also_called"),
        what=record.text("what"),
        is_help=record.flag("is_help", default=True),
        own_choice=record.flag("own_choice", default=True),
        outside_department=record.choice("outside_department", Outside, Outside.DEPENDS),
        privacy_rank=record.number("privacy_rank", low=1, high=99),
        privacy_reason=record.text("privacy_reason"),
        answered_by=record.choices("answered_by", Helper),
        payments=record.choices("payments", Payment),
        remote=record.choice("remote", Outside, Outside.DEPENDS),
        always_open=record.flag("always_open", default=False),
        serves=record.choices("serves", Audience),
        good_for=_weights(record.record("good_for", optional=True)),
        suggested=record.flag("suggested", default=True),
        group=record.text("group", optional=True) or name,
        up_to=_up_to(record),
        first_step=record.text("first_step"),
        wait=reader.one(record.record("wait")),
        until_then=record.text("until_then"),
        two_lines=reader.many(card, "two_lines"),
        answers={question: reader.many(card, question) for question in Question},
        ask_first=card.texts("ask_first"),
        by_state=record.flag("by_state", default=False),
    )
    if len(option.two_lines) != 2:
        card.fault("two_lines", "must be two facts")
    record.done()
    card.done()
    return option


def _up_to(record: Record) -> Level:
    label = record.text("up_to", optional=True) or Level.IMMINENT.label
    try:
        return Level.from_label(label)
    except KeyError:
        record.fault("up_to", "must be one of: " + ", ".join(level.label for level in Level))
        return Level.IMMINENT


def _weights(record: Record) -> dict[str, int]:
    return {name: record.number(name, low=1, high=3) for name in record}
