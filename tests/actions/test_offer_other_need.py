"""
Two needs in one message: the second is offered after the first.
"""

from __future__ import annotations

from actions.offer_other_need import OfferOtherNeed
from tests.actions.conversation import heard, names, run, tracker


async def test_second_need_is_offered_once() -> None:
    """
    "I have not slept, I drink, and will my sergeant find out" offers one more subject, not two.
    """
    messages, _ = await run(OfferOtherNeed(), tracker(heard("…", "ask_confidentiality", topic=["sleep", "alcohol"])))

    assert names(messages) == ["utter_also_sleep"]


async def test_nothing_is_offered_where_nothing_was_said() -> None:
    """
    A plain question gets its answer and no more.
    """
    messages, _ = await run(OfferOtherNeed(), tracker(heard("…", "ask_confidentiality", topic="fishing")))

    assert messages == []
