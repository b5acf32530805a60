"""The operator's list of who is called: hours, holidays, people; every fault with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.crypto.signing import new_webhook_keys, new_webhook_secret
from bot.errors import DataError
from bot.handoff import duty
from bot.settings import ROOT

FRIDAY_NIGHT = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)  # 21:30 on Friday in Chicago
FRIDAY_NOON = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 18, 0, tzinfo=UTC)  # a Friday


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (tmp_path / "duty.yml").write_text((ROOT / "examples" / "duty.yml").read_text())
    for name, content in {
        "pager.secret": f"{new_webhook_secret()}\n{new_webhook_keys()[0]}",
        "mail.secret": "x",
        "telegram.secret": "5550101:token",
    }.items():
        (tmp_path / name).write_text(content)
    return tmp_path / "duty.yml"


def at(found: duty.Duty, moment: datetime) -> duty.Duty:
    return replace(found, clock=lambda: moment)


def test_the_example_is_read(example: Path) -> None:
    """
    The example in the repository is a good file, and no secret shows in it.
    """
    found = duty.load(example)

    assert found.seconds == (30, 30, 60)
    assert "token" not in repr(found) and "whsec" not in repr(found) and "pager.example" not in repr(found)


def test_hours_and_holidays(example: Path) -> None:
    """
    A tier is called in its own zone's hours, past midnight too, and not on a holiday.
    """
    found = duty.load(example)

    assert [at(found, FRIDAY_NIGHT).open(n) for n in (1, 2, 3)] == [True, False, True]
    assert [at(found, FRIDAY_NOON).open(n) for n in (1, 2, 3)] == [False, True, True]
    assert [at(found, CHRISTMAS).open(n) for n in (1, 2, 3)] == [False, False, True]
    assert [len(at(found, FRIDAY_NIGHT).endpoints_of(n)) for n in (1, 2, 3)] == [2, 0, 0]


def test_lists_say_who_is_on_duty(example: Path) -> None:
    """
    Named people count in the tier that names them; an account that no list has, in a tier with a list, counts nowhere.
    """
    found = duty.load(example)

    assert [found.tier_of(name, tier) for name, tier in [("Dana", 3), ("kim", 1), ("kim", 2)]] == [1, 0, 2]


def test_who_can_be_reached(example: Path) -> None:
    """
    A closed tier has nobody even when somebody sits there; a way to tell counts as somebody.
    """
    night = at(duty.load(example), FRIDAY_NIGHT)

    assert night.reached({2: 5, 3: 1}) == {1: 1, 3: 1}


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("seconds: 60", "seconds: 90", "duty.yml: line 5: tiers: seconds must add up to at most 120"),
        ("seconds: 60", "seconds: soon", "duty.yml: line 21: tiers[3].seconds: must be a whole number"),
        ("America/Chicago", "Chicago", "duty.yml: line 10: tiers[1].hours[1].time_zone: must be a zone"),
        ("opens_at: \"16:00\"", "opens_at: \"25:00\"", "opens_at: must be a time like 08:30"),
        ("secret_file: pager.secret", "secret_file: none", "secret_file: names a file that cannot be read"),
        ("closes_at", "close_at", "close_at: is not a known field"),
        ("mail: {host", "post: {host", "duty.yml: line 26: post: is not a known field"),
        ("telegram: {token_file: telegram.secret}", "", "telegram: with a token_file is needed"),
        ("allow_private: []", "allow_private: [\"ten\"]", "allow_private: entry 1 must be a network"),
        ("- {email: duty@chaplains.example.org}", "- {pager: 7}", "needs exactly one of: webhook, email, telegram"),
    ],
)  # fmt: skip
def test_faults_name_their_line(example: Path, was: str, becomes: str, fault: str) -> None:
    """
    A faulty file is refused with file, line and field, and without the value.
    """
    text = example.read_text()
    assert was in text
    example.write_text(text.replace(was, becomes, 1))

    with pytest.raises(DataError) as raised:
        duty.load(example)

    assert fault in str(raised.value)
