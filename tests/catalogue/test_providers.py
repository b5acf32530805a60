"""
Lines: only what can be stood behind is offered, and there is always a line to call.
"""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.guarantees import Audience
from bot.catalogue.jurisdictions import Jurisdiction
from bot.catalogue.loading import DATA
from bot.catalogue.providers import FACTS, Freshness, Kind, Provider, Status
from bot.triage.levels import Level
from bot.wording import RESPONSES
from tests.catalogue.builders import ENTRY, own_folder

CATALOGUE = Catalogue.load()
ALL = CATALOGUE.providers(held=True)
NIGHT = datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
HELD = {"safe-call-now", "frontline-helpline", "serve-and-protect"}


def ids(entries: tuple[Provider, ...]) -> list[str]:
    """The ids in their order."""
    return [entry.id for entry in entries]


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
def test_nobody_claims_to_have_called(entry: Provider) -> None:
    """
    No shipped number has been dialed, and no entry says that it was.
    """
    assert entry.verified_on is None
    assert CATALOGUE.policy.freshness_of(entry, date(2026, 11, 21)) is Freshness.NEVER


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
def test_an_entry_says_what_it_does_with_what_it_hears(entry: Provider) -> None:
    """
    Whether help is sent, whether it records and what it sees is told, or that nobody knows.
    """
    assert set(entry.facts) == set(FACTS)
    assert all(fact.text and fact.sources for fact in entry.facts.values())


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
def test_the_numbers_in_a_sentence_are_the_numbers_of_the_entry(entry: Provider) -> None:
    """
    What an officer reads to dial is what the entry has as a number.
    """
    known = {phone.number for phone in entry.phones}

    assert set(re.findall(r"[0-9][0-9-]{2,}", entry.reach.replace("988lifeline.org", ""))) <= known


def test_what_cannot_be_verified_is_never_offered() -> None:
    """
    Lines whose number or staffing nobody could confirm are held back everywhere.
    """
    assert {entry.id for entry in ALL if entry.held} == HELD
    for level, state in itertools.product(Level, ["", *(place.code for place in CATALOGUE.jurisdictions())]):
        assert not HELD & set(ids(CATALOGUE.lines(level, state=state)))


def test_in_high_distress_988_is_first() -> None:
    """
    When it is serious, a line that can be reached by anyone at any hour comes first.
    """
    for level in (Level.HIGH, Level.IMMINENT):
        assert ids(CATALOGUE.lines(level))[:2] == ["lifeline-988", "crisis-text-line"]


def test_on_a_calm_day_a_peer_line_is_first() -> None:
    """
    When nothing is urgent, the line answered by officers comes first.
    """
    assert ids(CATALOGUE.lines())[0] == "copline"


def test_a_line_of_the_state_comes_before_a_national_one() -> None:
    """
    In New Jersey the state's own peer line comes first; elsewhere it is not named.
    """
    assert ids(CATALOGUE.lines(state="nj"))[:2] == ["cop2cop-nj", "copline"]
    assert "cop2cop-nj" not in ids(CATALOGUE.lines(state="PA"))


@pytest.mark.parametrize("place", CATALOGUE.jurisdictions(), ids=lambda place: place.code)
def test_there_is_always_a_crisis_line(place: Jurisdiction) -> None:
    """
    In every state, at night, for everyone, in any language, some crisis line is among the lines.
    """
    for level, who, language in itertools.product(Level, Audience, ("", "es", "xx")):
        lines = CATALOGUE.lines(level, state=place.code, hours_now=NIGHT, language=language, who=who)
        assert any(line.kind in (Kind.CRISIS, Kind.PEER) for line in lines)


def test_a_language_is_kept_to_where_a_line_speaks_it() -> None:
    """
    Someone who asks for Spanish gets a line that has it; where none has the language, the lines still come.
    """
    assert ids(CATALOGUE.lines(Level.HIGH, language="es")) == ["lifeline-988"]
    assert "lifeline-988" in ids(CATALOGUE.lines(Level.HIGH, language="pl"))


def test_veterans_get_their_line_only_when_they_say_so() -> None:
    """
    The line for veterans is first for one who named it, and does not crowd the list of others.
    """
    assert "veterans-crisis-line" not in ids(CATALOGUE.lines(Level.HIGH))
    assert ids(CATALOGUE.lines(Level.HIGH, veteran=True))[0] == "veterans-crisis-line"


def test_an_agency_adds_its_own(tmp_path: Path) -> None:
    """
    An entry from the agency's folder is offered beside the shipped ones, and what it leaves out is told as unknown.
    """
    own = Catalogue.load(own=own_folder(tmp_path))

    entry = own.provider("river-practice")
    assert entry.waiting == "About two weeks."
    assert entry.facts["agency_tie"].text == "No contract with any department."
    assert entry.facts["agency_tie"].verified
    assert entry.facts["sends_help"].sources == ("not-found",)


def test_an_old_entry_is_hidden_but_a_crisis_line_is_not(tmp_path: Path) -> None:
    """
    An entry that nobody checked for two years is not offered any more; a crisis line always is.
    """
    crisis = ENTRY.replace("option: therapist_cash", "option: crisis_line\n      kind: crisis")
    late = date(2026, 10, 1) + timedelta(days=731)
    plain = Catalogue.load(own=own_folder(tmp_path))
    line = Catalogue.load(own=own_folder(tmp_path, crisis))

    assert "river-practice" in ids(plain.providers(date(2027, 9, 1)))
    assert "river-practice" not in ids(plain.providers(late))
    assert "river-practice" in ids(line.providers(late))
    assert plain.policy.freshness_of(plain.provider("river-practice"), date(2027, 9, 1)) is Freshness.OLD


def test_an_inactive_entry_is_not_offered(tmp_path: Path) -> None:
    """
    An entry that says that it is closed is not offered.
    """
    closed = Catalogue.load(own=own_folder(tmp_path, ENTRY.replace("status: active", "status: temporarily closed")))

    assert closed.provider("river-practice").status is Status.CLOSED
    assert "river-practice" not in ids(closed.providers())


def test_every_number_in_the_wording_is_in_the_directory() -> None:
    """
    No reply and no card names a telephone number that the directory does not have.
    """
    known = {
        re.sub(r"\D", "", phone.number).removeprefix("1") for entry in ALL if not entry.held for phone in entry.phones
    }
    for path in (*RESPONSES.glob("*.yml"), *DATA.glob("*.yml")):
        if path.name == "providers.yml":
            continue
        for number in re.findall(
            r"\b(?:1-)?\d{3}-\d{3}-\d{4}\b|\b741741\b|\b838255\b", path.read_text(encoding="utf-8")
        ):
            assert re.sub(r"\D", "", number).removeprefix("1") in known, path.name
