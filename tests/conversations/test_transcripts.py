"""
A transcript for each journey, whole: through the real edge, the trained model and the real actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.inbound import Edge, Incoming
from tests.conversations.data import JOURNEYS, NLU, RESPONSES, STORIES, read
from tests.conversations.house import TRANSCRIPTS, InProcess, Provider, open_house, remembered, sealed_notes, written

pytestmark = pytest.mark.slow


@pytest.fixture
def assistant(agent: Any, tmp_path: Path) -> Iterator[InProcess]:
    """The trained model over sealed notes of its own."""
    with sealed_notes(agent, tmp_path) as brain:
        yield InProcess(brain)


async def told(door: Edge, turn: dict[str, Any], shown: set[str], known: dict[str, str]) -> tuple[str, Any]:
    """The words that answer *turn*; a button is only pressed when it was shown."""
    choice = turn.get("press")
    assert choice is None or turn.get("free") or choice in shown, f"{choice} was on no button"
    answer = await door.hear(Incoming("web", "officer-1", written(turn, known), choice))
    shown |= {button.payload for reply in answer.replies for button in reply.buttons}
    text = "\n".join(reply.text for reply in answer.replies)
    remembered(turn, text, known)
    return text, answer


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda one: f"{one['journey']}: {one['title']}")
async def test_transcript(assistant: InProcess, tmp_path: Path, transcript: dict[str, Any]) -> None:
    """
    Each turn is answered with what the transcript says, once, of the kind and at the level that it says.
    """
    provider = Provider.at(tmp_path, taking=transcript.get("provider", True))
    door = open_house(tmp_path, assistant, provider)
    shown = {button.payload for reply in door.open("web", "officer-1").replies for button in reply.buttons}
    known: dict[str, str] = {}
    for place, turn in enumerate(transcript["turns"], start=1):
        text, answer = await told(door, turn, shown, known)
        if turn.get("arrives"):
            await provider.is_reached()

        assert text, place
        assert len(answer.replies) == len({reply.text for reply in answer.replies}), ("said twice", place, text)
        assert [words for words in turn["gets"] if words not in text] == [], (place, text)
        assert [words for words in turn.get("never", ()) if words in text] == [], (place, text)
        assert answer.reply_kind.value == turn.get("kind", "normal"), place
        assert "level" not in turn or answer.level.label == turn["level"], place
        assert len(provider.got) >= int(turn.get("arrives", False)), place


def test_every_journey_has_one() -> None:
    """
    No journey is without a whole conversation: none on the list, and no file of rules, utterances or wording.
    """
    filed = {path.stem for folder in (STORIES, NLU, RESPONSES) for path in folder.glob("*.yml")}

    assert {one["journey"] for one in TRANSCRIPTS} == filed | set(JOURNEYS)


def test_every_intent_with_a_rule_is_of_a_journey_with_one() -> None:
    """
    Whatever an officer can ask for belongs to a journey whose transcript is run.
    """
    transcribed = {one["journey"] for one in TRANSCRIPTS}
    of_intent = {
        step["intent"]: path.stem
        for path in STORIES.glob("*.yml")
        for rule in read(path).get("rules", ())
        for part in rule["steps"]
        for step in part.get("or", [part])
        if "intent" in step
    }

    assert {intent for intent, journey in of_intent.items() if journey not in transcribed} == set()


def test_every_transcript_expects_something() -> None:
    """
    Each turn names words that have to come back: a conversation that only has to be answered proves little.
    """
    empty = [
        (one["journey"], place)
        for one in TRANSCRIPTS
        for place, turn in enumerate(one["turns"], start=1)
        if not turn["gets"]
    ]

    assert empty == []
