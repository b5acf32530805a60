"""Responses are said as they were reviewed, or not at all."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.reviewed_wording import ReviewedWording


def say(name: str, responses: dict[str, Any], option: str | None = None, **values: str) -> Any:
    import asyncio

    wording = ReviewedWording()
    wording.responses = responses
    slot = TextSlot("option", mappings=[{}], initial_value=option)
    tracker = DialogueStateTracker("x", [slot])
    return asyncio.run(wording.generate(name, tracker, "edge", **values))


def test_the_first_variation_is_said() -> None:
    """Of several variations the first is said, always, as at the edge."""
    responses = {"utter_x": [{"text": "first"}, {"text": "second"}]}

    assert {say("utter_x", responses)["text"] for _ in range(20)} == {"first"}


def test_conditions_decide() -> None:
    """A variation for a slot's value is said when the slot has it."""
    condition = [{"type": "slot", "name": "option", "value": "eap"}]
    responses = {"utter_x": [{"text": "in general"}, {"text": "of the EAP", "condition": condition}]}

    assert say("utter_x", responses)["text"] == "in general"
    assert say("utter_x", responses, option="eap")["text"] == "of the EAP"


def test_values_are_filled_in() -> None:
    """Slots and an action's values go where the braces are."""
    responses = {"utter_x": [{"text": "{option} and {wait}"}]}

    assert say("utter_x", responses, option="eap", wait="a week")["text"] == "eap and a week"


def test_braces_in_a_value_are_only_text() -> None:
    """A value cannot ask for another one."""
    assert say("utter_x", {"utter_x": [{"text": "{option}"}]}, option="{wait} {0}")["text"] == "{wait} {0}"


def test_a_missing_value_is_not_said() -> None:
    """Neither a hole nor ``None`` is said; the line for failures takes its place, or a signal."""
    responses = {"utter_x": [{"text": "About {option}."}], "utter_action_failed": [{"text": "It failed."}]}

    assert say("utter_x", responses)["text"] == "It failed."
    assert say("utter_x", {"utter_x": [{"text": "About {unheard_of}."}]}) == {"custom": {"signal": "failed"}}


def test_a_missing_response_is_silence() -> None:
    """A response that nobody wrote says nothing; the edge notices an answer without replies."""
    assert say("utter_unwritten", {}) is None
