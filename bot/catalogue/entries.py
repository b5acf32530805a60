"""
Reads entries of the directory: our own files, and what others export as Open Referral HSDS 3.

Field names are those of HSDS. What HSDS has no field for (who learns of it, whether help is sent, the tie to an agency)
stands under ``sidedoor``, or in attributes whose label begins with that word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from bot.catalogue.guarantees import Audience, Confidence, Fact, FactReader, Helper, Option, Outside, Payment
from bot.catalogue.hours import read_schedule
from bot.catalogue.links import Trackers
from bot.catalogue.loading import Record
from bot.catalogue.providers import FACTS, Freshness, Kind, Phone, PhoneType, Policy, Provider, Status

NUMBER = r"\+?[0-9][0-9 ().\-]{1,19}"
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class EntryReader:
    """
    Reads entries against the options and sources of the catalogue.

    ``unknown`` is what is said where an entry is silent; ``default_option`` serves entries of others, which name none.
    """

    facts: FactReader
    options: Mapping[str, Option]
    unknown: Mapping[str, str]
    trackers: Trackers
    default_option: str = ""

    def all(self, records: Iterable[Record], taken: Iterable[str] = ()) -> tuple[Provider, ...]:
        """Every entry; an id that is given twice, or that *taken* has, is a fault."""
        seen, found = set(taken), []
        for record in records:
            provider = self.one(record)
            if provider.id in seen:
                record.fault("id", "is given twice")
            seen.add(provider.id)
            found.append(provider)
        return tuple(found)

    def one(self, record: Record) -> Provider:
        """One entry, in our form or as HSDS has it; every fault is noted."""
        _from_places(record)
        ours = _ours(record)
        provider = self._provider(record, ours)
        if provider.option and provider.option not in self.options:
            ours.fault("option", "is not an option of this catalogue; an import can name one with --option")
        offered = provider.status is Status.ACTIVE and not provider.held
        if offered and not (provider.phones or provider.url or "phones" in record):
            record.fault("phones", "is missing: an active entry needs a number or a url")
        if offered and provider.kind is not Kind.PROVIDER and not provider.schedules and "schedules" not in record:
            record.fault("schedules", "is missing: a line needs its hours")
        ours.done()
        record.skip(*_UNUSED)
        record.done()
        return provider

    def _provider(self, record: Record, ours: Record) -> Provider:
        verified_on = record.day("verified_on", optional=True) or record.day("assured_date", optional=True)
        organization, website = self._organization(record)
        option = ours.text("option", optional=bool(self.default_option)) or self.default_option
        answered_by = _several(ours, "answered_by", Helper, optional=True)
        return Provider(
            id=_identity(record, ours),
            name=record.text("name"),
            alternate_name=record.text("alternate_name", optional=True),
            organization=organization,
            website=website,
            description=record.text("description", optional=True),
            url=self._link(record, "url"),
            status=record.choice("status", Status, Status.INACTIVE),
            phones=tuple(_phone(phone) for phone in record.records("phones", optional=True)),
            schedules=tuple(filter(None, map(read_schedule, record.records("schedules", optional=True)))),
            languages=tuple(_language(item) for item in record.records("languages", optional=True)),
            areas=tuple(filter(None, map(_area, record.records("service_areas", optional=True)))),
            eligibility=record.text("eligibility_description", optional=True),
            fees=record.text("fees_description", optional=True),
            waiting=record.text("wait_time", optional=True),
            alert=record.text("alert", optional=True),
            verified_on=verified_on,
            option=option,
            kind=ours.choice("kind", Kind, Kind.PROVIDER, optional=True),
            veterans=ours.flag("veterans", default=False),
            reach=ours.text("reach", optional=True),
            serves=_several(ours, "serves", Audience, optional=True) or tuple(Audience),
            answered_by=answered_by or (self.options[option].answered_by if option in self.options else ()),
            payments=_several(ours, "payments", Payment, optional=True),
            good_for=ours.words("good_for", optional=True),
            remote=ours.choice("remote", Outside, Outside.DEPENDS, optional=True),
            police_aware=ours.choice("police_aware", Outside, Outside.DEPENDS, optional=True),
            agencies=ours.words("agencies", optional=True),
            facts={name: self._fact(ours, name, verified_on) for name in FACTS},
            sources=self._sources(ours),
            confidence=ours.choice("confidence", Confidence, Confidence.LOW, optional=True),
            held=ours.text("hold", optional=True),
            file=record.file,
            line=record.line,
        )

    def _organization(self, record: Record) -> tuple[str, str]:
        if "organization" not in record:
            return "", ""
        found = record.record("organization")
        name, website = found.text("name"), self._link(found, "website")
        found.skip(*_UNUSED_ORGANIZATION)
        found.done()
        return name, website

    def _link(self, record: Record, field: str) -> str:
        text = record.text(field, optional=True)
        if text and not text.startswith("https://"):
            record.fault(field, "must begin with https://")
        told = self.trackers.in_link(text)
        if told:
            record.fault(field, "tells others of the click: " + ", ".join(told))
        return text

    def _sources(self, record: Record) -> tuple[str, ...]:
        found = record.words("sources", optional=True) or ("directory",)
        for place, name in enumerate(found, start=1):
            if not self.facts.known(name):
                record.fault("sources", f"entry {place} is not known")
        return found

    def _fact(self, record: Record, name: str, verified_on: date | None) -> Fact:
        """A fact with its own sources, a plain sentence of the directory, or the honest answer that nobody knows."""
        if name not in record:
            return Fact(self.unknown.get(name, ""), ("not-found",), Confidence.LOW, False, self.facts.checked_on)
        if record.holds_record(name):
            return self.facts.one(record.record(name))
        day = verified_on or self.facts.checked_on
        return Fact(record.text(name), ("directory",), Confidence.MEDIUM, verified_on is not None, day)


# HSDS 3 fields that nothing here uses; they may stand in a file
_UNUSED = (
    "accreditations", "additional_urls", "application_process", "assurer_email", "attributes", "capacities", "contacts",
    "cost_options", "email", "fees", "funding", "interpretation_services", "last_modified", "licenses", "maximum_age",
    "metadata", "minimum_age", "organization_id", "program", "program_id", "required_documents", "service_at_locations",
)  # fmt: skip
_UNUSED_ORGANIZATION = (
    "additional_websites", "alternate_name", "attributes", "contacts", "description", "email", "funding", "id",
    "legal_status", "locations", "logo", "metadata", "organization_identifiers", "parent_organization_id", "phones",
    "programs", "services", "status", "tax_id", "tax_status", "uri", "url", "year_incorporated",
)  # fmt: skip


def _ours(record: Record) -> Record:
    """What stands under ``sidedoor``, or in HSDS attributes whose label begins with it."""
    if "sidedoor" in record:
        return record.record("sidedoor")
    fields = {}
    for item in record.records("attributes", optional=True):
        label = item.text("label", optional=True)
        if label.startswith("sidedoor."):
            name = label.removeprefix("sidedoor.")
            fields[name] = (_value(item, f"{record.name}.sidedoor.{name}"), item.line)
    return Record(record.file, f"{record.name}.sidedoor", record.line, fields, record.faults)


def _value(item: Record, name: str) -> str | Record:
    """What an attribute says; a fact with its own sources travels as JSON."""
    text = item.text("value")
    try:
        found = json.loads(text) if text.startswith("{") else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return text
    return Record(
        item.file, name, item.line, {str(key): (value, item.line) for key, value in found.items()}, item.faults
    )


def _from_places(record: Record) -> None:
    """HSDS may say numbers and hours for the place instead of the service."""
    for place in record.records("service_at_locations", optional=True):
        site = place.record("location", optional=True)
        for name in ("phones", "schedules", "service_areas", "languages"):
            for found in (place, site):
                record.inherit(name, list(found.items(name, optional=True)) or None)


def _identity(record: Record, ours: Record) -> str:
    theirs = record.text("id", pattern="[A-Za-z0-9-]{2,64}")
    return ours.text("id", optional=True, pattern="[A-Za-z0-9-]{2,64}") or theirs


def _several(record: Record, field: str, kind: type[_Choice], *, optional: bool = False) -> tuple[_Choice, ...]:
    known = {str(item): item for item in kind}
    found = []
    for place, word in enumerate(record.words(field, optional=optional), start=1):
        if word in known:
            found.append(known[word])
        else:
            record.fault(field, f"entry {place} must be one of: " + ", ".join(known))
    return tuple(found)


def _phone(record: Record) -> Phone:
    phone = Phone(
        number=record.text("number", pattern=NUMBER),
        type=record.choice("type", PhoneType, PhoneType.VOICE, optional=True),
        description=record.text("description", optional=True),
    )
    record.skip("id", "extension", "languages", "service_id", "organization_id", "location_id", "contact_id")
    record.skip("service_at_location_id", "attributes", "metadata")
    record.done()
    return phone


def _language(record: Record) -> str:
    code = record.text("code", pattern="[a-z]{2,3}")
    record.skip("id", "name", "note", "service_id", "location_id", "phone_id", "attributes", "metadata")
    record.done()
    return code


def _area(record: Record) -> str:
    """A postal code. An area of another kind, such as the outline of a county, does not say who may go there."""
    ours = record.text("extent_type", optional=True) in ("", "state", "country") and "extent" in record
    extent = record.text("extent", pattern="[A-Z]{2}") if ours else ""
    record.skip("extent")
    record.skip("id", "name", "description", "extent_type", "service_id", "service_at_location_id", "uri")
    record.skip("attributes", "metadata")
    record.done()
    return extent


def read_policy(top: Record) -> Policy:
    """The dates after which an entry is old or hidden, and how that is said."""
    record, said = top.record("policy"), top.record("freshness")
    policy = Policy(
        stale_after_days=record.number("stale_after_days", low=1, high=3650),
        hide_after_days=record.number("hide_after_days", low=1, high=3650),
        freshness={item: said.text(item) for item in Freshness},
    )
    record.done()
    said.done()
    return policy


def read_unknown(top: Record) -> dict[str, str]:
    """What is said where an entry is silent."""
    record = top.record("unknown")
    found = {name: record.text(name) for name in FACTS}
    record.done()
    return found
