"""
A state, named or not.
"""

from __future__ import annotations

from actions.compare_options import CompareOptions
from actions.show_state import ShowState
from tests.actions.conversation import heard, names, run, tracker


async def test_a_state_alone_is_answered_for_peer_support() -> None:
    """
    "I'm in Texas" says what was found for peer support there, where states differ most.
    """
    messages, events = await run(ShowState(), tracker(heard("…", "tell_state"), state="TX"))

    law = "".join(message["part"] for message in messages[:-1])
    assert {*names(messages)[:-1]} == {"utter_state_law"} and names(messages)[-1] == "utter_state"
    assert all(asked in law for asked in ("at the call", "a crime", "court order", "suicide", "Union peers"))
    assert "Texas" in messages[-1]["two_lines"]
    assert {event["name"]: event["value"] for event in events} == {"option": "peer_support", "state": "TX"}


async def test_a_state_that_only_the_text_has_is_found() -> None:
    """
    What understanding missed is found in the words; a button's payload is no state.
    """
    for text, first in (("I work in Idaho Falls, Idaho", "utter_state_law"), ("/tell_state", "utter_tell_state")):
        messages, _ = await run(ShowState(), tracker(heard(text, "tell_state")))

        assert names(messages)[0] == first


async def test_no_state_or_an_unknown_one_gets_what_to_ask() -> None:
    """
    Without a state the officer learns what to ask, and is not pressed for it.
    """
    for state in (None, "Narnia"):
        messages, _ = await run(ShowState(), tracker(heard("…", "tell_state"), state=state))

        assert names(messages) == ["utter_tell_state"]


async def test_comparing_one_option_fills_up_with_the_usual() -> None:
    """
    A comparison has at least two sides, even when one was named.
    """
    messages, _ = await run(CompareOptions(), tracker(heard("…", "compare_options", option="chaplain")))
    table = "".join(message.get("table", "") for message in messages)

    assert "Chaplain" in table
    assert table.count("•") == 3 * 7
    assert names(messages)[-1] == "utter_compare_end"
