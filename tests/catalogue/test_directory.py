"""
The directory: faults in one report, entries in and out as HSDS 3, and a list of what somebody has to call.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.directory import check, export_hsds, import_hsds, link_report, listing, stale, stale_report
from bot.catalogue.providers import Freshness
from bot.errors import DataError
from tests.catalogue.builders import copied, own_folder

TODAY = date(2026, 11, 21)
BROKEN_FOLDER = Path(__file__).parent / "broken"
BROKEN = """\
services:
  - id: x
    name: ""
    status: open
    phones: [{number: call us, type: horn}]
    schedules:
      - {freq: WEEKLY, byday: MON, opens_at: 9am, closes_at: "17:00"}
    languages: [{code: English}]
    service_areas: [{extent: Illinois}]
    url: http://river.example
    verified_on: last week
    colour: blue
    sidedoor:
      option: massage
      kind: hotline
      serves: [cops]
      police_aware: maybe
      hold: [yes]
  - id: second-one
    name: A line without hours or number
    status: active
    sidedoor: {option: crisis_line, kind: peer}
  - id: copline
    name: A name that is taken
    status: active
    url: https://river.example
    sidedoor: {option: therapist}
"""


def test_a_broken_sample_is_told_whole_in_one_run(tmp_path: Path) -> None:
    """
    One report names file, line and field of every fault in an agency's file.
    """
    report = check(own_folder(tmp_path, BROKEN), TODAY)

    found = {fault.field.split("].", 1)[-1]: fault.line for fault in report.faults}
    expected = {
        "id": 23, "name": 3, "status": 4, "phones[1].number": 5, "phones[1].type": 5, "schedules[1].byday": 7,
        "schedules[1].opens_at": 7, "schedules[1].time_zone": 7, "languages[1].code": 8, "service_areas[1].extent": 9,
        "url": 10, "verified_on": 11, "colour": 12, "sidedoor.option": 14, "sidedoor.kind": 15, "sidedoor.serves": 16,
        "sidedoor.police_aware": 17, "sidedoor.hold": 18, "phones": 19, "schedules": 19,
    }  # fmt: skip
    assert expected == {field: line for field, line in found.items() if field in expected}
    assert sum(1 for fault in report.faults if fault.field.endswith("].id")) == 2
    assert not report.good and all(fault.file == "region.yml" for fault in report.faults)


def test_a_broken_folder_is_told_whole_in_one_run() -> None:
    """
    YAML, HSDS as JSON and HSDS as tables, broken in some fifty ways: one report names file, line and field of each.

    ``expected.txt`` was checked line by line against what was planted.
    """
    report = check(BROKEN_FOLDER, TODAY)

    expected = (BROKEN_FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert [str(fault) for fault in report.faults] == expected
    assert {fault.file for fault in report.faults} == {
        "attributes.csv", "hours.csv", "lake.json", "phones.csv", "region.yml", "services.csv", "torn.yml"
    }  # fmt: skip


def test_one_file_can_be_checked() -> None:
    """
    A single file is checked as a folder is.
    """
    report = check(BROKEN_FOLDER / "torn.yml", TODAY)

    assert [(fault.file, fault.problem) for fault in report.faults] == [("torn.yml", "is not YAML or JSON")]


def test_a_report_is_one_line_a_fault(tmp_path: Path) -> None:
    """
    The report for a terminal has a line for each fault and one that counts, and quotes no value.
    """
    lines = check(own_folder(tmp_path, BROKEN), TODAY).lines()

    assert all(re.match(r"region\.yml: line \d+: services\[\d\]", line) for line in lines[:-1])
    assert "faults" in lines[-1]
    assert not [line for line in lines if "massage" in line or "blue" in line]


def test_the_shipped_data_has_no_fault() -> None:
    """
    What is shipped passes its own check, which says how many entries nobody has called, and how many answers there are.
    """
    report = check(None, TODAY)

    assert report.good
    assert report.never_checked == report.entries > report.held > 0
    assert report.cells is not None and report.cells.empty == 0
    assert report.cells.all == 20 * 53 * 7 == report.cells.sourced + report.cells.marked


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """
    A misspelt folder does not pass as an empty one.
    """
    assert [fault.problem for fault in check(tmp_path / "nowhere", TODAY).faults] == ["cannot be read"]


def test_what_is_due_comes_with_the_oldest_first(tmp_path: Path) -> None:
    """
    The list of what somebody has to call begins with what was never checked; what is fresh is not on it.
    """
    own = Catalogue.load(own=own_folder(tmp_path))

    due = [entry.id for entry, _ in stale(own, TODAY)]
    later = stale(own, date(2027, 6, 1))

    assert "river-practice" not in due and "copline" in due
    assert later[-1][0].id == "river-practice" and later[-1][1] is Freshness.OLD


def test_the_listing_shows_every_state() -> None:
    """
    Every entry is listed with how to reach it; one that is held back says so.
    """
    rows = {row[0]: row for row in listing(Catalogue.load(), TODAY)}

    assert rows["safe-call-now"][3] == "held"
    assert rows["copline"][2:] == ("Call 1-800-267-5463.", "never")


@pytest.mark.parametrize("name", ["out.json", "out"])
def test_what_goes_out_comes_in_the_same(tmp_path: Path, name: str) -> None:
    """
    An entry that is exported as HSDS and imported elsewhere says the same as before.
    """
    own = Catalogue.load(own=own_folder(tmp_path))
    before = own.provider("river-practice")
    other = tmp_path / "other"

    export_hsds([before], tmp_path / name)
    count = import_hsds(tmp_path / name, other, "therapist")
    after = Catalogue.load(own=other).provider("river-practice")

    assert count == 1
    for field in ("name", "phones", "languages", "areas", "verified_on", "option", "reach", "serves", "payments",
                  "answered_by", "police_aware", "waiting", "organization", "remote"):  # fmt: skip
        assert getattr(before, field) == getattr(after, field), field
    assert before.schedules == after.schedules
    assert before.facts["agency_tie"].text == after.facts["agency_tie"].text


@pytest.mark.parametrize("name", ["out.json", "out"])
def test_all_that_is_shipped_comes_back_the_same(tmp_path: Path, name: str) -> None:
    """
    Every shipped entry goes out as HSDS, as JSON and as tables, and comes back equal in every field, sources and all.
    """
    shipped = Catalogue.load().providers(held=True)
    empty = copied(tmp_path)
    lines = empty / "providers.yml"
    lines.write_text(lines.read_text(encoding="utf-8").partition("services:")[0] + "services: []\n", encoding="utf-8")

    export_hsds(shipped, tmp_path / name)
    import_hsds(tmp_path / name, tmp_path / "own", "", data=empty)

    back = {entry.id: entry for entry in Catalogue.load(empty, own=tmp_path / "own").providers(held=True)}
    for entry in shipped:
        assert replace(back[entry.id], file="", line=0) == replace(entry, file="", line=0)


def test_numbers_of_the_place_are_taken_in(tmp_path: Path) -> None:
    """
    HSDS may give numbers and hours at the place and not at the service; they are not lost.
    """
    bare = {key: value for key, value in FOREIGN.items() if key != "phones"}
    hours = {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "17:00", "time_zone": "UTC",
             "until": "20271231T000000Z"}  # fmt: skip
    place = {"id": "s1", "schedules": [hours], "location": {"id": "l1", "phones": FOREIGN["phones"]}}
    source = tmp_path / "lake.json"
    source.write_text(json.dumps({**bare, "service_at_locations": [place]}), encoding="utf-8")

    import_hsds(source, tmp_path / "own", "therapist")

    entry = Catalogue.load(own=tmp_path / "own").provider(str(FOREIGN["id"]))
    assert [phone.number for phone in entry.phones] == ["312-555-0170"]
    assert entry.schedules[0].valid_to == date(2027, 12, 31)


FOREIGN = {
    "id": "ac148810-d857-441c-9679-408f346de14b",
    "name": "Lake County Therapy",
    "status": "active",
    "url": "https://lake.example",
    "assured_date": "2026-09-01",
    "minimum_age": 18,
    "email": "desk@lake.example",
    "phones": [{"id": "1554f2e2-a373-45db-a3fa-9fc48a61c15e", "number": "312-555-0170", "type": "voice"}],
    "languages": [{"id": "1", "name": "English", "code": "en"}],
    "cost_options": [{"id": "2", "amount": 90}],
    "attributes": [{"id": "3", "taxonomy_term": {"name": "Counseling"}}],
}
FULL = {
    **FOREIGN,
    "program_id": "e7ec2e57-4540-43fa-b2c7-6be5a0ef7f42",
    "alternate_name": "Lake Therapy", "description": "Talks, one to one.", "interpretation_services": "Polish",
    "additional_urls": [{"id": "u1", "label": "Site", "url": "https://lake.example/more"}],
    "application_process": "Call.", "fees_description": "90 dollars.", "wait_time": "Two weeks.", "fees": "90",
    "accreditations": "State board", "eligibility_description": "Adults.", "maximum_age": 100,
    "assurer_email": "desk@lake.example", "licenses": "Licensed", "alert": "Closed in July.",
    "last_modified": "2026-03-15T10:30:45.123Z",
    "schedules": [{"id": "h1", "freq": "WEEKLY", "interval": 1, "byday": "TH,FR", "wkst": "MO", "timezone": -6,
                   "valid_from": "2026-01-01", "opens_at": "10:00:00", "closes_at": "18:00:00", "notes": "Lunch at noon",
                   "description": "Not on holidays", "schedule_link": "https://lake.example", "attending_type": "video"}],
    "service_areas": [{"id": "a1", "name": "Lake County", "extent": "{}", "extent_type": "geojson", "uri": "x"},
                      {"id": "a2", "name": "Illinois", "extent": "IL", "extent_type": "state"}],
    "required_documents": [{"id": "d1", "document": "None"}], "funding": [{"id": "f1", "source": "Fees"}],
    "contacts": [{"id": "c1", "name": "Front desk"}], "capacities": [], "metadata": [],
    "organization": {"id": "o1", "name": "Lake County Therapy", "website": "https://lake.example", "tax_status": "none",
                     "additional_websites": [], "year_incorporated": 2011, "locations": []},
}  # fmt: skip


def test_every_field_of_hsds_may_be_there(tmp_path: Path) -> None:
    """
    A service with every field that HSDS 3 has comes in; an area that is an outline is left out, not guessed.
    """
    source = tmp_path / "lake.json"
    source.write_text(json.dumps(FULL), encoding="utf-8")

    import_hsds(source, tmp_path / "own", "therapist")

    entry = Catalogue.load(own=tmp_path / "own").provider(str(FOREIGN["id"]))
    assert (entry.areas, entry.waiting, entry.fees, entry.alert) == (
        ("IL",),
        "Two weeks.",
        "90 dollars.",
        "Closed in July.",
    )


def test_hours_that_are_not_understood_are_a_fault(tmp_path: Path) -> None:
    """
    A rule for days of the month is refused, because without it a line would count as open when it is not.
    """
    hours = {**FULL["schedules"][0], "bymonthday": "2,3"}  # type: ignore[index, dict-item]
    source = tmp_path / "lake.json"
    source.write_text(json.dumps({**FULL, "schedules": [hours]}), encoding="utf-8")

    with pytest.raises(DataError, match="bymonthday: is not read here"):
        import_hsds(source, tmp_path / "own", "therapist")


def test_tables_may_be_named_in_the_singular(tmp_path: Path) -> None:
    """
    HSDS tables called service.csv and phone.csv are read as services.csv and phones.csv are.
    """
    export_hsds(Catalogue.load().providers(), tmp_path / "many")
    single = tmp_path / "single"
    single.mkdir()
    for path in (tmp_path / "many").iterdir():
        (single / f"{path.stem.removesuffix('s')}.csv").write_bytes(path.read_bytes())
    (single / "cost_option.csv").write_text("id,service_id\n", encoding="utf-8")
    (tmp_path / "own").mkdir()

    faults = check(single, TODAY).faults

    assert {fault.problem for fault in faults} == {"is given twice"}  # they are all there, and shipped already


def test_the_report_of_what_is_due_says_what_officers_see(tmp_path: Path) -> None:
    """
    What is old is shown with its age, what is too old is hidden, and what was held back says so.
    """
    own = Catalogue.load(own=own_folder(tmp_path))

    def line(day: date) -> str:
        return next(line for line in stale_report(own, day) if line.startswith("river-practice"))

    assert "checked on 2026-10-01; shown with its age" in line(date(2027, 6, 1))
    assert "hidden" in line(date(2029, 1, 1))
    assert "held back" in next(line for line in stale_report(own, TODAY) if line.startswith("safe-call-now"))


def test_links_are_reported_one_a_line(tmp_path: Path) -> None:
    """
    With a network each link is told with who watches there; a dead one says that it does not answer.
    """

    def fetch(url: str) -> str:
        if "copline" in url:
            raise OSError
        return "<script src='https://connect.facebook.net/x.js'></script>" if "988" in url else ""

    told = link_report(None, fetch)

    assert "copline: https://copline.org: does not answer" in told
    assert "lifeline-988: https://988lifeline.org: Meta; 1 other hosts" in told
    assert any(line.endswith("no known tracker; 0 other hosts") for line in told)


def test_all_that_is_shipped_can_go_out(tmp_path: Path) -> None:
    """
    Every shipped entry becomes an HSDS service with a UUID, a name and a status, and its tables join up.
    """
    entries = Catalogue.load().providers(held=True)

    export_hsds(entries, tmp_path / "out.json")
    export_hsds(entries, tmp_path / "tables")

    services = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["contents"]
    assert len(services) == len(entries)
    assert all(re.fullmatch(r"[0-9a-f-]{36}", service["id"]) and service["status"] for service in services)
    with (tmp_path / "tables" / "phones.csv").open(encoding="utf-8", newline="") as file:
        phones = list(csv.DictReader(file))
    assert {row["service_id"] for row in phones} <= {service["id"] for service in services}


@pytest.mark.parametrize(
    "shape",
    [
        lambda service: {"contents": [service], "page_number": 1},
        lambda service: [service],
        lambda service: service,
        lambda service: {"id": "o1", "name": "Lake County", "services": [service]},
    ],
    ids=["page", "list", "one", "organization"],
)
def test_an_entry_of_others_is_taken_in(tmp_path: Path, shape: object) -> None:
    """
    A service of another directory comes in under a kind of help named for it; what it does not say is unknown.
    """
    source = tmp_path / "lake.json"
    source.write_text(json.dumps(shape(FOREIGN)), encoding="utf-8")  # type: ignore[operator]

    import_hsds(source, tmp_path / "own", "therapist")

    entry = Catalogue.load(own=tmp_path / "own").provider(str(FOREIGN["id"]))
    assert (entry.option, entry.verified_on) == ("therapist", date(2026, 9, 1))
    assert entry.facts["agency_tie"].sources == ("not-found",)


def test_a_broken_import_writes_nothing(tmp_path: Path) -> None:
    """
    A file with faults is reported whole and leaves the folder as it was.
    """
    source = tmp_path / "lake.json"
    source.write_text(json.dumps([{**FOREIGN, "status": "open", "url": "http://lake.example"}]), encoding="utf-8")

    with pytest.raises(DataError, match="status") as told:
        import_hsds(source, tmp_path / "own", "therapist")

    assert "url" in str(told.value)
    assert not (tmp_path / "own").exists()


def test_an_import_does_not_overwrite(tmp_path: Path) -> None:
    """
    Importing the same file twice is refused, not doubled.
    """
    source = tmp_path / "lake.json"
    source.write_text(json.dumps([FOREIGN]), encoding="utf-8")
    import_hsds(source, tmp_path / "own", "therapist")

    with pytest.raises(DataError):
        import_hsds(source, tmp_path / "own", "therapist")


def test_a_table_with_a_broken_row_is_a_fault(tmp_path: Path) -> None:
    """
    A row of a table that cannot be right is named with its file and line.
    """
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "services.csv").write_text("id,name,status,url\ns-1,One,active,https://a.example,too,many\n", "utf-8")
    (tables / "phones.csv").write_text("service_id,number,type\ns-1,none,voice\n", "utf-8")

    with pytest.raises(DataError) as told:
        import_hsds(tables, tmp_path / "own", "therapist")

    assert "services.csv: line 2: row" in str(told.value)
    assert "phones.csv: line 2: phones.number" in str(told.value)


def test_a_single_entry_needs_little(tmp_path: Path) -> None:
    """
    Somebody who adds a practice has to give a name, a number and the kind of help; it is offered to all who come.
    """
    small = "services:\n  - {id: small-one, name: Small One, status: active, phones: [{number: 312-555-0111}],"
    small += " sidedoor: {option: chaplain}}\n"

    entry = Catalogue.load(own=own_folder(tmp_path, small)).provider("small-one")

    assert [str(item) for item in entry.answered_by] == ["clergy"]
    assert entry.serves_state("") and entry.serves_state("TX")
