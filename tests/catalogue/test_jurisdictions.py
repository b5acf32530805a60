"""
States: the law of a state changes the cards, and where none was found the card says so.
"""

from __future__ import annotations

import itertools

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.consequences import Consequence
from bot.catalogue.guarantees import Option, Question
from bot.catalogue.jurisdictions import NOT_FOUND, DutyToWarn, Jurisdiction, Status

CATALOGUE = Catalogue.load()
PLACES = CATALOGUE.jurisdictions()
STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "DC",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
    "US",
]
LAW = {"law", "witness", "crime", "court_order", "suicide", "employer", "union", "covers"}
UNSOURCED = ["AL", "AR", "CT", "DE", "DC", "ID", "IA", "MA", "MS", "NE", "NM", "RI", "SD", "VT", "WY"]


def told(option: Option, question: Question) -> str:
    """The answer as one text, in small letters."""
    return " ".join(fact.text for fact in option.answer(question)).lower()


def test_every_state_has_a_row() -> None:
    """
    Federal agencies, the 50 states and DC each have a row.
    """
    assert sorted(STATES) == sorted(place.code for place in PLACES)
    assert len(PLACES) == 52


def test_a_sourced_row_is_whole() -> None:
    """
    A sourced row has a citation, a source, the age of the text and how sure it is.
    """
    for place in PLACES:
        if place.status is Status.SOURCED:
            assert place.citation and place.year and place.talk
            assert place.sources != ("not-found",)


@pytest.mark.parametrize("code", UNSOURCED)
def test_a_state_without_a_source_says_so(code: str) -> None:
    """
    Where no law was found, the card says that and what to ask instead, and claims nothing as verified.
    """
    option = CATALOGUE.option("peer_support", code)

    assert "we found no source" in told(option, Question.PRIVILEGE)
    assert not any(fact.verified for fact in option.privilege)
    assert option.ask_first[0].startswith("Which law")


@pytest.mark.parametrize("option", CATALOGUE.options(), ids=lambda option: option.id)
def test_every_question_has_an_answer_in_every_state(option: Option) -> None:
    """
    For each option, state and question there is an answer with a source, or an honest "not verified".
    """
    for state, question in itertools.product(["", *STATES], Question):
        for fact in CATALOGUE.option(option.id, state).answer(question) or [None]:
            assert fact is not None and fact.text and fact.sources, (state, question)
            assert "{" not in fact.text
            assert fact.verified or fact.sources == NOT_FOUND or "Not verified" in CATALOGUE.cards.fact(fact)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.code)
def test_every_question_about_a_law_has_an_answer_in_every_state(place: Jurisdiction) -> None:
    """
    The peer at the call, a crime, a court order, suicide, the employer, the union, who is covered: each is answered for
    each state from its sources, or it is said that nothing was found.
    """
    found = CATALOGUE.state_law(place.code)

    assert found is not None
    assert {answer.question for answer in found.answers} == LAW
    for answer in found.answers:
        for fact in answer.facts or [None]:
            assert fact is not None and fact.text and "{" not in fact.text, answer.question
            assert fact.verified or fact.sources == NOT_FOUND or "Not verified" in CATALOGUE.cards.fact(fact)
    assert bool(found.ask_instead) is (place.status is not Status.SOURCED)


@pytest.mark.parametrize("fear", CATALOGUE.consequences(), ids=lambda found: found.id)
def test_every_fear_has_an_answer_in_every_state(fear: Consequence) -> None:
    """
    What follows from asking for help is answered in each state, each sentence with its source.
    """
    for place in PLACES:
        for fact in CATALOGUE.consequence(fear.id, place.code).facts() or [None]:
            assert fact is not None and fact.text and fact.sources, place.code


def test_the_digest_says_what_the_card_says() -> None:
    """
    The rules told question by question are those of the card: no exception of a state is left out of both.
    """
    for place in PLACES:
        found = CATALOGUE.state_law(place.code)
        assert found is not None
        card = {fact.text for fact in CATALOGUE.option("peer_support", place.code).exceptions}
        rules = [
            answer for answer in found.answers if answer.question in ("witness", "crime", "court_order", "suicide")
        ]
        read = {fact.text for answer in rules for fact in answer.facts if fact.sources != NOT_FOUND}
        assert place.status is not Status.SOURCED or read <= card


