"""
A state, named or not.
"""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("text", ["in Puerto Rico?", "I'm in Ontario", "tribal police here"])
async def test_a_place_that_nobody_read_about_is_told_so(text: str) -> None:
    """
    Without a row for a place, the law of a state that was named before is not said for it.
    """
    messages, events = await run(ShowState(), tracker(heard(text, "tell_state"), state="NY"))

    assert names(messages) == ["utter_tell_state_elsewhere"]
    assert events == []


async def test_new_mexico_is_not_mexico() -> None:
    """
    A state whose name holds another place's is that state; tribal police in Oklahoma get Oklahoma's.
    """
    for text, place in (("I work in New Mexico", "New Mexico"), ("tribal police in Oklahoma", "Oklahoma")):
        messages, _ = await run(ShowState(), tracker(heard(text, "tell_state")))

        assert messages[0]["part"].startswith(place)


async def test_a_heading_begins_with_a_capital() -> None:
    """
    Federal agencies stand above their law as a state does.
    """
    messages, _ = await run(ShowState(), tracker(heard("I am a federal agent", "tell_state"), state="US"))

    assert messages[0]["part"].startswith("Federal agencies")


async def test_another_kind_of_help_gets_its_own_law() -> None:
    """
    Who names a state and a kind of help that no peer law is about gets what its card says there, not the law for peers.
    """
    messages, events = await run(ShowState(), tracker(heard("does the EAP in Ohio have privilege", "tell_state")))
    law = "".join(message["part"] for message in messages[:-1])

    assert "Ohio gives EAP staff a privilege" in law and "2317.023" not in law
    assert "EAP" in messages[-1]["title"]
    assert {event["name"]: event["value"] for event in events} == {"option": "eap", "state": "OH"}
