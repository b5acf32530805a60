"""
Cards: every kind of help has a whole one, and nothing on it goes beyond its source.
"""

from __future__ import annotations

from datetime import date

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.coping import exercises
from bot.catalogue.guarantees import Fact, Option, Outside, Question
from bot.catalogue.safety_plan import safety_plan
from bot.catalogue.self_checks import self_checks
from tests.conversations.data import responses

CATALOGUE = Catalogue.load()
OPTIONS = CATALOGUE.options()
CONTRACT = [
    "eap",
    "eap_ordered",
    "peer_support",
    "buddy",
    "debriefing",
    "chaplain",
    "therapist",
    "therapist_cash",
    "agency_partner",
    "substance_program",
    "crisis_line",
    "wellness",
    "annual_check_in",
    "union",
    "department_psychologist",
    "fitness_for_duty",
    "family_services",
    "dispatcher_support",
    "retiree_support",
    "civilian_support",
]


def facts(option: Option) -> list[Fact]:
    """Every fact on the card."""
    return [*option.two_lines, option.wait, *(fact for question in Question for fact in option.answer(question))]


def test_every_kind_of_help_is_there() -> None:
    """
    All kinds of help that officers ask about have an entry.
    """
    assert sorted(CONTRACT) == sorted(option.id for option in OPTIONS)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.id)
def test_a_card_answers_every_question(option: Option) -> None:
    """
    Each question of a card has an answer, and the card says what to ask first and how to start.
    """
    assert len(option.two_lines) == 2
    assert all(option.answer(question) for question in Question)
    assert len(option.ask_first) >= 2
    assert option.first_step and option.until_then and option.privacy_reason


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.id)
def test_every_fact_names_a_source_and_a_day(option: Option) -> None:
    """
    Every sentence of a card carries at least one known source, and the day on which it was read.
    """
    for fact in facts(option):
        assert fact.sources
        assert all(CATALOGUE.source(name) for name in fact.sources)
        assert date(2026, 1, 1) <= fact.checked_on <= date(2030, 1, 1)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.id)
def test_a_verified_fact_is_no_surer_than_its_best_source(option: Option) -> None:
    """
    A fact that counts as verified has an outside source that is at least as sure as the fact claims to be.
    """
    order = ["low", "medium", "high"]
    for fact in facts(option):
        if fact.verified:
            best = max(order.index(CATALOGUE.source(name).confidence) for name in fact.sources)
            assert order.index(fact.confidence) <= best


def test_what_is_not_verified_says_so() -> None:
    """
    A fact without an outside source is marked when it is shown, or says itself that nothing was found.
    """
    for option in OPTIONS:
        for fact in facts(option):
            shown = CATALOGUE.cards.fact(fact)
            assert fact.verified or "Not verified" in shown or "found no" in shown or "could not find" in shown


def test_the_exam_is_not_called_help() -> None:
    """
    A fitness-for-duty exam is shown as what it is, and nobody is sent there.
    """
    exam = CATALOGUE.option("fitness_for_duty")

    assert not exam.is_help
    assert "not help" in exam.two_lines[0].text
    assert exam not in CATALOGUE.most_private()


def test_the_most_private_ways_come_first() -> None:
    """
    The list of the most private ways is in order, and holds only what an officer can choose.
    """
    ranked = CATALOGUE.most_private()

    assert [option.id for option in ranked[:3]] == ["therapist_cash", "crisis_line", "therapist"]
    assert [option.privacy_rank for option in ranked] == sorted(option.privacy_rank for option in ranked)
    assert all(option.is_help and option.own_choice for option in ranked)


def test_outside_means_outside() -> None:
    """
    What is listed as outside the department has no tie to it; what may have one is not listed.
    """
    outside = CATALOGUE.outside_department()

    assert {option.id for option in outside} == {"therapist_cash", "therapist", "crisis_line", "substance_program"}
    assert all(option.outside_department is Outside.YES for option in outside)


def test_at_most_three_are_compared() -> None:
    """
    A comparison holds known options once, and at most three.
    """
    names = ["eap", "nonsense", "therapist", "eap", "chaplain", "union"]

    assert [option.id for option in CATALOGUE.compare(names)] == ["eap", "therapist", "chaplain"]


def test_self_referred_and_ordered_differ() -> None:
    """
    The same program has two cards, because a supervisor's order changes who learns of it.
    """
    own, ordered = CATALOGUE.option("eap"), CATALOGUE.option("eap_ordered")

    assert "not told" in own.two_lines[0].text
    assert "supervisor" in ordered.two_lines[0].text
    assert own.who_learns_you_went != ordered.who_learns_you_went


def test_no_source_is_listed_for_nothing() -> None:
    """
    Each source carries some fact, of a card, a state, a line, a consequence, a number, a check, an exercise or a reply.
    """
    places = ["", *(place.code for place in CATALOGUE.jurisdictions())]
    told = [fact for option in OPTIONS for place in places for fact in facts(CATALOGUE.option(option.id, place))]
    told += [fact for found in CATALOGUE.consequences() for fact in found.facts()]
    told += [fact for found in CATALOGUE.consequences() for local in found.states.values() for fact in local]
    told += [*CATALOGUE.numbers().values()]
    entries = CATALOGUE.providers(held=True)
    told += [fact for entry in entries for fact in entry.facts.values()]
    used = {name for fact in told for name in fact.sources} | {name for entry in entries for name in entry.sources}
    for alone in (*self_checks().values(), *exercises().values(), safety_plan()):
        used |= set(alone.sources)
    used |= {name for _, _, said in responses() for name in said.get("metadata", {}).get("sources", ())}

    assert {source.id for source in CATALOGUE.sources()} == used | {"directory"}
