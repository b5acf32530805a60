"""
Words for officers: plain, short, without a shout and without a claim to be what this is not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from statistics import median

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.promises import Promises
from bot.reading_level import grade, syllables

CATALOGUE = Catalogue.load()
BANNED = re.compile(
    r"\b(reach out|you are not alone|journey|safe space|heal(?:ing)?|warrior|hero(?:es)?|stay strong|we care|"
    r"thin blue line|it's ok(?:ay)? to not be|mental health matters|self-care|utilize|individuals?|pursuant|leverage|"
    r"empower)\b",
    re.IGNORECASE,
)
OURSELVES = re.compile(
    r"\b(I am|we are|this is|sidedoor is) (?:a |an |your )?(?:counsel|therap|psycholog|companion|friend)", re.I
)


def bodies() -> Iterator[tuple[str, str]]:
    """Every text that an officer may read, by a name."""
    for option in CATALOGUE.options():
        yield option.id, CATALOGUE.cards.whole(option)
        yield f"{option.id}.privacy_reason", option.privacy_reason
    for place in CATALOGUE.jurisdictions():
        for name in ("peer_support", "union", "debriefing", "therapist"):
            yield f"{name}.{place.code}", CATALOGUE.cards.whole(CATALOGUE.option(name, place.code))
    for found in CATALOGUE.consequences():
        yield found.id, CATALOGUE.cards.consequence(found)
    for entry in CATALOGUE.providers():
        yield entry.id, CATALOGUE.cards.line_card(entry)
    for exercise in CATALOGUE.exercises():
        yield exercise.id, " ".join([*exercise.steps, exercise.stop])
    for name, fact in CATALOGUE.numbers().items():
        yield name, fact.text
    yield "reasons", " ".join(CATALOGUE.matcher.reasons.values())
    yield "promises", Promises.load().told()


def facts() -> Iterator[str]:
    """Every sentence or two that stands alone as a fact."""
    for option in CATALOGUE.options():
        for fact in (*option.two_lines, *itertools.chain(*option.answers.values())):
            yield fact.text
    for found in CATALOGUE.consequences():
        yield from (fact.text for fact in found.facts())


BODIES = dict(bodies())


def test_half_of_it_can_be_read_in_grade_eight() -> None:
    """
    The median grade of all texts is at most 8, and none is above 10.
    """
    grades = {name: grade(text) for name, text in BODIES.items()}

    assert median(grades.values()) <= 8
    assert [(name, round(found, 1)) for name, found in grades.items() if found > 10] == []


def test_a_fact_is_short() -> None:
    """
    No sentence of a card has more than 30 words, and half of them have at most 14.
    """
    lengths = [len(sentence.split()) for text in facts() for sentence in re.split(r"(?<=[.?])\s", text)]

    assert median(lengths) <= 14
    assert max(lengths) <= 30


@pytest.mark.parametrize("name", BODIES)
def test_nobody_shouts_and_nobody_poses(name: str) -> None:
    """
    No exclamation mark, no slogan, no emoji, and never a claim to treat anybody.
    """
    text = BODIES[name]

    assert "!" not in text
    assert not BANNED.search(text.replace("Hero Helpline", ""))
    assert not OURSELVES.search(text)
    assert not re.search(r"[\U0001f000-\U0001faff\u2600-\u27bf]", text)


def test_american_spelling() -> None:
    """
    Officers read American spelling.
    """
    british = re.compile(
        r"\b\w*(?:counsell|programme|behaviour|organis|recognis|licence|centre|favour)\w*", re.IGNORECASE
    )

    assert [name for name, text in BODIES.items() if british.search(text)] == []


@pytest.mark.parametrize(
    ("word", "count"), [("gun", 1), ("police", 2), ("asked", 1), ("privilege", 3), ("court", 1), ("needed", 2)]
)
def test_syllables_are_counted(word: str, count: int) -> None:
    """
    The measure counts syllables about as a speaker does.
    """
    assert syllables(word) == count
