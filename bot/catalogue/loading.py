"""
Reads data files so that every fault is found in one run, each with its file, its line and its field.

No fault quotes a value: a directory entry may hold what an agency would not want in a log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bot.errors import DataError
from bot.yaml_files import Loader

DATA = Path(__file__).resolve().parent / "data"

_Found = TypeVar("_Found")
_Choice = TypeVar("_Choice", bound=StrEnum)
_MISSING = object()
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a data file."""

    file: str
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: line {self.line}: {self.field}: {self.problem}"


class Faults:
    """Collects what is wrong, until ``check`` raises all of it at once."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, file: str, line: int, field: str, problem: str) -> None:
        """Notes one fault; reading goes on."""
        self._found.append(Fault(file, line, field, problem))

    def __iter__(self) -> Iterator[Fault]:
        return iter(sorted(set(self._found)))

    def __len__(self) -> int:
        return len(set(self._found))

    def check(self) -> None:
        """Raises ``DataError`` with every fault, one a line."""
        if self._found:
            raise DataError("\n".join(str(fault) for fault in self))


class Record:
    """
    One mapping of a file.

    Each reader takes a field, notes a fault when it is not as it must be, and returns a usable value all the same;
    ``done`` reports the fields that nobody took.
    """

    def __init__(self, file: str, name: str, line: int, fields: dict[str, tuple[Any, int]], faults: Faults) -> None:
        self.file, self.name, self.line, self.faults = file, name, line, faults
        self._fields = fields
        self._taken: set[str] = set()

    def fault(self, field: str, problem: str) -> None:
        """Notes *problem* at *field*, or at the record itself where the field is missing."""
        line = self._fields[field][1] if field in self._fields else self.line
        self.faults.add(self.file, line, f"{self.name}.{field}" if self.name else field, problem)

    def __contains__(self, field: str) -> bool:
        return field in self._fields

    def __iter__(self) -> Iterator[str]:
        """The names of all fields, in the order of the file."""
        return iter(self._fields)

    def _take(self, field: str, optional: bool) -> Any:
        self._taken.add(field)
        value = self._fields[field][0] if field in self._fields else None
        if value is None or value == "":
            if not optional:
                self.fault(field, "is missing")
            return _MISSING
        return value

    def text(self, field: str, *, optional: bool = False, pattern: str = "") -> str:
        """A text without blank ends; *pattern* must match all of it."""
        value = self._take(field, optional)
        if value is _MISSING:
            return ""
        if not isinstance(value, str):
            self.fault(field, "must be a text; put it in quotes")
            return ""
        if pattern and not re.fullmatch(pattern, value.strip()):
            self.fault(field, "does not have the form that this field needs")
        return " ".join(value.split())

    def texts(
        self, field: str, *, optional: bool = False, among: Callable[[str], bool] | None = None
    ) -> tuple[str, ...]:
        """A list of texts; *among* says which are known."""
        value = self._take(field, optional)
        if value is _MISSING:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(field, "must be a list of texts")
            return ()
        for place, item in enumerate(value, start=1):
            if among is not None and not among(item):
                self.fault(field, f"entry {place} is not known")
        return tuple(" ".join(item.split()) for item in value)

    def choice(self, field: str, kind: type[_Choice], default: _Choice, *, optional: bool = False) -> _Choice:
        """One of the words of *kind*; *default* stands in when it is none of them, or missing."""
        value = self._take(field, optional)
        if value is _MISSING:
            return default
        try:
            return kind(value)
        except ValueError:
            self.fault(field, "must be one of: " + ", ".join(kind))
            return default

    def choices(self, field: str, kind: type[_Choice], *, optional: bool = False) -> tuple[_Choice, ...]:
        """A list of words of *kind*."""
        known = frozenset(str(item) for item in kind)
        words = self.texts(field, optional=optional, among=known.__contains__)
        return tuple(kind(word) for word in words if word in known)

    def flag(self, field: str, *, default: bool | None = None) -> bool:
        """True or false; without a *default* it has to be said."""
        value = self._take(field, optional=default is not None)
        if value is _MISSING:
            return bool(default)
        if str(value).lower() in ("true", "false"):  # a table has nothing but text
            return str(value).lower() == "true"
        if not isinstance(value, bool):
            self.fault(field, "must be true or false")
            return bool(default)
        return value

    def number(self, field: str, *, low: int, high: int, optional: bool = False) -> int:
        """A whole number between *low* and *high*."""
        value = self._take(field, optional)
        if value is _MISSING:
            return low
        if isinstance(value, str) and value.isdecimal():  # a table has nothing but text
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fault(field, f"must be a whole number from {low} to {high}")
            return low
        return value

    def figure(self, field: str, *, low: float, high: float) -> float:
        """A number between *low* and *high*, written as a number or, in a table, as text."""
        value = self._take(field, optional=False)
        try:
            number = float(value) if isinstance(value, int | float | str) else float("nan")
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            self.fault(field, f"must be a number from {low:g} to {high:g}")
            return low
        return number

    def words(self, field: str, *, optional: bool = False) -> tuple[str, ...]:
        """A list, or one text with commas (as a table has it); dates in it become text again."""
        value = self._take(field, optional)
        if value is _MISSING:
            return ()
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str | date) for part in parts):
            self.fault(field, "must be a list of words")
            return ()
        return tuple(str(part).strip() for part in parts if str(part).strip())

    def says(self, field: str, word: str) -> bool:
        """Whether *field* is just *word*."""
        return field in self._fields and self._fields[field][0] == word

    def inherit(self, field: str, value: Any) -> None:
        """Gives the record a field that stands elsewhere: a row of another table, the organization around it."""
        if field not in self._fields and value not in ([], None):
            self._fields[field] = (value, self.line)

    def skip(self, *fields: str) -> None:
        """Lets *fields* stand without using them."""
        self._taken.update(fields)

    def day(self, field: str, *, optional: bool = False) -> date | None:
        """A date written as 2026-11-21."""
        value = self._take(field, optional)
        if value is _MISSING:
            return None
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except (TypeError, ValueError):
            self.fault(field, "must be a date like 2026-11-21")
            return None

    def holds_record(self, field: str) -> bool:
        """Whether *field* is a mapping."""
        return field in self._fields and isinstance(self._fields[field][0], Record)

    def holds_day(self, field: str) -> bool:
        """Whether *field* was read as a date."""
        return field in self._fields and isinstance(self._fields[field][0], date)

    def record(self, field: str, *, optional: bool = False) -> Record:
        """A mapping inside this one; an empty one where there is none."""
        value = self._take(field, optional)
        if isinstance(value, Record):
            return value
        if value is not _MISSING:
            self.fault(field, "must be a mapping")
        return Record(self.file, f"{self.name}.{field}" if self.name else field, self.line, {}, self.faults)

    def items(self, field: str, *, optional: bool = False) -> tuple[Any, ...]:
        """A list of mappings and texts, as they stand in the file."""
        value = self._take(field, optional)
        if value is _MISSING:
            return ()
        if not isinstance(value, list):
            self.fault(field, "must be a list")
            return ()
        return tuple(value)

    def records(self, field: str, *, optional: bool = False) -> tuple[Record, ...]:
        """A list of mappings."""
        found = self.items(field, optional=optional)
        if not all(isinstance(item, Record) for item in found):
            self.fault(field, "must be a list of mappings")
        return tuple(item for item in found if isinstance(item, Record))

    def done(self) -> None:
        """Reports every field that no reader asked for: a misspelt field is a lost promise."""
        for field in self._fields:
            if field not in self._taken:
                self.fault(field, "is not a known field")


def load(path: Path, reader: Callable[[Record], _Found]) -> _Found:
    """What *reader* makes of one file; raises ``DataError`` with every fault of it."""
    faults = Faults()
    found = reader(read(path, faults))
    faults.check()
    return found


def read(path: Path, faults: Faults) -> Record:
    """The file's top mapping; an empty one, with a fault, when it is not YAML or JSON."""
    found = read_any(path, faults)
    if isinstance(found, Record):
        return found
    if found is not None:
        faults.add(path.name, 1, "file", "must be a mapping")
    return Record(path.name, "", 1, {}, faults)


