"""
Suggestions: from what was said, with one question at most, and never without a line to call.
"""

from __future__ import annotations

import pytest

from actions.ask_what_is_meant import AskWhatIsMeant
from actions.filling import BUBBLE
from actions.offer_other_need import OfferOtherNeed
from actions.show_cost import ShowCost
from actions.show_outside import ShowOutside
from actions.show_privacy_ranking import ShowPrivacyRanking
from actions.suggest import Suggest
from tests.actions.conversation import Event, heard, kept, names, pressed, run, tracker


def told(messages: list[dict[str, object]]) -> str:
    """The suggestions as one text."""
    return "\n".join(str(message["part"]) for message in messages if message.get("part"))


def slots(events: list[Event]) -> dict[str, object]:
    """What was set."""
    return {event["name"]: event["value"] for event in events}


async def test_one_question_when_nothing_was_said() -> None:
    """
    "I need help" gets one question with a way to skip it.
    """
    messages, events = await run(Suggest(), tracker(heard("I need help", "find_support")))

    assert names(messages) == ["utter_find_support"]
    assert slots(events) == {"needs": []}


async def test_the_question_is_not_asked_twice() -> None:
    """
    Who says again that they need help, and nothing else, gets suggestions.
    """
    messages, _ = await run(Suggest(), tracker(heard("I need help", "find_support"), needs=[]))

    assert names(messages)[-1] == "utter_suggestions_end"
    assert "1. A peer supporter" in told(messages) and "A crisis or peer line" in told(messages)


@pytest.mark.parametrize("level", ["high", "imminent"])
async def test_nothing_is_asked_in_high_distress(level: str) -> None:
    """
    When it is serious the line comes first, without a question.
    """
    messages, _ = await run(Suggest(), tracker(heard("I need help", "find_support"), distress=level))

    assert told(messages).startswith("1. A crisis or peer line: 988")


async def test_what_was_said_is_used() -> None:
    """
    Needs and wishes in the message make the list; each suggestion has why, a first step, a wait and what until then.
    """
    message = heard("who can I see about my sleep, nobody can know, by phone", "find_support")
    messages, events = await run(Suggest(), tracker(message))

    assert slots(events) == {"needs": ["sleep"], "wishes": ["most_private", "remote"]}
    assert "1. A therapist outside the department, paid in cash" in told(messages)
    for part in ("Why: ", "First step: ", "How long it takes: ", "Until then: "):
        assert told(messages).count(part) == 3


async def test_what_was_told_before_is_not_asked_again() -> None:
    """
    After "I can't sleep, and nobody can know" the list is made for sleep, in private.
    """
    earlier = heard("I can't sleep, and nobody can know", "report_sleep")
    messages, events = await run(Suggest(), tracker(earlier, heard("who could I see", "find_support")))

    assert slots(events) == {"needs": ["sleep"], "wishes": ["most_private"]}
    assert "(sleep)" in told(messages)


async def test_a_question_about_something_else_is_no_wish() -> None:
    """
    Who asked what the insurance statement shows did not wish to use insurance.
    """
    earlier = heard("what shows up on the insurance statement", "ask_insurance")
    messages, _ = await run(Suggest(), tracker(earlier, heard("I need help", "find_support")))

    assert names(messages) == ["utter_find_support"]


async def test_a_button_adds_a_wish_to_the_list() -> None:
    """
    Pressing "Free" keeps the need and the other wishes.
    """
    conversation = tracker(pressed("find_support", "free"), needs=["sleep"], wishes=["most_private"])
    messages, events = await run(Suggest(), conversation)

    assert slots(events) == {"needs": ["sleep"], "wishes": ["most_private", "free"]}
    assert "/find_support:free" not in str(messages[-1]["buttons"])


async def test_the_list_can_be_started_anew() -> None:
    """
    "Start this list anew" takes needs and wishes back, of earlier messages too.
    """
    earlier, asked = heard("I can't sleep", "report_sleep"), pressed("find_support", "anything")
    _, events = await run(Suggest(), tracker(earlier, asked, needs=["sleep"], wishes=["free"]))
    assert slots(events) == {"needs": [], "wishes": []}

    after = tracker(
        earlier, asked, kept("needs", []), kept("wishes", []), pressed("find_support", "peer"), needs=[], wishes=[]
    )
    _, events = await run(Suggest(), after)
    assert slots(events) == {"needs": [], "wishes": ["peer"]}


@pytest.mark.parametrize(
    ("action", "intent"),
    [(OfferOtherNeed, "report_sleep"), (AskWhatIsMeant, "nlu_fallback"), (ShowPrivacyRanking, "ask_most_private")],
)
async def test_the_answer_to_the_question_is_an_answer(action: type, intent: str) -> None:
    """
    "Mostly my nightmares" after the question gets suggestions, whatever it was understood as.
    """
    question = (heard("I need help", "find_support"), kept("needs", []))
    messages, _ = await run(action(), tracker(*question, heard("mostly my nightmares", intent), needs=[]))

    assert names(messages)[-1] == "utter_suggestions_end"
    assert "(sleep)" in told(messages)


async def test_later_the_same_words_are_no_answer() -> None:
    """
    Two turns after the question the same words are answered as what they are.
    """
    question = (heard("I need help", "find_support"), kept("needs", []), heard("thanks", "thanks"))
    messages, _ = await run(OfferOtherNeed(), tracker(*question, heard("my nightmares", "report_sleep"), needs=[]))

    assert messages == []


async def test_bubbles_fit_a_phone_and_lead_on() -> None:
    """
    No bubble of suggestions is a wall, and each suggestion has a button that leads to it.
    """
    message = heard("divorce and drinking, in Spanish, private, not tied to my department", "find_support")
    messages, _ = await run(Suggest(), tracker(message, state="NY"))
    parts = [message for message in messages if message.get("part")]

    assert all(len(str(message["part"])) <= BUBBLE for message in parts)
    assert len(parts[-1]["buttons"]) == told(messages).count("First step: ") == 3


@pytest.mark.parametrize(
    ("action", "intent", "text", "wish"),
    [
        (ShowOutside, "ask_outside_department", "find me a peer not a shrink, in Ohio", "peer"),
        (ShowCost, "ask_cost", "I need a therapist free and nobody finds out", "most_private"),
    ],
)
async def test_wishes_are_not_answered_with_something_else(
    action: type[ShowOutside | ShowCost], intent: str, text: str, wish: str
) -> None:
    """
    Who names how the help should be gets suggestions for it, also where the message was taken for another question.
    """
    messages, events = await run(action(), tracker(heard(text, intent)))

    assert names(messages)[-1] == "utter_suggestions_end"
    assert wish in slots(events)["wishes"]


async def test_a_price_is_asked_for() -> None:
    """
    A question for what a therapist costs is answered with what a therapist costs.
    """
    messages, _ = await run(ShowCost(), tracker(heard("is a therapist free", "ask_cost"), option="therapist"))

    assert names(messages) == ["utter_cost"]
