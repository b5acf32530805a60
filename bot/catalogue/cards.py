"""
Puts a card into words: two lines first, one answer, the whole, two or three side by side, the sources.

Every sentence comes from the data; this decides what stands next to what, and that nothing unverified passes as fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.catalogue.consequences import Consequence
from bot.catalogue.digest import Digest
from bot.catalogue.guarantees import Confidence, Fact, Option, Question, Source
from bot.catalogue.jurisdictions import NOT_FOUND
from bot.catalogue.loading import Record
from bot.catalogue.matching import Match
from bot.catalogue.providers import FACTS, Provider


@dataclass(frozen=True, slots=True)
class Cards:
    """Renders options as plain text; a line break is a new line in the chat."""

    _labels: Mapping[str, str]
    _questions: Mapping[Question, str]
    _sources: Mapping[str, Source]
    _states: Mapping[str, str]

    def fact(self, fact: Fact) -> str:
        """The sentence, marked when nobody could verify it; one that says that nothing was found needs no mark."""
        return (
            fact.text if fact.verified or fact.sources == NOT_FOUND else f"{fact.text} {self._labels['not_verified']}"
        )

    def facts(self, facts: Iterable[Fact]) -> str:
        """Several facts, one a line when there is more than one."""
        told = [self.fact(fact) for fact in facts]
        return told[0] if len(told) == 1 else "\n".join(f"• {sentence}" for sentence in told)

    def short(self, option: Option) -> str:
        """The title and two lines."""
        return "\n".join([option.title, *(self.fact(fact) for fact in option.two_lines)])

    def answer(self, option: Option, question: Question | str) -> str:
        """One question of the card with its heading."""
        asked = Question(question)
        return f"{self._questions[asked]}:\n{self.facts(option.answer(asked))}"

    def ask_first(self, option: Option) -> str:
        """What to ask before saying anything."""
        return "\n".join([self._labels["ask_first"], *(f"• {question}" for question in option.ask_first)])

    def first_step(self, option: Option) -> str:
        """How to start, and how long it takes."""
        wait = self._labels["wait"].format(wait=self.fact(option.wait), until_then=option.until_then)
        return self._labels["first_step"].format(step=option.first_step) + "\n" + wait

    def name_state(self, option: Option) -> str:
        """The offer to say more for a state; empty when there is nothing more to say."""
        return self._labels["name_state"] if option.by_state and not option.state else ""

    def sure(self, option: Option) -> str:
        """How many statements of the card rest on a source, how many do not, and when they were read."""
        told = told_on(option)
        verified = sum(fact.verified for fact in told)
        strong = sum(fact.verified and fact.confidence is Confidence.HIGH for fact in told)
        day = _day(max(fact.checked_on for fact in told))
        counted = {
            "verified": verified,
            "all": len(told),
            "strong": strong or self._labels["none"],
            "marked": len(told) - verified,
        }
        return self._labels["sure"].format(day=day, **counted)

    def state(self, found: Digest) -> tuple[str, ...]:
        """A state's law question by question, cut where a bubble may end; what to ask instead where none was found."""
        if found.ask_instead:
            asked = "\n".join([self._labels["ask_first"], *(f"• {question}" for question in found.ask_instead)])
            return (f"{_headed(found.place.name)}\n{self.facts(found.facts())}", asked)
        first, *rest = (f"{answer.heading}:\n{self.facts(answer.facts)}" for answer in found.answers)
        return (f"{_headed(found.place.name)}\n{first}", *rest)

    def title(self, option: Option) -> str:
        """What the card is of, that it is no help where it is none, and the state that it was changed for."""
        title = option.title if option.is_help else f"{option.title}\n{self._labels['not_help']}"
        if option.state:
            title += "\n" + self._labels["for_state"].format(state=self._states[option.state])
        return title

    def sections(self, option: Option) -> tuple[str, ...]:
        """The whole card, cut where a bubble may end."""
        parts = [f"{self.title(option)}\n{option.what}"]
        parts += [self.answer(option, question) for question in Question]
        parts += [self.ask_first(option), self.first_step(option), self.sure(option), self.name_state(option)]
        return tuple(part for part in parts if part)

    def whole(self, option: Option) -> str:
        """The whole card in one text."""
        return "\n\n".join(self.sections(option))

    def compare(self, options: Iterable[Option]) -> tuple[str, ...]:
        """Options side by side, question by question, of each answer the first fact; last, who is the most private."""
        chosen = tuple(options)
        blocks = []
        for question in Question:
            lines = [f"• {option.short}: {self.fact(option.answer(question)[0])}" for option in chosen]
            blocks.append("\n".join([f"{self._questions[question]}:", *lines]))
        ranked = sorted(chosen, key=lambda option: option.privacy_rank)
        lines = [f"{place}. {option.short}: {option.privacy_reason}" for place, option in enumerate(ranked, start=1)]
        return (*blocks, "\n".join([self._labels["by_privacy"], *lines]))

    def line(self, provider: Provider) -> str:
        """A line or provider in two lines: how to reach it, and who it is for."""
        return "\n".join(part for part in (f"{provider.name}: {provider.how_to_reach}", provider.description) if part)

    def line_card(self, provider: Provider) -> str:
        """The same with what it does: what it promises, whether it sends help, records, sees numbers, has to report."""
        told = [self.fact(provider.facts[name]) for name in FACTS if provider.facts[name].text]
        return "\n".join([self.line(provider), *(f"• {sentence}" for sentence in told)])

    def consequence_parts(self, found: Consequence) -> tuple[str, ...]:
        """What follows, told straight: what the state adds, the answer, the rest, its limits, what to ask."""
        told = [*found.local, *found.answer]
        parts = [found.title + "\n" + "\n".join(self.fact(fact) for fact in told)]
        parts += ["\n".join(f"• {self.fact(fact)}" for fact in facts) for facts in (found.more, found.limits)]
        return tuple(part for part in (*parts, "\n".join(found.ask)) if part)

    def consequence(self, found: Consequence) -> str:
        """The same in one text."""
        return "\n\n".join(self.consequence_parts(found))

    def suggestion(self, place: int, match: Match, reasons: Iterable[str]) -> str:
        """One suggestion: what, why, the first step, how long it takes, and what to do until then."""
        entry = match.provider
        name = match.option.title if entry is None else f"{match.option.title}: {entry.name}"
        why = " ".join(reasons)
        wait = match.wait if entry is not None and entry.waiting else self.fact(match.option.wait)
        lines = [
            self._labels["suggestion"].format(place=place, title=name),
            self._labels["why"].format(reasons=why) if why else "",
            self._labels["first_step"].format(step=match.first_step),
            self._labels["how_long"].format(wait=wait),
            self._labels["until_then"].format(until_then=match.until_then),
        ]
        return "\n".join(line for line in lines if line)

    def entry(self, provider: Provider, freshness: str, moment: datetime | None = None) -> str:
        """An entry of the directory as an officer needs it: how to reach it, for whom, cost, wait, last check."""
        told = {"eligibility": provider.eligibility, "fees": provider.fees, "entry_wait": provider.waiting}
        hours = ""
        if moment is not None and provider.schedules and not provider.always_open:
            hours = self._labels["entry_hours_open" if provider.open_at(moment) else "entry_hours_closed"]
        lines = [
            self._labels["in_directory"].format(name=provider.name, reach=provider.how_to_reach),
            *(self._labels[name].format(text=text) for name, text in told.items() if text),
            hours,
            self.fact(provider.facts["agency_tie"]),
            provider.alert,
            freshness,
        ]
        return "\n".join(line for line in lines if line)

    def sources(self, facts: Iterable[Fact]) -> str:
        """Where facts come from, each source once, and when they were read."""
        told = tuple(facts)
        names = dict.fromkeys(name for fact in told for name in fact.sources)
        lines = [
            "• "
            + self._labels["source" if source.age != "none" else "no_source"].format(title=source.title, age=source.age)
            for source in map(self._sources.__getitem__, names)
        ]
        checked = self._labels["checked"].format(day=_day(max(fact.checked_on for fact in told)))
        return "\n".join([self._labels["sources"], *lines, checked])

    def sources_of(self, option: Option) -> str:
        """The sources of a whole card."""
        return self.sources(told_on(option))


def told_on(option: Option) -> tuple[Fact, ...]:
    """Every statement of a card, once."""
    return tuple(
        dict.fromkeys([*option.two_lines, *(fact for question in Question for fact in option.answer(question))])
    )


def _headed(name: str) -> str:
    """A heading begins with a capital, "federal agencies" too."""
    return name[:1].upper() + name[1:]


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def read_cards(labels: Record, sources: Mapping[str, Source], states: Mapping[str, str]) -> Cards:
    """The labels of ``guarantees.yml``, one for every question."""
    questions = labels.record("questions")
    known = {question: questions.text(question) for question in Question}
    questions.done()
    names = (
        "not_verified",
        "name_state",
        "for_state",
        "ask_first",
        "first_step",
        "wait",
        "sources",
        "source",
        "checked",
        "sure",
        "none",
        "by_privacy",
        "no_source",
        "suggestion",
        "why",
        "how_long",
        "until_then",
        "in_directory",
        "eligibility",
        "fees",
        "entry_wait",
        "entry_hours_open",
        "entry_hours_closed",
    )
    told = {name: labels.text(name) for name in (*names, "not_help")}
    labels.done()
    return Cards(told, known, sources, states)
