"""
Long answers come in bubbles that fit a phone.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actions.filling import BUBBLE, bubbles
from actions.parts import parts

STATES = ("", "AL", "CO", "IL", "VA", "WA")

PARTS = st.lists(st.text("word ", min_size=1, max_size=BUBBLE), min_size=1, max_size=12)


@given(PARTS)
def test_nothing_is_lost_and_no_part_is_cut(parts: list[str]) -> None:
    """
    Together the bubbles say every part in its order, and none is longer than a bubble may be.
    """
    found = bubbles(parts)

    assert "\n\n".join(found) == "\n\n".join(parts)
    assert all(len(bubble) <= BUBBLE for bubble in found)


def test_a_part_longer_than_a_bubble_stays_whole() -> None:
    """
    One long answer is shown whole, alone.
    """
    long = "x" * (BUBBLE + 50)

    assert bubbles(["a", long, "b"]) == ["a", long, "b"]


def test_the_last_bubble_is_no_crumb() -> None:
    """
    What does not fit one bubble is shared out, so that the buttons do not hang under a single line.
    """
    found = bubbles(["x" * 400, "x" * 300, "x" * 195, "x" * 80])

    assert len(found) == 2 and min(map(len, found)) > 350


def test_nothing_is_no_bubble() -> None:
    """
    Where nothing is to be said, nothing is said.
    """
    assert bubbles([]) == []


def test_no_bubble_of_a_card_a_law_or_a_fear_is_a_wall() -> None:
    """
    Whole cards, states' laws and answers to fears come in at most five bubbles, none longer than a bubble may be.
    """
    catalogue = parts().catalogue
    told = [
        catalogue.cards.sections(catalogue.option(one.id, state)) for one in catalogue.options() for state in STATES
    ]
    told += [catalogue.cards.state(law) for law in map(catalogue.state_law, STATES) if law]
    told += [catalogue.cards.consequence_parts(found) for found in catalogue.consequences()]

    for each in map(bubbles, told):
        assert len(each) <= 5 and max(map(len, each)) <= BUBBLE
