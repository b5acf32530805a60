"""
A bare "yes" means the one thing that was offered.
"""

from __future__ import annotations

from actions.take_offer import TakeOffer
from tests.actions.conversation import heard, names, run, said, tracker

MENU = ("/help", "/find_support", "/ask_lines", "/private")


async def test_yes_presses_the_first_button() -> None:
    """
    After "If I am ordered to go", a yes goes on as if that had been pressed.
    """
    conversation = tracker(
        heard("…", "ask_confidentiality"), said("/ask_confidentiality:eap_ordered"), heard("yes", "affirm")
    )
    messages, events = await run(TakeOffer(), conversation)

    assert messages == []
    assert [event["event"] for event in events] == ["action", "user", "slot"]
    assert events[1]["parse_data"]["intent"]["name"] == "ask_confidentiality"
    assert events[2]["value"] == "eap_ordered"


async def test_yes_to_a_menu_asks_which() -> None:
    """
    A yes to four choices names none of them.
    """
    messages, events = await run(TakeOffer(), tracker(heard("…", "greet"), said(*MENU), heard("ok", "affirm")))

    assert names(messages) == ["utter_nothing_offered"]
    assert events == []


async def test_an_offer_two_turns_ago_is_over() -> None:
    """
    What was offered before the last message is not taken by a late yes.
    """
    conversation = tracker(
        heard("…", "ask_cost"), said("/ask_cost"), heard("thanks", "thanks"), said(), heard("yes", "affirm")
    )
    messages, _ = await run(TakeOffer(), conversation)

    assert names(messages) == ["utter_nothing_offered"]


async def test_what_belongs_to_the_edge_is_signalled() -> None:
    """
    A yes to "erase everything" or to a person is passed on to the edge, which alone can do it.
    """
    for payload, signal in (("/forget", "forget"), ("/person", "offer_person")):
        messages, _ = await run(TakeOffer(), tracker(heard("…", "goodbye"), said(payload), heard("yes", "affirm")))

        assert [message["custom"] for message in messages] == [{"signal": signal}]


async def test_yes_at_the_start_is_no_fault() -> None:
    """
    A conversation that begins with "yes" gets the choices.
    """
    messages, _ = await run(TakeOffer(), tracker(heard("yes", "affirm")))

    assert names(messages) == ["utter_nothing_offered"]
