"""
Finds in a text what ``recognisers.yml`` describes: the spans that could name an officer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bot.errors import DataError
from bot.privacy import checks, scans
from bot.privacy.words import WordBook

RECOGNISERS = Path(__file__).resolve().parent / "recognisers.yml"

_PART = re.compile(r"<<(\w+)>>")
_DIGIT = re.compile(r"\d")


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a text, and what they are."""

    start: int
    end: int
    label: str


class Text(NamedTuple):
    """A message with what every recogniser asks of it."""

    text: str
    lower: str
    has_digits: bool
    shouted: bool

    @classmethod
    def of(cls, text: str) -> Text:
        letters = [letter for letter in text if letter.isalpha()]
        shouted = len(letters) > 9 and sum(letter.isupper() for letter in letters) > 0.7 * len(letters)
        return cls(text, text.lower(), _DIGIT.search(text) is not None, shouted)


@dataclass(frozen=True)
class Recogniser:
    """One entry of the file; ``match`` and ``leave`` are its examples."""

    id: str
    label: str
    patterns: tuple[re.Pattern[str], ...]
    needs: tuple[str, ...]
    check: checks.Check | None
    scan: scans.Scan | None
    match: tuple[str, ...]
    leave: tuple[str, ...]

    def find(self, text: Text, book: WordBook) -> Iterator[Span]:
        """Every span of this kind; they may overlap."""
        if self.scan:
            yield from (Span(start, end, label) for start, end, label in self.scan(text.text, book, text.shouted))
        if not self._worth_looking(text):
            return
        for pattern in self.patterns:
            for match in pattern.finditer(text.text):
                group: str | int = "id" if "id" in pattern.groupindex and match["id"] else 0
                span: tuple[int, int] | None = match.span(group)
                if self.check:
                    span = self.check(text.text, *match.span(group), book, text.shouted)
                if span:
                    yield Span(*span, self.label)

    def _worth_looking(self, text: Text) -> bool:
        if not self.needs:
            return True
        return any(text.has_digits if need == "digit" else need in text.lower for need in self.needs)


def load(path: Path = RECOGNISERS) -> tuple[Recogniser, ...]:
    """Reads the file; raises ``DataError`` that names the recogniser and the field."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError(f"{path.name}: cannot be read") from None
    parts = content["parts"]
    return tuple(_recogniser(path.name, entry, parts) for entry in content["recognisers"])


def _recogniser(file: str, entry: dict[str, Any], parts: dict[str, str]) -> Recogniser:
    needs = entry.get("needs", ())
    try:
        return Recogniser(
            entry["id"],
            entry["label"],
            tuple(_compile(file, entry["id"], pattern, parts) for pattern in entry.get("find", ())),
            (needs,) if isinstance(needs, str) else tuple(needs),
            _named(checks.CHECKS, entry.get("check")),
            _named(scans.SCANS, entry.get("scan")),
            tuple(entry["match"]),
            tuple(entry["leave"]),
        )
    except KeyError as error:
        raise DataError(f"{file}: {entry.get('id', 'a recogniser')}: {error.args[0]} is missing or unknown") from None


def _named(functions: dict[str, Callable[..., Any]], name: str | None) -> Any:
    return functions[name] if name else None


def _compile(file: str, name: str, pattern: str, parts: dict[str, str]) -> re.Pattern[str]:
    while _PART.search(pattern):
        pattern = _PART.sub(lambda match: parts[match[1]], pattern)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error:
        raise DataError(f"{file}: {name}: a pattern in find is not a regular expression") from None
