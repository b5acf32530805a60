"""
Answers what help there is, and who could learn of each kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.catalogue.cards import Cards, read_cards
from bot.catalogue.guarantees import Fact, FactReader, Option, Outside, Source, read_options, read_sources
from bot.catalogue.jurisdictions import Jurisdiction, Rules, localise, read_jurisdictions, read_rules, state_named
from bot.catalogue.loading import DATA, Faults, read
from bot.errors import DataError


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything in ``data``, read once; it never changes."""

    cards: Cards
    _options: Mapping[str, Option]
    _sources: Mapping[str, Source]
    _places: Mapping[str, Jurisdiction]
    _rules: Rules
    _warn: Fact

    @classmethod
    def load(cls, folder: Path = DATA) -> Catalogue:
        """Reads *folder*; raises ``DataError`` that lists every fault with file, line and field."""
        faults = Faults()
        sources = read_sources(read(folder / "sources.yml", faults))
        cards = read(folder / "guarantees.yml", faults)
        reader = FactReader(sources, cards.day("checked_on"))
        options = read_options(read(folder / "options.yml", faults), cards, reader)
        labels = cards.record("labels")
        cards.done()
        laws = read(folder / "jurisdictions.yml", faults)
        places = read_jurisdictions(laws, reader, options)
        laws.done()
        shown = read_cards(labels, sources, {code: place.name for code, place in places.items()})
        faults.check()
        return cls(shown, options, sources, places, read_rules(laws), reader.shared["warn_by_state"])

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

    def jurisdiction(self, state: str) -> Jurisdiction | None:
        """The row of a state by its postal code."""
        return self._places.get(state.upper())

    def jurisdictions(self) -> tuple[Jurisdiction, ...]:
        """Every row: federal agencies, the 50 states, DC."""
        return tuple(self._places.values())

    def state_named(self, text: str) -> str:
        """The postal code of the state that *text* names, or nothing."""
        return state_named(text, self._places.values())

    def options(self) -> tuple[Option, ...]:
        """Every option, in the order of the file."""
        return tuple(self._options.values())

    def compare(self, names: Iterable[str], state: str | None = None) -> tuple[Option, ...]:
        """Two or three cards side by side; names that are not known are left out, a fourth too."""
        known = [name for name in dict.fromkeys(names) if name in self._options]
        return tuple(self.option(name, state) for name in known[:3])

    def most_private(self) -> tuple[Option, ...]:
        """What an officer can choose, the most private first."""
        chosen = [option for option in self._options.values() if option.is_help and option.own_choice]
        return tuple(sorted(chosen, key=lambda option: option.privacy_rank))

    def outside_department(self) -> tuple[Option, ...]:
        """What has no tie to the officer's department, the most private first."""
        return tuple(option for option in self.most_private() if option.outside_department is Outside.YES)

    def source(self, name: str) -> Source:
        """One source by its id; raises ``DataError`` when there is none."""
        if name not in self._sources:
            raise DataError("sources.yml: no source of that name")
        return self._sources[name]
