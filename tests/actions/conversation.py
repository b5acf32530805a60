"""
Builds what an action is handed: a tracker with slots and events, and a dispatcher that keeps what was said.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

Event = dict[str, Any]


def heard(text: str, intent: str, **entities: str | list[str]) -> Event:
    """The officer's message as Rasa stores it."""
    found = [
        {"entity": name, "value": value}
        for name, values in entities.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return {
        "event": "user",
        "text": text,
        "parse_data": {"text": text, "intent": {"name": intent, "confidence": 1.0}, "entities": found},
    }


def pressed(intent: str, value: str = "") -> Event:
    """A button, as bot/assistant/inbound.py reads it."""
    event = heard(f"/{intent}", intent)
    if value:
        entity = {"entity": "option", "value": value, "start": 0, "end": 0, "extractor": "button"}
        event["parse_data"]["entities"].append(entity)
    return event


def kept(slot: str, value: Any) -> Event:
    """What a slot was set to."""
    return {"event": "slot", "name": slot, "value": value}


def said(*payloads: str) -> Event:
    """A reply with buttons."""
    return {"event": "bot", "text": "…", "data": {"buttons": [{"title": "…", "payload": each} for each in payloads]}}


def tracker(*events: Event, **slots: Any) -> Tracker:
    """A conversation; the last message of the officer is the latest."""
    latest = next((event["parse_data"] for event in reversed(events) if event["event"] == "user"), {})
    return Tracker("someone", slots, latest, list(events), False, None, {}, "action_listen")


async def run(action: Action, conversation: Tracker) -> tuple[list[dict[str, Any]], list[Event]]:
    """What *action* said, and the events it returned."""
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, conversation, {})
    return dispatcher.messages, events


def names(messages: list[dict[str, Any]]) -> list[str]:
    """The responses that were named, in order."""
    return [message["response"] for message in messages if message.get("response")]
