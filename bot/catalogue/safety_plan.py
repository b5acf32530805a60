"""
Holds the steps of a safety plan. What an officer writes into them never comes here: it stays on paper or in a browser.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from bot.catalogue.loading import DATA, Record, load


@dataclass(frozen=True, slots=True)
class Step:
    """One heading of the plan, the question behind it, examples under their ``lead``, and how many lines to leave."""

    id: str
    title: str
    ask: str
    lead: str
    hints: tuple[str, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """The empty plan. ``reviewed_by`` is empty until a clinician has signed."""

    title: str
    about: str
    privacy: str
    start: str
    steps: tuple[Step, ...]
    end: str
    evidence: str
    sources: tuple[str, ...]
    reviewed_by: str

    def as_json(self) -> dict[str, Any]:
        """The same for a page that makes the plan in the browser; no field takes the officer's words."""
        return asdict(self)


def read_safety_plan(top: Record, sources: Collection[str] | None = None) -> SafetyPlan:
    """``safety_plan.yml``; with *sources*, every source has to be one of them."""
    plan = SafetyPlan(
        title=top.text("title"),
        about=top.text("about"),
        privacy=top.text("privacy"),
        start=top.text("start"),
        steps=tuple(_step(step) for step in top.records("steps")),
        end=top.text("end"),
        evidence=top.text("evidence"),
        sources=top.texts("sources", among=None if sources is None else sources.__contains__),
        reviewed_by=top.text("reviewed_by", optional=True),
    )
    top.done()
    return plan


@cache
def safety_plan() -> SafetyPlan:
    """The shipped plan, read once; raises ``DataError`` with every fault."""
    return load(DATA / "safety_plan.yml", read_safety_plan)


def _step(record: Record) -> Step:
    step = Step(
        id=record.text("id", pattern="[a-z_]+"),
        title=record.text("title"),
        ask=record.text("ask"),
        lead=record.text("lead"),
        hints=record.texts("hints"),
        lines=record.number("lines", low=1, high=9),
    )
    record.done()
    return step