def test_every_local_fact_names_a_known_source() -> None:
    """
    What a state adds to a card comes from a source that is on the list, and claims no more than that source carries.
    """
    order = ["low", "medium", "high"]
    for place, option in itertools.product(PLACES, CATALOGUE.options()):
        for fact in itertools.chain(*CATALOGUE.option(option.id, place.code).answers.values()):
            best = max(order.index(CATALOGUE.source(name).confidence) for name in fact.sources)
            assert not fact.verified or order.index(fact.confidence) <= best


UNION = [
    ("MD", "FOP runs"),
    ("IL", "a union has set up"),
    ("NH", "names union members"),
    ("WA", "limited privilege"),
    ("CA", "leaves out referral services run by a union"),
    ("TX", "Count on no protection"),
    ("AL", "Count on no protection"),
]
WITNESS = ["CO", "GA", "LA", "SC", "UT", "VA", "WA", "WI", "AK"]
CRIME = ["US", "CO", "MD", "ME", "NJ", "NV", "NY", "SC", "VA", "CA", "AZ"]
COURT = ["US", "GA", "MD", "NC", "NY"]
SUICIDE = [
    ("US", "thoughts alone do not end it"),
    ("MD", "takes a clear threat"),
    ("NV", "takes a clear threat"),
    ("NY", "suicidal thoughts can be enough"),
    ("OH", "danger to yourself ends it"),
    ("ME", "has to be passed on"),
    ("HI", "we could not read"),
]


@pytest.mark.parametrize(("state", "words"), UNION)
def test_union_carve_outs(state: str, words: str) -> None:
    """
    Whether a union's peers are protected depends on the state, and the card says which it is.
    """
    card = CATALOGUE.option("union", state)

    assert words.lower() in told(card, Question.PRIVILEGE)
    assert words in card.two_lines[1].text


@pytest.mark.parametrize("state", WITNESS)
def test_the_witness_rule(state: str) -> None:
    """
    Where a peer who was at the call loses the protection, the card says so.
    """
    assert "at the call" in told(CATALOGUE.option("peer_support", state), Question.EXCEPTIONS)


@pytest.mark.parametrize("state", CRIME)
def test_the_crime_rule(state: str) -> None:
    """
    Where an admitted crime or a criminal case opens the talk, the card says so.
    """
    answer = told(CATALOGUE.option("peer_support", state), Question.EXCEPTIONS)

    assert "crim" in answer or "any law" in answer


@pytest.mark.parametrize("state", COURT)
def test_the_court_order_rule(state: str) -> None:
    """
    Where a judge or a subpoena can open the talk, the card says so.
    """
    answer = told(CATALOGUE.option("peer_support", state), Question.EXCEPTIONS)

    assert "court order" in answer or "a judge can open it" in answer


@pytest.mark.parametrize(("state", "words"), SUICIDE)
def test_the_suicide_threshold(state: str, words: str) -> None:
    """
    States differ on when talk of suicide ends the protection; the card says where the line is, and offers a way in all.
    """
    answer = told(CATALOGUE.option("peer_support", state), Question.EXCEPTIONS)

    assert words in answer
    assert "tell someone. a line takes no name" in answer


@pytest.mark.parametrize(
    ("question", "states"),
    [("witness", [*WITNESS, "MN"]), ("crime", CRIME), ("court_order", COURT), ("employer", ["VA"]),
     ("union", ["MD", "IL", "NH", "WA", "CA"]), ("suicide", ["US", "MD", "NV", "NY", "OH", "ME", "AZ"])],
)  # fmt: skip
def test_a_rule_that_was_read_is_told_under_its_question(question: str, states: list[str]) -> None:
    """
    Where a state has a rule, the digest of its law tells it under its question, with its source.
    """
    for state in states:
        found = CATALOGUE.state_law(state)
        assert found is not None
        answer = next(answer for answer in found.answers if answer.question == question)
        assert answer.facts[0].verified and answer.facts[0].sources != NOT_FOUND, state


def test_critical_incident_laws_say_so() -> None:
    """
    Where only talk after a critical incident is covered, the card says that other talk may not be.
    """
    for state in ("AZ", "KS", "VA", "ME"):
        answer = told(CATALOGUE.option("peer_support", state), Question.PRIVILEGE)
        assert "critical incident only" in answer


