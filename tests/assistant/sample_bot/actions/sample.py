"""
One action for each way an action can behave.
"""

from __future__ import annotations

import time
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class Compare(Action):
    """Behaves well."""

    def name(self) -> str:
        return "action_compare"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        assert "utter_compare" in domain["responses"]
        dispatcher.utter_message(response="utter_compare")
        return []


class Break(Action):
    """Raises, quoting what was said and by whom."""

    def name(self) -> str:
        return "action_break"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        print("printed", tracker.latest_message["text"])
        raise RuntimeError(f"{tracker.sender_id} said {tracker.latest_message['text']}")


class Hang(Action):
    """Blocks the loop it runs on."""

    def name(self) -> str:
        return "action_hang"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        time.sleep(3)
        return []


class Erase(Action):
    """Asks the edge to erase."""

    def name(self) -> str:
        return "action_erase"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        dispatcher.utter_message(response="utter_erase")
        dispatcher.utter_message(json_message={"signal": "forget"})
        return []


class Fallback(Action):
    """Says so, without a rewind."""

    def name(self) -> str:
        return "action_default_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        dispatcher.utter_message(response="utter_fallback")
        return []
