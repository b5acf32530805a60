"""
Holds the short exercises that an officer can do alone, each with its steps, when to stop, and what speaks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from bot.catalogue.loading import DATA, Record, load
from bot.errors import DataError


@dataclass(frozen=True, slots=True)
class Exercise:
    """Something to do alone, step by step. ``reviewed_by`` is empty until a clinician has signed."""

    id: str
    title: str
    needs: tuple[str, ...]
    minutes: int
    steps: tuple[str, ...]
    stop: str
    evidence: str
    sources: tuple[str, ...]
    reviewed_by: str


def read_exercises(
    top: Record, needs: Collection[str] | None = None, sources: Collection[str] | None = None
) -> dict[str, Exercise]:
    """``coping.yml``, by name. What they are for has to be one of *needs*, where they come from one of *sources*."""
    named = top.record("exercises")
    found = {name: _exercise(name, named.record(name), needs, sources) for name in named}
    top.done()
    return found


@cache
def exercises() -> Mapping[str, Exercise]:
    """The shipped exercises, read once and without the rest of the catalogue; raises ``DataError``."""
    return load(DATA / "coping.yml", read_exercises)


def exercise(name: str) -> Exercise:
    """One exercise; raises ``DataError`` when there is none."""
    if name not in exercises():
        raise DataError("coping.yml: no exercise of that name")
    return exercises()[name]


def _exercise(name: str, record: Record, needs: Collection[str] | None, sources: Collection[str] | None) -> Exercise:
    found = Exercise(
        id=name,
        title=record.text("title"),
        needs=record.texts("for", among=None if needs is None else needs.__contains__),
        minutes=record.number("minutes", low=1, high=30),
        steps=record.texts("steps"),
        stop=record.text("stop"),
        evidence=record.text("evidence"),
        sources=record.texts("sources", among=None if sources is None else sources.__contains__),
        reviewed_by=record.text("reviewed_by", optional=True),
    )
    record.done()
    return found
