"""
Two needs in one message: the second is offered after the first.
"""

from __future__ import annotations

import pytest

from actions.offer_other_need import ABOUT_EYES, OFFER, OfferOtherNeed
from actions.parts import parts
from tests.actions.conversation import Event, heard, kept, names, pressed, run, tracker
from tests.conversations.data import ROOT, read, words_of


async def offered(intent: str, *topics: str) -> list[str]:
    """What is offered after a message with this intent that also named *topics*."""
    messages, _ = await run(OfferOtherNeed(), tracker(heard("…", intent, topic=list(topics))))
    return [name.removeprefix(OFFER) for name in names(messages)]


@pytest.mark.parametrize(
    ("intent", "topics", "offer"),
    [
        ("ask_confidentiality", ["sleep", "alcohol"], "alcohol"),
        ("ask_confidentiality", ["sleep"], "sleep"),
        ("report_sleep", ["sleep", "confidentiality"], "confidentiality"),
        ("report_alcohol", ["alcohol", "job"], "job"),
        ("report_family", ["family", "alcohol"], "alcohol"),
        ("report_trauma", ["trauma", "gun", "sleep"], "gun"),
        ("report_money_gambling", ["money", "family"], "family"),
        ("ask_gun", ["gun", "trauma"], "trauma"),
        ("ask_gun", ["gun", "job"], "job"),
        ("ask_cost", ["cost", "confidentiality"], "confidentiality"),
        ("ask_badge_duty", ["job", "numb"], "numb"),
        ("find_support", ["grief"], "grief"),
        ("ask_hours_wait", ["panic"], "panic"),
        ("report_discipline", ["discipline", "sleep"], "sleep"),
    ],
)
async def test_second_need_is_offered_once(intent: str, topics: list[str], offer: str) -> None:
    """
    One more subject is offered, the other one, and a question before a need.
    """
    assert await offered(intent, *topics) == [offer]


@pytest.mark.parametrize(("sure", "offer"), [(0.4, ["utter_also_cost"]), (0.1, [])])
async def test_what_else_was_likely_meant_is_offered(sure: float, offer: list[str]) -> None:
    """
    Without a word that names it, the second meaning of a message is offered when it is likely enough.
    """
    message = heard("…", "ask_badge_duty")
    message["parse_data"]["intent_ranking"] = [
        {"name": "ask_badge_duty", "confidence": 0.5},
        {"name": "ask_cost", "confidence": sure},
    ]

    messages, _ = await run(OfferOtherNeed(), tracker(message))

    assert names(messages) == offer


async def test_any_other_meaning_is_offered_by_its_name() -> None:
    """
    What has no offer of its own is offered by the name of its button, and what has no button is not offered.
    """
    message = heard("…", "ask_badge_duty")
    ranking = [{"name": "ask_badge_duty", "confidence": 0.9}, {"name": "talk_to_person", "confidence": 0.6}]
    message["parse_data"]["intent_ranking"] = ranking
    offer, _ = await run(OfferOtherNeed(), tracker(message))
    ranking[1]["name"] = "thanks"
    nothing, _ = await run(OfferOtherNeed(), tracker(message))

    assert names(offer) == ["utter_also"]
    assert [button["payload"] for button in offer[0]["buttons"]] == ["/person"]
    assert nothing == []


@pytest.mark.parametrize(("intent", "topic"), [("ask_confidentiality", "fishing"), ("report_sleep", "sleep")])
async def test_nothing_is_offered_where_nothing_else_was_said(intent: str, topic: str) -> None:
    """
    What the message was about gets its answer and no more.
    """
    assert await offered(intent, topic) == []


@pytest.mark.parametrize("intent", sorted(ABOUT_EYES))
async def test_who_learns_of_it_is_not_asked_twice(intent: str) -> None:
    """
    After an answer about who learns of it, "find out" is no second question.
    """
    assert await offered(intent, "confidentiality") == []


def test_every_need_has_words_and_an_offer_that_leads_on() -> None:
    """
    Each need that words stand for can be offered, each offer has words, and its button is an intent of the domain.
    """
    offers = {name.removeprefix(OFFER) for name in parts().wording.names() if name.startswith(OFFER)}

    assert offers == set(words_of("topic", "synonyms"))
    for offer in offers:
        payload = parts().wording.say(OFFER + offer).buttons[0].payload
        assert payload.removeprefix("/") in read(ROOT / "domain.yml")["intents"]


@pytest.mark.parametrize(("message", "times"), [(pressed("find_support", "sleep"), 0), (heard("sleep", "deny"), 1)])
async def test_suggestions_are_made_once(message: Event, times: int) -> None:
    """
    After the question what it is about, a button is answered by its own rule alone; other words are answered here.
    """
    asked = [heard("I need help", "find_support"), kept("needs", [])]

    messages, _ = await run(OfferOtherNeed(), tracker(*asked, message, needs=[]))

    assert names(messages).count("utter_suggestions_end") == times
