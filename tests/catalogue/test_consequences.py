"""
Consequences, numbers and exercises: straight, with limits, and each with its source.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.consequences import Consequence
from bot.catalogue.coping import Exercise
from bot.errors import DataError
from bot.wording import Wording
from tests.catalogue.builders import change, copied

CATALOGUE = Catalogue.load()
FEARS = [
    "gun", "badge_duty", "fitness_for_duty", "file_record", "insurance", "court", "internal_affairs", "workers_comp",
    "hospital", "armed_at_therapist", "ordered", "weapon_distance", "civil_suit", "involuntary",
]  # fmt: skip


def test_every_fear_has_an_answer() -> None:
    """
    Gun, badge, exam, file, insurance, court, internal affairs, claims, hospital, carrying, orders are answered.
    """
    assert sorted(FEARS) == sorted(found.id for found in CATALOGUE.consequences())


@pytest.mark.parametrize("found", CATALOGUE.consequences(), ids=lambda found: found.id)
def test_an_answer_has_limits_sources_and_a_next_step(found: Consequence) -> None:
    """
    Each answer says where it ends, what to ask, where it comes from, and what to look at next.
    """
    assert len(found.answer) == 2 and found.limits and found.ask
    assert all(CATALOGUE.option(way).is_help for way in found.ways)
    for fact in (*found.facts(), *(fact for facts in found.states.values() for fact in facts)):
        assert fact.sources and all(CATALOGUE.source(name) for name in fact.sources)


@pytest.mark.parametrize("found", CATALOGUE.consequences(), ids=lambda found: found.id)
def test_no_answer_is_surer_than_its_source(found: Consequence) -> None:
    """
    What counts as verified has an outside source that carries it.
    """
    order = ["low", "medium", "high"]
    for fact in found.facts():
        best = max(order.index(CATALOGUE.source(name).confidence) for name in fact.sources)
        assert not fact.verified or order.index(fact.confidence) <= best


def test_a_state_comes_first() -> None:
    """
    With a state named, what only that state has is told before the general answer.
    """
    text = CATALOGUE.cards.consequence(CATALOGUE.consequence("gun", "il"))

    assert text.index("FOID") < text.index("does not by itself take your gun")
    assert "FOID" not in CATALOGUE.cards.consequence(CATALOGUE.consequence("gun", "TX"))


def test_what_nobody_found_is_said() -> None:
    """
    LEOSA, forms of a new agency and a city's own claims are named as not found, not passed over.
    """
    told = " ".join(CATALOGUE.cards.consequence(found) for found in CATALOGUE.consequences())

    for words in (
        "LEOSA mean for you, we could not find",
        "We did not find a list",
        "its own claims, we could not find",
    ):
        assert words in told


def test_the_whole_answer_is_told() -> None:
    """
    Every fact of an answer is in its text, marked where it is not verified.
    """
    for found in CATALOGUE.consequences():
        text = CATALOGUE.cards.consequence(found)
        assert all(CATALOGUE.cards.fact(fact) in text for fact in found.facts())


def test_numbers_have_sources_and_no_ratio_to_the_line_of_duty() -> None:
    """
    Figures about other officers carry their source and year or size; ratios that sources dispute are not used.
    """
    for fact in CATALOGUE.numbers().values():
        assert fact.verified and fact.sources
        assert "times" not in fact.text and "line of duty" not in fact.text


@pytest.mark.parametrize("exercise", CATALOGUE.exercises(), ids=lambda exercise: exercise.id)
def test_an_exercise_is_short_and_says_when_to_stop(exercise: Exercise) -> None:
    """
    An exercise fits a chat: few steps, a few minutes, and when to stop or see somebody.
    """
    assert 3 <= len(exercise.steps) <= 7
    assert exercise.minutes <= 10 and exercise.stop
    assert not exercise.reviewed_by


def test_exercises_are_found_by_need() -> None:
    """
    What is offered for a need is for that need.
    """
    assert [found.id for found in CATALOGUE.exercises("sleep")] == [
        "long_breath_out",
        "sleep_after_nights",
        "after_a_nightmare",
    ]
    assert CATALOGUE.exercise("five_senses") in CATALOGUE.exercises("trauma")


def test_what_is_not_there_is_an_error() -> None:
    """
    A topic or an exercise that does not exist is an error that names the file.
    """
    with pytest.raises(DataError, match=r"consequences\.yml"):
        CATALOGUE.consequence("promotion")
    with pytest.raises(DataError, match=r"coping\.yml"):
        CATALOGUE.exercise("yoga")


def test_faults_are_found_here_too(tmp_path: Path) -> None:
    """
    A state, a way, a need or a shared fact that nobody knows is reported at its place.
    """
    data = copied(tmp_path)
    change(data / "consequences.yml", "      NY:\n", "      NYC:\n")
    change(data / "consequences.yml", "ways: [therapist_cash, crisis_line]", "ways: [prayer]")
    change(data / "consequences.yml", "      - gun_state", "      - gun_states")
    change(data / "coping.yml", "for: [anxiety, anger, trauma, talk]", "for: [stress]")

    with pytest.raises(DataError) as told:
        Catalogue.load(data)

    for field in ("topics.gun.states.NYC", "topics.gun.ways", "topics.gun.limits", "slow_breathing.for"):
        assert field in str(told.value)


def test_figures_in_the_chat_are_those_of_the_data() -> None:
    """
    Every share that the pages on shame and on others name stands among the numbers, with its source.
    """
    known = " ".join(fact.text for fact in CATALOGUE.numbers().values())
    wording = Wording.load()
    for name in ("utter_stigma_weakness", "utter_read_what_others_do"):
        for share in re.findall(r"\d+ percent|1 in \d|\d+ studies|about [\d,]+ officers", wording.say(name).text):
            assert share in known or share.replace(" officers", "") in known, (name, share)
