"""
A copy of the shipped data in a folder of the test's own, to be broken on purpose.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.catalogue.loading import DATA


def copied(folder: Path) -> Path:
    """The shipped data files, copied to *folder*."""
    return Path(shutil.copytree(DATA, folder / "data"))


def change(path: Path, old: str, new: str) -> None:
    """Replaces the first *old* in the file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


ENTRY = """\
services:
  - id: river-practice
    name: River Street Practice
    organization: {name: River Street Practice, website: "https://river.example"}
    url: "https://river.example"
    status: active
    phones: [{number: 1-312-555-0142, type: voice}]
    schedules:
      - {freq: WEEKLY, byday: "MO,TU,WE,TH,FR", opens_at: "09:00", closes_at: "17:00", time_zone: America/Chicago,
         closed_on_holidays: true}
    languages: [{code: en}, {code: pl}]
    service_areas: [{extent: IL}]
    fees_description: 120 dollars a visit.
    wait_time: About two weeks.
    verified_on: 2026-10-01
    sidedoor:
      option: therapist_cash
      reach: Call 1-312-555-0142 and ask for a first visit.
      serves: [officer, family]
      answered_by: [clinician]
      payments: [cash]
      remote: "yes"
      police_aware: "yes"
      agency_tie: No contract with any department.
"""


def own_folder(folder: Path, text: str = ENTRY, name: str = "region.yml") -> Path:
    """An agency's own folder with one file."""
    own = folder / "own"
    own.mkdir(exist_ok=True)
    (own / name).write_text(text, encoding="utf-8")
    return own
