"""
Passes on the wish to be forgotten; the edge erases everything and says what was erased.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class Forget(Action):
    """Signals the edge, which alone can reach every store."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_forget"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says nothing itself: a promise to erase is made by the one who erased."""
        dispatcher.utter_message(json_message={"signal": "forget"})
        return []
