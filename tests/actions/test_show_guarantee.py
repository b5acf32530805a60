"""
Who would learn of it: the first question of all.
"""

from __future__ import annotations

import pytest

from actions.show_card import ShowCard
from actions.show_guarantee import ShowGuarantee
from tests.actions.conversation import heard, names, run, tracker


async def test_sergeant_and_eap() -> None:
    """
    "Will my sergeant find out if I call the EAP" gets the two lines, who learns, what is written, what ends it, what to ask,
    and that an order differs.
    """
    messages, _ = await run(
        ShowGuarantee(), tracker(heard("…", "ask_confidentiality"), option="eap", who_learns="supervisor")
    )

    assert names(messages) == ["utter_guarantee_short_eap", "utter_guarantee"]
    assert "normally not told" in messages[0]["two_lines"]
    assert "nobody at work is told" in messages[1]["went"]
    assert "case record" in messages[1]["written"]
    assert "court" in messages[1]["exceptions"].lower()
    assert messages[1]["ask_first"].endswith("?")


async def test_what_is_not_verified_says_so() -> None:
    """
    A fact that nobody could verify carries its mark into the answer.
    """
    messages, _ = await run(ShowGuarantee(), tracker(heard("…", "ask_confidentiality"), option="buddy"))

    assert "(Not verified.)" in messages[1]["written"]


async def test_without_an_option_it_asks_which() -> None:
    """
    "Will my wife find out" alone is answered by the question where; whose eyes it was is kept for the answer.
    """
    messages, events = await run(ShowGuarantee(), tracker(heard("…", "ask_confidentiality"), who_learns="spouse"))

    assert names(messages) == ["utter_guarantee_which"]
    assert events == []


async def test_eyes_are_forgotten_after_the_answer() -> None:
    """
    The next question is not answered for the same eyes.
    """
    _, events = await run(
        ShowGuarantee(), tracker(heard("…", "ask_confidentiality"), option="chaplain", who_learns="spouse")
    )

    assert {event["name"]: event["value"] for event in events} == {"option": "chaplain", "who_learns": None}


async def test_two_options_in_one_message_take_the_first() -> None:
    """
    A slot that holds two names does not break the answer.
    """
    conversation = tracker(heard("…", "ask_confidentiality", option=["EAP", "chaplain"]), option=["EAP", "chaplain"])
    messages, _ = await run(ShowGuarantee(), conversation)

    assert messages[0]["title"].startswith("The EAP")


@pytest.mark.parametrize("state", ["OH", "oh"])
async def test_a_state_changes_the_card(state: str) -> None:
    """
    Peer support in Ohio is answered with Ohio's law.
    """
    messages, _ = await run(ShowGuarantee(), tracker(heard("…", "tell_state"), option="peer_support", state=state))

    assert "Ohio" in messages[0]["two_lines"]


async def test_whole_card_comes_in_bubbles_that_fit() -> None:
    """
    The whole card is cut where a bubble may end, at 900 characters at most unless one answer alone is longer.
    """
    messages, _ = await run(ShowCard(), tracker(heard("…", "more_option"), option="therapist"))
    parts = [message["part"] for message in messages if message["response"] == "utter_card_part"]

    assert len(parts) >= 3
    assert all(len(part) <= 1200 for part in parts)
    assert names(messages)[-1] == "utter_card_end"


async def test_somebody_spoken_of_earlier_is_not_whom_the_officer_fears() -> None:
    """
    "My wife left me", and later "is EAP private": the answer is the one for all, not the one about a spouse.
    """
    earlier = heard("…", "report_family", who_learns="spouse")
    feared = heard("…", "ask_confidentiality", who_learns="spouse")
    now = heard("…", "ask_confidentiality")

    plain, _ = await run(ShowGuarantee(), tracker(earlier, now, option="eap", who_learns="spouse"))
    meant, _ = await run(ShowGuarantee(), tracker(feared, now, option="eap", who_learns="spouse"))

    assert "utter_guarantee_spouse" not in names(plain)
    assert "utter_guarantee_spouse" in names(meant)
