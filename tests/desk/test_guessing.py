"""Guessing gets slow for the one who guesses, and for nobody else."""

from __future__ import annotations

from bot.desk.guessing import FREE_TRIES, LONGEST_SECONDS, Guessing
from tests.handoff.builders import FakeClock


def test_pauses_double() -> None:
    """
    Five wrong tries are free, then each one doubles the pause, up to a quarter of an hour.
    """
    clock = FakeClock()
    guessing, pauses = Guessing(clock), []
    for _ in range(FREE_TRIES + 14):
        guessing.wrong("dana", "stranger")
        pauses.append(guessing.pause("dana", "stranger"))
        clock.now += pauses[-1]

    assert pauses[:7] == [0, 0, 0, 0, 1, 2, 4]
    assert max(pauses) == LONGEST_SECONDS


def test_a_known_browser_is_not_held_up() -> None:
    """
    A thousand wrong tries from elsewhere do not lock the owner out.
    """
    guessing = Guessing(FakeClock())
    for _ in range(1000):
        guessing.wrong("dana", "stranger")

    assert guessing.pause("dana", "stranger") > 0
    assert guessing.pause("dana", "her browser") == 0
    assert guessing.pause("lee", "stranger") == 0


def test_right_forgets() -> None:
    """
    A right password ends the pause of its browser.
    """
    guessing = Guessing(FakeClock())
    for _ in range(7):
        guessing.wrong("dana", "hers")
    guessing.right("dana", "hers")

    assert guessing.pause("dana", "hers") == 0
