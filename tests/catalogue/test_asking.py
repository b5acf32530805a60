"""
What officers say becomes a need: nothing is asked that was said, and nothing is made up.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.catalogue.asking import Heard
from bot.triage.levels import Level

CATALOGUE = Catalogue.load()
ASKING = CATALOGUE.asking
NIGHT = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)

with (Path(__file__).parent / "officers_said.csv").open(encoding="utf-8", newline="") as table:
    OFFICERS = list(csv.DictReader(table))


def meant(row: dict[str, str]) -> Heard:
    """What a person read in the row's words."""
    return Heard(tuple(row["needs"].split()), tuple(row["wishes"].split()))


def test_the_table_is_large_enough() -> None:
    """
    More than 200 invented officers, with every need and every wish among them.
    """
    assert len(OFFICERS) > 200
    assert {need for row in OFFICERS for need in row["needs"].split()} == set(CATALOGUE.matcher.needs)
    assert {wish for row in OFFICERS for wish in row["wishes"].split()} == set(ASKING.wishes.names)


@pytest.mark.parametrize("row", [row for row in OFFICERS if row["says"]], ids=lambda row: row["says"])
def test_it_is_read_as_a_person_reads_it(row: dict[str, str]) -> None:
    """
    The needs and wishes in what an officer says are those that were written down by hand.
    """
    heard = ASKING.heard(row["says"])

    assert (set(heard.needs), set(heard.wishes)) == (set(meant(row).needs), set(meant(row).wishes))


@pytest.mark.parametrize("row", OFFICERS, ids=lambda row: " ".join(row.values()))
def test_the_list_is_the_one_written_by_hand(row: dict[str, str]) -> None:
    """
    From the words to the suggestions: each officer gets the list that was written down before the first run.
    """
    level = Level.from_label(row["level"])
    heard = ASKING.heard(row["says"]) if row["says"] else meant(row)

    assert row["expected"].split() == [
        match.option.id for match in CATALOGUE.match(heard.need(level, row["state"], NIGHT))
    ]


def test_a_later_wish_takes_the_place_of_one_it_excludes() -> None:
    """
    Who first asked for a peer and then for a professional gets the professional; other wishes stay.
    """
    first, later = Heard(("sleep",), ("peer", "most_private")), Heard(wishes=("clinician",))

    assert first.and_then(later) == Heard(("sleep",), ("most_private", "clinician"))


def test_at_most_three_needs_are_kept() -> None:
    """
    A fourth need drops the first: what fits everything fits nothing.
    """
    heard = Heard(("trauma", "sleep", "mood")).and_then(Heard(("drinking",)))

    assert heard.needs == ("sleep", "mood", "drinking")


def test_what_was_spoken_of_is_known() -> None:
    """
    After "I can't sleep" nobody is asked what it is about.
    """
    assert ASKING.spoken_of(["greet", "report_sleep", "ask_cost"]) == Heard(("sleep",))
    assert not ASKING.spoken_of(["greet"])


@pytest.mark.parametrize(
    ("text", "wishes"),
    [("not a peer", ()), ("no chaplain, please", ()), ("anyone except a therapist", ()), ("I don't want a chaplain", ()),
     ("rather than a priest, a cop", ("peer",)), ("a peer", ("peer",))],
)  # fmt: skip
def test_what_is_refused_is_not_wished_for(text: str, wishes: tuple[str, ...]) -> None:
    """
    "Not a peer" names no wish for one.
    """
    assert ASKING.heard(text).wishes == wishes


def test_a_list_can_be_made_narrower_by_what_was_not_said() -> None:
    """
    Ways to narrow the list leave out what was wished and what it excludes.
    """
    offered = [wish for wish, _ in ASKING.narrower(Heard(wishes=("peer", "outside")), 9)]

    assert offered and not {"peer", "clinician", "outside"} & set(offered)


def test_a_button_is_a_need_or_a_wish_or_nothing() -> None:
    """
    A button's value counts only when it is a name of ours.
    """
    assert ASKING.pressed("sleep") == Heard(("sleep",))
    assert ASKING.pressed("free") == Heard(wishes=("free",))
    assert not ASKING.pressed("anything")


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    """
    Whatever is written, the need it makes can be matched.
    """
    assert CATALOGUE.match(ASKING.heard(text).need(Level.NONE, "", NIGHT))
