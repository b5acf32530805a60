"""
Makes Rasa's message out of what the edge sent, and the edge's answer out of what Rasa said; the only place that does.

Nobody but a button can name an intent. Rasa would obey any text that begins with ``/``, so no such text gets through,
and a button's payload is not sent as text either: it becomes the finished reading of the message, and only if the
domain knows the name and the value is a plain word.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.domain import Domain

from bot.assistant.components import ENTITY, as_entity
from bot.triage.levels import Level

CHANNEL = "edge"
CHOICE_ENTITY = "option"
SIGNALS = ("check_in", "forget", "held", "offer_person", "referral", "failed")

_LEAD = re.compile(r"^[\s/]+")  # Rasa strips every kind of space before it looks for the slash
_CHOICE = re.compile(r"/([a-z][a-z0-9_]{0,63})(?::([a-z0-9_]{1,64}))?")


class EdgeOutput(CollectingOutputChannel):
    """Collects what is said in one turn. Stock Rasa would cut a reply into pieces at each empty line."""

    @classmethod
    def name(cls) -> str:
        """The channel's name in stories and responses."""
        return CHANNEL

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """One reply, whole."""
        await self._persist_message(self._message(recipient_id, text=text.strip()))


def typed(who: str, text: str, level: Level) -> UserMessage:
    """What the officer wrote, redacted; of metadata nothing but the level."""
    return _message(who, _LEAD.sub("", text).strip() or "…", level)


def chosen(who: str, choice: str, level: Level, domain: Domain) -> UserMessage:
    """
    The button *choice*, ``/name`` or ``/name:value``; one that this model does not know counts as not understood.
    """
    match = _CHOICE.fullmatch(choice)
    known = match is not None and match[1] in domain.intents and match[1] not in DEFAULT_INTENTS
    name = match[1] if match and known else DEFAULT_NLU_FALLBACK_INTENT_NAME
    value = match[2] if match and known else None
    intent = {"name": name, "confidence": 1.0}
    entities = [as_entity(level.label)] if ENTITY in domain.entities else []
    if value and CHOICE_ENTITY in domain.entities:
        entities.append({"entity": CHOICE_ENTITY, "value": value, "start": 0, "end": 0, "extractor": "button"})
    reading = {"text": f"/{name}", "intent": intent, "intent_ranking": [intent], "entities": entities}
    return _message(who, f"/{name}", level, reading)


def answer(output: EdgeOutput) -> dict[str, Any]:
    """What goes back over the socket: ``{"replies": [{"text", "buttons"}], "signals": [str]}``."""
    replies, signals = [], []
    for message in output.messages:
        signal = (message.get("custom") or {}).get("signal")
        if signal in SIGNALS and signal not in signals:
            signals.append(signal)
        if message.get("text"):
            replies.append({"text": message["text"], "buttons": [_button(item) for item in message.get("buttons", ())]})
    return {"replies": replies, "signals": signals}


def _message(who: str, text: str, level: Level, reading: dict[str, Any] | None = None) -> UserMessage:
    return UserMessage(
        text,
        EdgeOutput(),
        who,
        parse_data=reading,
        input_channel=CHANNEL,
        message_id="",
        metadata={ENTITY: level.label},
    )


def _button(item: dict[str, Any]) -> dict[str, str]:
    return {"title": str(item["title"]), "payload": str(item["payload"])}
