"""
Understands single messages with the trained model, without a conversation: what measuring rests on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rasa.core.agent import Agent

from bot.assistant.inbound import typed
from bot.assistant.training import Sources, find_model
from bot.logs import quiet_structlog
from bot.settings import Settings
from bot.triage.levels import Level

if TYPE_CHECKING:
    from bot.privacy.redaction import RedactedText


class Parser:
    """The model's reading of a text. It holds nothing of one event loop, so each call may come from another."""

    def __init__(self, model: Path) -> None:
        self._agent = Agent()
        self._agent.load_model(model)

    async def parse(self, text: RedactedText, level: Level) -> tuple[str, float]:
        """The intent and how sure the model is of it, 0 to 1."""
        reading = await self._agent.processor.parse_message(typed("assess", text, level))
        intent = reading["intent"]
        return str(intent["name"]), float(intent["confidence"])


def load_parser(settings: Settings, sources: Sources | None = None) -> Parser:
    """Rasa's understanding alone, without conversations and keys, for ``sidedoor assess``."""
    path = find_model(settings, sources)
    quiet_structlog()
    return Parser(path)
