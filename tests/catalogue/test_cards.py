"""
Cards in words: short first, whole on request, side by side, with their sources.
"""

from __future__ import annotations

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.cards import told_on
from bot.catalogue.guarantees import Option, Question

CATALOGUE = Catalogue.load()
CARDS = CATALOGUE.cards


def test_two_lines_come_first() -> None:
    """
    The short answer is the title and two sentences on who learns of it.
    """
    text = CARDS.short(CATALOGUE.option("eap"))

    assert len(text.splitlines()) == 3
    assert "normally not told" in text


@pytest.mark.parametrize("option", CATALOGUE.options(), ids=lambda option: option.id)
def test_the_whole_card_holds_every_answer(option: Option) -> None:
    """
    The whole card shows every fact of every question, marked where it is not verified.
    """
    whole = CARDS.whole(option)

    for question in Question:
        for fact in option.answer(question):
            assert CARDS.fact(fact) in whole
    assert all(question in whole for question in option.ask_first)


@pytest.mark.parametrize("option", CATALOGUE.options(), ids=lambda option: option.id)
def test_a_card_says_how_sure_it_is(option: Option) -> None:
    """
    A whole card ends with how many of its statements rest on a source, how many do not, and when they were read.
    """
    told = told_on(option)
    sure = CARDS.sure(option)

    assert sure in CARDS.whole(option)
    assert f"{sum(fact.verified for fact in told)} of {len(told)} statements" in sure
    assert f"Marked as not verified: {sum(not fact.verified for fact in told)}." in sure and "November 21, 2026" in sure


def test_the_exam_says_that_it_is_no_help() -> None:
    """
    The card of the exam says under its title that it is not help.
    """
    assert CARDS.whole(CATALOGUE.option("fitness_for_duty")).splitlines()[1] == "This is not help."


def test_a_state_is_offered_but_never_asked_for() -> None:
    """
    A card that differs by state offers to say more, until a state is named; others do not ask.
    """
    assert "You never have to" in CARDS.name_state(CATALOGUE.option("peer_support"))
    assert CARDS.name_state(CATALOGUE.option("peer_support", "MD")) == ""
    assert CARDS.name_state(CATALOGUE.option("buddy")) == ""


def test_a_comparison_has_each_option_under_each_question() -> None:
    """
    Two or three options stand side by side under every question of a card, and it ends with which is the most private.
    """
    *blocks, ranked = CARDS.compare(CATALOGUE.compare(["eap", "therapist_cash", "peer_support"]))

    assert len(blocks) == len(Question)
    assert all(block.count("•") == 3 for block in blocks)
    assert [line[:2] for line in ranked.splitlines()[1:]] == ["1.", "2.", "3."]
    assert ranked.splitlines()[1].startswith("1. Therapist, cash")


def test_sources_are_told_once_with_a_day() -> None:
    """
    The sources of a card are listed once each, with the day on which they were read and that nobody was called.
    """
    text = CARDS.sources_of(CATALOGUE.option("therapist"))

    assert text.count("Jaffee v. Redmond, 518 U.S. 1") == 1
    assert "November 21, 2026" in text and "Nobody was called" in text


def test_a_line_says_what_it_does() -> None:
    """
    The card of a line tells how to reach it and what it does with a call, and what nobody knows.
    """
    text = CARDS.line_card(CATALOGUE.provider("copline"))

    assert text.startswith("CopLine: Call 1-800-267-5463.")
    assert "(Not verified.)" in text and "We do not know whether it sees your number" in text
