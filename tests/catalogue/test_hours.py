"""
Hours: a line is open when its own clock says so, over midnight, over summer time, over holidays.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.catalogue.hours import Schedule, federal_holidays, read_schedule
from bot.catalogue.loading import Faults, read
from bot.settings import ROOT

CHICAGO = ZoneInfo("America/Chicago")


def schedule(tmp_path: Path, **fields: object) -> tuple[Schedule | None, Faults]:
    """A schedule read from a file with *fields*; an ordinary week where they say nothing."""
    usual = {
        "freq": "WEEKLY",
        "byday": "MO,TU,WE,TH,FR",
        "opens_at": "09:00",
        "closes_at": "17:00",
        "time_zone": "America/Chicago",
    }
    entry = {name: value for name, value in {**usual, **fields}.items() if value is not None}
    (tmp_path / "s.yml").write_text(yaml.safe_dump(entry), encoding="utf-8")
    faults = Faults()
    return read_schedule(read(tmp_path / "s.yml", faults)), faults


def opened(tmp_path: Path, moment: datetime, **fields: object) -> bool:
    """Whether the schedule is open at *moment*."""
    found, faults = schedule(tmp_path, **fields)
    assert not len(faults) and found is not None
    return found.open_at(moment)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 3, 3, 9, 0, tzinfo=CHICAGO), True),
        (datetime(2026, 3, 3, 16, 59, tzinfo=CHICAGO), True),
        (datetime(2026, 3, 3, 17, 0, tzinfo=CHICAGO), False),
        (datetime(2026, 3, 3, 8, 59, tzinfo=CHICAGO), False),
        (datetime(2026, 3, 7, 12, 0, tzinfo=CHICAGO), False),
        (datetime(2026, 3, 3, 15, 0, tzinfo=UTC), True),
        (datetime(2026, 1, 6, 14, 30, tzinfo=UTC), False),
        (datetime(2026, 7, 7, 14, 30, tzinfo=UTC), True),
    ],
)
def test_a_week_in_its_own_zone(tmp_path: Path, moment: datetime, is_open: bool) -> None:
    """
    Office hours are meant in the line's zone, in winter and in summer.
    """
    assert opened(tmp_path, moment) is is_open


def test_a_night_shift_runs_into_the_morning(tmp_path: Path) -> None:
    """
    Hours from 22:00 to 06:00 on Friday are open on Saturday at five, and not on Friday at five.
    """
    night = {"byday": "FR", "opens_at": "22:00", "closes_at": "06:00"}

    assert opened(tmp_path, datetime(2026, 3, 6, 23, 0, tzinfo=CHICAGO), **night)
    assert opened(tmp_path, datetime(2026, 3, 7, 5, 0, tzinfo=CHICAGO), **night)
    assert not opened(tmp_path, datetime(2026, 3, 6, 5, 0, tzinfo=CHICAGO), **night)


@pytest.mark.parametrize("closes", ["24:00", "23:59", "00:00"])
def test_all_day_has_no_gap(tmp_path: Path, closes: str) -> None:
    """
    A line that never closes is open in the last minute of the day too, however its hours are written.
    """
    always = {"byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "00:00", "closes_at": closes}
    found, _ = schedule(tmp_path, **always)

    assert found is not None and found.always
    assert found.open_at(datetime(2026, 3, 3, 23, 59, 59, tzinfo=CHICAGO))


def test_holidays_close_a_line_that_says_so(tmp_path: Path) -> None:
    """
    On a federal holiday, and on a day that the entry names, a line is closed only when its entry says so.
    """
    labor_day = datetime(2026, 9, 7, 12, 0, tzinfo=CHICAGO)

    assert opened(tmp_path, labor_day)
    assert not opened(tmp_path, labor_day, closed_on_holidays=True)
    assert not opened(tmp_path, datetime(2026, 9, 8, 12, tzinfo=CHICAGO), closed_on="2026-09-08,2026-09-09")


def test_the_federal_holidays_of_a_year() -> None:
    """
    The eleven holidays are known, and a Saturday one is kept on the Friday before.
    """
    year = federal_holidays(2026)

    assert {date(2026, 1, 19), date(2026, 5, 25), date(2026, 6, 19), date(2026, 11, 26)} <= year
    assert date(2026, 7, 3) in year
    assert date(2021, 12, 31) in federal_holidays(2021)


def test_the_second_monday_of_a_month(tmp_path: Path) -> None:
    """
    A monthly rule is kept: the second Monday, the last Friday.
    """
    rule = {"freq": "MONTHLY", "byday": "2MO,-1FR"}

    assert opened(tmp_path, datetime(2026, 3, 9, 12, tzinfo=CHICAGO), **rule)
    assert not opened(tmp_path, datetime(2026, 3, 16, 12, tzinfo=CHICAGO), **rule)
    assert opened(tmp_path, datetime(2026, 3, 27, 12, tzinfo=CHICAGO), **rule)
    assert not opened(tmp_path, datetime(2026, 3, 20, 12, tzinfo=CHICAGO), **rule)


def test_every_other_week(tmp_path: Path) -> None:
    """
    With an interval of two, only every other week from the start is open.
    """
    rule = {"interval": 2, "dtstart": date(2026, 3, 2)}

    assert opened(tmp_path, datetime(2026, 3, 3, 12, tzinfo=CHICAGO), **rule)
    assert not opened(tmp_path, datetime(2026, 3, 10, 12, tzinfo=CHICAGO), **rule)
    assert opened(tmp_path, datetime(2026, 3, 17, 12, tzinfo=CHICAGO), **rule)


def test_a_season_ends(tmp_path: Path) -> None:
    """
    Outside its dates a schedule opens nothing.
    """
    season = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 3, 2)}

    assert opened(tmp_path, datetime(2026, 3, 2, 12, tzinfo=CHICAGO), **season)
    assert not opened(tmp_path, datetime(2026, 3, 3, 12, tzinfo=CHICAGO), **season)


def test_an_offset_does_where_there_is_no_zone(tmp_path: Path) -> None:
    """
    HSDS gives an offset from UTC; it is used where no zone is named.
    """
    assert opened(tmp_path, datetime(2026, 3, 3, 15, 0, tzinfo=UTC), time_zone=None, timezone=-6)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"time_zone": None}, "time_zone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"opens_at": "9 am"}, "opens_at"),
        ({"opens_at": 900}, "opens_at"),
        ({"closes_at": None}, "closes_at"),
        ({"byday": "MON"}, "byday"),
        ({"byday": "2MO"}, "byday"),
        ({"freq": "DAILY"}, "freq"),
        ({"interval": 2}, "dtstart"),
        ({"valid_from": "2026-05-01", "valid_to": "2026-04-01"}, "valid_to"),
        ({"closed_on": "Christmas"}, "closed_on"),
        ({"opens": "09:00"}, "opens"),
    ],
)
def test_a_broken_schedule_is_a_fault(tmp_path: Path, fields: dict[str, object], field: str) -> None:
    """
    Hours that cannot be understood are reported, not guessed.
    """
    _, faults = schedule(tmp_path, **fields)

    assert field in [fault.field for fault in faults]


def test_the_shipped_lines_need_no_zone_files() -> None:
    """
    On a machine without a time zone database the shipped lines are there and open.
    """
    program = "from bot.catalogue import Catalogue; print(len(Catalogue.load().lines()))"

    answer = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONTZPATH": ""}, cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert int(answer.stdout) > 3
