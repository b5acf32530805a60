"""
What is not understood is asked about once, never twice.
"""

from __future__ import annotations

from actions.ask_what_is_meant import AskWhatIsMeant, DefaultFallback
from tests.actions.conversation import heard, names, run, tracker


async def test_first_time_asks_and_second_time_gives_the_lines() -> None:
    """
    The second message in a row that is not understood gets lines, a person and the menu.
    """
    once, _ = await run(AskWhatIsMeant(), tracker(heard("hello", "greet"), heard("mfph", "nlu_fallback")))
    twice, _ = await run(AskWhatIsMeant(), tracker(heard("mfph", "nlu_fallback"), heard("mfph mfph", "nlu_fallback")))

    assert names(once) == ["utter_fallback_ask"]
    assert names(twice) == ["utter_fallback_lines"]


async def test_default_fallback_takes_nothing_back() -> None:
    """
    Rasa's own fallback says a line and returns no event: a rewind would make every later turn slower.
    """
    messages, events = await run(DefaultFallback(), tracker(heard("mfph", "nlu_fallback")))

    assert names(messages) == ["utter_fallback_ask"]
    assert events == []
