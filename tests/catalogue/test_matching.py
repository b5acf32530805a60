"""
Suggestions: at most three, the same each time, explained, and never without a line to call.
"""

from __future__ import annotations

import csv
import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.catalogue.guarantees import Audience, Helper, Outside, Payment
from bot.catalogue.matching import Need
from bot.triage.levels import Level
from tests.catalogue.builders import ENTRY, own_folder

CATALOGUE = Catalogue.load()
NIGHT = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
WISHES: dict[str, dict[str, object]] = {
    "private": {"most_private": True},
    "outside": {"exclude_own_agency": True},
    "remote": {"remote": True},
    "now": {"now": NIGHT},
    "veteran": {"veteran": True},
    "es": {"language": "es"},
    **{str(way): {"payment": way} for way in Payment},
    **{str(helper): {"helper": helper} for helper in Helper},
    **{str(who): {"who": who} for who in Audience},
    **{place.code: {"state": place.code} for place in CATALOGUE.jurisdictions()},
}


def officer(row: dict[str, str]) -> Need:
    """The need that a row of the table describes."""
    wishes = {name: value for word in row["wishes"].split() for name, value in WISHES[word].items()}
    return Need(frozenset(row["topics"].split()), Level.from_label(row["level"]), **wishes)  # type: ignore[arg-type]


with (Path(__file__).parent / "officers.csv").open(encoding="utf-8", newline="") as table:
    OFFICERS = list(csv.DictReader(table))


def test_the_table_is_large_enough() -> None:
    """
    At least 200 invented officers are in the table, which was written before the first run.
    """
    assert len(OFFICERS) >= 200
    assert {topic for row in OFFICERS for topic in row["topics"].split()} == set(CATALOGUE.matcher.needs)


@pytest.mark.parametrize("row", OFFICERS, ids=lambda row: " ".join(row.values()))
def test_the_table_is_met(row: dict[str, str]) -> None:
    """
    An invented officer is offered what was written down for them by hand.
    """
    assert row["expected"].split() == [match.option.id for match in CATALOGUE.match(officer(row))]


NEEDS = st.builds(
    Need,
    topics=st.frozensets(st.sampled_from(sorted(CATALOGUE.matcher.needs)), max_size=4),
    level=st.sampled_from(Level),
    state=st.sampled_from(["", "ZZ", *(place.code for place in CATALOGUE.jurisdictions())]),
    most_private=st.booleans(),
    exclude_own_agency=st.booleans(),
    payment=st.none() | st.sampled_from(Payment),
    remote=st.booleans(),
    now=st.none() | st.just(NIGHT),
    language=st.sampled_from(["", "en", "es", "xx"]),
    helper=st.none() | st.sampled_from(Helper),
    who=st.sampled_from(Audience),
    veteran=st.booleans(),
)


@given(NEEDS)
@settings(max_examples=150, deadline=None)
def test_the_crisis_line_is_never_left_out(need: Need) -> None:
    """
    Whatever is asked for, there are at most three suggestions, one is a line, and in high distress it is the first.
    """
    found = CATALOGUE.match(need)
    names = [match.option.id for match in found]

    assert 1 <= len(found) <= 3
    assert "crisis_line" in names
    assert need.level < Level.HIGH or names[0] == "crisis_line"
    assert found[names.index("crisis_line")].provider is not None


@given(NEEDS)
@settings(max_examples=100, deadline=None)
def test_a_suggestion_keeps_to_the_wishes(need: Need) -> None:
    """
    Nothing is suggested that the officer excluded: what an agency runs, what costs too much, what is no help at all.
    """
    for match in CATALOGUE.match(need):
        option = match.option
        assert option.is_help and option.own_choice
        if option.id != "crisis_line":
            assert need.who in option.serves
            assert not (need.exclude_own_agency and option.outside_department is Outside.NO)
            assert need.payment is None or {Payment.FREE, need.payment} & set(option.payments)
            assert need.helper is None or need.helper in option.answered_by


