"""
Understands a bare "yes": it takes the first button of what was said last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

SIGNALS = {"forget": "forget", "person": "offer_person"}  # choices that the edge answers
MANY = 3  # a "yes" to a menu names nothing
_CHOICE = re.compile(r"/([a-z][a-z0-9_]*)(?::([a-z0-9_]+))?")


class TakeOffer(Action):
    """What the officer would have pressed, when there was one thing to press."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_take_offer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Goes on as if the first button had been pressed, or asks what is wanted."""
        match = _CHOICE.fullmatch(_offered(tracker.events))
        if match is None:
            dispatcher.utter_message(response="utter_nothing_offered")
            return []
        name, option = match.groups()
        if name in SIGNALS:
            dispatcher.utter_message(json_message={"signal": SIGNALS[name]})
            return []
        return _pressed(name, option)


def _offered(events: Iterable[Mapping[str, Any]]) -> str:
    """The payload of the first button after the message before this one; nothing when it was a menu."""
    said: list[Mapping[str, Any]] = []
    turns = 0
    for event in reversed(list(events)):
        turns += event.get("event") == "user"
        if turns == 2:
            break
        if event.get("event") == "bot":
            said.append(event)
    for event in said:
        buttons = (event.get("data") or {}).get("buttons") or []
        if buttons:
            return str(buttons[0].get("payload", "")) if len(buttons) <= MANY else ""
    return ""


def _pressed(name: str, option: str | None) -> list[Any]:
    entities = [{"entity": "option", "value": option}] if option else []
    reading = {"intent": {"name": name, "confidence": 1.0}, "entities": entities}
    slots = [SlotSet("option", option)] if option else []
    return [ActionExecuted("action_listen"), UserUttered(f"/{name}", reading), *slots]
