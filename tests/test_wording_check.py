"""The checker of words finds each kind of fault, and everything that is shipped passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.reading_level import grade
from bot.wording_check import Report, Rules, Text, check, faults_of

RULES = Rules()


@pytest.fixture(scope="module")
def report() -> Report:
    return check()


def problems(
    text: str, *, name: str = "utter_x", group: str = "replies", sourced: bool = False, whole: bool = True
) -> str:
    """What is said to be wrong with *text*."""
    found = faults_of(Text(group, "a.yml", name, text, whole=whole, sourced=sourced), RULES)
    return "; ".join(fault.problem for fault in found)


def test_what_is_shipped_passes(report: Report) -> None:
    """No reply, card, label, page or hand-out breaks a rule."""
    assert [str(fault) for fault in report.faults] == []


def test_every_kind_of_text_is_read(report: Report) -> None:
    """Replies, data, Telegram, widget, desk and training are all there, and half of each reads at grade 8 or below."""
    rows = {row.group: row for row in report.figures}

    assert set(rows) == {"replies", "data", "telegram", "widget", "desk", "training", "all"}
    assert all(row.texts for row in rows.values())
    assert all(row.median <= 8 for row in rows.values())


def test_what_waits_for_a_clinician_is_counted(report: Report) -> None:
    """What nobody has signed is named: the distance from the gun, each check and exercise, the plan."""
    assert {"crisis.yml: utter_weapon_distance", "self_checks.yml: checks.phq4", "safety_plan.yml: all of it"} <= set(
        report.unsigned
    )


@pytest.mark.parametrize(
    "text",
    [
        "Call now!", "You are not alone.", "I am your counselor here.", "We are a therapist for you.", "Stay strong.",
        "He committed suicide.", "Reach out to us.", "It is 100% confidential.", "I promise you that.", "Good \U0001f44d",
        "It is a totally private chat.", "Our heroes deserve it.", "I know how you feel.", "The programme can help.",
    ],
)  # fmt: skip
def test_what_is_never_said(text: str) -> None:
    """Shouts, slogans, clichés, pity, emoji and claims to be more than software are found."""
    assert "never said" in problems(text)


@pytest.mark.parametrize(
    "text", ["I am not a counselor or a therapist.", "See a therapist.", "Florida has a Hero Helpline."]
)
def test_what_may_be_said(text: str) -> None:
    """What this is not may be said, and so may the name of a line."""
    assert problems(text) == ""


def test_hard_reading_is_found() -> None:
    """A reply above the cap is a fault; a sentence of the data has a higher one."""
    hard = "Administrative determinations regarding occupational capability necessitate multidisciplinary psychological evaluation procedures immediately afterwards."

    assert "reads at grade" in problems(hard)
    assert "reads at grade" in problems(hard, whole=False)


@pytest.mark.parametrize(
    "name", ["utter_crisis", "utter_weapon_distance", "utter_read_they_said_yes", "utter_crisis_new"]
)
def test_numbers_come_first(name: str) -> None:
    """A crisis text whose first line has no number is a fault."""
    assert "numbers do not come first" in problems("Put the gun away.\n988: call.", name=name)
    assert problems("988: call or text.\nPut the gun away.", name=name) == ""


def test_serious_replies_name_a_line() -> None:
    """What is said when it is heavy names a line somewhere."""
    assert "names no line" in problems("That is a lot.", name="utter_report_sleep_heavy")


@pytest.mark.parametrize(
    "text",
    ["State law protects it.", "A subpoena opens it.", "HIPAA does not reach it.", "It ends with a court order."],
)
def test_law_needs_a_source(text: str) -> None:
    """A sentence that states law is a fault without a source beside it, and none with one."""
    assert "states law" in problems(text)
    assert problems(text, sourced=True) == ""


@pytest.mark.parametrize("text", ["Does state law protect it?", "Ask what a court order would open."])
def test_a_question_states_nothing(text: str) -> None:
    """A question about the law, or advice to ask, needs no source."""
    assert problems(text) == ""


def test_broken_rules_are_named(tmp_path: Path) -> None:
    """Rules that cannot be read stop the check."""
    path = tmp_path / "rules.yml"
    path.write_text("never: [{pattern: '['}]", encoding="utf-8")

    with pytest.raises(DataError, match=r"rules\.yml"):
        Rules(path)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat on the mat and then it ran to the dog.", -2, 3),
        ("Confidentiality is a complicated consideration for organizations everywhere today.", 15, 40),
        ("Too short.", 0, 0),
    ],
)
def test_grades(text: str, low: float, high: float) -> None:
    """The measure puts plain words low and long ones high, and says nothing of a few."""
    assert low <= grade(text) <= high
