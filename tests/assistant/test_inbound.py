"""What reaches Rasa from the edge, and what goes back."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain

from bot.assistant.inbound import EdgeOutput, answer, chosen, typed
from bot.triage.levels import Level

WHO = "c0ffee" + "0" * 26
DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [compare, check_in_no]
    entities: [option, distress]
    """
)


@given(st.text())
def test_typed_text_never_begins_with_a_slash(text: str) -> None:
    """Whatever is typed, Rasa sees no command in it, and always sees something."""
    message = typed(WHO, text, Level.NONE)

    assert message.text
    assert not message.text.startswith("/")
    assert message.parse_data is None


def test_metadata_is_the_level_alone() -> None:
    """Of everything an edge knows, the level is all that travels beside the text."""
    message = typed(WHO, "hello", Level.HIGH)

    assert message.metadata == {"distress": "high"}
    assert (message.sender_id, message.message_id, message.input_channel) == (WHO, "", "edge")


def test_a_choice_is_already_understood() -> None:
    """A button's payload becomes intent, value and level, and no text for Rasa to read."""
    message = chosen(WHO, "/compare:peer_support", Level.MILD, DOMAIN)

    assert message.parse_data is not None
    assert message.parse_data["intent"] == {"name": "compare", "confidence": 1.0}
    assert [(e["entity"], e["value"]) for e in message.parse_data["entities"]] == [
        ("distress", "mild"),
        ("option", "peer_support"),
    ]


@given(st.one_of(st.text(), st.from_regex(r"/[a-z_]+(:[a-z_]+)?", fullmatch=True)))
def test_only_known_choices_name_an_intent(choice: str) -> None:
    """A payload names an intent of the domain, or it is not understood."""
    message = chosen(WHO, choice, Level.NONE, DOMAIN)

    assert message.parse_data is not None
    assert message.parse_data["intent"]["name"] in ("compare", "check_in_no", "nlu_fallback")
    assert message.text in ("/compare", "/check_in_no", "/nlu_fallback")


def test_rasas_own_intents_are_not_choices() -> None:
    """Nobody restarts or rewinds a conversation by a forged button."""
    for choice in ("/restart", "/back", "/session_start", "/nlu_fallback:x"):
        parsed = chosen(WHO, choice, Level.NONE, DOMAIN).parse_data

        assert parsed is not None
        assert parsed["intent"]["name"] == "nlu_fallback"


def test_the_answer_has_replies_and_known_signals() -> None:
    """Texts come whole, signals once, and what an action may not signal is left out."""
    output = EdgeOutput()

    async def speak() -> None:
        await output.send_text_message(WHO, "One.\n\nStill one.")
        await output.send_text_with_buttons(WHO, "Two.", [{"title": "Yes", "payload": "/yes", "type": "x"}])
        for signal in ("forget", "forget", "format_disk"):
            await output.send_custom_json(WHO, {"signal": signal})

    asyncio.run(speak())

    assert answer(output) == {
        "replies": [
            {"text": "One.\n\nStill one.", "buttons": []},
            {"text": "Two.", "buttons": [{"title": "Yes", "payload": "/yes"}]},
        ],
        "signals": ["forget"],
    }
