"""
Knows whether a line is open at a moment, in the line's own time zone, on holidays too.

Schedules follow Open Referral HSDS 3, whose entries are RFC 5545 rules. HSDS gives a zone as an offset only, which is
wrong for half of the year; ``time_zone`` (an IANA name) is our addition.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from bot.catalogue.loading import Record

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NOT_READ = ("count", "byweekno", "bymonthday", "byyearday")
_EVERY = frozenset((0, day) for day in range(7))
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?:Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    One rule of opening.

    ``days`` holds (n, weekday): n is 0 for every week, 2 for the second of a month, -1 for the last. ``opens`` equal to
    ``closes`` means all day; ``closes`` before ``opens`` runs into the next morning.
    """

    zone: tzinfo
    days: frozenset[tuple[int, int]]
    opens: time
    closes: time
    interval: int = 1
    start: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    closed_on: frozenset[date] = frozenset()
    closed_on_holidays: bool = False
    description: str = ""

    def open_at(self, moment: datetime) -> bool:
        """Whether *moment*, which must carry a zone, lies in the opening."""
        local = moment.astimezone(self.zone)
        today, now = local.date(), local.time().replace(tzinfo=None)
        if self.opens == self.closes:
            return self._on(today)
        if self.opens < self.closes:
            return self._on(today) and self.opens <= now < self.closes
        yesterday = today - timedelta(days=1)
        return (self._on(today) and now >= self.opens) or (self._on(yesterday) and now < self.closes)

    @property
    def always(self) -> bool:
        """Open at every hour of every day, with no date at which that ends."""
        return (
            self.days == _EVERY
            and self.opens == self.closes
            and self.interval == 1
            and not (self.closed_on or self.closed_on_holidays or self.valid_from or self.valid_to)
        )

    def _on(self, day: date) -> bool:
        if (self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to):
            return False
        if day in self.closed_on or (self.closed_on_holidays and day in federal_holidays(day.year)):
            return False
        return any(self._matches(nth, weekday, day) for nth, weekday in self.days)

    def _matches(self, nth: int, weekday: int, day: date) -> bool:
        if day.weekday() != weekday:
            return False
        if nth > 0:
            return (day.day - 1) // 7 + 1 == nth
        if nth < 0:
            left = calendar.monthrange(day.year, day.month)[1] - day.day
            return left // 7 + 1 == -nth
        if self.interval > 1 and self.start:
            return (_monday(day) - _monday(self.start)).days // 7 % self.interval == 0
        return True


def open_now(schedules: Iterable[Schedule], moment: datetime) -> bool:
    """Open by any of *schedules*; with none, nobody knows, and that is not open."""
    return any(schedule.open_at(moment) for schedule in schedules)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The eleven federal holidays (5 USC 6103), with the weekday on which one that falls on a weekend is kept."""
    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    moving = [_nth(year, 1, 0, 3), _nth(year, 2, 0, 3), _nth(year, 9, 0, 1), _nth(year, 10, 0, 2), _nth(year, 11, 3, 4)]
    memorial = max(date(year, 5, day) for day in range(25, 32) if date(year, 5, day).weekday() == 0)
    kept = [_observed(day) for day in [*fixed, date(year + 1, 1, 1)]]
    return frozenset(day for day in [*fixed, *kept, *moving, memorial] if day.year == year)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def read_schedule(record: Record) -> Schedule | None:
    """A schedule with HSDS 3 field names; faults are noted, and a broken one opens nothing."""
    zone = _zone(record)
    opens, closes = _time(record, "opens_at"), _time(record, "closes_at")
    days = _days(record)
    valid_to, until = record.day("valid_to", optional=True), _until(record)
    schedule = Schedule(
        zone=zone or UTC,
        days=days,
        opens=opens or time(),
        # HSDS has no 24:00; the last minute of the day stands for it
        closes=time() if closes == time(23, 59) else closes or time(),
        interval=record.number("interval", low=1, high=52, optional=True),
        start=record.day("dtstart", optional=True),
        valid_from=record.day("valid_from", optional=True),
        valid_to=min(filter(None, (valid_to, until)), default=None),
        closed_on=_dates(record),
        closed_on_holidays=record.flag("closed_on_holidays", default=False),
        description=record.text("description", optional=True),
    )
    if schedule.interval > 1 and schedule.start is None:
        record.fault("dtstart", "is needed with an interval")
    if schedule.valid_from and schedule.valid_to and schedule.valid_to < schedule.valid_from:
        record.fault("valid_to", "lies before valid_from")
    for field in _NOT_READ:
        if field in record:
            record.fault(field, "is not read here, and the hours would be wrong without it")
    record.skip(*_NOT_READ)
    record.skip("id", "service_id", "location_id", "notes", "attending_type", "schedule_link", "wkst", "attributes")
    record.skip("service_at_location_id", "metadata", "organization_id")
    record.done()
    return schedule if zone and opens is not None and closes is not None and days else None


def _until(record: Record) -> date | None:
    """The last day of an RFC 5545 rule, which may carry a time."""
    text = record.text("until", optional=True) if not record.holds_day("until") else ""
    if not text:
        return record.day("until", optional=True)
    try:
        return date.fromisoformat(text[:10] if "-" in text else text[:8])
    except ValueError:
        record.fault("until", "must be a date like 2026-11-21")
        return None


def _zone(record: Record) -> tzinfo | None:
    if "time_zone" in record:
        name = record.text("time_zone")
        record.skip("timezone")
        if name == "UTC":  # without a look at the zone files, which a slim machine may not have
            return UTC
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            record.fault("time_zone", "must be a zone like America/Chicago")
            return None
    if "timezone" not in record:
        record.fault("time_zone", "is missing; without it nobody knows what the hours mean")
        return None
    return timezone(timedelta(hours=record.figure("timezone", low=-12, high=14)))


def _time(record: Record, field: str) -> time | None:
    text = record.text(field)
    found = _TIME.fullmatch(text)
    if not found:
        if text:
            record.fault(field, "must be a time like 08:30")
        return None
    hour, minute = int(found[1]), int(found[2])
    return time(23, 59) if hour == 24 else time(hour, minute)


def _days(record: Record) -> frozenset[tuple[int, int]]:
    monthly = record.text("freq", pattern="WEEKLY|MONTHLY") == "MONTHLY"
    found = set()
    for part in record.text("byday").split(","):
        match = re.fullmatch(r"([+-]?[1-5])?(" + "|".join(DAYS) + ")", part.strip())
        if not match or (bool(match[1]) and not monthly):
            record.fault("byday", "must be days like MO,TU (or 2MO with freq MONTHLY)")
            return frozenset()
        found.add((int(match[1] or 0), DAYS.index(match[2])))
    return frozenset(found)


def _dates(record: Record) -> frozenset[date]:
    found = set()
    for place, text in enumerate(record.words("closed_on", optional=True), start=1):
        try:
            found.add(date.fromisoformat(text))
        except ValueError:
            record.fault("closed_on", f"entry {place} must be a date like 2026-12-25")
    return frozenset(found)
