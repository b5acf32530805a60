"""
Two needs in one message, and the few verbs that must work however they are worded, through the trained model.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.triage.levels import Level

pytestmark = pytest.mark.slow

PAIRS = (
    ("having nightmares, do they take my gun if I tell a doctor", "gun", "You also spoke of something that stays"),
    ("I'm angry all the time and my wife wants a divorce", "home", "You also spoke of"),
    ("gambling ate my savings and now I can't sleep", "debt", "You also spoke of sleep"),
    ("does EAP cost anything and who finds out", "pay", "You also asked who would find out"),
    (
        "where can my gun stay for a while outside the house, and I drink every night",
        "gun",
        "You also spoke of drinking",
    ),
    ("I'm drinking every night, could I get fired if I ask for help", "", "You also spoke of drinking"),
    (
        "can't sleep since nights, will my sergeant find out if I see the chaplain",
        "chaplain",
        "You also spoke of sleep",
    ),
)
WORDINGS = {
    "forget": (
        "get rid of everything I just typed", "wipe it, all of it", "I want this off your machine", "make it all go away, erase it",
        "can you delete what I told you tonight", "please remove all I have written", "scrub my messages", "forget everything",
    ),
    "offer_person": (
        "can I get a live one", "I want an actual human being", "put a real person on here", "person please",
        "is there somebody real I can talk to now", "enough with the bot, get me a human", "let me talk to someone",
    ),
    "stop": ("stop", "ok hold up, give me a sec", "pause this please", "quit messaging me", "hang on, phone's ringing", "stop it"),
    "start over": ("start over", "let's go back to the start", "can we begin again", "different question", "reset this chat"),
}  # fmt: skip


def write(agent: Any, who: str, text: str) -> dict[str, Any]:
    """What comes back for one message, in a conversation of its own."""
    from bot.assistant import inbound

    message = inbound.typed(who, text, Level.NONE)
    asyncio.run(agent.handle_message(message))
    return inbound.answer(message.output_channel)


@pytest.mark.parametrize(("text", "first", "offer"), PAIRS)
def test_one_need_is_answered_and_the_other_offered(agent: Any, text: str, first: str, offer: str) -> None:
    """
    Two needs in a message: one gets its answer, the other a button.
    """
    replies = write(agent, text, text)["replies"]

    assert first.lower() in " ".join(reply["text"] for reply in replies[:-1]).lower()
    assert offer in replies[-1]["text"]
    assert len(replies[-1]["buttons"]) == 1


@pytest.mark.parametrize("verb", WORDINGS)
def test_a_verb_works_in_any_wording(agent: Any, verb: str) -> None:
    """
    Erase, a person, stop and start over are understood however they are said.
    """
    expected = {"stop": "All right, I stop here", "start over": "All right, new subject"}
    for text in WORDINGS[verb]:
        answer = write(agent, text, text)
        said = " ".join(reply["text"] for reply in answer["replies"])

        assert verb in answer["signals"] or (verb in expected and expected[verb] in said), text
