"""
Holds every reviewed sentence to the same rules: reading grade, what is never said, numbers first, law with a source.

The rules are data (``wording_rules.yml``). ``sidedoor wording`` and ``make check`` run it over everything that an
officer or a responder reads; a fault names file, text and rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from bot.errors import DataError
from bot.reading_level import FEWEST, grade, words
from bot.settings import ROOT
from bot.yaml_files import read_yaml

RULES = Path(__file__).with_name("wording_rules.yml")
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.|#+|>)\s*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """One text: ``group`` is its kind, ``whole`` that it is shown alone, ``sourced`` that a source stands beside it."""

    group: str
    file: str
    name: str
    text: str
    whole: bool = False
    sourced: bool = False
    graded: bool = True
    english: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one text."""

    file: str
    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.name}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Figures:
    """How hard one group reads."""

    group: str
    texts: int
    median: float
    highest: float
    where: str


@dataclass(frozen=True, slots=True)
class Report:
    """
    Every fault, and the grades by group; the last row is all of them together.

    ``unsigned`` names what waits for a clinician: whatever has an empty ``reviewed_by``.
    """

    faults: tuple[Fault, ...]
    figures: tuple[Figures, ...]
    unsigned: tuple[str, ...]


class Rules:
    """The rules, compiled; raises ``DataError`` when the file cannot be read."""

    def __init__(self, path: Path = RULES) -> None:
        try:
            found = read_yaml(path)
            self.never = [(re.compile(rule["pattern"], re.IGNORECASE), str(rule["why"])) for rule in found["never"]]
            self.crisis, self.legal, self.reading = found["crisis"], found["legal"], found["reading"]
            self.crisis_names, self.named = re.compile(self.crisis["names"]), re.compile(self.crisis["named"])
            self.numbers = re.compile(self.crisis["numbers"])
            self.law, self.no_law = re.compile(self.legal["words"]), re.compile(self.legal["not_a_statement"])
            self.skip = frozenset(found["skip_keys"])
            self.files: dict[str, list[str]] = found["files"]
            self.sourced = [(str(one["file"]), re.compile(one["names"])) for one in found["sourced_elsewhere"]]
            self.not_english, self.official = frozenset(found["not_english"]), frozenset(found["official"])
        except (OSError, yaml.YAMLError, KeyError, TypeError, re.error):
            raise DataError(f"{path.name}: cannot be read") from None


def check(root: Path = ROOT, rules: Rules | None = None) -> Report:
    """Reads every file that the rules name below *root*, and says what is wrong."""
    rules = rules or Rules()
    found = list(texts(root, rules))
    faults = [fault for text in found for fault in faults_of(text, rules)]
    figures = [_figures(group, [text for text in found if text.group == group]) for group in rules.files]
    faults += [
        Fault(row.group, "median", f"the median grade is {row.median:.1f}, above {rules.reading['median']}")
        for row in figures
        if row.median > rules.reading["median"]
    ]
    unsigned = [f"{path.name}: {name}" for path in _all(root, rules) for name in _unsigned(_content(path), "")]
    return Report(tuple(faults), (*figures, _figures("all", found)), tuple(unsigned))


def faults_of(text: Text, rules: Rules) -> Iterator[Fault]:
    """What is wrong with one text."""

    def fault(problem: str) -> Fault:
        return Fault(text.file, text.name, problem)

    for pattern, why in rules.never if text.english else rules.never[:2]:
        if pattern.search(text.text):
            yield fault(f"never said: {why}")
    if _is_graded(text, rules):
        cap = rules.reading["cap" if text.whole else "cap_facts"]
        if (level := grade(plain(text.text))) > cap:
            yield fault(f"reads at grade {level:.1f}, above {cap}")
    if text.whole and rules.crisis_names.fullmatch(text.name) and not rules.numbers.search(text.text.split("\n")[0]):
        yield fault("the numbers do not come first")
    if text.whole and rules.named.fullmatch(text.name) and not rules.numbers.search(text.text):
        yield fault("names no line")
    if (
        text.sourced
        or not text.english
        or any(text.file == file and names.match(text.name) for file, names in rules.sourced)
    ):
        return
    if sentence := _law_in(text.text, rules):
        yield fault(f"states law and names no source: sentence {sentence}")


