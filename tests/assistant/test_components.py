"""The level of distress on its way into the conversation."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.assistant.components import DistressLevel
from bot.triage.levels import Level


def entities(text: str, metadata: dict[str, str] | None) -> list[tuple[str, str]]:
    before = [{"entity": "option", "value": "eap"}]
    (message,) = DistressLevel().process([Message({"text": text, "metadata": metadata, "entities": before})])
    return [(entity["entity"], entity["value"]) for entity in message.get("entities")]


@pytest.mark.parametrize("level", Level)
def test_the_edges_verdict_is_passed_on(level: Level) -> None:
    """What the edge judged becomes the entity, whatever the redacted text looks like."""
    assert entities("I want to die", {"distress": level.label}) == [("option", "eap"), ("distress", level.label)]


def test_without_a_verdict_it_is_judged_here() -> None:
    """In Rasa's own tools the level comes from the same triage."""
    assert ("distress", "imminent") in entities("I have my gun in my mouth and I am going to pull the trigger", None)
    assert entities("what are the opening hours", None) == [("option", "eap")]


def test_a_word_that_is_no_level_is_not_passed_on() -> None:
    """Metadata can name a level and nothing else."""
    assert entities("what are the opening hours", {"distress": "CANARY"}) == [("option", "eap")]