def read_any(path: Path, faults: Faults) -> Any:
    """What the file holds: a ``Record``, a list or a scalar; nothing, with a fault, when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return _parse(path.name, _as_yaml(text) if path.suffix == ".json" else text, faults)
    except (OSError, UnicodeDecodeError):
        faults.add(path.name, 1, "file", "cannot be read")
    except yaml.MarkedYAMLError as error:
        faults.add(path.name, error.problem_mark.line + 1 if error.problem_mark else 1, "file", "is not YAML or JSON")
    except (yaml.YAMLError, RecursionError):
        faults.add(path.name, 1, "file", "is not YAML or JSON")
    return None


def _as_yaml(text: str) -> str:
    """JSON that YAML reads as JSON does: it has no raw tabs inside strings, and pairs of escapes are one character."""
    joined = _PAIR.sub(lambda pair: json.loads(f'"{pair[0]}"'), text)
    return joined.replace("\t", " ")


def _parse(file: str, text: str, faults: Faults) -> Any:
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _build(node, loader, file, "", faults)
    finally:
        loader.dispose()


def _build(node: Any, loader: Any, file: str, name: str, faults: Faults) -> Any:
    if isinstance(node, yaml.SequenceNode):
        items = enumerate(node.value, start=1)
        return [_build(item, loader, file, f"{name}[{place}]", faults) for place, item in items]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, loader, file, name, faults)
    return _scalar(node, loader, file, name, faults)


def _mapping(node: Any, loader: Any, file: str, name: str, faults: Faults) -> Record:
    fields: dict[str, tuple[Any, int]] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in fields:
            faults.add(file, line, f"{name}.{key}" if name else key, "is given twice")
        fields[key] = (_build(value_node, loader, file, f"{name}.{key}" if name else key, faults), line)
    return Record(file, name, node.start_mark.line + 1, fields, faults)


def _scalar(node: Any, loader: Any, file: str, name: str, faults: Faults) -> Any:
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        faults.add(file, node.start_mark.line + 1, name, "cannot be understood")
        return None