def texts(root: Path, rules: Rules) -> Iterator[Text]:
    """Everything that is read, one by one."""
    for group, places in rules.files.items():
        for place in places:
            for path in _files(root / place):
                yield from _of_file(group, path, path.relative_to(root).as_posix(), rules)


def plain(text: str) -> str:
    """*text* without the marks of lists and headings."""
    return _ITEM.sub("", text)


def _of_file(group: str, path: Path, file: str, rules: Rules) -> Iterator[Text]:
    if path.suffix == ".md":
        for place, block in enumerate(_blocks(path.read_text(encoding="utf-8")), start=1):
            yield Text(group, file, f"part {place}", block, sourced="(Source: " in block)
        return
    content = _load(path)
    if group == "replies":
        yield from _replies(file, content)
        return
    for name, value, sourced in _leaves(content, "", False, rules.skip):
        graded = not (file in rules.official and ".items" in name)
        yield Text(group, file, name, value, sourced=sourced, graded=graded, english=file not in rules.not_english)


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs and items of lists, each on one line; tables and links between sheets are no sentences."""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", text):
        joined = " ".join(block.split())
        if joined and not joined.startswith("|"):
            yield joined


def _replies(file: str, content: Any) -> Iterator[Text]:
    for name, variations in (content or {}).get("responses", {}).items():
        for variation in variations:
            sourced = bool((variation.get("metadata") or {}).get("sources"))
            yield Text("replies", file, name, str(variation["text"]).strip(), whole=True, sourced=sourced)
            for button in variation.get("buttons", ()):
                yield Text("replies", file, f"{name} button", str(button["title"]), sourced=True, graded=False)


def _leaves(value: Any, name: str, sourced: bool, skip: frozenset[str]) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, dict):
        sourced = sourced or bool(value.get("sources") or value.get("source"))
        for key, inner in value.items():
            if str(key) not in skip:
                yield from _leaves(inner, f"{name}.{key}" if name else str(key), sourced, skip)
    elif isinstance(value, list):
        for place, inner in enumerate(value, start=1):
            yield from _leaves(inner, f"{name}[{place}]", sourced, skip)
    elif isinstance(value, str) and " " in value.strip():
        yield name, value.strip(), sourced


def _law_in(text: str, rules: Rules) -> int:
    """The place of the first sentence that states law; 0 when none does."""
    for place, sentence in enumerate(_SENTENCE.split(plain(text)), start=1):
        if rules.law.search(sentence) and not rules.no_law.search(sentence.strip(' "')):
            return place
    return 0


def _is_graded(text: Text, rules: Rules) -> bool:
    return text.graded and text.english and words(plain(text.text)) >= rules.reading["fewest"]


def _figures(group: str, found: Iterable[Text]) -> Figures:
    measured = [text for text in found if text.graded and text.english and words(text.text) >= FEWEST]
    graded = [(grade(plain(text.text)), text) for text in measured]
    if not graded:
        return Figures(group, 0, 0.0, 0.0, "")
    highest, where = max(graded, key=lambda item: item[0])
    return Figures(group, len(graded), median(level for level, _ in graded), highest, f"{where.file}: {where.name}")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(found for found in path.rglob("*") if found.suffix in (".yml", ".json", ".md"))
    return [path]


def _all(root: Path, rules: Rules) -> Iterator[Path]:
    for places in rules.files.values():
        for place in places:
            yield from _files(root / place)


def _content(path: Path) -> Any:
    return None if path.suffix == ".md" else _load(path)


def _unsigned(value: Any, name: str) -> Iterator[str]:
    """The names of all mappings in *value* whose ``reviewed_by`` is empty."""
    if isinstance(value, dict):
        if "reviewed_by" in value and not value["reviewed_by"]:
            yield name.removeprefix("responses.").removesuffix(".metadata") or "all of it"
        for key, inner in value.items():
            yield from _unsigned(inner, f"{name}.{key}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _unsigned(inner, name)


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else read_yaml(path)
    except (OSError, ValueError, yaml.YAMLError):
        raise DataError(f"{path.name}: cannot be read") from None
