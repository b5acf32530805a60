"""
What only the edge can do is signalled to it, in a word that the wire knows.
"""

from __future__ import annotations

import pytest
from rasa_sdk import Action

from actions.forget import Forget
from actions.offer_person import OfferPerson
from actions.tell_what_is_held import TellWhatIsHeld
from tests.actions.conversation import heard, names, run, tracker

SIGNALS = [(Forget(), "forget"), (OfferPerson(), "offer_person"), (TellWhatIsHeld(), "held")]


@pytest.mark.parametrize(("action", "signal"), SIGNALS)
async def test_the_wish_is_passed_on_and_nothing_promised(action: Action, signal: str) -> None:
    """
    The action says no word itself: what was erased, or who is on duty, only the edge can say.
    """
    messages, events = await run(action, tracker(heard("…", "forget_me")))

    assert [message["custom"] for message in messages] == [{"signal": signal}]
    assert events == []


async def test_what_may_not_be_a_wish_to_be_erased_is_asked() -> None:
    """
    Words that are only nearest to it erase nothing: one tap does.
    """
    unsure = heard("i want to forget that night", "forget_me")
    unsure["parse_data"]["intent_ranking"] = [{"name": "forget_me", "confidence": 0.5}]
    sure = heard("delete it all", "forget_me")
    sure["parse_data"]["intent_ranking"] = [{"name": "forget_me", "confidence": 0.9}]

    asked, _ = await run(Forget(), tracker(unsure))
    erased, _ = await run(Forget(), tracker(sure))

    assert names(asked) == ["utter_forget_asked"]
    assert [message["custom"] for message in erased] == [{"signal": "forget"}]
