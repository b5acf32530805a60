"""
Takes entries in from files of others and gives them out: YAML of our own, Open Referral HSDS 3 as JSON and as tables.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.catalogue.entries import EntryReader
from bot.catalogue.guarantees import Fact
from bot.catalogue.hours import DAYS, Schedule
from bot.catalogue.loading import Faults, Record, read_any
from bot.catalogue.providers import FACTS, Provider

SERVICES = ("services.csv", "service.csv")
# tables of HSDS 3 by their file names; those that nothing here uses may stand in a folder
_NAMES = re.compile(
    r"(?:organization|program|location|phone|schedule|language|service_area|service_at_location|attribute|contact|url|"
    r"cost_option|required_document|taxonomy_term|organization_identifier|meta_table_description|unit)s?|"
    r"address(?:es)?|accessibility|funding|metadata|taxonom(?:y|ies)|service_capacit(?:y|ies)"
)
TABLES = ("organizations", "phones", "schedules", "languages", "service_areas", "attributes")


def read_folder(folder: Path, reader: EntryReader, faults: Faults, taken: Iterable[str] = ()) -> tuple[Provider, ...]:
    """Every entry of every file in *folder*, in the order of the file names; an id may be given once."""
    if folder.is_file():
        return reader.all(records_in(folder, faults), taken)
    if not folder.is_dir():
        faults.add(folder.name, 1, "folder", "cannot be read")
        return ()
    found: tuple[Provider, ...] = ()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yml", ".yaml", ".json") or path.name in SERVICES:
            seen = [*taken, *(provider.id for provider in found)]
            found += reader.all(records_in(path, faults), seen)
        elif path.suffix == ".csv" and not _NAMES.fullmatch(path.stem):
            faults.add(path.name, 1, "file", "is not a table of HSDS that is read here")
    return found


def records_in(path: Path, faults: Faults) -> tuple[Record, ...]:
    """
    The service records of one file: our YAML, or HSDS as a list, a page (``contents``), one service or an organization.

    A ``services.csv`` is joined with the other tables of its folder.
    """
    if path.suffix == ".csv":
        return _joined(path, faults)
    return _services(read_any(path, faults), path.name, faults)


def _services(top: Any, file: str, faults: Faults) -> tuple[Record, ...]:
    if isinstance(top, list) and all(isinstance(item, Record) for item in top):
        return tuple(record for item in top for record in _services(item, file, faults))
    if not isinstance(top, Record):
        if top is not None:
            faults.add(file, 1, "file", "must hold services")
        return ()
    if "contents" in top:
        return _services(list(top.records("contents")), file, faults)
    if "services" not in top:
        return (top,)
    records = top.records("services")
    if "name" in top:  # an organization with its services
        for record in records:
            record.inherit("organization", top)
    return records


def _joined(path: Path, faults: Faults) -> tuple[Record, ...]:
    tables = {name: _table(_file(path, name), faults) for name in TABLES}
    services = _table(path, faults)
    known = {service.text("id", optional=True) for service in services}
    for rows, field in ((tables[name], "link_id" if name == "attributes" else "service_id") for name in tables):
        for row in rows:
            if row.text(field, optional=True) not in {"", *known} and not row.says("link_entity", "organization"):
                row.fault(field, "names no service")
    rows_of = {name: _grouped(tables[name], "link_id" if name == "attributes" else "service_id") for name in tables}
    owners = {row.text("id", optional=True): row for row in tables["organizations"]}
    for service in services:
        identity = service.text("id", optional=True)
        for name in ("phones", "schedules", "languages", "service_areas", "attributes"):
            service.inherit(name, rows_of[name].get(identity, []))
        owner = service.text("organization_id", optional=True)
        service.inherit("organization", owners.get(owner) if owner else None)
    return tuple(services)


def _file(services: Path, name: str) -> Path:
    """The table beside *services*; HSDS names files after tables or after one row of them."""
    plural = services.with_name(f"{name}.csv")
    return plural if plural.exists() else services.with_name(f"{name.removesuffix('s')}.csv")


def _grouped(rows: Iterable[Record], field: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(row.text(field, optional=True), []).append(row)
    return found


def _table(path: Path, faults: Faults) -> list[Record]:
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            return [_row(path, reader.line_num, row, faults) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error):
        faults.add(path.name, 1, "file", "cannot be read as a table")
        return []


def _row(path: Path, line: int, row: Mapping[str | None, Any], faults: Faults) -> Record:
    if None in row:
        faults.add(path.name, line, "row", "has more cells than the heading")
    fields = {name: (cell, line) for name, cell in row.items() if name and cell not in (None, "")}
    return Record(path.name, path.stem, line, fields, faults)


# Out again


def as_entry(provider: Provider) -> dict[str, Any]:
    """One entry in our own form, as ``providers.yml`` has it."""
    ours = {name: value for name, value in _extension(provider).items() if value not in ("", (), [], False)}
    entry: dict[str, Any] = {"id": provider.id, **_common(provider)}
    if provider.verified_on:
        entry["verified_on"] = provider.verified_on
    entry["sidedoor"] = ours
    return {name: _plain(value) for name, value in entry.items()}


def as_hsds(provider: Provider) -> dict[str, Any]:
    """One service as HSDS 3 has it: identifiers are UUIDs, what HSDS has no field for becomes attributes."""
    identity = _uuid(provider.id)
    entry: dict[str, Any] = {"id": identity, **_common(provider)}
    if provider.verified_on:
        entry["assured_date"] = provider.verified_on.isoformat()
    for table in ("phones", "schedules", "languages", "service_areas"):
        entry[table] = [{"id": _uuid(f"{identity}/{table}/{n}"), **row} for n, row in enumerate(entry[table])]
    if "organization" in entry:
        entry["organization"] = {
            "id": _uuid(f"organization/{provider.organization}/{provider.website}"),
            **entry["organization"],
        }
    marks = {"id": provider.id, **_extension(provider)}
    entry["attributes"] = [
        {"id": _uuid(f"{identity}/{name}"), "link_id": identity, "link_entity": "service", "label": f"sidedoor.{name}",
         "value": _cell(value)}
        for name, value in marks.items()
        if value not in ("", (), [], False)
    ]  # fmt: skip
    return {name: _plain(value) for name, value in entry.items()}


def as_tables(providers: Iterable[Provider]) -> dict[str, str]:
    """The HSDS tables as CSV texts by file name."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("services", *TABLES)}
    for provider in providers:
        entry = as_hsds(provider)
        for table in ("phones", "schedules", "languages", "service_areas"):
            rows[table] += [{"service_id": entry["id"], **row} for row in entry.pop(table)]
        rows["attributes"] += entry.pop("attributes")
        owner = entry.pop("organization", None)
        if owner:
            entry["organization_id"] = owner["id"]
            rows["organizations"] += [owner] if owner not in rows["organizations"] else []
        rows["services"].append(entry)
    return {f"{name}.csv": _csv(table) for name, table in rows.items() if table}


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _common(provider: Provider) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": provider.name,
        "alternate_name": provider.alternate_name,
        "description": provider.description,
        "url": provider.url,
        "status": str(provider.status),
        "eligibility_description": provider.eligibility,
        "fees_description": provider.fees,
        "wait_time": provider.waiting,
        "alert": provider.alert,
    }
    entry = {name: value for name, value in entry.items() if value}
    if provider.organization:
        owner = {"name": provider.organization, "website": provider.website}
        entry["organization"] = {name: value for name, value in owner.items() if value}
    entry["phones"] = [
        {"number": phone.number, "type": str(phone.type), "description": phone.description} for phone in provider.phones
    ]
    entry["schedules"] = [_schedule(schedule) for schedule in provider.schedules]
    entry["languages"] = [{"code": code} for code in provider.languages]
    entry["service_areas"] = [{"extent": area} for area in provider.areas]
    return entry


