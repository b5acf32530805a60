"""
The sets that understanding is measured on. Those of other people are read where they lie and never copied.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = ROOT / "tests" / "held_out"
TABLES = ROOT / "tests" / "triage"
CHOOSING = Path(__file__).with_name("choosing.yml")
CHOOSING_NEEDS = Path(__file__).with_name("choosing_needs.yml")
LEVEL_SETS = ("held_out", "apart", "choosing")  # invented, and labelled with levels


@dataclass(frozen=True)
class Item:
    """One message: its id, its text, and a label that the set gives it (a level, a grade, an intent)."""

    id: str
    text: str
    label: Any
    hard: bool = False


@dataclass(frozen=True)
class Two:
    """A message with two needs, the more urgent one first."""

    id: str
    text: str
    urgent: str
    other: str


@dataclass(frozen=True)
class Set:
    """Messages of one origin. ``invented``: written for this project, so ids of misses may be shown."""

    name: str
    about: str
    items: Sequence[Item]
    invented: bool = False

    def where(self, keep: Any) -> list[Item]:
        """The items whose label *keep* accepts."""
        return [item for item in self.items if keep(item.label)]


def held_out_levels(limit: int | None) -> Set:
    """Frozen; labels are levels."""
    rows = yaml.safe_load((HELD_OUT / "levels.yml").read_text(encoding="utf-8"))[:: _step(limit)]
    items = [Item(row["id"], row["text"], row["level"], bool(row.get("hard"))) for row in rows]
    return Set("held_out", "own held-out messages, frozen, never tuned on", items, invented=True)


def apart(limit: int | None) -> Set:
    """Frozen; labels are levels. Not written to be hard."""
    rows = yaml.safe_load((HELD_OUT / "levels_apart.yml").read_text(encoding="utf-8"))[:: _step(limit)]
    items = [Item(row["id"], row["text"], row["level"]) for row in rows]
    return Set("apart", "messages as one would judge such a program by, frozen, never tuned on", items, invented=True)


def choosing(limit: int | None) -> Set:
    """Written like ``apart``; thresholds were chosen with them in sight, and nothing is learnt from them."""
    groups = yaml.safe_load(CHOOSING.read_text(encoding="utf-8"))
    texts = [(str(text), group["level"]) for group in groups for text in group["utterances"]]
    items = [Item(f"C{number:04d}", text, level) for number, (text, level) in enumerate(texts, start=1)]
    return Set("choosing", "the same; thresholds were chosen by these too", items[:: _step(limit)], invented=True)


def held_out_intents(limit: int | None) -> Set:
    """Frozen; labels are intents."""
    rows = yaml.safe_load((HELD_OUT / "intents.yml").read_text(encoding="utf-8"))["one"]
    items = [Item(row["id"], row["text"], _intent(row["intent"])) for row in rows]
    return Set("held_out_intents", "own held-out messages for intents, frozen", items[:: _step(limit)], invented=True)


def held_out_two() -> list[Two]:
    """Frozen; messages with two intents."""
    rows = yaml.safe_load((HELD_OUT / "intents.yml").read_text(encoding="utf-8"))["two"]
    return [Two(row["id"], row["text"], _intent(row["urgent"]), _intent(row["other"])) for row in rows]


def choosing_needs() -> tuple[list[Two], list[Item]]:
    """Messages with two needs, and with one in several clauses; how clauses are read was chosen with them in sight."""
    read = yaml.safe_load(CHOOSING_NEEDS.read_text(encoding="utf-8"))
    two = [Two(f"N{number:03d}", row["text"], row["urgent"], row["other"]) for number, row in enumerate(read["two"])]
    one = [Item(f"O{number:03d}", row["text"], row["intent"]) for number, row in enumerate(read["one"])]
    return two, one


def tables(limit: int | None) -> Set:
    """The tables of the tests, which the lexicon was fitted to; labels are the names of the tables."""
    items = []
    for name in ("crisis", "crisis_others", "veiled", "open", "strain", "benign", "benign_more"):
        groups = yaml.safe_load((TABLES / f"{name}.yml").read_text(encoding="utf-8"))
        phrases = [phrase for group in groups for phrase in group["phrases"].splitlines()]
        items += [Item(f"{name}-{number}", phrase, name) for number, phrase in enumerate(phrases, start=1)]
    return Set("tables", "tables of the tests; the lexicon was fitted to them", items[:: _step(limit)], invented=True)


def others(folder: Path, limit: int | None) -> list[Set]:
    """The public sets in *folder*, those that are there."""
    found = []
    if (folder / "cssrs_dev.csv").exists():
        rows = _rows(folder / "cssrs_dev.csv")
        items = [Item(str(n), row["text"], int(float(row["label"]))) for n, row in enumerate(rows)]
        found.append(Set("cssrs_dev", "forum posts with C-SSRS grades, a development set", items[:: _step(limit)]))
    if (folder / "clinc_dev.csv").exists():
        rows = _rows(folder / "clinc_dev.csv")
        items = [Item(str(n), row["text"], row["label"]) for n, row in enumerate(rows)]
        found.append(Set("clinc_dev", "everyday requests, a development set", items[:: _step(limit)]))
    return found


def _intent(name: str) -> str:
    """Its present name: the set was frozen when one was still called otherwise."""
    return {"referral": "request_referral"}.get(name, name)


def _step(limit: int | None) -> int:
    """With ``--quick`` every tenth message."""
    return limit or 1


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
