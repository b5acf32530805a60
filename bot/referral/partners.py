"""
Knows the providers that take referrals, and their public keys; a file of the operator's (``SIDEDOOR_REFERRAL_FILE``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.crypto.sealing import seal_to
from bot.errors import CryptoError
from bot.handoff.duty import Duty, Endpoint, read_endpoint, read_mail, read_networks

if TYPE_CHECKING:
    from bot.catalogue.loading import Record
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Partner:
    """One provider. ``entry`` is its id in the directory, where what officers say of it is counted."""

    id: str
    name: str
    entry: str
    public_key: str
    asks_for: str
    answers_within: str
    endpoint: Endpoint
    key_until: date | None = None  # the last day on which the provider wants this key used
    line: int = field(default=0, compare=False)  # of the operator's file, for whoever has to mend it

    def takes(self, today: date) -> bool:
        """Whether a referral may go there; nothing is sealed to a key that has run out."""
        return self.key_until is None or today <= self.key_until


@dataclass(frozen=True, slots=True)
class Partners:
    """All of them, in the order of the file, and the ways to reach them."""

    every: tuple[Partner, ...] = ()
    ways: Duty = Duty(())

    @property
    def taking(self) -> tuple[Partner, ...]:
        """Those that take referrals today."""
        today = datetime.now(UTC).date()
        return tuple(partner for partner in self.every if partner.takes(today))

    def find(self, partner_id: str) -> Partner | None:
        """The provider of this id, also when it takes no more: there may be receipts."""
        return next((partner for partner in self.every if partner.id == partner_id), None)

    def endpoint(self, name: str) -> Endpoint | None:
        """The way of this name."""
        return next((partner.endpoint for partner in self.every if partner.endpoint.name == name), None)


def of(settings: Settings) -> Partners:
    """What *settings* name; raises ``DataError`` with every fault: file, line, field."""
    return load(settings.referral_file) if settings.referral_file else Partners()


def load(path: Path) -> Partners:
    """Reads the file; raises ``DataError``."""
    from bot.catalogue.loading import Faults, read

    faults = Faults()
    record = read(path, faults)
    every = tuple(_partner(each, path.parent) for each in record.records("partners"))
    ways = Duty((), mail=read_mail(record, path.parent), allowed=read_networks(record))
    if not every:
        record.fault("partners", "needs at least one provider")
    if len({partner.id for partner in every}) < len(every):
        record.fault("partners", "ids must differ")
    if any(partner.endpoint.kind == "email" for partner in every) and ways.mail is None:
        record.fault("mail", "is needed where a provider is reached by email")
    record.done()
    faults.check()
    return Partners(every, ways)


def _partner(record: Record, folder: Path) -> Partner:
    partner_id = record.text("id", pattern=r"[a-z0-9_]{1,40}")
    key = record.text("public_key")
    try:
        seal_to(key, b"", place="check")
    except CryptoError:
        record.fault("public_key", "must be the public key that `sidedoor referral keys` has printed for the provider")
    endpoint = read_endpoint(record.record("deliver"), folder, f"referral/{partner_id}")
    if endpoint.kind == "telegram":
        record.fault("deliver", "must be a webhook or an email: a referral does not go through a messenger")
    partner = Partner(
        partner_id,
        record.text("name"),
        record.text("entry", optional=True) or partner_id,
        key,
        record.text("asks_for"),
        record.text("answers_within"),
        endpoint,
        record.day("key_until", optional=True),
        record.line,
    )
    record.done()
    return partner
