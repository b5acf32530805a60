"""
Holds the lines and providers: how to reach them, when, for whom, and what each does with what it hears.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.catalogue.guarantees import Audience, Confidence, Fact, Helper, Outside, Payment
from bot.catalogue.hours import Schedule, open_now
from bot.triage.levels import Level

NATIONAL = "US"
FACTS = ("promise", "sends_help", "recording", "caller_id", "reporting", "agency_tie")


class Kind(StrEnum):
    """What an entry is for; decides the order in which lines are offered."""

    CRISIS = "crisis"
    PEER = "peer"
    SAFETY = "safety"
    REFERRAL = "referral"
    PROVIDER = "provider"  # somebody to see, not a line to call in the night


class Status(StrEnum):
    """As in HSDS 3."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    CLOSED = "temporarily closed"


class PhoneType(StrEnum):
    """As in HSDS 3, which takes them from RFC 6350."""

    VOICE = "voice"
    TEXT = "text"
    TEXTPHONE = "textphone"
    FAX = "fax"
    CELL = "cell"
    VIDEO = "video"
    PAGER = "pager"


class Freshness(StrEnum):
    """How long ago somebody called to check."""

    FRESH = "fresh"
    OLD = "old"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as it is to be dialled or texted."""

    number: str
    type: PhoneType
    description: str


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of the directory. ``areas`` holds postal codes, or ``US``; ``held`` says why it is not offered."""

    id: str
    name: str
    alternate_name: str
    organization: str
    website: str
    description: str
    url: str
    status: Status
    phones: tuple[Phone, ...]
    schedules: tuple[Schedule, ...]
    languages: tuple[str, ...]
    areas: tuple[str, ...]
    eligibility: str
    fees: str
    waiting: str
    alert: str
    verified_on: date | None
    option: str
    kind: Kind
    veterans: bool
    reach: str
    serves: tuple[Audience, ...]
    answered_by: tuple[Helper, ...]
    payments: tuple[Payment, ...]
    good_for: tuple[str, ...]
    remote: Outside
    police_aware: Outside  # depends: nobody has said
    agencies: tuple[str, ...]  # agencies it is connected to, by the names that the directory uses
    facts: Mapping[str, Fact]
    sources: tuple[str, ...]
    confidence: Confidence
    held: str
    file: str
    line: int

    @property
    def always_open(self) -> bool:
        """Open day and night."""
        return any(schedule.always for schedule in self.schedules)

    @property
    def how_to_reach(self) -> str:
        """The sentence that says how to start, or the bare number or link where nobody wrote one."""
        return self.reach or ", ".join(phone.number for phone in self.phones) or self.url

    @property
    def verifiable(self) -> bool:
        """Somebody called it, or more than one weak source has it. What is not verifiable is never offered first."""
        return self.verified_on is not None or self.confidence is not Confidence.LOW

    def open_at(self, moment: datetime) -> bool:
        """Whether somebody answers at *moment*, as far as the schedule says."""
        return open_now(self.schedules, moment)

    def serves_state(self, state: str) -> bool:
        """Whether it serves *state*. National entries do, and those that name no area: their folder is a local one."""
        return not self.areas or NATIONAL in self.areas or (bool(state) and state in self.areas)


@dataclass(frozen=True, slots=True)
class Policy:
    """When an entry is old, and when it is not offered any more."""

    stale_after_days: int
    hide_after_days: int
    freshness: Mapping[Freshness, str]

    def freshness_of(self, provider: Provider, today: date) -> Freshness:
        """Whether the last check is recent, old, or never was."""
        if provider.verified_on is None:
            return Freshness.NEVER
        age = (today - provider.verified_on).days
        return Freshness.OLD if age > self.stale_after_days else Freshness.FRESH

    def offered(self, provider: Provider, today: date | None = None) -> bool:
        """
        Whether an officer may be sent there: active, not held back, not long past its date.

        A crisis line is not hidden for its age: a number that may be wrong is better than none.
        """
        if provider.held or provider.status is not Status.ACTIVE:
            return False
        if today is None or provider.verified_on is None or provider.kind is Kind.CRISIS:
            return True
        return (today - provider.verified_on).days <= self.hide_after_days


_URGENT = (Kind.CRISIS, Kind.PEER, Kind.SAFETY, Kind.REFERRAL)
_CALM = (Kind.PEER, Kind.CRISIS, Kind.REFERRAL, Kind.SAFETY)


def choose_lines(
    providers: Iterable[Provider],
    level: Level = Level.NONE,
    *,
    state: str = "",
    hours_now: datetime | None = None,
    language: str = "",
    who: Audience = Audience.OFFICER,
    veteran: bool = False,
) -> tuple[Provider, ...]:
    """
    The lines to offer, first the one to call first. A wish that no line meets is dropped, so the list is never empty.

    What nobody could verify comes last. From high distress on, crisis lines come before peer lines. Within a kind, the
    line for veterans is first where that was named, then one for the officer's own state.
    """
    lines = [line for line in providers if line.kind is not Kind.PROVIDER and line.serves_state(state)]
    lines = [line for line in lines if veteran or not line.veterans] or lines
    lines = [line for line in lines if who in line.serves] or lines
    lines = [line for line in lines if not language or language in line.languages] or lines
    lines = [line for line in lines if hours_now is None or line.open_at(hours_now)] or lines
    order = _URGENT if level >= Level.HIGH else _CALM
    return tuple(
        sorted(
            lines,
            key=lambda line: (not line.verifiable, order.index(line.kind), not line.veterans, NATIONAL in line.areas),
        )
    )
