"""
Keeps the directory honest: checks it, lists what is old, takes entries in and gives them out.

Everything the command ``sidedoor directory`` does, without a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.exchange import SERVICES, as_entry, as_hsds, as_tables, records_in
from bot.catalogue.guarantees import Question
from bot.catalogue.links import Fetch, check_links
from bot.catalogue.loading import DATA, Fault, Faults
from bot.catalogue.providers import Freshness, Provider
from bot.errors import DataError

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class Cells:
    """How many answers there are, one for each kind of help, place and question, and what they rest on."""

    all: int
    sourced: int  # every sentence rests on a source
    marked: int  # some sentence is marked as not verified, or says that nothing was found
    empty: int

    def line(self) -> str:
        """The count for a terminal."""
        return (
            f"{self.all} answers (kinds of help x places x questions): {self.sourced} rest on sources alone, "
            f"{self.marked} say where something is not verified, {self.empty} are empty"
        )


def cells(catalogue: Catalogue) -> Cells:
    """Walks every kind of help in every place, and without one, through every question of its card."""
    places = ("", *(place.code for place in catalogue.jurisdictions()))
    cards = [catalogue.option(option.id, place) for option in catalogue.options() for place in places]
    answers = [card.answers.get(question, ()) for card in cards for question in Question]
    sourced = sum(bool(facts) and all(fact.verified for fact in facts) for facts in answers)
    empty = sum(not facts for facts in answers)
    return Cells(len(answers), sourced, len(answers) - sourced - empty, empty)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: every fault, and how many entries there are, are held back, old, never checked."""

    faults: tuple[Fault, ...]
    entries: int
    held: int
    old: int
    never_checked: int
    cells: Cells | None = None

    @property
    def good(self) -> bool:
        """No fault."""
        return not self.faults

    def lines(self) -> list[str]:
        """The report for a terminal: one line a fault, then one that counts."""
        counted = (
            f"{self.entries} entries, {len(self.faults)} faults; "
            f"{self.never_checked} never called, {self.old} called too long ago, {self.held} held back"
        )
        return [*(str(fault) for fault in self.faults), counted, *([self.cells.line()] if self.cells else [])]


def check(own: Path | None, today: date, data: Path = DATA) -> Report:
    """Reads the shipped data and *own* (a folder, or one file), and reports every fault in one run."""
    faults = Faults()
    catalogue = Catalogue.read(data, own, faults)
    entries = catalogue.providers(held=True)
    ages = [catalogue.policy.freshness_of(entry, today) for entry in entries]
    return Report(
        faults=tuple(faults),
        entries=len(entries),
        held=sum(1 for entry in entries if entry.held),
        old=ages.count(Freshness.OLD),
        never_checked=ages.count(Freshness.NEVER),
        cells=None if faults else cells(catalogue),
    )


def stale(catalogue: Catalogue, today: date) -> tuple[tuple[Provider, Freshness], ...]:
    """Entries that somebody has to call: never checked first, then the oldest."""
    aged = [(entry, catalogue.policy.freshness_of(entry, today)) for entry in catalogue.providers(held=True)]
    due = [pair for pair in aged if pair[1] is not Freshness.FRESH]
    return tuple(sorted(due, key=lambda pair: (pair[0].verified_on or date.min, pair[0].id)))


def stale_report(catalogue: Catalogue, today: date) -> list[str]:
    """One line for each entry that somebody has to call: its age, how to reach it, and whether officers see it."""
    return [
        f"{entry.id}: {freshness if entry.verified_on is None else f'checked on {entry.verified_on}'}; "
        f"{_shown(catalogue, entry, today)}; {entry.how_to_reach}"
        for entry, freshness in stale(catalogue, today)
    ]


def _shown(catalogue: Catalogue, entry: Provider, today: date) -> str:
    if entry.held:
        return "held back"
    if not catalogue.policy.offered(entry, today):
        return "hidden"
    return "shown with its age" if entry.verifiable else "shown last"


def link_report(own: Path | None, fetch: Fetch, data: Path = DATA) -> list[str]:
    """One line for each link: who watches there, how many other hosts it loads from, or that it did not answer."""
    catalogue = Catalogue.load(data, own)
    lines = []
    for found in check_links(catalogue.providers(held=True), catalogue.trackers, fetch):
        seen = ", ".join(found.trackers) or "no known tracker"
        what = f"{seen}; {found.third_parties} other hosts" if found.answered else "does not answer"
        lines.append(f"{found.entry}: {found.url}: {what}")
    return lines


def listing(catalogue: Catalogue, today: date) -> tuple[tuple[str, str, str, str], ...]:
    """Every entry as id, name, how to reach it, and its state: fresh, old, never, or held."""
    return tuple(
        (
            entry.id,
            entry.name,
            entry.how_to_reach,
            "held" if entry.held else str(catalogue.policy.freshness_of(entry, today)),
        )
        for entry in catalogue.providers(held=True)
    )


def import_hsds(source: Path, own: Path, option: str, data: Path = DATA) -> int:
    """
    Reads HSDS 3 (a JSON file, or the folder of its tables) and writes ``<name>.yml`` into *own*; returns how many.

    *option* is the kind of help for entries that name none. Raises ``DataError`` with every fault, and writes nothing
    then.
    """
    faults = Faults()
    catalogue = Catalogue.read(data, own if own.is_dir() else None, faults)
    reader = catalogue.entries(option)
    path = next((source / name for name in SERVICES if (source / name).exists()), source)
    taken = [entry.id for entry in catalogue.providers(held=True)]
    found = reader.all(records_in(path, faults), taken)
    faults.check()
    target = own / f"{source.stem}.yml"
    if target.exists():
        raise DataError(f"{target.name}: is there already; remove it first")
    own.mkdir(parents=True, exist_ok=True)
    target.write_text(_yaml(found), encoding="utf-8")
    return len(found)


def export_hsds(entries: Iterable[Provider], target: Path) -> int:
    """Writes HSDS 3: one JSON file when *target* ends in ``.json``, else a folder of tables. Returns how many."""
    found = tuple(entries)
    if target.suffix == ".json":
        text = json.dumps({"contents": [as_hsds(entry) for entry in found]}, indent=2, ensure_ascii=False)
        target.write_text(text + "\n", encoding="utf-8")
        return len(found)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in as_tables(found).items():
        (target / name).write_text(text, encoding="utf-8")
    return len(found)


def _yaml(entries: Iterable[Provider]) -> str:
    told = {"services": [as_entry(entry) for entry in entries]}
    return str(yaml.dump(told, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
