"""The log of acts is whole or says where it is not, and holds nothing about an officer."""

from __future__ import annotations

import re
import sqlite3

import pytest

from bot.desk import audit
from tests.desk.builders import DeskHouse, Person


async def test_acts_are_written_down(house: DeskHouse, dana: Person) -> None:
    """
    Sign-in, taking and closing are there; an act around a case has the day only, and no name of a case.
    """
    case = house.case()
    await dana.post(f"/api/cases/{case.id}/claim")
    await dana.post(f"/api/cases/{case.id}/close", {"outcome": "talked"})

    entries = audit.entries(house.database)
    assert [(who, act, about) for _, who, act, about in entries] == [
        ("operator", "account added", "dana"),
        ("dana", "signed in", ""),
        ("dana", "case taken", ""),
        ("dana", "case closed", ""),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", at) for at, _, act, _ in entries if act.startswith("case"))
    found = house.settings.desk_db.read_bytes()
    assert case.id.encode() not in found and case.alias.encode() not in found and b"talked" not in found


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET who = 'lee' WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("UPDATE audit SET at = '2020-01-01' WHERE number = 1", 1),
    ],
)
async def test_changes_show(house: DeskHouse, dana: Person, statement: str, expected: int) -> None:
    """
    Whoever changes or removes an entry breaks the chain there.
    """
    await dana.post(f"/api/cases/{house.case().id}/claim")
    assert audit.broken_at(house.database) is None
    with sqlite3.connect(house.settings.desk_db) as raw:
        raw.execute(statement)

    assert audit.broken_at(house.database) == expected