def _extension(provider: Provider) -> dict[str, Any]:
    told = {name: provider.facts[name] for name in FACTS if provider.facts[name].sources != ("not-found",)}
    return {
        "option": provider.option,
        "kind": str(provider.kind),
        "veterans": provider.veterans,
        "reach": provider.reach,
        "serves": [str(item) for item in provider.serves],
        "answered_by": [str(item) for item in provider.answered_by],
        "payments": [str(item) for item in provider.payments],
        "good_for": list(provider.good_for),
        "remote": str(provider.remote),
        "police_aware": str(provider.police_aware),
        "agencies": list(provider.agencies),
        "confidence": str(provider.confidence),
        "sources": [name for name in provider.sources if name != "directory"],
        "hold": provider.held,
        **{name: _fact(fact) for name, fact in told.items()},
    }


def _fact(fact: Fact) -> str | dict[str, Any]:
    """A sentence of the directory as it is; one with sources of its own with all that it carries."""
    if fact.sources == ("directory",):
        return fact.text
    return {
        "text": fact.text,
        "sources": list(fact.sources),
        "confidence": str(fact.confidence),
        "verified": fact.verified,
        "checked_on": fact.checked_on.isoformat(),
    }


def _schedule(schedule: Schedule) -> dict[str, Any]:
    monthly = any(nth for nth, _ in schedule.days)
    days = sorted(schedule.days, key=lambda day: (day[1], day[0]))
    zone = "UTC" if schedule.zone is UTC else getattr(schedule.zone, "key", "")
    winter = datetime(2026, 1, 15, tzinfo=schedule.zone).utcoffset()
    entry = {
        "freq": "MONTHLY" if monthly else "WEEKLY",
        "interval": schedule.interval,
        "byday": ",".join(f"{nth or ''}{DAYS[weekday]}" for nth, weekday in days),
        "opens_at": f"{schedule.opens:%H:%M}",
        "closes_at": "23:59" if schedule.closes == schedule.closes.min else f"{schedule.closes:%H:%M}",
        "timezone": winter.total_seconds() / 3600 if winter is not None else 0,
        "time_zone": zone,
        "dtstart": schedule.start,
        "valid_from": schedule.valid_from,
        "valid_to": schedule.valid_to,
        "closed_on": ",".join(sorted(day.isoformat() for day in schedule.closed_on)),
        "closed_on_holidays": schedule.closed_on_holidays,
        "description": schedule.description,
    }
    return {name: value for name, value in entry.items() if value not in (None, "", False)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def _uuid(name: str) -> str:
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sidedoor:{name}"))
