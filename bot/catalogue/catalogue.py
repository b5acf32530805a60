"""
Answers what help there is, who could learn of each kind, which line to call, and what fits a need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from bot.catalogue.asking import Asking, read_asking
from bot.catalogue.cards import Cards, read_cards
from bot.catalogue.consequences import Consequence, read_consequences, topic_asked
from bot.catalogue.coping import Exercise, read_exercises
from bot.catalogue.digest import Digest, digest
from bot.catalogue.entries import EntryReader, read_policy, read_unknown
from bot.catalogue.exchange import read_folder
from bot.catalogue.guarantees import (
    Audience,
    Fact,
    FactReader,
    Option,
    Outside,
    Source,
    read_options,
    read_sources,
)
from bot.catalogue.hearing import Phrases
from bot.catalogue.jurisdictions import (
    Jurisdiction,
    Rules,
    elsewhere_named,
    read_jurisdictions,
    read_rules,
    state_named,
)
from bot.catalogue.links import Trackers, read_trackers
from bot.catalogue.loading import DATA, Faults, read
from bot.catalogue.matching import Match, Matcher, Need, read_matcher
from bot.catalogue.providers import Kind, Policy, Provider, choose_lines
from bot.catalogue.safety_plan import read_safety_plan
from bot.catalogue.self_checks import read_self_checks
from bot.catalogue.state_cards import localise
from bot.errors import DataError
from bot.triage.levels import Level


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything in ``data`` and in an agency's own folder, read once; it never changes."""

    cards: Cards
    matcher: Matcher
    asking: Asking
    policy: Policy
    _options: Mapping[str, Option]
    _called: Phrases
    _sources: Mapping[str, Source]
    _places: Mapping[str, Jurisdiction]
    _elsewhere: tuple[str, ...]
    _rules: Rules
    _warn: Fact
    _providers: tuple[Provider, ...]
    _entries: EntryReader
    _consequences: Mapping[str, Consequence]
    _numbers: Mapping[str, Fact]
    _exercises: Mapping[str, Exercise]

    @classmethod
    def load(cls, folder: Path = DATA, own: Path | None = None) -> Catalogue:
        """
        Reads *folder*, and the entries that an agency, union or region keeps in the folder *own*.

        Raises ``DataError`` that lists every fault with file, line and field.
        """
        faults = Faults()
        catalogue = cls.read(folder, own, faults)
        faults.check()
        return catalogue

    @classmethod
    def read(cls, folder: Path, own: Path | None, faults: Faults) -> Catalogue:
        """As ``load``, but leaves the faults to the caller; with any, the result is not fit for use."""
        sources = read_sources(read(folder / "sources.yml", faults))
        cards = read(folder / "guarantees.yml", faults)
        reader = FactReader(sources, cards.day("checked_on"))
        options = read_options(read(folder / "options.yml", faults), cards, reader)
        labels = cards.record("labels")
        cards.done()
        laws = read(folder / "jurisdictions.yml", faults)
        places = read_jurisdictions(laws, reader, options)
        elsewhere = laws.texts("elsewhere")
        laws.done()
        lines = read(folder / "providers.yml", faults)
        lines.day("checked_on")
        trackers = read_trackers(read(folder / "trackers.yml", faults))
        entries = EntryReader(reader, options, read_unknown(lines), trackers)
        policy = read_policy(lines)
        providers = entries.all(lines.records("services"))
        lines.done()
        if own is not None:
            providers += read_folder(own, entries, faults, [provider.id for provider in providers])
        matching = read(folder / "matching.yml", faults)
        matcher = read_matcher(matching, options)
        asking = read_asking(matching, matcher.needs)
        matching.done()
        answers, numbers = read_consequences(read(folder / "consequences.yml", faults), reader, options, places)
        read_self_checks(read(folder / "self_checks.yml", faults), sources)
        read_safety_plan(read(folder / "safety_plan.yml", faults), sources)
        return cls(
            cards=read_cards(labels, sources, {code: place.name for code, place in places.items()}),
            matcher=matcher,
            asking=asking,
            policy=policy,
            _options=options,
            _called=Phrases.of({name: option.also_called for name, option in options.items()}),
            _sources=sources,
            _places=places,
            _elsewhere=elsewhere,
            _rules=read_rules(laws),
            _warn=reader.shared.get("warn_by_state") or reader.nothing,
            _providers=providers,
            _entries=entries,
            _consequences=answers,
            _numbers=numbers,
            _exercises=read_exercises(read(folder / "coping.yml", faults), matcher.needs, sources),
        )

    # Kinds of help

    def option(self, name: str, state: str | None = None) -> Option:
        """
        One kind of help with its card, changed to what *state* (a postal code, ``US`` for federal agencies) says.

        Raises ``DataError`` when there is no such option; a state that is not known changes nothing.
        """
        if name not in self._options:
            raise DataError("options.yml: no option of that name")
        place = self._places.get((state or "").upper())
        option = self._options[name]
        return localise(option, place, self._rules, self._warn) if place else option

    def options(self) -> tuple[Option, ...]:
        """Every option, in the order of the file."""
        return tuple(self._options.values())

    def options_in(self, text: str) -> tuple[str, ...]:
        """The ids of the kinds of help that *text* names, in its order."""
        return self._called.found_in(text)

    def compare(self, names: Iterable[str], state: str | None = None) -> tuple[Option, ...]:
        """Two or three cards side by side; names that are not known are left out, a fourth too."""
        known = [name for name in dict.fromkeys(names) if name in self._options]
        return tuple(self.option(name, state) for name in known[:3])

    def most_private(self, who: Audience = Audience.OFFICER) -> tuple[Option, ...]:
        """What *who* can choose, the most private first."""
        chosen = [
            option for option in self._options.values() if option.is_help and option.own_choice and who in option.serves
        ]
        return tuple(sorted(chosen, key=lambda option: option.privacy_rank))

    def outside_department(self, who: Audience = Audience.OFFICER) -> tuple[Option, ...]:
        """What has no tie to the department, the most private first."""
        return tuple(option for option in self.most_private(who) if option.outside_department is Outside.YES)

    @property
    def trackers(self) -> Trackers:
        """Who watches links and pages."""
        return self._entries.trackers

    # States

    def jurisdiction(self, state: str) -> Jurisdiction | None:
        """The row of a state by its postal code."""
        return self._places.get(state.upper())

    def jurisdictions(self) -> tuple[Jurisdiction, ...]:
        """Every row: federal agencies, the 50 states, DC."""
        return tuple(self._places.values())

    def state_law(self, state: str) -> Digest | None:
        """What the law of *state* says, question by question; nothing for a code that is none."""
        place = self._places.get(state.upper())
        return digest(place, self._rules) if place else None

    def state_named(self, text: str) -> str:
        """The postal code of the state that *text* names, or nothing."""
        return state_named(text, self._places.values())

    def elsewhere_named(self, text: str) -> str:
        """A place that *text* names, no state and without a row; nothing for New Mexico."""
        return "" if self.state_named(text) else elsewhere_named(text, self._elsewhere)

    # Lines, providers, suggestions

    def providers(self, today: date | None = None, *, held: bool = False) -> tuple[Provider, ...]:
        """The entries that may be offered on *today*; with *held*, all of them, the ones held back last."""
        offered = tuple(entry for entry in self._providers if self.policy.offered(entry, today))
        return offered + tuple(entry for entry in self._providers if entry not in offered) if held else offered

    def provider(self, name: str) -> Provider:
        """One entry by its id; raises ``DataError`` when there is none."""
        for entry in self._providers:
            if entry.id == name:
                return entry
        raise DataError("providers.yml: no entry of that id")

    def entries(self, default_option: str = "") -> EntryReader:
        """A reader of further entries, for those of others that name no kind of help."""
        return replace(self._entries, default_option=default_option)

    def lines(
        self,
        level: Level = Level.NONE,
        *,
        state: str = "",
        hours_now: datetime | None = None,
        language: str = "",
        who: Audience = Audience.OFFICER,
        veteran: bool = False,
    ) -> tuple[Provider, ...]:
        """The lines to offer, first the one to call first; what could not be verified is never among them."""
        return choose_lines(
            self.providers(hours_now.date() if hours_now else None),
            level,
            state=state.upper(),
            hours_now=hours_now,
            language=language,
            who=who,
            veteran=veteran,
        )

    def entries_for(
        self, option: str, state: str = "", today: date | None = None, who: Audience = Audience.OFFICER
    ) -> tuple[Provider, ...]:
        """Whom to see for *option*: entries of the directory that serve *state*, what could be verified first."""
        entries = [
            entry
            for entry in self.providers(today)
            if entry.option == option and entry.kind is Kind.PROVIDER and who in entry.serves
            if entry.serves_state(state.upper())
        ]
        return tuple(
            sorted(entries, key=lambda entry: (not entry.verifiable, entry.police_aware is not Outside.YES, entry.id))
        )

    def freshness(self, provider: Provider, today: date) -> str:
        """The sentence that says whether somebody called it lately."""
        return self.policy.freshness[self.policy.freshness_of(provider, today)]

    def match(self, need: Need) -> tuple[Match, ...]:
        """At most three suggestions with their reasons and first steps; the crisis line is always among them."""
        today = need.now.date() if need.now else None
        place = self._places.get(need.state.upper())
        options = tuple(self.option(name, need.state) for name in self._options)
        return self.matcher.match(need, options, self.providers(today), place)

    # What follows, what others do, what to do alone

    def consequence(self, topic: str, state: str = "") -> Consequence:
        """What asking for help does to gun, badge, file and so on; raises ``DataError`` for another topic."""
        if topic not in self._consequences:
            raise DataError("consequences.yml: no topic of that name")
        return self._consequences[topic].in_state(state)

    def consequence_asked(self, intent: str, text: str = "") -> str:
        """The topic that a message of *intent* asks for, or nothing."""
        return topic_asked(self._consequences, intent, text)

    def consequences(self) -> tuple[Consequence, ...]:
        """Every topic."""
        return tuple(self._consequences.values())

    def numbers(self) -> Mapping[str, Fact]:
        """What is known of other officers, by name, each with its source."""
        return dict(self._numbers)

    def exercise(self, name: str) -> Exercise:
        """One exercise by name; raises ``DataError`` when there is none."""
        if name not in self._exercises:
            raise DataError("coping.yml: no exercise of that name")
        return self._exercises[name]

    def exercises(self, need: str = "") -> tuple[Exercise, ...]:
        """The exercises for *need*, or all."""
        return tuple(found for found in self._exercises.values() if not need or need in found.needs)

    # Sources

    def source(self, name: str) -> Source:
        """One source by its id; raises ``DataError`` when there is none."""
        if name not in self._sources:
            raise DataError("sources.yml: no source of that name")
        return self._sources[name]

    def sources(self) -> tuple[Source, ...]:
        """Every source."""
        return tuple(self._sources.values())
