"""
Holds what we promise about confidentiality, each with the test that proves it; what has no proof is not shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.catalogue.loading import DATA, Record, load

_NODE = r"tests/[a-z0-9_/]+\.py(::[A-Za-z0-9_]+)+"
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


class Subject(StrEnum):
    """What a promise is about."""

    SOFTWARE = "software"
    CRISIS = "crisis"
    KEEPS = "keeps"
    ERASES = "erases"
    SEES = "sees"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. ``proof`` holds pytest node ids, none while it is pending; ``said`` the sentences that make it."""

    id: str
    subject: Subject
    text: str
    limit: str
    said: tuple[str, ...]
    proof: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """A test proves it, so it may be shown."""
        return bool(self.proof)


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that could be handed over: what it is, until when it exists, and the tests that show it."""

    what: str
    until: str
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subpoena:
    """What a court could get at most: what is there, the ids of the promises on what is not, and what others have."""

    there: tuple[Holding, ...]
    not_there: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promises:
    """All promises, and the sentences that are none."""

    places: tuple[str, ...]
    claims: re.Pattern[str]
    all: tuple[Promise, ...]
    subpoena: Subpoena
    no_promise: tuple[str, ...]

    @classmethod
    def load(cls, folder: Path = DATA) -> Promises:
        """Reads ``promises.yml``; raises ``DataError`` with every fault."""
        return load(folder / "promises.yml", cls.read)

    @classmethod
    def read(cls, top: Record) -> Promises:
        """As ``load``, from a file that was read."""
        named = top.record("promises")
        promises = cls(
            places=top.texts("places"),
            claims=re.compile(top.text("claims"), re.IGNORECASE),
            all=tuple(_promise(name, named.record(name)) for name in named),
            subpoena=_subpoena(top.record("subpoena")),
            no_promise=top.texts("no_promise"),
        )
        top.done()
        return promises

    def shown(self, *subjects: Subject) -> tuple[Promise, ...]:
        """The proven promises on *subjects*, or all of them."""
        return tuple(promise for promise in self.all if promise.proven and promise.subject in (subjects or Subject))

    def pending(self) -> tuple[Promise, ...]:
        """Those that no test proves; they must not be said."""
        return tuple(promise for promise in self.all if not promise.proven)

    def told(self, *subjects: Subject) -> str:
        """The proven promises in words, one a line, each with its limit."""
        return "\n".join(f"• {promise.text} {promise.limit}".strip() for promise in self.shown(*subjects))

    def proofs(self) -> frozenset[str]:
        """Every test that is named anywhere."""
        named = [promise.proof for promise in self.all] + [holding.proof for holding in self.subpoena.there]
        return frozenset(node for nodes in named for node in nodes)

    def unaccounted_claims(self, text: str) -> tuple[str, ...]:
        """The sentences of *text* that sound like a promise about confidentiality and are not accounted for."""
        return tuple(sentence for sentence in self.unaccounted(text) if self.claims.search(sentence))

    def unaccounted(self, text: str) -> tuple[str, ...]:
        """The sentences of *text* that are neither said under a promise nor listed as none."""
        known = {*self.no_promise, *(sentence for promise in self.all for sentence in promise.said)}
        return tuple(sentence for sentence in sentences(text) if sentence not in known)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of *text*; a line break ends one too."""
    parts = (part for line in text.splitlines() for part in _SENTENCE_END.split(line.strip()))
    return tuple(part for part in parts if part)


def _subpoena(record: Record) -> Subpoena:
    there = record.record("there")
    found = Subpoena(
        there=tuple(_holding(there.record(name)) for name in there),
        not_there=record.texts("not_there"),
        others=record.texts("others"),
    )
    record.done()
    return found


def _holding(record: Record) -> Holding:
    found = Holding(record.text("what"), record.text("until"), record.texts("proof"))
    for place, node in enumerate(found.proof, start=1):
        if not re.fullmatch(_NODE, node):
            record.fault("proof", f"entry {place} is not the id of a test")
    record.done()
    return found


def _promise(name: str, record: Record) -> Promise:
    proof = ("pending",) if record.says("proof", "pending") else record.texts("proof")
    for place, node in enumerate(proof, start=1):
        if node != "pending" and not re.fullmatch(_NODE, node):
            record.fault("proof", f"entry {place} is not the id of a test")
    promise = Promise(
        id=name,
        subject=record.choice("subject", Subject, Subject.SOFTWARE),
        text=record.text("text"),
        limit=record.text("limit", optional=True),
        said=record.texts("said"),
        proof=() if proof == ("pending",) else proof,
    )
    record.skip("proof")
    record.done()
    return promise
