"""
What is not understood is asked about once, never twice.
"""

from __future__ import annotations

from typing import Any

import pytest

from actions.ask_what_is_meant import AskWhatIsMeant, DefaultFallback
from actions.meanings import ELSEWHERE
from actions.parts import parts
from tests.actions.conversation import heard, names, run, tracker
from tests.conversations.data import ROOT, read

NOT_MEANT = {
    # said to the bot rather than asked of it, or nothing without what went before
    *("affirm", "deny", "unsure", "thanks", "greet", "goodbye", "insult", "out_of_scope", "start", "check_in_no"),
    *("ask_option_info", "more_option", "ask_source", "tell_state"),
    "suicidal_statement",  # is asked about in plain words
}


def unclear(*ranking: tuple[str, float]) -> dict[str, Any]:
    """A message that was not understood, and what it may have meant."""
    message = heard("…", "nlu_fallback")
    likely = [("nlu_fallback", 0.25), *ranking]
    message["parse_data"]["intent_ranking"] = [{"name": name, "confidence": sure} for name, sure in likely]
    return message


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


async def test_the_likeliest_meanings_are_offered() -> None:
    """
    What was nearly understood is offered, at most three meanings and a way out, the likeliest first.
    """
    message = unclear(
        ("ask_gun", 0.2),
        ("thanks", 0.18),
        ("talk_to_person", 0.1),
        ("help", 0.09),
        ("ask_cost", 0.08),
        ("coping", 0.07),
    )

    messages, _ = await run(AskWhatIsMeant(), tracker(message))

    assert names(messages) == ["utter_fallback_closest"]
    assert [button["payload"] for button in messages[0]["buttons"]] == ["/ask_gun", "/person", "/ask_cost", "/help"]


async def test_what_is_not_likely_is_not_offered() -> None:
    """
    One meaning or none is no choice: then the question is the general one.
    """
    messages, _ = await run(AskWhatIsMeant(), tracker(unclear(("ask_gun", 0.2), ("ask_cost", 0.04))))

    assert names(messages) == ["utter_fallback_ask"]


@pytest.mark.parametrize("before", [(), (heard("mfph", "nlu_fallback"),)])
async def test_what_may_be_about_suicide_is_asked(before: tuple[dict[str, Any], ...]) -> None:
    """
    A message that may have meant suicide has the edge ask in plain words, the first time and later.
    """
    message = unclear(("ask_gun", 0.2), ("suicidal_statement", 0.1))

    messages, _ = await run(AskWhatIsMeant(), tracker(*before, message))

    assert [message["custom"] for message in messages] == [{"signal": "check_in"}]


def test_every_intent_has_a_button() -> None:
    """
    Each intent that says something by itself can be offered by name.
    """
    payloads = {button.payload for button in parts().wording.say("utter_meanings").buttons}
    intents = set(read(ROOT / "domain.yml")["intents"]) - NOT_MEANT

    assert payloads == {ELSEWHERE.get(each, f"/{each}") for each in intents}
