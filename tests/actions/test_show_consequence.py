"""
What follows from asking for help: told from the data, with the state that was named and its source on request.
"""

from __future__ import annotations

import pytest

from actions.parts import parts
from actions.show_consequence import ShowConsequence
from actions.show_source import ShowSource
from tests.actions.conversation import heard, kept, names, pressed, run, tracker

ASKED = [
    ("will they take my gun", "ask_gun", "gun"),
    ("can I come armed to a session", "ask_gun", "armed_at_therapist"),
    ("do I lose my badge", "ask_badge_duty", "badge_duty"),
    ("will it lead to a fitness for duty", "ask_fitness_for_duty", "fitness_for_duty"),
    ("does it go in my file", "ask_file_record", "file_record"),
    ("what does insurance see", "ask_insurance", "insurance"),
    ("is it privileged in court", "ask_court", "court"),
    ("I got a subpoena", "ask_court", "civil_suit"),
    ("I'm being sued, can the plaintiff get it", "ask_court", "civil_suit"),
    ("does IA see it", "ask_internal_affairs", "internal_affairs"),
    ("should I file workers comp", "ask_workers_comp", "workers_comp"),
    ("what if I check myself in", "ask_hospital", "hospital"),
    ("can they hold me against my will", "ask_hospital", "involuntary"),
    ("my sergeant ordered me to go", "ordered_to_go", "ordered"),
]


@pytest.mark.parametrize(("text", "intent", "topic"), ASKED)
async def test_each_fear_gets_its_answer(text: str, intent: str, topic: str) -> None:
    """
    Every fear that officers name is answered by its own facts, all of them, each marked where it is not verified.
    """
    messages, events = await run(ShowConsequence(), tracker(heard(text, intent)))
    said = "\n".join(str(message.get("part") or message.get("told")) for message in messages)
    found = parts().catalogue.consequence(topic)

    assert names(messages)[-1] == f"utter_consequence_{topic}"
    assert all(parts().catalogue.cards.fact(fact) in said for fact in found.facts())
    assert {event["name"]: event["value"] for event in events} == {"subject": topic}


async def test_a_button_names_the_fear() -> None:
    """
    A button leads to the answer that it names.
    """
    messages, _ = await run(ShowConsequence(), tracker(pressed("ask_hospital", "involuntary")))

    assert names(messages)[-1] == "utter_consequence_involuntary"


async def test_the_state_is_told_first() -> None:
    """
    With Illinois named, its own rule on guns is the first thing said.
    """
    messages, _ = await run(ShowConsequence(), tracker(heard("will they take my gun", "ask_gun"), state="IL"))

    assert str(messages[0].get("part") or messages[0]["told"]).splitlines()[1].startswith("In Illinois")


@pytest.mark.parametrize("topic", [found.id for found in parts().catalogue.consequences()])
async def test_its_source_is_one_button_away(topic: str) -> None:
    """
    "Where this comes from" lists every source of that answer.
    """
    messages, _ = await run(ShowSource(), tracker(pressed("ask_source", topic), option=topic))

    assert names(messages) == ["utter_source_consequence"]
    for fact in parts().catalogue.consequence(topic).facts():
        assert all(parts().catalogue.source(name).title in messages[0]["sources"] for name in fact.sources)


async def test_a_typed_question_for_the_source_means_what_was_said_last() -> None:
    """
    "Says who" after the gun lists the sources on guns; after a card, those of the card.
    """
    gun, eap = kept("subject", "gun"), kept("option", "eap")
    after_gun, _ = await run(
        ShowSource(), tracker(eap, gun, heard("says who", "ask_source"), option="eap", subject="gun")
    )
    after_card, _ = await run(
        ShowSource(), tracker(gun, eap, heard("says who", "ask_source"), option="eap", subject="gun")
    )

    assert names(after_gun) == ["utter_source_consequence"]
    assert names(after_card) == ["utter_source"]


async def test_a_fear_does_not_hide_the_card_that_was_spoken_of() -> None:
    """
    After a button with the name of a fear "the whole card" still means the kind of help that came before it.
    """
    from actions.show_card import ShowCard

    conversation = tracker(
        kept("option", "chaplain"), pressed("ask_gun", "armed_at_therapist"), kept("option", "armed_at_therapist"),
        heard("the whole card", "more_option"), option="armed_at_therapist",
    )  # fmt: skip
    messages, _ = await run(ShowCard(), conversation)

    assert str(messages[0]["part"]).startswith("A chaplain")


OF_A_CARD = [
    ("can a court make the chaplain talk", "ask_court", "clergy-penitent privilege"),
    ("can they subpoena my peer supporter", "ask_court", "no privilege unless your state has a law"),
    ("do I lose my gun if I call 988", "ask_gun", "A call alone does not change your weapon or duty status."),
    ("can they fire me for rehab", "ask_badge_duty", "treatment does not erase it"),
    ("who sees it if I see a therapist and pay cash", "ask_insurance", "shows the name of the practice"),
    ("is copline recorded", "ask_file_record", "does not record"),
    ("can IA make my buddy tell", "ask_internal_affairs", "If your friend is questioned"),
]


@pytest.mark.parametrize(("text", "intent", "words"), OF_A_CARD)
async def test_a_named_kind_of_help_is_answered_from_its_card(text: str, intent: str, words: str) -> None:
    """
    A fear about one kind of help is answered for that kind, and the general answer is one button away.
    """
    messages, events = await run(ShowConsequence(), tracker(heard(text, intent)))
    said = "\n".join(str(message["part"]) for message in messages)

    assert names(messages)[-1] == "utter_consequence_of_card"
    assert words in said
    assert {event["name"] for event in events} == {"subject", "option"}
    (general,) = messages[-1]["buttons"]
    again, _ = await run(ShowConsequence(), tracker(pressed(intent, general["payload"].partition(":")[2])))
    assert names(again)[-1].startswith("utter_consequence_") and names(again)[-1] != "utter_consequence_of_card"


@pytest.mark.parametrize("text", ["will a therapist take my gun", "do I lose my gun over the EAP or the union"])
async def test_what_the_answer_is_about_needs_no_card(text: str) -> None:
    """
    The general answer is about therapy; it stands as well where several kinds of help are named.
    """
    messages, _ = await run(ShowConsequence(), tracker(heard(text, "ask_gun")))

    assert names(messages)[-1] == "utter_consequence_gun"


async def test_the_card_is_that_of_the_state() -> None:
    """
    With a state named, a peer's protection in court is that state's.
    """
    messages, _ = await run(
        ShowConsequence(), tracker(heard("can they subpoena my peer supporter", "ask_court"), state="OH")
    )

    assert "Ohio" in str([message["part"] for message in messages])
