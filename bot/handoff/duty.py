"""
Knows who is called, in which order, at which hours and by which ways: the tiers of people on duty.

It is a data file of the operator's (``SIDEDOOR_DUTY_FILE``, see ``docs/handoff.md``); without one there are tiers by
the accounts' own numbers, always open, and nobody is told anywhere but on the desk's page.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import DataError

if TYPE_CHECKING:
    from bot.catalogue.hours import Schedule
    from bot.catalogue.loading import Record

LONGEST_WAIT = 120  # seconds in all tiers together: nobody waits longer without being told what to do instead
TELEGRAM_API = "https://api.telegram.org"
_SECRET = re.compile(r"(whsec_|whsk_)([A-Za-z0-9+/]+={0,2})")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_CHAT = re.compile(r"-?\d{3,20}|@\w{4,40}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to tell somebody. ``name`` stands in the mailbox and at the desk; address and secrets stay in memory."""

    name: str
    kind: str  # webhook, email, telegram
    target: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)  # all sign, so that a secret can be changed at leisure


@dataclass(frozen=True, slots=True)
class Tier:
    """People who are called at the same time. Empty ``people``: whoever has an account of this tier."""

    name: str
    seconds: float
    people: frozenset[str] = frozenset()
    hours: tuple[Schedule, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    line: int = field(default=0, compare=False)  # of the operator's file, for whoever has to mend it

    def open_at(self, moment: datetime) -> bool:
        """Whether these people are called at *moment*; without hours, always."""
        return not self.hours or any(schedule.open_at(moment) for schedule in self.hours)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in."""

    host: str
    port: int
    sender: str
    starttls: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Duty:
    """All tiers, the first is called first."""

    tiers: tuple[Tier, ...]
    staffing: tuple[Endpoint, ...] = ()
    mail: MailServer | None = None
    telegram_token: str = field(default="", repr=False)
    telegram_api: str = TELEGRAM_API
    allowed: tuple[Network, ...] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def plain(cls, seconds: tuple[float, ...]) -> Duty:
        """Tiers by number alone."""
        return cls(tuple(Tier(f"tier {number}", each) for number, each in enumerate(seconds, start=1)))

    @property
    def seconds(self) -> tuple[float, ...]:
        """How long each tier has to pick up."""
        return tuple(tier.seconds for tier in self.tiers)

    def open(self, number: int) -> bool:
        """Whether tier *number* is called now."""
        return self.tiers[min(number, len(self.tiers)) - 1].open_at(self.clock())

    def endpoints_of(self, number: int) -> tuple[Endpoint, ...]:
        """All ways to tell tier *number*; none while it is closed."""
        tier = self.tiers[min(number, len(self.tiers)) - 1]
        return tier.endpoints if tier.endpoints and tier.open_at(self.clock()) else ()

    def endpoint(self, name: str) -> Endpoint | None:
        """The endpoint of this name; ``None`` when the file has another one now."""
        every = (*self.staffing, *(endpoint for tier in self.tiers for endpoint in tier.endpoints))
        return next((endpoint for endpoint in every if endpoint.name == name), None)

    def tier_of(self, name: str, number: int) -> int:
        """The tier in which *name*, an account of tier *number*, is on duty; 0 when the lists have them nowhere."""
        for place, tier in enumerate(self.tiers, start=1):
            if name.casefold() in tier.people:
                return place
        place = min(number, len(self.tiers))
        return 0 if self.tiers[place - 1].people else place

    def reached(self, there: Mapping[int, int]) -> Counter[int]:
        """Per tier how many can pick up now: who is *there*, and one for a way that is told; closed tiers have none."""
        moment = self.clock()
        return Counter(
            {
                place: there.get(place, 0) + bool(tier.endpoints)
                for place, tier in enumerate(self.tiers, start=1)
                if tier.open_at(moment)
            }
        )


def load(path: Path) -> Duty:
    """Reads the operator's file; raises ``DataError`` with every fault: file, line, field."""
    from bot.catalogue.loading import Faults, read

    faults = Faults()
    record = read(path, faults)
    found = _duty(record, path.parent)
    record.done()
    faults.check()
    return found


def _duty(record: Record, folder: Path) -> Duty:
    zone = record.text("time_zone", optional=True)
    tiers = tuple(_tier(each, zone, folder, number) for number, each in enumerate(record.records("tiers"), start=1))
    if not tiers:
        record.fault("tiers", "needs at least one tier")
    elif sum(tier.seconds for tier in tiers) > LONGEST_WAIT:
        record.fault("tiers", f"seconds must add up to at most {LONGEST_WAIT}: nobody waits longer without an answer")
    found = Duty(
        tiers or Duty.plain((30,)).tiers,
        _endpoints(record, "staffing", folder, "staffing"),
        read_mail(record, folder),
        *_telegram(record, folder),
        read_networks(record),
    )
    _check_ways(record, found)
    return found


def _tier(record: Record, zone: str, folder: Path, number: int) -> Tier:
    from bot.catalogue.hours import read_schedule

    schedules = record.records("hours", optional=True)
    for each in schedules:
        each.inherit("time_zone", zone or None)
        each.inherit("freq", "WEEKLY")
    name = record.text("name", pattern=r"[\w .'-]{1,40}") or f"tier {number}"
    tier = Tier(
        name,
        float(record.number("seconds", low=5, high=LONGEST_WAIT)),
        frozenset(person.casefold() for person in record.texts("people", optional=True)),
        tuple(found for each in schedules if (found := read_schedule(each))),
        _endpoints(record, "tell", folder, name),
        record.line,
    )
    record.done()
    return tier


def _endpoints(record: Record, field: str, folder: Path, group: str) -> tuple[Endpoint, ...]:
    return tuple(
        read_endpoint(each, folder, f"{group}/{place}")
        for place, each in enumerate(record.records(field, optional=True), start=1)
    )


def read_endpoint(record: Record, folder: Path, name: str) -> Endpoint:
    """``{webhook, secret_file}``, ``{email}`` or ``{telegram}``; faults are noted."""
    kinds = [kind for kind in ("webhook", "email", "telegram") if kind in record]
    if len(kinds) != 1:
        record.fault("tell", "needs exactly one of: webhook, email, telegram")
        record.skip(*kinds, "secret_file")
        return Endpoint(name, "none", "")
    kind = kinds[0]
    forms = {"webhook": r"https?://[^\s/@]+(/\S*)?", "email": _ADDRESS.pattern, "telegram": _CHAT.pattern}
    target = record.text(kind, pattern=forms[kind])
    secrets: tuple[str, ...] = ()
    if kind == "webhook":
        secrets = tuple(_file(record, "secret_file", folder).split())
        if not secrets or not all(_is_secret(secret) for secret in secrets):
            record.fault("secret_file", "must hold one or more secrets, whsec_… or whsk_…, one a line, newest first")
    record.done()
    return Endpoint(name, kind, target, secrets)


def _is_secret(text: str) -> bool:
    found = _SECRET.fullmatch(text)
    try:
        size = len(base64.b64decode(found[2], validate=True)) if found else 0
    except binascii.Error:
        return False
    return found is not None and (24 <= size <= 64 if found[1] == "whsec_" else size in (32, 64))


def read_mail(record: Record, folder: Path) -> MailServer | None:
    """Where mail is handed in; ``None`` when the file does not say."""
    if "mail" not in record:
        return None
    mail = record.record("mail")
    found = MailServer(
        mail.text("host"),
        mail.number("port", low=1, high=65535) if "port" in mail else 587,
        mail.text("from", pattern=_ADDRESS.pattern),
        mail.flag("starttls", default=True),
        mail.text("user", optional=True),
        _file(mail, "password_file", folder) if "password_file" in mail else "",
    )
    mail.done()
    return found


def _telegram(record: Record, folder: Path) -> tuple[str, str]:
    if "telegram" not in record:
        return "", TELEGRAM_API
    telegram = record.record("telegram")
    token = _file(telegram, "token_file", folder)
    api = telegram.text("api", optional=True, pattern=r"https?://\S+") or TELEGRAM_API
    telegram.done()
    return token, api


def read_networks(record: Record) -> tuple[Network, ...]:
    """Private networks that may be called all the same."""
    found = []
    for place, text in enumerate(record.texts("allow_private", optional=True), start=1):
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError:
            record.fault("allow_private", f"entry {place} must be a network like 10.20.0.0/16")
    return tuple(found)


def _check_ways(record: Record, duty: Duty) -> None:
    every = [*duty.staffing, *(endpoint for tier in duty.tiers for endpoint in tier.endpoints)]
    kinds = {endpoint.kind for endpoint in every}
    if "email" in kinds and duty.mail is None:
        record.fault("mail", "is needed where somebody is told by email")
    if "telegram" in kinds and not duty.telegram_token:
        record.fault("telegram", "with a token_file is needed where a group is told on Telegram")
    names = [tier.name for tier in duty.tiers]
    if len(set(names)) < len(names):
        record.fault("tiers", "names must differ")


def _file(record: Record, field: str, folder: Path) -> str:
    """The content of a file beside the data file: a secret stands in no data file."""
    name = record.text(field)
    if not name:
        return ""
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        record.fault(field, "names a file that cannot be read")
        return ""


def of(settings: Any) -> Duty:
    """The duty that *settings* ask for; raises ``DataError``."""
    return load(settings.duty_file) if settings.duty_file else Duty.plain(settings.tier_seconds)


def or_plain(settings: Any) -> tuple[Duty, bool]:
    """The same for the edge, which answers crises even when the file is faulty; false then."""
    try:
        return of(settings), True
    except DataError:
        return Duty.plain(settings.tier_seconds), False