@given(NEEDS)
@settings(max_examples=100, deadline=None)
def test_a_suggestion_explains_itself(need: Need) -> None:
    """
    Each suggestion has a first step, a wait and what to do until then, and its reasons can be said in words.
    """
    for match in CATALOGUE.match(need):
        sentences = CATALOGUE.matcher.explain(match, need)
        assert match.first_step and match.wait and match.until_then
        assert sentences and all(sentence and "{" not in sentence for sentence in sentences)


def test_the_same_need_gives_the_same_list() -> None:
    """
    Loading the data again changes nothing.
    """
    again = Catalogue.load()
    for row in OFFICERS[:40]:
        assert CATALOGUE.match(officer(row)) == again.match(officer(row))


def test_the_reasons_follow_the_wishes() -> None:
    """
    A wish that is met is named as a reason, and a tie to the department that may exist is named too.
    """
    need = Need(frozenset({"trauma"}), most_private=True, exclude_own_agency=True)
    first, second, line = CATALOGUE.match(need)

    assert {"fits", "most_private", "outside"} <= set(first.reasons)
    assert "ask_tie" in second.reasons
    assert "always_there" in line.reasons


def test_the_law_of_the_state_is_a_reason() -> None:
    """
    For peer support the list says whether the named state protects it, and where talk of suicide ends that early.
    """
    reasons = {
        (state, match.option.id): match.reasons
        for state, level in (("MD", Level.MILD), ("TX", Level.MILD), ("AL", Level.MILD))
        for match in CATALOGUE.match(Need(frozenset({"talk"}), level, state))
    }

    assert "law_protects" in reasons["MD", "peer_support"]
    assert "law_little" in reasons["TX", "peer_support"]
    assert "law_unknown" in reasons["AL", "peer_support"]


def test_a_practice_of_the_directory_comes_with_its_wait(tmp_path: Path) -> None:
    """
    Where the directory has a practice for an option, the suggestion names it, its first step and its wait.
    """
    own = Catalogue.load(own=own_folder(tmp_path))
    need = Need(frozenset({"trauma"}), state="IL", most_private=True)

    match = own.match(need)[0]

    assert match.option.id == "therapist_cash"
    assert match.provider is not None and match.provider.id == "river-practice"
    assert (match.first_step, match.wait) == (match.provider.reach, "About two weeks.")
    assert own.match(Need(frozenset({"trauma"}), state="OH", most_private=True))[0].provider is None


def test_what_is_tied_to_an_agency_can_be_left_out(tmp_path: Path) -> None:
    """
    One who wants nothing tied to a department is not sent to a practice that works for one, and need not say which.
    """
    tied = ENTRY.replace("      option:", "      agencies: [River City Police]\n      option:")
    own = Catalogue.load(own=own_folder(tmp_path, tied))
    need = Need(frozenset({"trauma"}), state="IL", payment=Payment.CASH)

    with_tie = own.match(need)[0].provider
    without = own.match(Need(frozenset({"trauma"}), state="IL", payment=Payment.CASH, exclude_own_agency=True))[
        0
    ].provider

    assert with_tie is not None and with_tie.id == "river-practice"
    assert without is None


def test_the_line_fits_the_night() -> None:
    """
    At four in the morning in high distress the first suggestion is 988, for a veteran the line for veterans.
    """
    need = Need(frozenset({"suicidal"}), Level.IMMINENT, now=NIGHT)
    veteran = Need(frozenset({"suicidal"}), Level.IMMINENT, now=NIGHT, veteran=True)

    found = [CATALOGUE.match(each)[0].provider for each in (need, veteran)]

    assert [provider.id for provider in found if provider] == ["lifeline-988", "veterans-crisis-line"]


def test_every_reason_can_happen() -> None:
    """
    No reason in the data is dead: each is given to some officer of the table or in some state.
    """
    given_reasons = set(
        itertools.chain.from_iterable(match.reasons for row in OFFICERS for match in CATALOGUE.match(officer(row)))
    )
    nearby = Need(frozenset({"suicidal"}), Level.HIGH, "NY", helper=Helper.PEER)
    given_reasons |= set(itertools.chain.from_iterable(match.reasons for match in CATALOGUE.match(nearby)))

    assert given_reasons == set(CATALOGUE.matcher.reasons)
