"""
Finds in a text what ``recognisers.yml`` describes: the spans that could name an officer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError
from bot.privacy import name_checks, number_checks, place_checks, scans
from bot.privacy.message import Span, Text
from bot.privacy.words import WordBook
from bot.yaml_files import read_yaml

RECOGNISERS = Path(__file__).resolve().parent / "recognisers.yml"

_HAS: dict[str, Callable[[Text], bool]] = {
    "digits": lambda text: text.has_digits,
    "numbers": lambda text: text.has_numbers,
    "capitals": lambda text: text.has_capitals,
}
Check = Callable[[str, int, int, WordBook], number_checks.Found]

_CHECKS: dict[str, Check] = {
    "luhn": number_checks.luhn,
    "iban": number_checks.iban,
    "vin": number_checks.vin,
    "phone": number_checks.phone,
    "no_amount": number_checks.no_amount,
    "not_years": number_checks.not_years,
    "date": number_checks.date,
    "not_a_crisis_site": number_checks.not_a_crisis_site,
    "titled": name_checks.titled,
    "introduced": name_checks.introduced,
    "ranked": name_checks.ranked,
    "nicknamed": name_checks.nicknamed,
    "told": name_checks.told,
    "listed": name_checks.listed,
    "unheard_of": name_checks.unheard_of,
    "not_an_abbreviation": name_checks.not_an_abbreviation,
    "agency": place_checks.agency,
    "facility": place_checks.facility,
    "address": place_checks.address,
}
_PART = re.compile(r"<<(\w+)>>")


@dataclass(frozen=True)
class Recogniser:
    """One entry of the file; ``match`` and ``leave`` are its examples."""

    id: str
    label: str
    patterns: tuple[re.Pattern[str], ...]
    needs: tuple[str, ...]
    cues: frozenset[str]
    check: Check | None
    scan: scans.Scan | None
    match: tuple[str, ...]
    leave: tuple[str, ...]

    def find(self, text: Text, book: WordBook) -> Iterator[Span]:
        """Every span of this kind; they may overlap."""
        if self.scan:
            yield from self.scan(text, book)
        if not self._worth_looking(text):
            return
        for pattern in self.patterns:
            for match in pattern.finditer(text.text):
                group: str | int = "id" if "id" in pattern.groupindex and match["id"] else 0
                span: tuple[int, int] | None = match.span(group)
                if self.check:
                    span = self.check(text.text, *match.span(group), book)
                if span:
                    yield Span(*span, self.label)

    def _worth_looking(self, text: Text) -> bool:
        """Most patterns begin with a cue or hold a digit; asking for that first makes them ten times cheaper."""
        if self.cues and self.cues.isdisjoint(text.vocabulary):
            return False
        return not self.needs or any(_HAS[need](text) if need in _HAS else need in text.lower for need in self.needs)


def load(path: Path = RECOGNISERS) -> tuple[Recogniser, ...]:
    """Reads the file; raises ``DataError`` that names the recogniser and the field."""
    try:
        content = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError(f"{path.name}: cannot be read") from None
    parts = content["parts"]
    return tuple(_recogniser(path.name, entry, parts) for entry in content["recognisers"])


def _recogniser(file: str, entry: dict[str, Any], parts: dict[str, str]) -> Recogniser:
    needs, cues = (_list(entry.get(key, ())) for key in ("needs", "cues"))
    try:
        return Recogniser(
            entry["id"],
            entry["label"],
            tuple(_compile(file, entry["id"], pattern, parts) for pattern in entry.get("find", ())),
            tuple(needs),
            frozenset(cues) | frozenset(f"{cue}s" for cue in cues),
            _named(_CHECKS, entry.get("check")),
            _named(scans.SCANS, entry.get("scan")),
            tuple(entry["match"]),
            tuple(entry["leave"]),
        )
    except KeyError as error:
        raise DataError(f"{file}: {entry.get('id', 'a recogniser')}: {error.args[0]} is missing or unknown") from None


def _list(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else list(value)


def _named(functions: dict[str, Callable[..., Any]], name: str | None) -> Any:
    return functions[name] if name else None


def _compile(file: str, name: str, pattern: str, parts: dict[str, str]) -> re.Pattern[str]:
    while _PART.search(pattern):
        pattern = _PART.sub(lambda match: parts[match[1]], pattern)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error:
        raise DataError(f"{file}: {name}: a pattern in find is not a regular expression") from None
