"""
A transcript for each journey, whole: through the real edge, the trained model and the real actions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.assistant.client import AssistantAnswer
from bot.channels.commands import without_slash
from bot.channels.inbound import Edge, Incoming
from bot.privacy.pseudonyms import Pseudonym
from bot.privacy.redaction import RedactedText
from bot.triage.levels import Level
from bot.wording import Button, Reply
from tests.channels.builders import edge
from tests.conversations.data import CONVERSATIONS, JOURNEYS, read

pytestmark = pytest.mark.slow

TRANSCRIPTS = [
    one
    for path in sorted((CONVERSATIONS / "transcripts").glob("*.yml"))
    for one in read(path)  # type: ignore[attr-defined]
]
BY_OTHERS = {"what_is_held", "referral"}  # have whole conversations of their own beside the code that holds and sends


class InProcess:
    """The assistant without its process: what goes over the socket otherwise, handed on."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent

    async def reply(
        self, who: Pseudonym, text: RedactedText, level: Level, *, choice: str | None = None, timeout: float
    ) -> AssistantAnswer:
        from bot.assistant import inbound

        message = inbound.chosen(who, choice, level, self._agent.domain) if choice else inbound.typed(who, text, level)
        await self._agent.handle_message(message)
        found = inbound.answer(message.output_channel)
        replies = [
            Reply(reply["text"], tuple(Button(b["title"], b["payload"]) for b in reply["buttons"]))
            for reply in found["replies"]
        ]
        return AssistantAnswer(tuple(replies), tuple(found["signals"]))

    async def forget(self, who: Pseudonym) -> int:
        await self._agent.tracker_store.delete(who) if hasattr(self._agent.tracker_store, "delete") else None
        return 1


async def as_it_is(text: str) -> RedactedText:
    """Nothing here names anybody; redaction has tests of its own."""
    return RedactedText(without_slash(text))


async def told(door: Edge, turn: dict[str, Any], shown: set[str]) -> tuple[str, Any]:
    """The words that answer *turn*; a button is only pressed when it was shown."""
    choice = turn.get("press")
    assert choice is None or turn.get("free") or choice in shown, f"{choice} was on no button"
    answer = await door.hear(Incoming("web", "officer-1", turn.get("write", ""), choice))
    shown |= {button.payload for reply in answer.replies for button in reply.buttons}
    return "\n".join(reply.text for reply in answer.replies), answer


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda one: f"{one['journey']}: {one['title']}")
async def test_transcript(agent: Any, tmp_path: Path, transcript: dict[str, Any]) -> None:
    """
    Each turn is answered with what the transcript says, of the kind and at the level that it says.
    """
    door = edge(tmp_path, assistant=InProcess(agent), redact=as_it_is, patience=60.0)
    shown = {button.payload for reply in door.open("web", "officer-1").replies for button in reply.buttons}
    for place, turn in enumerate(transcript["turns"], start=1):
        text, answer = await told(door, turn, shown)

        assert text, place
        assert [words for words in turn["gets"] if words not in text] == [], (place, text)
        assert [words for words in turn.get("never", ()) if words in text] == [], (place, text)
        assert answer.reply_kind.value == turn.get("kind", "normal"), place
        assert "level" not in turn or answer.level.label == turn["level"], place


def test_every_journey_has_one() -> None:
    """
    No journey is without a whole conversation.
    """
    assert {one["journey"] for one in TRANSCRIPTS} | BY_OTHERS >= set(JOURNEYS)
