"""
Whole conversations through the trained model and the real actions: what an officer writes, and what comes back.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.triage.levels import Level

pytestmark = pytest.mark.slow

NONE, MODERATE, HIGH = Level.NONE, Level.MODERATE, Level.HIGH


class Conversation:
    """One officer's turns; the level is what the edge would say, and stays at its highest."""

    def __init__(self, agent: Any, who: str) -> None:
        self._agent, self._who, self._level = agent, who, NONE

    def write(self, text: str, level: Level = NONE) -> dict[str, Any]:
        """What comes back for a message, or for a button where it begins with a slash."""
        from bot.assistant import inbound

        self._level = max(self._level, level)
        if text.startswith("/"):
            message = inbound.chosen(self._who, text, self._level, self._agent.domain)
        else:
            message = inbound.typed(self._who, text, self._level)
        asyncio.run(self._agent.handle_message(message))
        return inbound.answer(message.output_channel)

    def read(self, text: str, level: Level = NONE) -> str:
        """The words that come back."""
        return "\n".join(reply["text"] for reply in self.write(text, level)["replies"])


@pytest.fixture
def officer(agent: Any, request: pytest.FixtureRequest) -> Conversation:
    """A new conversation for each test."""
    return Conversation(agent, request.node.name)


def test_the_readme(officer: Conversation) -> None:
    """
    Hello; will my sergeant find out, and the sleep; someone outside; delete everything.
    """
    assert "What is going on" in officer.read("hi")

    answer = officer.read(
        "I haven't slept since the shooting in March, will my sergeant find out if I call the EAP?", MODERATE
    )
    assert "your employer is normally not told" in answer
    assert "If a supervisor sends you" in answer
    assert "Written down" in answer
    assert "What ends it" in answer
    assert "Ask first" in answer
    assert "You also spoke of sleep" in answer

    assert "CopLine" in officer.read("yes")
    assert "no tie to your department" in officer.read("what about seeing someone outside the department")
    assert officer.write("delete everything")["signals"] == ["forget"]


def test_eyes_asked_about_first_and_the_place_second(officer: Conversation) -> None:
    """
    "Will my wife find out", answered for a therapist after the button, speaks of the statement that comes home.
    """
    assert "Which one do you mean" in officer.read("will my wife find out")
    assert "statement of benefits" in officer.read("/ask_confidentiality:therapist")


def test_a_state_stays_with_the_card(officer: Conversation) -> None:
    """
    Peer support, then a state, then the whole card: it is that state's card.
    """
    officer.read("is peer support private")

    assert "Ohio" in officer.read("I'm in Ohio")
    assert "Ohio" in officer.read("tell me more")


def test_no_small_talk_while_it_is_high(officer: Conversation) -> None:
    """
    After a crisis a thank-you is answered with the lines, not with pleasantries.
    """
    assert "988" in officer.read("thanks", HIGH)
    assert "988" in officer.read("my wife left me")


def test_the_same_words_weigh_more_when_it_is_heavy(officer: Conversation) -> None:
    """
    At a moderate level the answer is another one, and names the lines.
    """
    light = officer.read("I can't sleep after nights")
    heavy = officer.read("I can't sleep after nights", MODERATE)

    assert light != heavy
    assert "1-800-267-5463" in heavy


def test_a_person_is_signalled(officer: Conversation) -> None:
    """
    "Let me talk to a human" reaches the edge, which makes the offer.
    """
    assert officer.write("let me talk to a human being")["signals"] == ["offer_person"]


def test_what_is_not_understood_twice_gets_the_lines(officer: Conversation) -> None:
    """
    A button of an older page, pressed twice, ends at lines and a person, not at a third question.
    """
    assert "Is it one of these" in officer.read("/no_such_thing")
    assert "CopLine" in officer.read("/no_such_thing")


def test_help_is_found_in_two_taps(officer: Conversation) -> None:
    """
    One question, one tap, three suggestions with a way on; a wish makes the list another one, and a card follows.
    """
    assert "What is it mostly about" in officer.read("/find_support")

    found = officer.write("/find_support:sleep")["replies"]
    assert "A therapist outside the department, through insurance" in found[0]["text"]
    assert "/ask_option_info:therapist" in [button["payload"] for reply in found for button in reply["buttons"]]

    assert "paid in cash" in officer.read("/find_support:most_private")
    assert "Who can learn that you went" in officer.read("/more_option:therapist_cash")


def test_a_fear_its_state_and_its_source(officer: Conversation) -> None:
    """
    The gun, in Illinois, and where that comes from: facts of the catalogue, through Rasa, with buttons.
    """
    officer.read("I work in Illinois")

    answer = officer.write("/ask_gun")["replies"]
    told = "\n".join(reply["text"] for reply in answer)
    assert "FOID" in told and "27 CFR 478.11" in told
    assert "Bureau of Justice Statistics" in officer.read(answer[-1]["buttons"][-1]["payload"])


def test_one_is_compared_with_another_by_a_tap(officer: Conversation) -> None:
    """
    After a card, a tap on another kind of help puts the two side by side.
    """
    officer.read("/ask_confidentiality:eap")

    table = officer.read("/compare_options:chaplain")
    assert table.count("EAP on your own") == table.count("• Chaplain") + 1 == 8