def test_a_team_law_is_not_shown_as_a_peer_law() -> None:
    """
    Where the law names crisis teams only, other peer talk is not called protected.
    """
    for state in ("MI", "TN", "OK"):
        assert "nothing there for other peer talk" in CATALOGUE.option("peer_support", state).two_lines[1].text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("MD", "a law protects talk with a named peer."),
        ("VA", "only about a critical incident"),
        ("ME", "only in civil cases"),
        ("TX", "could not see that it keeps the talk out of court"),
        ("KY", "too little of it to say"),
        ("MO", "too little of it to say"),
        ("MI", "names crisis teams"),
        ("ND", "not clear enough to rely on"),
        ("AL", "found no source"),
    ],
)
def test_the_short_answer_claims_no_more_than_was_read(state: str, words: str) -> None:
    """
    The two lines on peer support say for each state how far its law reaches, and not further than it was read.
    """
    card = CATALOGUE.option("peer_support", state)

    assert words in card.two_lines[1].text
    assert CATALOGUE.jurisdiction(state).protects_peers is (state in ("MD", "VA", "ME"))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("option", "state", "words"),
    [
        ("dispatcher_support", "OR", "the law names dispatchers"),
        ("dispatcher_support", "KS", "a law or a line in kansas names dispatchers"),
        ("dispatcher_support", "OH", "could not see that a law in ohio names dispatchers"),
        ("civilian_support", "AZ", "the law names civilian staff"),
        ("civilian_support", "OH", "could not see that a law in ohio names civilian staff"),
        ("retiree_support", "OH", "could not see that a law in ohio covers"),
        ("retiree_support", "WA", "a retired officer may serve as a peer"),
        ("family_services", "NC", "the law names close family"),
    ],
)
def test_whom_the_law_names(option: str, state: str, words: str) -> None:
    """
    Dispatchers, civilian staff, retired officers and families learn whether the law of the state names them.
    """
    assert words in told(CATALOGUE.option(option, state), Question.PRIVILEGE)


def test_virginia_says_that_the_employer_may_be_told() -> None:
    """
    Where a team may tell the employer, that is the first thing the card says about who learns what was said.
    """
    assert "may tell your employer" in CATALOGUE.option("peer_support", "VA").who_learns_what_you_said[0].text


def test_the_duty_to_warn_follows_the_state() -> None:
    """
    A therapist's card says for a named state whether a threat must be acted on; where sources disagree, the stricter.
    """
    general = told(CATALOGUE.option("therapist"), Question.EXCEPTIONS)
    assert "in some states" in general
    assert "must act" in told(CATALOGUE.option("therapist", "AZ"), Question.EXCEPTIONS)
    assert "does not have to" in told(CATALOGUE.option("therapist", "TX"), Question.EXCEPTIONS)
    assert "count on a therapist having to report" in told(CATALOGUE.option("therapist", "NY"), Question.EXCEPTIONS)
    assert CATALOGUE.jurisdiction("NY").duty_to_warn is DutyToWarn.DISPUTED  # type: ignore[union-attr]


def test_lines_are_covered_where_the_law_names_them() -> None:
    """
    California and Washington give talk with a line cover of its own, and their cards say so.
    """
    assert "gov. code 8669.4" in told(CATALOGUE.option("crisis_line", "CA"), Question.PRIVILEGE)
    assert "43.101.425" in told(CATALOGUE.option("crisis_line", "WA"), Question.PRIVILEGE)


def test_a_name_is_never_needed() -> None:
    """
    A state that is not known, or none, gives the general card.
    """
    assert CATALOGUE.option("eap", "ZZ") == CATALOGUE.option("eap") == CATALOGUE.option("eap", None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I'm in west virginia", "WV"),
        ("virginia", "VA"),
        ("TX", "TX"),
        ("tx", "TX"),
        ("Tulsa, OK", "OK"),
        ("I work in OR", "OR"),
        ("washington dc", "DC"),
        ("Washington", "WA"),
        ("federal agent", "US"),
        ("new york city", "NY"),
        ("OH", "OH"),
        ("I'm OK", ""),
        ("ok", ""),
        ("hi", ""),
        ("tell me", ""),
        ("in or out", ""),
        ("I LOVE THE US", ""),
        ("nowhere", ""),
        ("", ""),
    ],
)
def test_a_state_is_found_in_what_is_written(text: str, code: str) -> None:
    """
    A state is found by its name or postal code, and a word that only looks like a code is not taken for one.
    """
    assert CATALOGUE.state_named(text) == code
